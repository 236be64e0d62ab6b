"""Who is calling, what Salesforce holds on a person, and what erasing them really does."""

from __future__ import annotations

import pytest

from hub.api import Caller, PersonReference, Rejected, RetryLater
from hub.api.crm import Correction
from hub.testing import FrozenClock, connect
from hub.testing.samples import TRACKING_NUMBER, call_activity
from plugins.crm.salesforce import Salesforce
from plugins.crm.salesforce.sandbox import Sandbox

CALLER = "+13125550142"
PERSON = PersonReference(phone_numbers=(CALLER,), emails=("jo@example.com",), tracking_numbers=(TRACKING_NUMBER,))


def told(salesforce: Salesforce, number: str | None) -> dict[str, str]:
    return {fact.name: fact.value for fact in salesforce.enrich_caller(Caller(phone_number=number))}


def test_a_contact_is_told_with_company_owner_and_open_deal(salesforce: Salesforce, sandbox: Sandbox) -> None:
    contact = sandbox.add_contact("Jo Roe", CALLER)
    account = sandbox.org.create("Account", {"Name": "Roe Bakery"})
    sandbox.org.update("Contact", contact, {"AccountId": account})
    sandbox.add_deal(contact, "won", "10", "USD")
    sandbox.add_deal(contact, "qualified", "20", "USD")
    assert told(salesforce, CALLER) == {
        "name": "Jo Roe",
        "company": "Roe Bakery",
        "salesforce_contact_id": contact,
        "owner": "Robin Dispatcher",
        "open_opportunity": "Repair (Qualification)",
    }


def test_a_lead_is_told_and_a_converted_one_is_not(salesforce: Salesforce, sandbox: Sandbox) -> None:
    lead = sandbox.org.create("Lead", {"LastName": "Roe", "Company": "Roe Bakery", "Phone": "312.555.0142"})
    assert told(salesforce, CALLER)["salesforce_lead_id"] == lead
    assert told(salesforce, CALLER)["company"] == "Roe Bakery"
    contact = sandbox.org.convert(lead)
    assert told(salesforce, CALLER)["salesforce_contact_id"] == contact
    assert "salesforce_lead_id" not in told(salesforce, CALLER)


def test_a_shared_number_makes_the_facts_less_sure(salesforce: Salesforce, sandbox: Sandbox) -> None:
    sandbox.add_contact("Jo Roe", CALLER)
    assert {fact.confidence for fact in salesforce.enrich_caller(Caller(phone_number=CALLER))} == {0.95}
    sandbox.add_contact("Al Poe", CALLER)
    assert {fact.confidence for fact in salesforce.enrich_caller(Caller(phone_number=CALLER))} == {0.5}


@pytest.mark.parametrize(
    "number", [None, "", "+1", "anonymous", "+266696687", "sip:a@b", "+1 (312) 555-0142 x89", "'} IN ALL", "1" * 40]
)
def test_what_is_no_number_asks_salesforce_nothing(
    salesforce: Salesforce, sandbox: Sandbox, number: str | None
) -> None:
    sandbox.add_contact("Jo Roe", CALLER)
    assert told(salesforce, number) == {}
    assert sandbox.requests == []


def test_a_similar_number_is_somebody_else(salesforce: Salesforce, sandbox: Sandbox) -> None:
    sandbox.org.create("Contact", {"LastName": "Roe", "Phone": "+44 312 555 0142"})
    sandbox.org.create("Contact", {"LastName": "Roe", "Phone": "98 312 555 0142"})
    assert told(salesforce, CALLER) == {}


