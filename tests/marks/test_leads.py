"""Leads: a user's mark on a call, text or form becomes, changes or takes back a conversion, once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from desk import add, do, mark, scope
from kept_forms import keep_form
from testbed import SHARED, TestHub

from hub.api import Money
from hub.api.carriers import MessageEvent
from hub.api.privacy import Opinion
from hub.errors import CannotDo, NotFound
from hub.marks.leads import LeadMark, mark_leads, parse_value
from hub.marks.subjects import MAX_SUBJECTS
from hub.model import AuditEntry, ConversionRow, Delivery, FormSubmission, Lead, LeadChange, TextMessage, User
from hub.privacy.erasure import erase_person
from hub.visits.forms import SentForm

Factory = Callable[..., TestHub]
LEAD = {
    "name": "good lead",
    "when": {"event": "lead", "status": ["qualified", "booked"]},
    "value": "from lead",
    "send_to": {"network": {"action": 9}},
}


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


@pytest.fixture
def shop(hub: Factory) -> TestHub:
    return hub(conversions=[LEAD])


@pytest.fixture
def owner(shop: TestHub) -> User:
    return add(shop, "olivia", "owner")


def kinds(stage: TestHub) -> list[tuple[str, Decimal | None]]:
    return [(each.kind, each.amount) for each in stage.rows(Delivery, hook="upload_conversions")]


def test_a_qualified_lead_becomes_a_conversion_with_its_value(shop: TestHub, owner: User) -> None:
    call = shop.call_in()
    shop.clock.advance(days=2)
    assert mark(shop, owner, call.id, "qualified", usd("240")) is None
    row = shop.one(ConversionRow)
    assert (row.rule, row.subject_id, row.amount, row.currency) == ("good lead", call.id, Decimal(240), "USD")
    assert row.occurred_at == shop.clock() and row.person_id == call.person_id
    assert kinds(shop) == [("new", Decimal(240))]
    assert shop.deliver() == {"delivered": 1}


def test_marking_twice_makes_nothing_twice(shop: TestHub, owner: User) -> None:
    call = shop.call_in()
    for _ in range(2):
        mark(shop, owner, call.id, "qualified", usd("240"))
    mark(shop, owner, call.id, "booked")
    assert kinds(shop) == [("new", Decimal(240))] and shop.one(ConversionRow).revision == 1
    assert [each.status for each in shop.rows(LeadChange)] == ["qualified", "booked"]
    assert {each.state for each in shop.rows(LeadChange)} == {"done"}


def test_a_changed_value_restates_and_a_status_that_no_longer_fits_retracts(shop: TestHub, owner: User) -> None:
    call = shop.call_in()
    mark(shop, owner, call.id, "qualified", usd("240"))
    mark(shop, owner, call.id, "qualified", usd("300"))
    assert kinds(shop)[1:] == [("restate", Decimal(300))]
    former = mark(shop, owner, call.id, "not_a_lead")
    assert former == LeadMark("qualified", usd("300"))  # type: ignore[arg-type]
    assert shop.one(ConversionRow).retracted and [kind for kind, _ in kinds(shop)] == ["new", "restate", "retract"]
    mark(shop, owner, call.id, former.status, former.value)
    assert not shop.one(ConversionRow).retracted and kinds(shop)[-1] == ("restate", Decimal(300)), "the undo"


def test_to_undo_the_first_mark_is_to_remove_it(shop: TestHub, owner: User) -> None:
    call = shop.call_in()
    mark(shop, owner, call.id, "booked", usd("90"))
    assert mark(shop, owner, call.id, None) == LeadMark("booked", usd("90"))  # type: ignore[arg-type]
    assert shop.rows(Lead) == [] and shop.one(ConversionRow).retracted
    assert [each.status for each in shop.rows(LeadChange)] == ["booked", ""]


def test_texts_and_forms_become_leads_as_calls_do(shop: TestHub, owner: User) -> None:
    shop.tell(
        MessageEvent(message_id="SM1", at=shop.clock(), tracking_number=SHARED, sender_number="+13125550144", body="Hi")
    )
    company = shop.directory.companies["lakeside"]
    keep_form(shop.hub, company, SentForm(key="form-1", fields={"message": "Hi"}, phone="+13125550145"))
    shop.flow()
    subjects = {shop.one(TextMessage).id, shop.one(FormSubmission).id}
    with shop.hub.store.writing() as session:
        former = mark_leads(session, scope(session, owner), subjects, "Not a lead", shop.clock())
    assert former == dict.fromkeys(subjects)
    for each in subjects:
        mark(shop, owner, each, "qualified")
    assert {row.subject_id for row in shop.rows(ConversionRow)} == subjects


def test_a_call_that_the_flow_has_not_seen_yet_waits_for_its_cause(hub: Factory) -> None:
    print_leads = {**LEAD, "when": {"event": "lead", "status": "qualified", "source": "website"}}
    shop = hub(conversions=[print_leads])
    call = shop.call_in(process=False)
    user = add(shop, "olivia", "owner")
    with shop.hub.store.writing() as session:
        mark_leads(session, scope(session, user), [call.id], "qualified", shop.clock())
    shop.flow()
    shop.clock.advance(seconds=10)
    shop.flow()
    assert shop.one(ConversionRow).subject_id == call.id


def test_a_rule_without_a_value_of_the_lead_keeps_its_own(hub: Factory) -> None:
    shop = hub(conversions=[{**LEAD, "value": "40 USD"}])
    mark(shop, add(shop, "olivia", "owner"), shop.call_in().id, "qualified", usd("7"))
    assert shop.one(ConversionRow).amount == Decimal(40)


def test_consent_is_asked_for_a_lead_as_for_any_conversion(shop: TestHub, owner: User) -> None:
    shop.law.rule = lambda question: Opinion(verdict="deny", rule_id="test.no", reason="No.")
    mark(shop, owner, shop.call_in().id, "qualified")
    held = shop.delivery(hook="upload_conversions")
    assert (held.state, held.code) == ("held", "test.no")


def test_what_is_not_theirs_is_not_found(shop: TestHub) -> None:
    mine, elsewhere = shop.call_in(), shop.call_in("+13135550120")
    missed = shop.call_in(answered=False)
    limited, agent = add(shop, "rita", "receptionist", ["lakeside"]), add(shop, "adam", "agent")
    mark(shop, limited, mine.id, "qualified")
    mark(shop, agent, mine.id, "booked")
    for user, call_id in ((limited, elsewhere.id), (agent, missed.id), (limited, "0" * 36)):
        with pytest.raises(NotFound):
            mark(shop, user, call_id, "qualified")
    with pytest.raises(NotFound):
        do(shop, limited, mark_leads, [mine.id, elsewhere.id], "qualified")
    assert shop.one(Lead).status == "booked", "all or none"


def test_hundreds_are_marked_in_one_step_with_one_audit_entry_and_no_more_than_the_limit(
    shop: TestHub, owner: User
) -> None:
    calls = [shop.call_in(caller=f"+131255501{number:02}").id for number in range(3)]
    assert do(shop, owner, mark_leads, calls, "qualified") == dict.fromkeys(calls)
    shop.flow()
    assert len(shop.rows(ConversionRow)) == 3
    noted = [(row.actor, row.detail) for row in shop.rows(AuditEntry, action="lead.mark")]
    assert noted == [(owner.id, "qualified, 3 items")]
    with pytest.raises(CannotDo, match="At most 500"):
        do(shop, owner, mark_leads, [str(number) for number in range(MAX_SUBJECTS + 1)], "qualified")


def test_nothing_is_added_to_what_an_erased_person_left(shop: TestHub, owner: User) -> None:
    call = shop.call_in()
    mark(shop, owner, call.id, "qualified")
    erase_person(shop.hub, call.person_id or "")
    with pytest.raises(CannotDo, match="erased"):
        mark(shop, owner, call.id, "booked")
    assert shop.one(Lead).status == "qualified", "the count stays, as a conversion does"


def test_a_mark_that_waited_while_its_person_was_erased_converts_nothing(shop: TestHub, owner: User) -> None:
    call = shop.call_in()
    do(shop, owner, mark_leads, [call.id], "qualified")
    erase_person(shop.hub, call.person_id or "")
    shop.flow()
    assert shop.rows(ConversionRow) == []


@pytest.mark.parametrize(
    ("status", "value", "why"),
    [
        ("hot", "keep", "one of new, qualified, booked, not_a_lead"),
        ("qualified", usd("-1"), "0 or more"),
        ("qualified", usd("NaN"), "0 or more"),
        ("qualified", usd("1.00001"), "four decimal"),
        ("qualified", Money(Decimal(1), "usd"), "three letters"),
    ],
)
def test_an_impossible_mark_is_refused_with_a_sentence(lite_hub: Factory, status: str, value: Any, why: str) -> None:
    shop = lite_hub(conversions=[LEAD])
    call = shop.call_in()
    with pytest.raises(CannotDo, match=why):
        mark(shop, add(shop, "olivia", "owner"), call.id, status, value)


def test_a_value_is_read_as_people_write_it() -> None:
    assert parse_value("240") == usd("240") and parse_value(" 9.50 eur") == Money(Decimal("9.50"), "EUR")
    assert parse_value("240", "CAD") == Money(Decimal(240), "CAD")
    for wrong in ("", "much", "1,000", "-5", "5 dollars"):
        with pytest.raises(CannotDo):
            parse_value(wrong)
