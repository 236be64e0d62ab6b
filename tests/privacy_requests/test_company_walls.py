"""A request to one company shows and erases nothing of another company's at the providers that they share."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator

import pytest
from shared_accounts import ADDRESS, NAME, WORDS, SharedAccounts, shared_accounts
from testbed import CALLER, NORTH_SHARED, SHARED, TestHub

from hub.api.sandbox import Fault
from hub.model import Call, Disclosure, LegalHold, Person, PrivacyRequest, TextMessage, Tracker, TrackingNumber
from hub.privacy_requests.access_file import read_file
from hub.privacy_requests.run import work_tasks
from hub.testing import FrozenClock

HOLDS = {"no hold": None, "a hold on the person": CALLER, "a hold on everybody": "*"}


@pytest.fixture
def both(hub: Callable[..., TestHub], clock: FrozenClock) -> Iterator[SharedAccounts]:
    with shared_accounts(hub, clock) as made:
        yield made


@pytest.fixture
def both_lite(lite_hub: Callable[..., TestHub], clock: FrozenClock) -> Iterator[SharedAccounts]:
    with shared_accounts(lite_hub, clock) as made:
        yield made


def file_of(both: SharedAccounts, request: PrivacyRequest) -> str:
    with both.stage.hub.store.reading() as session:
        data = read_file(session, both.stage.hub, request)
    with zipfile.ZipFile(io.BytesIO(data or b"")) as opened:
        return opened.read("data.json").decode()


def test_the_file_of_one_company_holds_nothing_of_another_company_s(both: SharedAccounts) -> None:
    shown = file_of(both, both.ask("lakeside", "access"))
    assert WORDS["lakeside"] in shown and NAME.split()[1] in shown, (
        "the company's own records and the contact are shown"
    )
    for word in (WORDS["northgate"], NORTH_SHARED):
        assert word not in shown
    assert "Other companies use this account too." in shown
    north = [each.carrier_call_id for each in both.stage.rows(Call, tracking_number=NORTH_SHARED)]
    assert north and not [call_id for call_id in north if call_id in shown]


def test_a_carrier_at_which_the_company_has_no_number_is_neither_asked_nor_told(both_lite: SharedAccounts) -> None:
    both_lite.telnyx.fail_next(Fault("status", 500), 50)
    assert both_lite.ask("lakeside", "access").state == "done"
    erased = both_lite.ask("lakeside", "erasure")
    assert erased.state == "done"
    assert "Telnyx" not in json.dumps(erased.certificate)
    assert both_lite.stage.rows(Disclosure, connector="cells") == []


@pytest.mark.parametrize("hold", HOLDS)
def test_an_erasure_at_one_company_leaves_another_company_s_records_at_shared_providers(
    both: SharedAccounts, hold: str
) -> None:
    if HOLDS[hold]:
        both.hold("northgate", None if HOLDS[hold] == "*" else CALLER)
    before, logged = both.at_carrier("northgate"), both.logged("northgate")
    assert before == (1, 1, 1) and logged == 1
    done = both.ask("lakeside", "erasure")
    assert done.state == "done"
    assert both.at_carrier("lakeside") == (0, 0, 0) and both.logged("lakeside") == 0
    assert both.at_carrier("northgate") == before and both.logged("northgate") == logged
    assert both.contact in both.hubspot.records("contacts"), "the contact is the other company's too"
    crm = next(each for each in done.certificate["erased_at_providers"] if each["connector"] == "crm")
    assert (crm["result"], crm["records"]) == ("partly_erased", 1) and "other companies" in crm["note"]
    assert "Case 17" not in json.dumps(done.certificate) and "orthgate" not in json.dumps(done.certificate)
    north = both.company("northgate").id
    assert both.stage.one(Person, company_id=north).phone_number == CALLER
    assert [call.caller_number for call in both.stage.rows(Call, company_id=north)] == [CALLER]
    assert [text.person_number for text in both.stage.rows(TextMessage, company_id=north)] == [CALLER]
    assert "gone" not in both.recordings_here("northgate")


def test_the_last_company_that_knows_the_person_has_the_shared_contact_erased(both_lite: SharedAccounts) -> None:
    both_lite.ask("lakeside", "erasure")
    done = both_lite.ask("northgate", "erasure")
    assert both_lite.hubspot.records("contacts") == {} and both_lite.at_carrier("northgate") == (0, 0, 0)
    results = {each["connector"]: each["result"] for each in done.certificate["erased_at_providers"]}
    assert results == {"carrier": "erased", "crm": "erased"}


def test_a_hold_of_a_company_that_has_erased_the_person_itself_keeps_the_shared_contact(
    both_lite: SharedAccounts,
) -> None:
    both_lite.ask("northgate", "erasure")
    both_lite.hold("northgate", CALLER)
    both_lite.ask("lakeside", "erasure")
    assert both_lite.contact in both_lite.hubspot.records("contacts")


def test_a_number_that_another_company_had_before_proves_nothing(both: SharedAccounts) -> None:
    """Lakeside's number was moved to Northgate: Lakeside's calls on it stay when the person is erased at Northgate."""
    stage = both.stage
    with stage.hub.store.writing() as session:
        number = session.get_one(TrackingNumber, stage.one(TrackingNumber, number=SHARED).id)
        number.tracker_id = next(
            each.id for each in stage.rows(Tracker, company_id=both.company("northgate").id, name="shared")
        )
        session.add(number)
    stage.live.refresh()
    both.deal_with("northgate", SHARED)
    assert both.at_carrier("lakeside") == (2, 2, 2), "one call, recording and text of each company on the same number"
    shown = file_of(both, both.ask("northgate", "access"))
    assert WORDS["lakeside"] not in shown
    assert both.ask("northgate", "erasure").state == "done"
    assert both.at_carrier("northgate") == (0, 0, 0)
    assert both.at_carrier("lakeside") == (1, 1, 1)
    left = {one["sid"] for one in both.twilio.calls.values() if one["to"] == SHARED}
    assert left == {call.carrier_call_id for call in stage.rows(Call, company_id=both.company("lakeside").id)}


def test_a_number_that_the_company_has_given_back_is_still_its_own(both_lite: SharedAccounts) -> None:
    stage = both_lite.stage
    with stage.hub.store.writing() as session:
        number = session.get_one(TrackingNumber, stage.one(TrackingNumber, number=SHARED).id)
        number.retired_at = stage.clock()
        session.add(number)
    both_lite.ask("lakeside", "erasure")
    assert both_lite.at_carrier("lakeside") == (0, 0, 0)


def test_a_record_that_the_hub_has_lost_is_erased_by_the_company_s_number(both_lite: SharedAccounts) -> None:
    """A call whose webhooks never came, between the person and the company's number."""
    both_lite.twilio.message_webhook(CALLER, SHARED, "zqunheard", "https://calls.example.com/webhooks/carrier")
    assert both_lite.at_carrier("lakeside") == (1, 1, 2)
    both_lite.ask("lakeside", "erasure")
    assert both_lite.at_carrier("lakeside") == (0, 0, 0)