def test_a_person_is_shown_everything_that_salesforce_holds(
    salesforce: Salesforce, sandbox: Sandbox, clock: FrozenClock
) -> None:
    salesforce.log_calls([call_activity(clock.now, key="call-0", caller_number=CALLER)])
    contact = sandbox.add_contact("Jo Roe", CALLER, "jo@example.com")
    lead = sandbox.org.create("Lead", {"LastName": "Roe", "Company": "Roe Bakery", "Email": "JO@example.com"})
    salesforce.log_calls([call_activity(clock.now, key="call-1", caller_number=CALLER)])
    salesforce.log_calls([call_activity(clock.now, key="call-2", caller_number="+13125550143")])
    deal = sandbox.add_deal(contact, "won", "10", "USD")
    held = salesforce.export_person(PERSON)
    assert {(record.record_type, record.record_id) for record in held if record.record_type != "Task"} == {
        ("Contact", contact),
        ("Lead", lead),
        ("Opportunity", deal),
    }
    tasks = {logged["Id"]: logged["key"] for logged in sandbox.activities()}
    assert sorted(tasks[record.record_id] for record in held if record.record_type == "Task") == ["call-0", "call-1"]
    fields = next(record.fields for record in held if record.record_type == "Contact")
    assert fields["Email"] == "jo@example.com"
    assert fields["Owner.Name"] == "Robin Dispatcher"


def test_nobody_is_found_and_nothing_is_done(salesforce: Salesforce) -> None:
    assert salesforce.export_person(PERSON) == []
    assert salesforce.export_person(PersonReference()) == []
    assert salesforce.erase_person(PERSON).status == "nothing_held"


def test_only_our_calls_are_erased_where_the_settings_leave_people_alone(
    salesforce: Salesforce, sandbox: Sandbox, clock: FrozenClock
) -> None:
    contact = sandbox.add_contact("Jo Roe", CALLER)
    salesforce.log_calls([call_activity(clock.now, key="call-1", caller_number=CALLER)])
    theirs = sandbox.org.create("Task", {"WhoId": contact, "Subject": "Send the offer", "TaskSubtype": "Task"})
    erasure = salesforce.erase_person(PERSON)
    assert (erasure.status, erasure.records) == ("impossible", 1)
    assert erasure.reason is not None
    assert "contacts or leads remain" in erasure.reason
    assert sandbox.activities() == []
    assert {row["Id"] for row in sandbox.org.rows("Task")} == {theirs}
    assert {row["Id"] for row in sandbox.org.rows("Contact")} == {contact}


def test_a_call_of_nobody_is_found_by_its_number_and_erased(
    salesforce: Salesforce, sandbox: Sandbox, clock: FrozenClock
) -> None:
    salesforce.log_calls([call_activity(clock.now, caller_number=number) for number in (CALLER, "+13125550143")])
    erasure = salesforce.erase_person(PERSON)
    assert (erasure.status, erasure.records) == ("erased", 1)
    assert erasure.reason is not None
    assert "recycle bin" in erasure.reason
    assert len(sandbox.activities()) == 1


def test_contact_and_lead_are_erased_where_the_settings_say_so(sandbox: Sandbox, clock: FrozenClock) -> None:
    salesforce = connect(Salesforce, sandbox, clock=clock, erasure="people")
    sandbox.add_contact("Jo Roe", CALLER)
    sandbox.org.create("Lead", {"FirstName": "Jo", "LastName": "Roe", "Company": "Roe", "Email": "jo@example.com"})
    stranger = sandbox.add_contact("Al Poe", "+13125550143")
    salesforce.log_calls([call_activity(clock.now, caller_number=CALLER)])
    erasure = salesforce.erase_person(PERSON)
    assert (erasure.status, erasure.records) == ("erased", 3)
    assert salesforce.export_person(PERSON) == []
    assert salesforce.erase_person(PERSON).status == "nothing_held"
    assert {row["Id"] for row in sandbox.org.rows("Contact")} == {stranger}


