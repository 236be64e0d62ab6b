"""Who is calling, and what HubSpot holds on a person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import pytest

from hub.api import Caller, ConnectionReport, Fact, JsonObject, PersonReference, RetryLater
from hub.api.crm import Correction
from hub.api.sandbox import Fault
from hub.testing import FrozenClock, connect
from hub.testing.samples import call_activity
from plugins.crm.hubspot import HubSpot
from plugins.crm.hubspot.sandbox import Sandbox
from plugins.crm.hubspot.sandbox.records import Table

CALLER = Caller(phone_number="+13125550142")
TRACKING, OTHER_COMPANY = "+13125550100", "+13125550133"
PERSON = PersonReference(
    phone_numbers=("+13125550142",), emails=("ada@example.com",), tracking_numbers=(TRACKING,), item_keys=("call-2",)
)


def facts(connector: HubSpot) -> dict[str, Fact]:
    return {fact.name: fact for fact in connector.enrich_caller(CALLER)}


@pytest.mark.parametrize("written", ["+13125550142", "(312) 555-0142", "312.555.0142", "+1 312 555 0142"])
def test_a_contact_is_found_however_the_number_is_written(connector: HubSpot, sandbox: Sandbox, written: str) -> None:
    contact = sandbox.add_contact("Ada Example", written)
    assert facts(connector)["crm.contact_id"].value == contact


def test_a_contact_is_found_by_the_mobile_number(connector: HubSpot, sandbox: Sandbox) -> None:
    sandbox.add("contacts", firstname="Ada", phone="+13125550100", mobilephone="(312) 555-0142")
    assert facts(connector)["caller_name"].value == "Ada"


def test_the_same_local_number_in_another_country_is_somebody_else(connector: HubSpot, sandbox: Sandbox) -> None:
    sandbox.add_contact("Grete Example", "+493125550142")
    assert facts(connector) == {}


def test_facts_have_their_category_confidence_and_lifetime(sandbox: Sandbox, clock: FrozenClock) -> None:
    details = {
        "company": "Example Inc.",
        "jobtitle": "Owner",
        "city": "Chicago",
        "state": "IL",
        "lifecyclestage": "customer",
    }
    sandbox.add(
        "contacts", firstname="Ada", lastname="Example", phone="+13125550142", email="ada@example.com", **details
    )
    found = facts(connect(HubSpot, sandbox, clock=clock, fact_days=7))
    assert {(fact.name, fact.value, fact.category) for fact in found.values()} >= {
        ("caller_name", "Ada Example", "user.name"),
        ("crm.company", "Example Inc.", "user.contact.organization"),
        ("crm.job_title", "Owner", "user.job_title"),
        ("crm.email", "ada@example.com", "user.contact.email"),
        ("crm.lifecycle_stage", "customer", "user.behavior.purchase_history"),
    }
    assert {(fact.confidence, fact.lifetime) for fact in found.values()} == {(0.95, timedelta(days=7))}


def test_of_several_contacts_the_oldest_is_told_with_less_confidence(connector: HubSpot, sandbox: Sandbox) -> None:
    for name in ("Ada Example", "Bea Example"):
        sandbox.add_contact(name, "+13125550142")
    assert (facts(connector)["caller_name"].value, facts(connector)["caller_name"].confidence) == ("Ada Example", 0.5)


@pytest.mark.parametrize("number", [None, "", "anonymous", "+1", "sip:a@example.com", "+999" * 20])
def test_what_is_no_number_is_nobody_and_asks_nothing(connector: HubSpot, sandbox: Sandbox, number: str | None) -> None:
    assert not connector.enrich_caller(Caller(phone_number=number))
    assert not sandbox.requests


def test_a_number_with_more_contacts_than_a_page_is_read_to_the_end(connector: HubSpot, sandbox: Sandbox) -> None:
    for _ in range(230):
        sandbox.add_contact("Ada Example", "+13125550142")
    assert len(connector.export_person(PersonReference(phone_numbers=("+13125550142",)))) == 230


def test_a_persons_contacts_and_calls_are_exported(connector: HubSpot, sandbox: Sandbox) -> None:
    by_number = sandbox.add_contact("Ada Example", "+13125550142")
    by_email = sandbox.add_contact("Ada Example", "", "Ada@example.com".lower())
    sandbox.add_contact("Bea Example", "+13125550143")
    sandbox.account.tables["calls"].own["ringfence_call_id"] = {"hasUniqueValue": True}
    caller = {"hs_call_from_number": "+13125550142", "hs_timestamp": "1"}
    ours = sandbox.add("calls", ringfence_call_id="call-1", hs_call_to_number=TRACKING, **caller)
    sandbox.add("calls", hs_call_to_number=TRACKING, **caller)
    sandbox.add("calls", ringfence_call_id="call-3", hs_call_to_number=OTHER_COMPANY, **caller)
    held = {(record.record_type, record.record_id): record.fields for record in connector.export_person(PERSON)}
    assert set(held) == {("contact", by_number), ("contact", by_email), ("call", ours)}
    assert held["contact", by_number]["firstname"] == "Ada"
    assert held["call", ours]["ringfence_call_id"] == "call-1"


def test_a_person_is_erased_and_twice_is_no_error(connector: HubSpot, sandbox: Sandbox) -> None:
    sandbox.add_contact("Ada Example", "+13125550142")
    sandbox.add_contact("Ada Example", "", "ada@example.com")
    other = sandbox.add_contact("Bea Example", "+13125550143")
    sandbox.account.tables["calls"].own["ringfence_call_id"] = {"hasUniqueValue": True}
    sandbox.add("calls", ringfence_call_id="call-1", hs_call_from_number="+13125550142", hs_call_to_number=TRACKING)
    sandbox.add("calls", ringfence_call_id="call-2", hs_call_to_number="+13125550142")
    theirs = sandbox.add("calls", hs_call_from_number="+13125550142", hs_call_to_number=TRACKING)
    erasure = connector.erase_person(PERSON)
    assert (erasure.status, erasure.records) == ("erased", 4)
    assert (set(sandbox.records("contacts")), set(sandbox.records("calls"))) == ({other}, {theirs})
    assert connector.erase_person(PERSON).status == "nothing_held"


def test_an_unknown_person_is_not_put_on_hubspots_block_list(connector: HubSpot, sandbox: Sandbox) -> None:
    assert connector.erase_person(PERSON).status == "nothing_held"
    assert not [path for _, path in sandbox.requests if path.endswith("gdpr-delete")]


def test_an_erasure_that_stops_half_way_is_finished_by_the_next_try(connector: HubSpot, sandbox: Sandbox) -> None:
    sandbox.add_contact("Ada Example", "+13125550142")
    sandbox.add_contact("Ada Example", "+13125550142")
    sandbox.fail_from(4, Fault("status", 500))
    with pytest.raises(RetryLater):
        connector.erase_person(PERSON)
    assert len(sandbox.records("contacts")) == 1
    sandbox.heal()
    assert connector.erase_person(PERSON).records == 1


def test_the_connection_check_names_what_is_wrong(connector: HubSpot, sandbox: Sandbox) -> None:
    assert connector.check_connection().ok
    sandbox.account.scopes.remove("crm.objects.deals.read")
    report = connector.check_connection()
    assert report == ConnectionReport(ok=False, detail=report.detail) and "scope" in report.detail


def test_an_address_that_another_contact_has_is_told(connector: HubSpot, sandbox: Sandbox) -> None:
    sandbox.add_contact("Ada Example", "+13125550142")
    sandbox.add_contact("Bea Example", "+13125550143", "ada@example.com")
    done = connector.correct_person(Correction(phone_numbers=("+13125550142",), new_email="ada@example.com"))
    assert done.status == "impossible" and "merge the contacts" in str(done.reason)


def test_a_new_number_goes_where_the_old_one_stood(connector: HubSpot, sandbox: Sandbox) -> None:
    contact = sandbox.add("contacts", firstname="Ada", phone="+13125550100", mobilephone="(312) 555-0142")
    correction = Correction(phone_numbers=("+13125550142",), new_phone_number="+13125550199", new_name="Ada Example")
    assert connector.correct_person(correction).status == "corrected"
    held = sandbox.records("contacts")[contact]
    assert (held["phone"], held["mobilephone"], held["lastname"]) == ("+13125550100", "+13125550199", "Example")


def test_an_erasure_that_did_not_see_every_page_deletes_nothing_and_says_so(
    connector: HubSpot, sandbox: Sandbox, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of a search has the number of all results (HubSpot's OpenAPI file: `total`)."""
    sandbox.add_contact("Ada Example", "+13125550142")
    connector.log_calls([call_activity(clock.now, caller_number="+13125550142", key=f"call-{n}") for n in range(3)])
    whole = Table.search

    def cut(table: Table, request: JsonObject, unindexed: Collection[int]) -> JsonObject:
        page = whole(table, request, unindexed)
        return {"total": page["total"], "results": page["results"][:1]}

    monkeypatch.setattr(Table, "search", cut)
    with pytest.raises(RetryLater, match="its list has 3 items, and gave 1"):
        connector.erase_person(PERSON)
    assert len(sandbox.activities()) == 3