def test_a_hold_that_is_set_while_a_provider_is_waited_for_stops_what_is_left(both_lite: SharedAccounts) -> None:
    both_lite.twilio.fail_next(Fault("status", 500), 50)
    waiting = both_lite.ask("lakeside", "erasure")
    assert waiting.state == "waiting_plugin"
    both_lite.twilio.heal()
    hold = both_lite.hold("lakeside", CALLER)
    both_lite.stage.clock.advance(hours=2)
    work_tasks(both_lite.stage.hub)
    assert both_lite.at_carrier("lakeside") == (1, 1, 1)
    with both_lite.stage.hub.store.writing() as session:
        session.get_one(LegalHold, hold.id).lifted_at = both_lite.stage.clock()
    both_lite.stage.clock.advance(hours=2)
    work_tasks(both_lite.stage.hub)
    assert both_lite.at_carrier("lakeside") == (0, 0, 0)
    assert both_lite.stage.one(PrivacyRequest, id=waiting.id).state == "done"


def test_nothing_of_the_person_is_left_at_the_company_that_was_asked(both_lite: SharedAccounts) -> None:
    both_lite.ask("lakeside", "erasure")
    left = json.dumps([[*both_lite.twilio.messages.values()], [*both_lite.hubspot.activities()]], default=str)
    assert WORDS["lakeside"] not in left and SHARED not in left
    assert WORDS["northgate"] in left and NORTH_SHARED in left
    assert ADDRESS in json.dumps([*both_lite.hubspot.records("contacts").values()], default=str)
