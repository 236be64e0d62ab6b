"""The dry run decides as the flow does, sends nothing, and stores nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from fake_connectors import FakeNetwork
from sqlalchemy import func
from sqlmodel import SQLModel, select
from testbed import ACCOUNTS, CALLER, CONNECTORS, DEAL_WON, EVERY_CALL, NORTH_SHARED, OTHER_CALLER, TestHub

from hub.access.scope import AccessScope
from hub.api import Conversion, Limits, Money, Receipt, hookimpl
from hub.api.privacy import Opinion
from hub.config.models import ConversionRule
from hub.model import Account, Call, Company, Lead, OutcomeRow, Person, User, UserCompany
from hub.model.columns import new_id
from hub.model.states import SubjectState
from hub.queries.conversions import events
from hub.queries.conversions.dry_run import NOWHERE, DryRun, dry_run
from hub.queries.conversions.totals import by_destination, in_all, reasons

Factory = Callable[..., TestHub]
WEEK = timedelta(days=7)


@pytest.fixture
def stage(lite_hub: Factory) -> TestHub:
    return lite_hub()


def user_of(stage: TestHub, *companies: str) -> AccessScope:
    user = User(account_id=stage.one(Account).id, name=f"u{new_id()}", role="marketer", made_at=stage.clock())
    ids = tuple(stage.one(Company, name=name).id for name in companies)
    stage.add(user)
    stage.add(*(UserCompany(user_id=user.id, company_id=each) for each in ids))
    return AccessScope(user, companies=ids or None)


def run(stage: TestHub, *rules: Any, scope: AccessScope | None = None) -> DryRun:
    wanted = [ConversionRule.model_validate(rule) for rule in rules] or stage.hub.config.conversions
    companies = [each.id for each in stage.rows(Company)]
    now = stage.clock()
    return dry_run(
        stage.hub, stage.directory, scope or user_of(stage), wanted, companies, now - WEEK, now + timedelta(seconds=1)
    )


def row_counts(stage: TestHub) -> dict[str, int]:
    with stage.hub.store.reading() as session:
        return {
            name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in SQLModel.metadata.tables.items()
        }


def test_it_sends_nothing_stores_nothing_and_agrees_with_what_the_flow_sends(stage: TestHub) -> None:
    stage.call_in()
    stage.call_in(NORTH_SHARED, OTHER_CALLER)
    stage.say(stage.rows(Person)[1], "refused", "marketing")
    scope = user_of(stage)
    before = row_counts(stage)
    result = run(stage, scope=scope)
    assert row_counts(stage) == before
    assert stage.network.batches == stage.network.dry_runs == []
    assert stage.hub.refusals.take() == {}, "no violation of a manifest is counted"
    stage.deliver()
    sent = [item.conversion for item in result.items if item.refusal is None]
    assert [(each.key, each.value, each.phone_number, each.destination) for each in sent if each] == [
        (each.key, each.value, each.phone_number, each.destination) for each in stage.network.uploaded
    ]
    refused = [item for item in result.items if item.refusal]
    assert [(item.refusal.code, item.refusal.says) for item in refused if item.refusal] == [
        ("paper.refused", "consent")
    ]
    assert (in_all(result.items).matched, in_all(result.items).sent) == (2, 1)


def test_consent_is_asked_as_it_would_be_now(stage: TestHub) -> None:
    stage.call_in()
    stage.deliver()
    assert stage.delivery().state == "delivered"
    stage.say(stage.one(Person), "objected", "marketing")
    (item,) = run(stage).items
    assert item.refusal and item.refusal.code == "paper.refused"


def test_a_silent_consent_plugin_is_a_no(stage: TestHub) -> None:
    stage.call_in()
    stage.law.rule = lambda question: (_ for _ in ()).throw(RuntimeError("broken"))
    (item,) = run(stage).items
    assert item.refusal and (item.refusal.says, item.refusal.code) == ("consent", "hub.no-answer")


def test_one_question_for_each_person_and_network_however_many_rules(stage: TestHub) -> None:
    stage.call_in()
    asked = []
    stage.law.rule = lambda question: (
        asked.append(question) or Opinion(verdict="allow", rule_id="paper.allowed", reason="Nobody minds.")
    )
    second = {**EVERY_CALL, "name": "again", "send_to": {"network": {"action": 9}}}
    assert len(run(stage, EVERY_CALL, second).items) == 2
    assert len(asked) == 1


def test_the_manifest_decides_what_the_network_would_get(stage: TestHub) -> None:
    stage.visit()
    stage.call_in("+13125550100")
    (item,) = run(stage).items
    assert item.conversion and item.conversion.click_ids == {"gclid": "Cj0KCQjw123456789"}
    assert item.conversion.phone_number != CALLER and item.conversion.landing_page is None
    assert item.clicked == {"gclid": stage.clock()}
    assert item.kept_back == ("clicked_at", "country", "landing_page"), "known, and not declared"


class StrictNetwork(FakeNetwork):
    """A network that knows what it would refuse, and takes nothing older than three days."""

    manifest = FakeNetwork.manifest.model_copy(update={"limits": Limits(max_age=timedelta(days=3))})

    @hookimpl
    def check_conversion(self, conversion: Conversion) -> Receipt | None:
        if conversion.phone_number:
            return None
        return Receipt(key=conversion.key, status="rejected", code="NOBODY", reason="Nobody could be matched.")


def test_what_the_plugin_and_its_limits_would_refuse_is_known_without_asking_the_provider(lite_hub: Factory) -> None:
    stage = lite_hub(connectors={**CONNECTORS, "network": StrictNetwork})
    stage.call_in(at=stage.clock() - timedelta(days=5))
    stage.call_in(caller=None)
    refusals = [
        (item.refusal.says, item.refusal.code, item.refusal.reason) for item in run(stage).items if item.refusal
    ]
    assert refusals == [
        ("provider", "NOBODY", "Nobody could be matched."), ("limit", "too_old", "It is 5 days old; 3 are taken."),
    ]  # fmt: skip
    assert stage.network.batches == []


def test_deals_and_leads_of_the_week_count_with_their_own_value(stage: TestHub) -> None:
    call = stage.call_in()
    stage.add(_outcome(stage, call, stage.clock()))
    lead = Lead(
        subject_id=call.id, company_id=str(call.company_id), status="booked", amount=Decimal(70), currency="USD",
        marked_at=stage.clock(), marked_by="u",
    )  # fmt: skip
    stage.add(lead)
    booked = {
        "name": "booked", "when": {"event": "lead", "status": "booked"}, "value": "from lead",
        "send_to": {"network": {"action": 3}},
    }  # fmt: skip
    items = run(stage, DEAL_WON, booked).items
    assert {(item.rule, item.value) for item in items} == {
        ("deal won", Money(Decimal(500), "USD")), ("booked", Money(Decimal(70), "USD")),
    }  # fmt: skip
    assert in_all(items).values == {"USD": Decimal(570)}


def test_a_rule_without_a_destination_for_the_company_says_so(lite_hub: Factory) -> None:
    stage = lite_hub(common={"network": {"companies": ["northgate"]}})
    stage.call_in()
    (item,) = run(stage).items
    assert item.refusal and (item.refusal.code, item.connector) == (NOWHERE, None)
    assert list(by_destination([item])) == [None]
    assert reasons([item])[0].count == 1


def test_only_what_the_user_may_see_is_run(stage: TestHub) -> None:
    stage.call_in()
    north = stage.call_in(NORTH_SHARED, OTHER_CALLER)
    stage.add(_outcome(stage, north, stage.clock()))
    scope = user_of(stage, "lakeside")
    items = run(stage, EVERY_CALL, DEAL_WON, scope=scope).items
    assert [item.subject_id for item in items] == [
        stage.one(Call, company_id=stage.one(Company, name="lakeside").id).id
    ]


def test_erased_people_and_running_calls_are_left_out(stage: TestHub) -> None:
    call = stage.call_in()
    with stage.hub.store.writing() as session:
        session.get_one(Call, call.id).state = SubjectState.ERASED
    assert run(stage).items == []


def test_a_big_week_is_cut_at_the_newest_and_says_so(stage: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_EVENTS", 2)
    stage.call_in()
    assert run(stage).back_to is None
    for _ in range(3):
        stage.clock.advance(hours=1)
        stage.call_in()
    result = run(stage)
    assert (result.looked_at, len(result.items)) == (2, 2)
    assert result.back_to == stage.clock() - timedelta(hours=1)


def _outcome(stage: TestHub, call: Call, at: Any) -> OutcomeRow:
    return OutcomeRow(
        connector="crm", external_id=f"deal-{call.id}"[:64], stage="won", amount=Decimal(500), currency="USD",
        occurred_at=at, changed_at=at, subject_id=call.id,
    )  # fmt: skip


def test_calls_that_no_rule_could_match_are_not_even_read(stage: TestHub) -> None:
    stage.call_in(seconds=20)
    stage.call_in(answered=False, seconds=300, caller=OTHER_CALLER)
    long = {**EVERY_CALL, "when": {"event": "call", "min_duration": "60s", "answered": True}}
    assert run(stage, long).looked_at == 0
    missed = {**EVERY_CALL, "name": "missed", "when": {"event": "call", "answered": False}}
    assert (run(stage, long, missed).looked_at, len(run(stage, long, missed).items)) == (1, 1)


def test_what_the_service_before_this_hub_has_sent_would_not_be_sent(lite_hub: Factory) -> None:
    took_over = {"conversions_from": "2026-11-25"}
    companies = [{**each, **took_over} for each in ACCOUNTS[0]["companies"]]
    stage = lite_hub(accounts=[{**ACCOUNTS[0], "companies": companies}])
    stage.call_in()
    (item,) = run(stage).items
    assert item.refusal is not None
    assert (item.refusal.says, item.refusal.code) == ("company", "before_cut_over")
