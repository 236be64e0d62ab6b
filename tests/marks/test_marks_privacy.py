"""What users add is personal data: access files list it, erasure ends it, and a merge widens neither."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from desk import add, do, mark, scope
from testbed import CALLER, OTHER_CALLER, SHARED, TestHub

from hub.api import Money
from hub.marks.merges import merge_people
from hub.marks.notes import add_note
from hub.marks.tags import tag
from hub.model import Call, Company, Lead, Note, OutgoingCall, Person, PersonMerge, Tag, User
from hub.privacy.erasure import erase_person
from hub.privacy_requests.collect import Answer, collect
from hub.privacy_requests.rights import correct
from hub.privacy_requests.steps import open_request

Factory = Callable[..., TestHub]


@pytest.fixture
def shop(hub: Factory) -> TestHub:
    return hub()


@pytest.fixture
def owner(shop: TestHub) -> User:
    return add(shop, "olivia", "owner")


@pytest.fixture
def call(shop: TestHub, owner: User) -> Call:
    """A call with everything that users add, and a call back that answers no contact."""
    call = shop.call_in()
    mark(shop, owner, call.id, "qualified", Money(Decimal(240), "USD"))
    do(shop, owner, tag, call.id, "roof")
    with shop.hub.store.writing() as session:
        add_note(session, scope(session, owner), shop.hub.vault, call.id, "Wants a quote", shop.clock())
    later = shop.clock() + timedelta(days=300)
    shop.add(
        OutgoingCall(
            connector="carrier", company_id=call.company_id, user_id=owner.id, user_number="+13125550190",
            tracking_number=SHARED, person_number=CALLER, made_at=shop.clock(), due_at=later, expires_at=later,
        )
    )  # fmt: skip
    return call


def answered(stage: TestHub, number: str) -> Answer:
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        request = open_request(session, stage.hub, company, "access", actor="x", channel="phone", phone=number)
        return collect(session, stage.hub, request)


def test_the_access_file_lists_lead_tags_notes_and_calls_to_the_person_without_naming_users(
    shop: TestHub, owner: User, call: Call
) -> None:
    answer = answered(shop, CALLER)
    sections = answer.sections
    assert [(each["status"], each["amount"]) for each in sections["lead status"]] == [("qualified", Decimal(240))]
    assert [each["name"] for each in sections["tags"]] == ["roof"]
    assert [each["text"] for each in sections["notes"]] == ["Wants a quote"]
    assert [each["person_number"] for each in sections["calls to you"]] == [CALLER]
    assert owner.id not in str(answer.as_json()) and "+13125550190" not in str(sections["calls to you"])


def test_an_erasure_ends_notes_tags_and_numbers_and_keeps_the_lead_as_a_count(shop: TestHub, call: Call) -> None:
    erase_person(shop.hub, str(call.person_id))
    assert shop.rows(Note) == shop.rows(Tag) == []
    lead, placed = shop.one(Lead), shop.one(OutgoingCall)
    assert (lead.status, lead.amount) == ("qualified", Decimal(240))
    assert (placed.user_number, placed.person_number, placed.state, placed.status) == (None, None, "done", "refused")


def test_a_merge_widens_neither_the_access_file_nor_the_erasure_and_ends_with_either(
    shop: TestHub, owner: User, call: Call
) -> None:
    other = shop.call_in(caller=OTHER_CALLER)
    do(shop, owner, merge_people, str(other.person_id), str(call.person_id), "Same voice")
    answer = answered(shop, OTHER_CALLER)
    assert [each["id"] for each in answer.sections["calls"]] == [other.id]
    assert answer.sections["notes"] == [] and CALLER not in str(answer.as_json())
    erase_person(shop.hub, str(other.person_id))
    assert shop.rows(PersonMerge) == []
    assert len(shop.rows(Note)) == 1 and shop.one(Person).id == call.person_id


def test_a_call_to_a_person_is_still_found_after_their_number_was_corrected(shop: TestHub, call: Call) -> None:
    with shop.hub.store.writing() as session:
        company = session.get_one(Company, call.company_id)
        request = open_request(
            session, shop.hub, company, "correction", actor="x", channel="letter", phone=CALLER,
            correction={"phone_number": "+13125550177"},
        )  # fmt: skip
        request.evidence = "They called from the new number."
        correct(session, shop.hub, request, [session.get_one(Person, call.person_id)])
    erase_person(shop.hub, str(call.person_id))
    assert shop.one(OutgoingCall).person_number is None
