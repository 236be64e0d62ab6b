"""Outcomes: what a CRM says became of a caller meets its call, and becomes, changes or takes back a conversion."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from kept_forms import keep_form
from testbed import CALLER, CONNECTORS, DEAL_WON, NORTH_SHARED, OTHER_CALLER, SHARED, TestHub

import hub.delivery.crm_outcomes as crm_outcomes
from hub.api import Money, RetryLater
from hub.api.carriers import MessageEvent
from hub.api.crm import Outcome, OutcomePage
from hub.delivery.crm_outcomes import pull_outcomes
from hub.errors import PluginFailure
from hub.model import ConversionRow, Cursor, Delivery, FormSubmission, OutcomeRow, TextMessage
from hub.visits.forms import SentForm

Factory = Callable[..., TestHub]


def deal(
    stage: TestHub, deal_id: str = "deal-1", stage_name: str = "won", amount: str | None = "500", **more: Any
) -> Outcome:
    return Outcome(
        external_id=deal_id,
        stage=stage_name,
        changed_at=stage.clock(),
        occurred_at=more.pop("occurred_at", stage.clock()),
        value=Money(Decimal(amount), "USD") if amount else None,
        phone_numbers=more.pop("phone_numbers", (CALLER,)),
        **more,
    )


def pull(stage: TestHub, *outcomes: Outcome) -> dict[str, int]:
    """One page of outcomes at the present cursor."""
    with stage.hub.store.reading() as session:
        row = session.get(Cursor, ("crm", "outcomes"))
    cursor = row.value if row else None
    stage.crm.pages = {cursor: OutcomePage(outcomes=outcomes, cursor=f"{cursor or ''}+")}
    return dict(pull_outcomes(stage.hub, stage.directory, "crm"))


@pytest.fixture
def shop(hub: Factory) -> TestHub:
    return hub(conversions=[DEAL_WON])


def test_a_won_deal_meets_the_callers_last_call_and_becomes_a_conversion(shop: TestHub) -> None:
    shop.call_in(SHARED)
    shop.clock.advance(days=1)
    last = shop.call_in(SHARED)
    shop.call_in(SHARED, OTHER_CALLER)
    shop.clock.advance(days=2)
    assert pull(shop, deal(shop)) == {"outcomes": 1, "conversions": 1}
    row, outcome = shop.one(ConversionRow), shop.one(OutcomeRow)
    assert (row.subject_id, row.amount, row.currency) == (last.id, Decimal(500), "USD")
    assert row.occurred_at == shop.clock() and row.outcome_id == outcome.id
    assert outcome.trace == ["the last call of the person with the contact's phone number"]
    assert shop.deliver() == {"delivered": 1}
    [sent] = shop.network.uploaded
    assert sent.value == Money(Decimal(500), "USD") and sent.destination == {"action": 8}


def test_our_own_id_in_the_crm_is_believed_over_the_phone_number(shop: TestHub) -> None:
    first = shop.call_in(SHARED, OTHER_CALLER)
    shop.clock.advance(hours=1)
    shop.call_in(SHARED, CALLER)
    pull(shop, deal(shop, call_key=first.id))
    outcome = shop.one(OutcomeRow)
    assert (outcome.subject_id, outcome.trace) == (first.id, ["the CRM holds our call's id"])


def sent_form(stage: TestHub, key: str, **said: Any) -> FormSubmission:
    """A form of a visitor who came by an ad of their own, taken through the flow."""
    shown = stage.visit(landing_page=f"https://lakeside.example.com/?gclid=Cj0KCQ{key}", human=False)
    lakeside = stage.directory.companies["lakeside"]
    keep_form(stage.hub, lakeside, SentForm(key=key, fields={}, visit_id=shown.visit_id, **said))
    stage.flow()
    return stage.one(FormSubmission, submission_key=f"{lakeside.id}:{key}")


@pytest.mark.parametrize(
    ("said", "contact", "how"),
    [
        ({"email": "Pat@Example.com"}, {"phone_numbers": (), "email": "PAT@example.com"}, "email address"),
        ({"email": "pat@example.com"}, {"email": "pat@example.com"}, "email address"),
        ({"phone": "(312) 555-0142"}, {"email": "other@example.com"}, "phone number"),
    ],
)
def test_a_deal_won_from_a_form_alone_is_sent_with_the_forms_own_click(
    shop: TestHub, said: dict[str, str], contact: dict[str, Any], how: str
) -> None:
    sent_form(shop, "another-1", email="somebody@example.com")
    form = sent_form(shop, "submission-1", **said)
    sent_form(shop, "another-2", phone="(312) 555-0143")
    shop.clock.advance(days=3)
    assert pull(shop, deal(shop, **contact)) == {"outcomes": 1, "conversions": 1}
    outcome, row = shop.one(OutcomeRow), shop.one(ConversionRow)
    assert (outcome.subject_id, outcome.trace) == (form.id, [f"the last form of the person with the contact's {how}"])
    assert (row.subject_id, row.person_id, row.amount) == (form.id, form.person_id, Decimal(500))
    assert shop.deliver() == {"delivered": 1}
    [sent] = shop.network.uploaded
    assert (sent.contact, dict(sent.click_ids)) == ("form", {"gclid": "Cj0KCQsubmission-1"})


def test_of_a_persons_calls_and_texts_a_deal_goes_back_to_the_last_before_it(shop: TestHub) -> None:
    call = shop.call_in(SHARED)
    shop.clock.advance(hours=1)
    pull(shop, deal(shop, "after the call"))
    sent_form(shop, "submission-1", phone=CALLER, email="pat@example.com")
    shop.clock.advance(hours=1)
    pull(shop, deal(shop, "after the form"))
    shop.tell(MessageEvent(message_id="SM1", tracking_number=SHARED, sender_number=CALLER, body="Hi", at=shop.clock()))
    shop.flow()
    shop.clock.advance(hours=1)
    pull(shop, deal(shop, "after the text"))
    text = shop.one(TextMessage)
    assert text.person_id == call.person_id
    assert [row.subject_id for row in shop.rows(OutcomeRow)] == [call.id, call.id, text.id], "a form proves nobody"


def test_a_deal_that_is_known_before_its_form_waits_for_it(shop: TestHub) -> None:
    pull(shop, deal(shop, phone_numbers=(), email="pat@example.com"))
    shop.clock.advance(hours=5)
    form = sent_form(shop, "submission-1", email="pat@example.com")
    assert pull(shop) == {"conversions": 1}
    assert shop.one(ConversionRow).subject_id == form.id


def test_a_deal_of_nobody_known_meets_nobody(shop: TestHub) -> None:
    shop.call_in(caller=OTHER_CALLER)
    sent_form(shop, "submission-1", email="pat@example.com")
    pull(shop, deal(shop, phone_numbers=(), email=None), deal(shop, "deal-2", email="other@example.com"))
    assert [row.subject_id for row in shop.rows(OutcomeRow)] == [None, None]


@pytest.mark.parametrize("stage_name", ["qualified", "lost", "negotiation"])
def test_a_deal_at_another_stage_is_kept_and_converts_nothing(shop: TestHub, stage_name: str) -> None:
    shop.call_in()
    pull(shop, deal(shop, stage_name=stage_name))
    assert shop.rows(ConversionRow) == [] and shop.one(OutcomeRow).stage == stage_name


def test_a_changed_value_is_restated_and_a_lost_deal_retracted(shop: TestHub) -> None:
    shop.call_in()
    pull(shop, deal(shop))
    shop.deliver()
    for stage_name, amount in [("won", "650"), ("won", "650"), ("lost", "650"), ("won", "700")]:
        shop.clock.advance(hours=1)
        pull(shop, deal(shop, stage_name=stage_name, amount=amount))
        shop.deliver()
    sent = [(each.kind, each.value and each.value.amount) for each in shop.network.uploaded]
    assert sent == [("new", 500), ("restate", 650), ("retract", 650), ("restate", 700)]
    assert len({each.key for each in shop.network.uploaded}) == 1
    row = shop.one(ConversionRow)
    assert (row.retracted, row.amount) == (False, Decimal(700))


def test_an_older_change_that_comes_late_changes_nothing(shop: TestHub) -> None:
    shop.call_in()
    late = deal(shop, amount="100")
    shop.clock.advance(hours=1)
    pull(shop, deal(shop, amount="500"))
    pull(shop, late)
    assert shop.one(OutcomeRow).amount == Decimal(500) and len(shop.rows(Delivery, connector="network")) == 1


def test_the_same_page_again_changes_nothing(shop: TestHub) -> None:
    shop.call_in()
    won = deal(shop)
    pull(shop, won)
    before = [shop.rows(table) for table in (OutcomeRow, ConversionRow, Delivery)]
    pull(shop, won, won)
    assert [shop.rows(table) for table in (OutcomeRow, ConversionRow, Delivery)] == before


def test_a_deal_that_is_known_before_its_call_waits_for_it(shop: TestHub) -> None:
    pull(shop, deal(shop))
    assert shop.one(OutcomeRow).subject_id is None
    shop.clock.advance(hours=5)
    call = shop.call_in()
    assert pull(shop) == {"conversions": 1}
    assert shop.one(ConversionRow).subject_id == call.id


def test_a_call_long_before_or_after_its_deal_is_not_its_cause(shop: TestHub) -> None:
    shop.call_in()
    shop.clock.advance(days=181)
    pull(shop, deal(shop))
    pull(shop, deal(shop, "deal-2", occurred_at=shop.clock() - timedelta(days=185)))
    assert [row.subject_id for row in shop.rows(OutcomeRow)] == [None, None]


def test_the_cursor_moves_with_its_page_or_not_at_all(shop: TestHub) -> None:
    shop.call_in()
    shop.crm.pages = {
        None: OutcomePage(outcomes=(deal(shop),), cursor="1", more=True),
        "1": RetryLater("busy"),
    }
    with pytest.raises(RetryLater):
        pull_outcomes(shop.hub, shop.directory, "crm")
    assert shop.one(Cursor).value == "1" and len(shop.rows(ConversionRow)) == 1
    shop.crm.pages = {"1": OutcomePage(outcomes=(deal(shop, "deal-2"),), cursor="2")}
    pull_outcomes(shop.hub, shop.directory, "crm")
    assert shop.crm.asked_cursors == [None, "1", "1"]
    assert shop.one(Cursor).value == "2" and len(shop.rows(OutcomeRow)) == 2


def test_a_cursor_that_stands_still_ends_the_reading(shop: TestHub) -> None:
    shop.crm.pages = {None: OutcomePage(outcomes=(), cursor=None, more=True)}
    pull_outcomes(shop.hub, shop.directory, "crm")
    assert shop.crm.asked_cursors == [None]


def test_pages_without_end_hold_no_sync_for_ever_and_the_next_one_goes_on(
    shop: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crm_outcomes, "MAX_PAGES", 3)

    class Endless(dict[str | None, Any]):
        def get(self, cursor: str | None, default: Any = None) -> OutcomePage:
            return OutcomePage(outcomes=(), cursor=str(int(cursor or 0) + 1), more=True)

    shop.crm.pages = Endless()
    for _ in range(2):
        pull_outcomes(shop.hub, shop.directory, "crm")
    assert shop.crm.asked_cursors == [None, "1", "2", "3", "4", "5"] and shop.one(Cursor).value == "6"


def test_a_crm_of_one_company_never_meets_anothers_call(hub: Factory) -> None:
    stage = hub(conversions=[DEAL_WON], common={"crm": {"companies": ["northgate"]}})
    lake = stage.call_in(SHARED)
    pull(stage, deal(stage, call_key=lake.id))
    assert stage.one(OutcomeRow).subject_id is None
    north = stage.call_in(NORTH_SHARED)
    stage.clock.advance(minutes=1)
    pull(stage, deal(stage))
    assert stage.one(OutcomeRow).subject_id == north.id


def test_a_fixed_value_of_the_rule_is_sent_whatever_the_deal_is_worth(hub: Factory) -> None:
    stage = hub(conversions=[{**DEAL_WON, "value": "40 USD"}])
    stage.call_in()
    pull(stage, deal(stage, amount=None))
    pull(stage, deal(stage, amount="9000"))
    assert stage.one(ConversionRow).amount == Decimal(40) and len(stage.rows(Delivery, connector="network")) == 1


@pytest.mark.parametrize("amount", ["1e30", "NaN", "Infinity", "-1e15", "0.00001"])
def test_an_absurd_value_holds_up_no_other_deal(shop: TestHub, amount: str) -> None:
    shop.call_in()
    pull(shop, deal(shop, amount=amount), deal(shop, "deal-2"))
    assert len(shop.rows(OutcomeRow)) == 2
    assert shop.one(OutcomeRow, external_id="deal-2").amount == Decimal(500)


def test_a_page_that_is_none_is_the_plugins_fault_and_moves_no_cursor(shop: TestHub) -> None:
    shop.crm.pages = {None: OutcomePage(outcomes=({"id": 1},), cursor="1")}  # type: ignore[arg-type]
    with pytest.raises(PluginFailure):
        pull_outcomes(shop.hub, shop.directory, "crm")
    assert shop.rows(Cursor) == []


def test_two_crms_may_have_deals_of_the_same_id(hub: Factory) -> None:
    stage = hub(conversions=[DEAL_WON], connectors={**CONNECTORS, "second": CONNECTORS["crm"]})
    stage.call_in()
    pull(stage, deal(stage))
    stage.second.pages = {None: OutcomePage(outcomes=(deal(stage),), cursor="1")}
    pull_outcomes(stage.hub, stage.directory, "second")
    assert len(stage.rows(OutcomeRow)) == len(stage.rows(ConversionRow)) == 2
