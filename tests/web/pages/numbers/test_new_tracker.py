"""`/numbers/trackers/new`: where a number is shown, which it is and what callers hear, in one page and one click to buy it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from config_on_disk import CONFIG, PLUGINS, open_config_stage
from fake_number_carrier import FakeNumberCarrier
from page_client import PageClient, seen, signed_in
from testbed import TestHub

from hub.api import Money, Rejected
from hub.config.edit import tree_of
from hub.model import NumberPurchase, Tracker, TrackingNumber
from hub.testing import FrozenClock

PATH = "/numbers/trackers/new?company=lakeside"
WANTED, OTHER = "+13125550130", "+13125550131"
PRICES = [f"{each}=1.15 USD" for each in (WANTED, OTHER)]


class Seller(FakeNumberCarrier):
    """It can do every step of a call too."""

    manifest = FakeNumberCarrier.manifest.model_copy(update={"abilities": PLUGINS["carrier"].manifest.abilities})


@pytest.fixture
def stage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    with open_config_stage(sqlite_url, clock, tmp_path, CONFIG, {**PLUGINS, "carrier": Seller}) as opened:
        yield opened


@pytest.fixture
def owner(stage: TestHub) -> PageClient:
    return signed_in(stage)


def form(**changes: Any) -> dict[str, Any]:
    """What the page sends for a mailer, after numbers were found."""
    sent = {
        "where": "print",
        "title": "Spring mailer",
        "campaign": "",
        "area": "312",
        "contains": "",
        "searched": "yes",
    }
    return {
        **sent,
        "number": WANTED,
        "price": PRICES,
        "flow": "",
        "ring": "",
        "numbers": "",
        "deed": "start",
        **changes,
    }


def written(stage: TestHub, name: str) -> dict[str, Any]:
    """What config.yaml says of a tracker of Lakeside."""
    assert stage.config_file is not None
    company = tree_of(stage.config_file.path.read_text())["accounts"][0]["companies"][0]
    return next((each for each in company["trackers"] if each["name"] == name), {})


def test_a_tracker_gets_its_number_in_one_step(stage: TestHub, owner: PageClient) -> None:
    found = owner.post(PATH, form(deed="find", number="", price=[]))
    assert "+1 312 555 0130" in seen(found.text) and "$1.15 a month" in found.text
    done = owner.post(PATH, form())
    assert done.status_code == 303, seen(done.text)
    assert done.headers["location"] == "/numbers?company=lakeside&tracker=spring_mailer"
    assert written(stage, "spring_mailer") == {
        "name": "spring_mailer", "title": "Spring mailer", "type": "source", "carrier": "carrier",
        "medium": "print", "source": "spring_mailer",
    }  # fmt: skip
    tracker = stage.one(Tracker, name="spring_mailer")
    assert stage.one(TrackingNumber, number=WANTED).tracker_id == tracker.id
    said = owner.text(done.headers["location"])
    assert "Bought: +1 312 555 0130. It takes calls within a minute." in said and "Spring mailer" in said


def test_a_tracker_without_a_number_leads_to_one_bought_for_it(stage: TestHub, owner: PageClient) -> None:
    assert owner.post(PATH, form(deed="save", searched="", number="")).status_code == 303
    listed = owner.get("/numbers?tracker=spring_mailer").text
    assert "Spring mailer has no number yet" in listed
    assert 'href="/numbers/buy?for=lakeside%2Fspring_mailer">Buy one for it' in listed


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("website", {"type": "session"}),
        ("ad", {"type": "source", "source": "google", "medium": "cpc"}),
        ("listing", {"type": "source", "source": "google_business_profile", "medium": "organic"}),
        ("signals", {"type": "source", "source": "website", "medium": "direct", "signals": True}),
        ("other", {"type": "source", "source": "spring_mailer"}),
    ],
)
def test_where_a_number_is_shown_says_what_its_calls_count_for(
    stage: TestHub, owner: PageClient, where: str, said: dict[str, Any]
) -> None:
    assert owner.post(PATH, form(where=where, deed="save", searched="")).status_code == 303
    rest = {"name": "spring_mailer", "title": "Spring mailer", "carrier": "carrier"}
    assert written(stage, "spring_mailer") == {**rest, **said}


def test_a_number_may_ring_a_phone_of_its_own_and_be_one_that_the_company_has(
    stage: TestHub, owner: PageClient
) -> None:
    sent = form(flow="ring one phone", ring="312 555 0177", numbers="(312) 555-0140", deed="save", searched="")
    assert owner.post(PATH, sent).status_code == 303
    tracker = written(stage, "spring_mailer")
    assert tracker["numbers"] == ["+13125550140"] and tracker["flow"] == "spring_mailer"
    stage.live.refresh()
    flow = stage.directory.lines["+13125550140"].flow
    assert flow.title == "Spring mailer" and flow.forward == "+13125550177"


def test_what_is_missing_stands_at_its_step_and_changes_nothing(stage: TestHub, owner: PageClient) -> None:
    assert stage.config_file is not None
    before = stage.config_file.path.read_text()
    for changes, words in (
        ({"where": ""}, "Choose where people will see the number."),
        ({"title": "…"}, "Give it a name with letters or digits"),
        ({"title": ""}, "Give it a name with letters or digits"),
        ({"searched": "", "number": ""}, "Find a number first"),
        ({"flow": "ring one phone", "ring": "12"}, "This is not a phone number"),
        ({"numbers": "none"}, "This is not a phone number"),
        ({"area": "Atlantis"}, "No place in North America has this name"),
        ({"price": [f"{WANTED}=0.50 USD"]}, "The price has changed"),
    ):
        refused = owner.post(PATH, form(**changes))
        assert refused.status_code == 422 and words in refused.text, (changes, seen(refused.text))
    assert stage.config_file.path.read_text() == before and stage.rows(NumberPurchase) == []


def test_a_number_that_the_carrier_refuses_leaves_the_tracker_with_a_way_on(stage: TestHub, owner: PageClient) -> None:
    seller: Any = stage.hub.plugins.connectors["carrier"]
    seller.buy_script = [Rejected("It is gone.")]
    refused = owner.post(PATH, form())
    assert refused.status_code == 422 and "It is gone." in refused.text
    assert "for=lakeside%2Fspring_mailer" in refused.text


def test_a_dearer_number_says_its_price_on_its_row(stage: TestHub, owner: PageClient) -> None:
    seller: Any = stage.hub.plugins.connectors["carrier"]
    seller.price = Money(Decimal("2.15"), "USD")
    assert "$2.15 a month" in owner.post(PATH, form(deed="find", number="")).text


def test_whose_number_it_will_be_is_asked_first(owner: PageClient) -> None:
    page = owner.get("/numbers/trackers/new?where=signals").text
    assert "company=northgate" in page and "where=signals" in page
    chosen = owner.get("/numbers/trackers/new?where=signals&company=northgate").text
    assert 'value="signals" data-title="Visitors who say no to ads" checked' in chosen
    assert "Is never reported to advertisers." in chosen
    assert "no conversion rule counts leads" in owner.text(PATH)
