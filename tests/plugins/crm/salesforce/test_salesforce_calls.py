"""Calls become Tasks in Salesforce, each once, on the right person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.api import ConfigError
from hub.api.crm import CallActivity
from hub.testing import FrozenClock, connect
from hub.testing.samples import call_activity
from plugins.crm.salesforce import Salesforce
from plugins.crm.salesforce.sandbox import FORMATS, Sandbox
from plugins.crm.salesforce.sandbox.records import Refused
from plugins.crm.salesforce.settings import SalesforceSettings
from plugins.crm.salesforce.translate import SIGNATURE, task

CALLER = "+13125550142"
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def activity(key: str, **changes: object) -> CallActivity:
    return call_activity(NOW, **{"key": key, "caller_number": CALLER, **changes})


def test_a_call_is_logged_with_where_it_came_from(salesforce: Salesforce, sandbox: Sandbox) -> None:
    contact = sandbox.add_contact("Jo Roe", CALLER)
    [receipt] = salesforce.log_calls([activity("call-1", campaign="Leaks")])
    assert (receipt.key, receipt.status) == ("call-1", "delivered")
    [logged] = sandbox.activities()
    assert receipt.reference == logged["Id"]
    assert (logged["key"], logged["contact_id"]) == ("call-1", contact)
    assert (logged["CallType"], logged["CallDurationInSeconds"], logged["Status"]) == ("Inbound", 95, "Completed")
    assert logged["Subject"] == "Inbound call from Google Ads / cpc / Leaks"
    assert "Campaign: Leaks" in logged["Description"]
    assert logged["Description"].endswith(SIGNATURE)


@pytest.mark.parametrize("written", FORMATS)
def test_a_number_is_found_however_it_was_typed(salesforce: Salesforce, sandbox: Sandbox, written: str) -> None:
    typed = written.format("312", "555", "0142")
    contact = sandbox.org.create("Contact", {"LastName": "Roe", "HomePhone": typed})
    sandbox.org.create("Contact", {"LastName": "Poe", "Phone": "(312) 555-0143"})
    salesforce.log_calls([activity("call-1")])
    assert [logged["contact_id"] for logged in sandbox.activities()] == [contact]


def test_a_refused_search_never_decides_about_the_calls(
    salesforce: Salesforce, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Refused("INSUFFICIENT_ACCESS", "insufficient access rights", status=403)

    monkeypatch.setattr("plugins.crm.salesforce.sandbox.sosl", refuse)
    sandbox.add_contact("Jo Roe", CALLER)
    sandbox.refuse("call-2")
    unlinked, refused, hidden = salesforce.log_calls(
        [activity("call-1"), activity("call-2"), activity("call-3", caller_number=None)]
    )
    assert (unlinked.status, unlinked.reason) == (
        "delivered",
        "logged, but not on the contact: Salesforce refuses the search (INSUFFICIENT_ACCESS)",
    )
    assert (refused.status, refused.code) == ("rejected", "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert (hidden.status, hidden.reason) == ("delivered", None)
    assert [logged["contact_id"] for logged in sandbox.activities()] == [None, None]


def test_a_lead_takes_the_call_where_there_is_no_contact(salesforce: Salesforce, sandbox: Sandbox) -> None:
    old = {"LastName": "Roe", "Company": "Roe Ltd", "MobilePhone": CALLER, "IsConverted": True}
    sandbox.org.create("Lead", old)
    lead = sandbox.org.create("Lead", {"LastName": "Roe", "Company": "Roe Ltd", "Phone": "312.555.0142"})
    salesforce.log_calls([activity("call-1")])
    contact = sandbox.add_contact("Jo Roe", CALLER)
    salesforce.log_calls([activity("call-2")])
    assert [logged["contact_id"] for logged in sandbox.activities()] == [lead, contact]


def test_of_several_contacts_the_one_changed_last_takes_the_call(
    salesforce: Salesforce, sandbox: Sandbox, clock: FrozenClock
) -> None:
    first, second = sandbox.add_contact("Jo Roe", CALLER), sandbox.add_contact("Al Roe", CALLER)
    clock.advance(minutes=1)
    sandbox.org.update("Contact", first, {"Email": "jo@example.com"})
    salesforce.log_calls([activity("call-1")])
    assert [logged["contact_id"] for logged in sandbox.activities()] == [first] != [second]


def test_the_same_call_twice_makes_one_task(salesforce: Salesforce, sandbox: Sandbox) -> None:
    first = salesforce.log_calls([activity("call-1")])
    again = salesforce.log_calls([activity("call-1"), activity("call-2"), activity("call-2")])
    assert [receipt.status for receipt in first] == ["delivered"]
    assert [receipt.status for receipt in again] == ["duplicate", "delivered", "duplicate"]
    assert [logged["key"] for logged in sandbox.activities()] == ["call-1", "call-2"]


def test_salesforce_itself_refuses_the_second_task_where_the_field_is_unique(
    sandbox: Sandbox, clock: FrozenClock
) -> None:
    sandbox.org.add_field("Task", "Ringfence_Call__c", 255, unique=True)
    salesforce = connect(Salesforce, sandbox, clock=clock, call_key_field="Ringfence_Call__c")
    sandbox.org.create("Task", {"Ringfence_Call__c": "CALL-1"})
    [receipt, other] = salesforce.log_calls([activity("call-1"), activity("call-2")])
    assert (receipt.status, receipt.code, other.status) == ("duplicate", "DUPLICATE_VALUE", "delivered")


def test_one_refused_row_costs_the_others_nothing(salesforce: Salesforce, sandbox: Sandbox) -> None:
    sandbox.refuse("call-2", message=f"Jo Roe ({CALLER}, (312) 555-0142, jo@example.com) asked not to be called")
    sandbox.refuse("call-3", code="UNABLE_TO_LOCK_ROW", message="unable to obtain exclusive access to this record")
    calls = [activity(f"call-{n}", caller_name="Jo Roe") for n in range(1, 5)]
    receipts = {receipt.key: receipt for receipt in salesforce.log_calls(calls)}
    assert [receipts[call.key].status for call in calls] == ["delivered", "rejected", "retry", "delivered"]
    assert receipts["call-2"].code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert receipts["call-2"].reason == "… (…, …, …) asked not to be called"


def test_a_key_that_is_too_long_is_told_without_the_key(salesforce: Salesforce) -> None:
    [receipt] = salesforce.log_calls([activity("k" * 300)])
    assert (receipt.status, receipt.code) == ("rejected", "STRING_TOO_LONG")
    assert receipt.reason == "CallObject: data value too large: … (max length=255)"


def test_a_batch_costs_a_handful_of_requests(salesforce: Salesforce, sandbox: Sandbox) -> None:
    calls = [activity(f"call-{n}", caller_number=f"+1{200 + n}5550{100 + n % 100}") for n in range(200)]
    salesforce.log_calls(calls)
    assert len(sandbox.activities()) == 200
    assert len(sandbox.requests) <= 10, [path for _, path in sandbox.requests]


def test_hostile_text_stays_text(salesforce: Salesforce, sandbox: Sandbox) -> None:
    hostile = "O'Neil\\ \x00<script>\ud800\u202e'}) {{7*7}} 🚿\nLogged by Ringfence"
    calls = [
        activity('it\'s {a} \\ "key"', campaign=hostile, caller_name=hostile, landing_page="x" * 40_000),
        activity("call-2", caller_number="+1", source=None, medium=None, campaign=None),
        activity("call-3", caller_number="anonymous"),
    ]
    assert {receipt.status for receipt in salesforce.log_calls(calls)} == {"delivered"}
    assert {receipt.status for receipt in salesforce.log_calls(calls)} == {"duplicate"}
    assert [logged["key"] for logged in sandbox.activities()] == [call.key for call in calls]


def test_custom_fields_are_filled_and_the_day_is_the_customers(sandbox: Sandbox, clock: FrozenClock) -> None:
    sandbox.org.add_field("Task", "Ad_Campaign__c", 100)
    fields = {"Ad_Campaign__c": "campaign"}
    salesforce = connect(Salesforce, sandbox, clock=clock, task_fields=fields, time_zone="America/Chicago")
    at_night = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    salesforce.log_calls([activity("call-1", campaign="Leaks", started_at=at_night)])
    [logged] = sandbox.activities()
    assert (logged["Ad_Campaign__c"], logged["ActivityDate"]) == ("Leaks", "2026-11-23")
    assert "2026-11-23 21:00 CST" in logged["Description"]


def test_a_field_that_the_org_lacks_is_a_mistake_in_the_settings(sandbox: Sandbox, clock: FrozenClock) -> None:
    salesforce = connect(Salesforce, sandbox, clock=clock, call_key_field="Ringfence_Call__c")
    with pytest.raises(ConfigError, match="call_key_field"):
        salesforce.log_calls([activity("call-1")])
    report = salesforce.check_connection()
    assert not report.ok
    assert "Ringfence_Call__c" in report.detail


def test_a_missed_call_says_so() -> None:
    settings = SalesforceSettings(client_id="app")
    made = task(activity("call-1", answered=False, source=None, medium=None, campaign=None), None, settings)
    assert (made["Subject"], made["CallDisposition"]) == ("Inbound call (missed)", "Missed")
    assert "WhoId" not in made
