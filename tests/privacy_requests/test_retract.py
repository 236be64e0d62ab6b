"""An erasure takes back what ad networks were given: a conversion of an erased person counts no more where that is possible."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from shared_accounts import at
from testbed import CALLER, CONNECTORS, DEAL_WON, EVERY_CALL, NORTH_SHARED, OTHER_CALLER, TestHub

from hub.api import Money, Receipt, RetryLater
from hub.api.crm import Outcome, OutcomePage
from hub.delivery.crm_outcomes import pull_outcomes
from hub.delivery.poll_receipts import diagnose
from hub.model import Call, Company, Cursor, Delivery, Disclosure, PrivacyRequest
from hub.privacy_requests.certificate import as_text
from hub.privacy_requests.run import run, work_tasks
from hub.privacy_requests.steps import RequestRefused, open_request, refuse, verify
from hub.testing import FrozenClock
from plugins.ads.google_ads import GoogleAds
from plugins.ads.google_ads.sandbox import Sandbox


@pytest.fixture
def desk(hub: Callable[..., TestHub]) -> TestHub:
    """A person has called from an ad; the network counts the call."""
    stage = hub()
    stage.call_in(stage.visit().number)
    stage.deliver()
    return stage


@pytest.fixture
def lite_desk(lite_hub: Callable[..., TestHub]) -> TestHub:
    stage = lite_hub(conversions=(EVERY_CALL, DEAL_WON))
    stage.call_in(stage.visit().number)
    stage.deliver()
    return stage


def erase(stage: TestHub, company: str = "lakeside", phone: str = CALLER) -> PrivacyRequest:
    with stage.hub.store.writing() as session:
        place = session.get_one(Company, stage.directory.companies[company].id)
        made = open_request(session, stage.hub, place, "erasure", actor="officer", channel="letter", phone=phone)
        verify(session, made, "officer", "officer", stage.clock())
    return run(stage.hub, made.id, "officer")


def later(stage: TestHub, request: PrivacyRequest, **gone: Any) -> PrivacyRequest:
    stage.clock.advance(**(gone or {"minutes": 30}))
    work_tasks(stage.hub)
    return stage.one(PrivacyRequest, id=request.id)


def test_a_counted_conversion_is_taken_back_under_its_own_key(desk: TestHub, neighbor: Call) -> None:
    (sent,) = desk.network.uploaded
    done = erase(desk)
    (back,) = desk.network.uploaded[1:]
    assert (back.kind, back.key, back.destination) == ("retract", sent.key, sent.destination)
    assert back.click_ids == sent.click_ids and back.changed_at is not None
    assert done.state == "done"
    (told,) = done.certificate["taken_back"]
    assert (told["conversions"], told["taken_back"]) == (1, 1)
    (lost,) = done.certificate["not_recalled"]
    assert lost["recipient"] == "Paper Network", "what was uploaded stays there, though it counts no more"
    assert "Paper Network: 1 of 1" in as_text(done.certificate)


def test_what_was_sent_to_take_it_back_is_on_record(desk: TestHub, neighbor: Call) -> None:
    request = erase(desk)
    (row,) = desk.rows(Disclosure, subject_id=request.id)
    assert (row.connector, row.use) == ("network", "essential.legal_obligation")
    assert "user.advertising.click_id" in row.categories


def test_a_network_that_is_away_is_asked_until_it_answers_and_nothing_waits_after_it(
    desk: TestHub, neighbor: Call
) -> None:
    desk.network.script = [RetryLater("Away.", 60), "accepted"]
    desk.network.poll_script = ["accepted", "delivered"]
    request = erase(desk)
    assert request.state == "waiting_plugin" and desk.rows(Delivery, connector="network")
    assert later(desk, request).state == "waiting_plugin", "accepted, but not yet confirmed"
    done = later(desk, request)
    assert (done.state, done.known_as) == ("done", {})
    assert [each.kind for each in desk.network.uploaded] == ["new", "retract", "retract"]
    assert done.certificate["taken_back"][0]["taken_back"] == 1


def test_what_a_network_refuses_to_take_back_is_said_with_its_reason(desk: TestHub, neighbor: Call) -> None:
    desk.network.script = [
        lambda batch: [Receipt(key=each.key, status="rejected", code="X", reason="Too late.") for each in batch]
    ]
    done = erase(desk)
    (told,) = done.certificate["taken_back"]
    assert (told["taken_back"], told["note"]) == (0, "Too late.")
    assert "Paper Network: 0 of 1" in as_text(done.certificate) and "Too late." in as_text(done.certificate)


def test_a_conversion_that_is_too_old_to_be_changed_is_not_sent_again(lite_desk: TestHub) -> None:
    lite_desk.clock.advance(days=91)
    done = erase(lite_desk)
    assert len(lite_desk.network.uploaded) == 1
    assert "90 days only" in done.certificate["taken_back"][0]["note"]


def test_what_was_never_sent_or_was_refused_is_not_taken_back(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    stage.call_in(stage.visit().number)
    assert erase(stage).certificate["taken_back"] == []
    assert stage.network.batches == []
    stage.network.script = ["rejected"]
    stage.call_in(stage.visit().number, OTHER_CALLER)
    stage.deliver()
    assert erase(stage, phone=OTHER_CALLER).certificate["taken_back"] == []
    assert len(stage.network.batches) == 1


def test_a_try_that_ended_in_doubt_is_taken_back(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    stage.call_in(stage.visit().number)
    stage.network.script = [RetryLater("The reply was lost.", 60)]
    with pytest.raises(RetryLater):
        stage.deliver()
    erase(stage)
    assert [each.kind for each in stage.network.uploaded] == ["new", "retract"]


def test_a_deal_that_changes_after_the_erasure_is_not_counted_again(lite_desk: TestHub) -> None:
    def deal(amount: str) -> None:
        worth = Outcome(
            external_id="deal-1", stage="won", changed_at=lite_desk.clock(), occurred_at=lite_desk.clock(),
            value=Money(Decimal(amount), "USD"), phone_numbers=(CALLER,),
        )  # fmt: skip
        with lite_desk.hub.store.reading() as session:
            row = session.get(Cursor, ("crm", "outcomes"))
        cursor = row.value if row else None
        lite_desk.crm.pages = {cursor: OutcomePage(outcomes=(worth,), cursor=f"{cursor or ''}+")}
        pull_outcomes(lite_desk.hub, lite_desk.directory, "crm")
        lite_desk.deliver()

    deal("500")
    assert [each.name for each in lite_desk.network.uploaded] == ["every call", "deal won"]
    erase(lite_desk)
    assert sorted(each.name for each in lite_desk.network.uploaded if each.kind == "retract") == [
        "deal won",
        "every call",
    ]
    lite_desk.clock.advance(hours=1)
    deal("900")
    assert len(lite_desk.network.uploaded) == 4


def test_a_request_that_is_carried_out_cannot_be_refused(lite_desk: TestHub) -> None:
    lite_desk.network.script = [RetryLater("Away.", 60)]
    request = erase(lite_desk)
    with lite_desk.hub.store.writing() as session, pytest.raises(RequestRefused, match="already been carried out"):
        refuse(session, session.get_one(PrivacyRequest, request.id), "officer", "No.", lite_desk.clock())
    assert later(lite_desk, request).state == "done"


def test_another_company_s_conversion_at_the_same_network_still_counts(lite_desk: TestHub) -> None:
    lite_desk.call_in(NORTH_SHARED)
    lite_desk.deliver()
    mine, theirs = lite_desk.network.uploaded
    erase(lite_desk)
    assert [each.key for each in lite_desk.network.uploaded if each.kind == "retract"] == [mine.key]
    assert theirs.key != mine.key


@pytest.fixture
def google(clock: FrozenClock) -> Iterator[Sandbox]:
    with Sandbox(clock) as sandbox:
        assert isinstance(sandbox, Sandbox)
        yield sandbox


@pytest.mark.parametrize("api", ["data_manager", "google_ads"])
def test_google_counts_a_conversion_of_an_erased_person_no_more(
    lite_hub: Callable[..., TestHub], google: Sandbox, api: str
) -> None:
    class Google(at(GoogleAds, google)):  # type: ignore[misc]
        Settings = staticmethod(lambda: GoogleAds.Settings.model_validate({**google.settings(), "api": api}))

    rule = {**EVERY_CALL, "send_to": {"network": {"conversion_action": 987654321}}}
    stage = lite_hub(connectors={**CONNECTORS, "network": Google}, conversions=(rule,))
    stage.call_in(stage.visit().number)
    stage.deliver()
    stage.clock.advance(hours=1)
    diagnose(stage.hub, "network")
    ((key, state),) = google.conversions().items()
    assert not state["retracted"]
    request = erase(stage)
    done = request if request.state == "done" else later(stage, request, hours=1)
    assert google.conversions()[key]["retracted"]
    assert done.state == "done" and done.certificate["taken_back"][0]["taken_back"] == 1
    said = "value is set to 0, and it still counts as one conversion" in json.dumps(done.certificate["taken_back"])
    assert said == (api == "data_manager"), "only the Google Ads API takes a conversion back"
    assert [each["recipient"] for each in done.certificate["not_recalled"]] == ["Google LLC"]
    assert CALLER[1:] not in json.dumps(done.certificate)
