"""A network that cannot restate or retract gets no delivery for a change, and what it counts differently is shown."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from desk import add, mark
from fake_connectors import FakeNetwork
from page_client import signed_in
from sqlmodel import Session, select
from testbed import CALLER, CONNECTORS, TestHub

from hub.api import Money
from hub.delivery.preview import preview
from hub.model import Call, Company, ConversionRow, Delivery, User
from hub.privacy_requests.certificate import as_text
from hub.privacy_requests.run import run
from hub.privacy_requests.steps import open_request, verify
from hub.queries.conversions.drift import Drift, drift
from hub.queries.masking import Mask
from hub.queries.timeline.build import timeline
from hub.web.pages.call.story import _delivery as story_line

Factory = Callable[..., TestHub]
LEAD = {
    "name": "good lead",
    "when": {"event": "lead", "status": ["qualified"]},
    "value": "from lead",
    "send_to": {"network": {"action": 9}},
}


class SteadyNetwork(FakeNetwork):
    manifest = FakeNetwork.manifest.model_copy(update={"abilities": ()})


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


@pytest.fixture
def shop(lite_hub: Factory) -> TestHub:
    return lite_hub(conversions=[LEAD], connectors={**CONNECTORS, "network": SteadyNetwork})


@pytest.fixture
def owner(shop: TestHub) -> User:
    return add(shop, "olivia", "owner")


@pytest.fixture
def lead(shop: TestHub, owner: User) -> Call:
    """A call that was marked as a lead of 240 dollars."""
    call = shop.call_in()
    mark(shop, owner, call.id, "qualified", usd("240"))
    return call


def drifting(shop: TestHub) -> list[Drift]:
    with shop.hub.store.reading() as session:
        return drift(session, select(Delivery))


def story(shop: TestHub, call: Call) -> list[str]:
    def entries(session: Session) -> list[str]:
        found = timeline(session, call, Mask(off=True), shop.hub.vault, shop.hub.config.connector_title)
        lines = [story_line(each, {"network": "Paper"}) for each in found if each.data.get("step") == "drift"]
        return [f"{line.text}: {line.sub}" for line in lines if line]

    with shop.hub.store.reading() as session:
        return entries(session)


def test_a_changed_value_and_a_retraction_are_shown_as_drift_and_sent_to_nobody(
    shop: TestHub, owner: User, lead: Call
) -> None:
    shop.deliver()
    assert drifting(shop) == []
    shop.clock.advance(minutes=5)
    mark(shop, owner, lead.id, "qualified", usd("300"))
    [found] = drifting(shop)
    assert (found.rule, found.connector, found.retracted, found.count) == ("good lead", "network", False, 1)
    assert (found.here, found.there) == ({"USD": Decimal(300)}, {"USD": Decimal(240)})
    assert story(shop, lead) == [
        "Paper cannot change the value of a conversion; its first value still counts there: $240.00"
    ]
    mark(shop, owner, lead.id, "not_a_lead")
    [found] = drifting(shop)
    assert (found.retracted, found.here, found.there) == (True, {}, {"USD": Decimal(240)})
    assert story(shop, lead) == ["Paper cannot take back a conversion; it still counts there: $240.00"]
    assert shop.deliver() == {} and [row.kind for row in shop.rows(Delivery, hook="upload_conversions")] == ["new"]
    mark(shop, owner, lead.id, "qualified", usd("240"))
    assert drifting(shop) == [], "it counts here again, for the same"


def test_pages_show_the_drift_with_its_deliveries_and_what_cannot_be_checked(
    shop: TestHub, owner: User, lead: Call
) -> None:
    browser = signed_in(shop)
    [item] = preview(shop.hub, shop.directory, "network", "upload_conversions")
    assert item.receipt is not None and item.receipt.code == "not_checked" and shop.network.dry_runs == []
    assert "only the plugin's own checks ran" in browser.text("/conversions/dry-run?week=7d")
    shop.deliver()
    assert "Counted differently at" not in browser.text("/conversions")
    mark(shop, owner, lead.id, "not_a_lead")
    text = browser.text("/conversions")
    assert "It cannot take back a conversion; it still counts there good lead taken back here 1 – $240.00" in text
    assert "/deliveries?rule=good+lead&amp;connector=network&amp;state=drift" in browser.get("/conversions").text
    assert "good lead" in browser.text("/deliveries?state=drift") and "Nothing here" in browser.text(
        "/deliveries?state=drift&connector=other"
    )


def test_what_changed_before_the_network_got_it_goes_out_as_it_is_now(shop: TestHub, owner: User, lead: Call) -> None:
    mark(shop, owner, lead.id, "qualified", usd("300"))
    shop.network.script = ["retry"]
    shop.deliver()
    mark(shop, owner, lead.id, "qualified", usd("310"))
    shop.clock.advance(hours=1)
    assert shop.deliver() == {"delivered": 1}
    assert [each.value for each in shop.network.uploaded] == [usd("300")] * 2, "the first try may have arrived"
    assert shop.delivery().amount == Decimal(300)
    assert [(each.here, each.there) for each in drifting(shop)] == [({"USD": Decimal(310)}, {"USD": Decimal(300)})]


def test_what_was_taken_back_before_the_network_got_it_is_held_until_it_counts_again(
    shop: TestHub, owner: User, lead: Call
) -> None:
    mark(shop, owner, lead.id, "not_a_lead")
    assert shop.deliver() == {"held": 1} and shop.network.uploaded == []
    assert (shop.delivery().code, shop.one(ConversionRow).retracted, drifting(shop)) == ("taken_back", True, [])
    mark(shop, owner, lead.id, "qualified", usd("250"))
    assert shop.deliver() == {"delivered": 1}
    assert [each.value for each in shop.network.uploaded] == [usd("250")]


def test_a_change_that_was_queued_for_a_network_that_can_no_longer_take_it_ends_with_that_reason(
    lite_hub: Factory,
) -> None:
    able = lite_hub(conversions=[LEAD])
    owner = add(able, "olivia", "owner")
    call = able.call_in()
    mark(able, owner, call.id, "qualified", usd("240"))
    able.deliver()
    mark(able, owner, call.id, "qualified", usd("300"))
    steady = lite_hub(conversions=[LEAD], connectors={**CONNECTORS, "network": SteadyNetwork})
    assert steady.deliver() == {"rejected": 1}
    row = steady.delivery(kind="restate")
    assert row.code == "not_supported" and str(row.reason).startswith("Paper Network cannot change the value")


def test_the_certificate_of_an_erasure_says_that_the_network_cannot_take_it_back(shop: TestHub, lead: Call) -> None:
    shop.deliver()
    with shop.hub.store.writing() as session:
        place = session.get_one(Company, lead.company_id)
        made = open_request(session, shop.hub, place, "erasure", actor="officer", channel="letter", phone=CALLER)
        verify(session, made, "officer", "officer", shop.clock())
    done = run(shop.hub, made.id, "officer")
    assert [each.kind for each in shop.network.uploaded] == ["new"], "the plugin is not called"
    [told] = done.certificate["taken_back"]
    assert (told["conversions"], told["taken_back"]) == (1, 0)
    assert "0 of 1" in as_text(done.certificate)
    assert told["note"] == "It cannot take back a conversion; it still counts there."