def test_an_erasure_that_did_not_see_every_page_deletes_nothing_and_says_so(
    sandbox: Sandbox, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Salesforce's replies have the number of all rows (REST API Developer Guide, Query: `totalSize`)."""
    salesforce = connect(Salesforce, sandbox, clock=clock, erasure="people")
    sandbox.add_contact("Jo Roe", CALLER)
    salesforce.log_calls([call_activity(clock.now, caller_number=CALLER) for _ in range(3)])
    whole = sandbox._page
    monkeypatch.setattr(sandbox, "_page", lambda rows, total, version: whole(rows[:1], total, version))
    with pytest.raises(RetryLater, match="its list has 3 items, and gave 1"):
        salesforce.erase_person(PERSON)
    assert len(sandbox.activities()) == 3


def test_a_search_that_shows_no_more_than_its_limit_is_not_taken_for_complete(
    salesforce: Salesforce, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.crm.salesforce.connection.MAX_SEARCH_ROWS", 2)
    for name in ("Jo Roe", "Al Poe"):
        sandbox.add_contact(name, CALLER)
    with pytest.raises(Rejected, match="found as many"):
        salesforce.erase_person(PERSON)


def test_a_converted_lead_is_shown_and_erased_with_its_contact(sandbox: Sandbox, clock: FrozenClock) -> None:
    salesforce = connect(Salesforce, sandbox, clock=clock, erasure="people")
    lead = sandbox.org.create("Lead", {"LastName": "Ro", "Company": "Roe Bakery", "Phone": "312.555.0142"})
    contact = sandbox.org.convert(lead)
    sandbox.org.update("Contact", contact, {"LastName": "Roe"})
    salesforce.log_calls([call_activity(clock.now, caller_number=CALLER)])
    assert [logged["contact_id"] for logged in sandbox.activities()] == [contact]
    assert {record.record_id for record in salesforce.export_person(PERSON)} >= {lead, contact}
    refused = salesforce.correct_person(Correction(phone_numbers=(CALLER,), new_name="Jo Rowe"))
    assert refused.status == "impossible" and "CANNOT_UPDATE_CONVERTED_LEAD" in str(refused.reason)
    assert sandbox.org.find("Contact", contact)["Name"] == "Jo Rowe"
    erasure = salesforce.erase_person(PERSON)
    assert (erasure.status, erasure.records) == ("erased", 3)
    assert not list(sandbox.org.rows("Lead")) and not list(sandbox.org.rows("Contact"))


def test_calls_that_salesforce_has_archived_are_shown_and_erased(
    salesforce: Salesforce, sandbox: Sandbox, clock: FrozenClock
) -> None:
    calls = [call_activity(clock.now, key=f"call-{n}", caller_number=CALLER) for n in range(3)]
    salesforce.log_calls(calls[:1])
    contact = sandbox.add_contact("Jo Roe", CALLER)
    salesforce.log_calls(calls[1:])
    clock.advance(days=366)
    assert not list(sandbox.org.queried("Task")) and len(sandbox.activities()) == 3
    assert [receipt.status for receipt in salesforce.log_calls(calls)] == ["duplicate"] * 3
    held = salesforce.export_person(PERSON)
    assert sorted(record.record_type for record in held) == ["Contact", "Task", "Task", "Task"]
    assert salesforce.erase_person(PERSON).records == 3
    assert not sandbox.activities() and [row["Id"] for row in sandbox.org.rows("Contact")] == [contact]


def test_of_people_who_share_a_number_none_is_erased(sandbox: Sandbox, clock: FrozenClock) -> None:
    salesforce = connect(Salesforce, sandbox, clock=clock, erasure="people")
    sandbox.add_contact("Jo Roe", CALLER)
    sandbox.add_contact("Al Roe", CALLER)
    erasure = salesforce.erase_person(PERSON)
    assert erasure.status == "impossible"
    assert erasure.reason is not None
    assert "different people" in erasure.reason
    assert len(list(sandbox.org.rows("Contact"))) == 2


def test_a_correction_reaches_the_contact_and_the_lead_of_one_person(salesforce: Salesforce, sandbox: Sandbox) -> None:
    contact = sandbox.add_contact("Jo Roe", CALLER)
    lead = sandbox.org.create("Lead", {"FirstName": "Jo", "LastName": "Roe", "Company": "Roe", "MobilePhone": CALLER})
    correction = Correction(phone_numbers=(CALLER,), new_phone_number="+13125550199", new_name="Jo Rowe")
    assert salesforce.correct_person(correction).records == 2
    assert sandbox.org.find("Contact", contact)["Name"] == "Jo Rowe"
    assert sandbox.org.find("Lead", lead)["MobilePhone"] == "+13125550199"


def test_a_correction_that_salesforce_refuses_is_told(salesforce: Salesforce, sandbox: Sandbox) -> None:
    sandbox.add_contact("Jo Roe", CALLER)
    done = salesforce.correct_person(Correction(phone_numbers=(CALLER,), new_email="not an address"))
    assert (done.status, done.reason) == (
        "impossible",
        "Salesforce refuses the correction (INVALID_EMAIL_ADDRESS); make it there.",
    )
