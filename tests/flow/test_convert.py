"""Convert: the rules of config.yaml turn calls and texts into conversions, once, and only for those who may be told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from fake_connectors import FakeNetwork
from kept_forms import keep_form
from testbed import (
    CALLER,
    CONNECTORS,
    DEAL_WON,
    EVERY_CALL,
    NORTH_SHARED,
    OTHER_CALLER,
    SHARED,
    YELLOW_PAGES,
    TestHub,
    finished_call,
)

from hub.api import CallEvent
from hub.api.carriers import MessageEvent
from hub.api.privacy import Opinion
from hub.flow.pipeline import process
from hub.model import (
    Call,
    ConsentDecision,
    ConversionRow,
    Delivery,
    DirtyDay,
    FormSubmission,
    Person,
    TextMessage,
)
from hub.reports.rollups import roll_up
from hub.store.claims import claim
from hub.visits.forms import SentForm

Factory = Callable[..., TestHub]


def rule(**when: Any) -> dict[str, Any]:
    return {**EVERY_CALL, "when": {"event": "call", **when}}


@pytest.mark.parametrize(
    ("when", "call", "converts"),
    [
        ({}, {}, True),
        ({"answered": True}, {"answered": True}, True),
        ({"answered": True}, {"answered": False}, False),
        ({"answered": False}, {"answered": False}, True),
        ({"min_duration": "60s"}, {"seconds": 60}, True),
        ({"min_duration": "60s"}, {"seconds": 59}, False),
        ({"company": "lakeside"}, {"number": SHARED}, True),
        ({"company": "lakeside"}, {"number": NORTH_SHARED}, False),
        ({"tracker": "yellow_pages"}, {"number": YELLOW_PAGES}, True),
        ({"tracker": "yellow_pages"}, {"number": SHARED}, False),
        ({"source": "yellow_pages"}, {"number": YELLOW_PAGES}, True),
        ({"source": "yellow_pages"}, {"number": SHARED}, False),
        ({"medium": "print"}, {"number": YELLOW_PAGES}, True),
        ({"medium": "cpc"}, {"number": YELLOW_PAGES}, False),
        ({"first_time_caller": True}, {}, True),
        ({"first_time_caller": False}, {}, False),
        ({"answered": True, "min_duration": "60s", "source": "yellow_pages"}, {"number": YELLOW_PAGES}, True),
        ({"answered": True, "min_duration": "91s", "source": "yellow_pages"}, {"number": YELLOW_PAGES}, False),
    ],
)
def test_a_rule_converts_a_call_where_all_that_it_says_holds(
    lite_hub: Factory, when: dict[str, Any], call: dict[str, Any], converts: bool
) -> None:
    stage = lite_hub(conversions=[rule(**when)])
    made = stage.call_in(**call)
    assert [row.subject_id for row in stage.rows(ConversionRow)] == ([made.id] if converts else [])


def test_only_a_persons_first_call_to_a_company_is_a_first_call(hub: Factory) -> None:
    stage = hub(conversions=[rule(first_time_caller=True)])
    calls = []
    for number, caller in [(SHARED, CALLER), (YELLOW_PAGES, CALLER), (NORTH_SHARED, CALLER), (SHARED, OTHER_CALLER)]:
        calls.append(stage.call_in(number, caller))
        stage.clock.advance(hours=1)
    assert [call.first_time_caller for call in calls] == [True, False, True, True]
    assert {row.subject_id for row in stage.rows(ConversionRow)} == {calls[0].id, calls[2].id, calls[3].id}


def test_an_earlier_call_that_turns_up_late_is_the_first_and_the_others_conversion_is_taken_back(hub: Factory) -> None:
    stage = hub(conversions=[{**rule(first_time_caller=True), "name": "first call"}, EVERY_CALL])
    lost_at = stage.clock()
    stage.clock.advance(days=2)
    later = stage.call_in()
    stage.deliver()
    roll_up(stage.hub.store)
    assert later.first_time_caller and stage.rows(DirtyDay) == []
    lost = stage.call_in(at=lost_at)
    assert (lost.first_time_caller, stage.one(Call, id=later.id).first_time_caller) == (True, False)
    assert len({row.day for row in stage.rows(DirtyDay)}) == 2
    stage.deliver()
    assert [(each.kind, each.name, each.occurred_at) for each in stage.network.uploaded] == [
        *[("new", name, later.started_at) for name in ("first call", "every call")],
        *[("new", name, lost_at) for name in ("first call", "every call")],
        ("retract", "first call", later.started_at),
    ]
    conversions = {(row.rule, row.subject_id): row.retracted for row in stage.rows(ConversionRow)}
    assert conversions == {
        ("first call", later.id): True,
        ("first call", lost.id): False,
        ("every call", later.id): False,
        ("every call", lost.id): False,
    }
    before = stage.rows(Delivery)
    stage.tell(*finished_call("CA-third", SHARED, CALLER, True, 90, stage.clock()))
    stage.flow()
    assert [row for row in stage.rows(Delivery) if row.subject_id == later.id] == [
        row for row in before if row.subject_id == later.id
    ], "it is taken back once"


def test_a_late_call_that_is_not_the_earliest_changes_nobodys_first(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[rule(first_time_caller=True)])
    first = stage.call_in()
    stage.clock.advance(hours=2)
    other = stage.call_in(caller=OTHER_CALLER)
    stage.call_in(at=stage.clock() - timedelta(hours=1))
    north = stage.call_in(NORTH_SHARED, at=stage.clock() - timedelta(hours=5))
    firsts = {row.id for row in stage.rows(Call) if row.first_time_caller}
    assert firsts == {first.id, other.id, north.id}
    assert not any(row.retracted for row in stage.rows(ConversionRow))


def test_a_call_before_a_form_that_turns_up_late_makes_the_form_no_first_contact(hub: Factory) -> None:
    stage = hub(conversions=[])
    lost_at = stage.clock()
    stage.clock.advance(hours=1)
    keep_form(stage.hub, stage.directory.companies["lakeside"], SentForm(key="submission-1", fields={"phone": CALLER}))
    stage.flow()
    assert stage.one(FormSubmission).first_time_contact
    stage.call_in(at=lost_at)
    assert stage.one(FormSubmission).first_time_contact is False


@pytest.mark.parametrize("wanted", [True, False])
def test_of_a_hidden_caller_nobody_knows_whether_it_is_the_first_call(lite_hub: Factory, wanted: bool) -> None:
    stage = lite_hub(conversions=[rule(first_time_caller=wanted)])
    assert stage.call_in(caller=None).first_time_caller is None
    assert stage.rows(ConversionRow) == []


def test_two_calls_of_a_new_caller_in_one_batch_are_one_person_and_one_first_call(hub: Factory) -> None:
    stage = hub(conversions=[rule(first_time_caller=True)])
    stage.call_in(process=False)
    stage.clock.advance(minutes=2)
    stage.call_in(process=False)
    stage.flow()
    assert len(stage.rows(Person)) == 1 and len(stage.rows(ConversionRow)) == 1


def test_a_call_converts_only_when_it_is_over(lite_hub: Factory) -> None:
    stage = lite_hub()
    call = stage.call_in(process=False)
    assert call.over
    stage.tell(CallEvent(kind="ringing", call_id="CA-open", at=stage.clock(), tracking_number=SHARED))
    stage.flow()
    assert [row.subject_id for row in stage.rows(ConversionRow)] == [call.id]


def test_a_conversion_has_the_rules_value_and_the_calls_time(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in()
    row = stage.one(ConversionRow)
    assert (row.amount, row.currency) == (Decimal(40), "USD")
    assert (row.occurred_at, row.rule, row.person_id) == (call.started_at, "every call", call.person_id)
    assert row.key.startswith("rf-") and CALLER not in row.key


def test_processing_a_call_again_makes_nothing_twice(hub: Factory) -> None:
    stage = hub()
    call = stage.call_in()
    before = [stage.rows(table) for table in (ConversionRow, Delivery, ConsentDecision, Person)]
    for _ in range(2):
        with stage.hub.store.writing() as session:
            again = session.get(Call, call.id)
            assert again is not None
            again.state = "ready"
            session.add(again)
        assert stage.flow() == 1
    assert [stage.rows(table) for table in (ConversionRow, Delivery, ConsentDecision, Person)] == before


def test_a_worker_that_died_halfway_is_followed_by_one_that_finishes(hub: Factory) -> None:
    stage = hub()
    stage.call_in(process=False)
    claim(stage.hub.store, Call, now=stage.clock(), limit=10)
    assert process(stage.hub, stage.directory, Call) == 0
    stage.clock.advance(seconds=21)
    assert process(stage.hub, stage.directory, Call) == 1
    assert len(stage.rows(ConversionRow)) == len(stage.rows(Delivery, connector="network")) == 1


def test_a_worker_that_lost_its_calls_writes_nothing(hub: Factory) -> None:
    stage = hub()
    stage.call_in(process=False)

    def meanwhile(_: Any) -> list[Any]:
        stage.clock.advance(minutes=5)
        stage.index.script = []
        assert process(stage.hub, stage.directory, Call) == 1
        return []

    stage.index.script = [meanwhile]
    process(stage.hub, stage.directory, Call)
    assert len(stage.rows(ConversionRow)) == len(stage.rows(Delivery, connector="network")) == 1
    assert len(stage.rows(ConsentDecision, connector="network")) == 1


def test_another_worker_may_meet_the_same_new_caller_at_the_same_time(hub: Factory) -> None:
    stage = hub()
    stage.call_in(process=False)
    second = stage.call_in(process=False)

    def meanwhile(_: Any) -> list[Any]:
        # The other worker has the second call of the same new caller, and is faster.
        stage.index.script = []
        assert process(stage.hub, stage.directory, Call) == 1
        return []

    stage.index.script = [meanwhile]
    process(stage.hub, stage.directory, Call, batch=1)
    person = stage.one(Person)
    assert {call.person_id for call in stage.rows(Call)} == {person.id}
    assert {row.person_id for row in stage.rows(ConversionRow)} == {person.id} and second


def test_where_consent_says_no_the_delivery_is_held_and_never_merely_missing(hub: Factory) -> None:
    stage = hub()
    stage.law.rule = lambda question: Opinion(verdict="needs", rule_id="paper.9", reason="Ask first.")
    stage.call_in()
    row = stage.one(Delivery, connector="network")
    assert (row.state, row.code, row.reason) == ("held", "paper.9", "Ask first.")
    assert row.finished_at is not None and row.decision_id
    assert len(stage.rows(ConversionRow)) == 1, "the business happened all the same"
    assert stage.deliver() == {}


def test_a_rule_for_texts_converts_texts_alone(hub: Factory) -> None:
    text_rule = {**EVERY_CALL, "name": "text", "when": {"event": "text"}}
    stage = hub(conversions=[text_rule])
    stage.call_in()
    stage.tell(MessageEvent(message_id="SM1", at=stage.clock(), tracking_number=SHARED, sender_number=CALLER))
    stage.flow()
    assert stage.one(ConversionRow).subject_id == stage.one(TextMessage).id
    assert stage.deliver() == {"delivered": 1}


@pytest.mark.parametrize("word", ["STOP", "Unsubscribe", "START", "HELP"])
def test_a_text_that_only_says_stop_start_or_help_is_no_business(lite_hub: Factory, word: str) -> None:
    stage = lite_hub(conversions=[{**EVERY_CALL, "name": "text", "when": {"event": "text"}}])
    stage.tell(
        MessageEvent(message_id="SM1", at=stage.clock(), tracking_number=SHARED, sender_number=CALLER, body=word)
    )
    stage.flow()
    assert stage.one(TextMessage, direction="in").state == "done" and stage.rows(ConversionRow) == []


def test_a_rule_for_outcomes_converts_no_call(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[DEAL_WON])
    stage.call_in()
    assert stage.rows(ConversionRow) == []


# Two companies


class SecondNetwork(FakeNetwork):
    """Another account."""

    manifest = FakeNetwork.manifest.model_copy(update={"name": "second_network"})


def test_a_connector_of_one_company_is_never_told_of_anothers_calls(hub: Factory) -> None:
    stage = hub(
        connectors={**CONNECTORS, "north": SecondNetwork},
        conversions=[{**EVERY_CALL, "send_to": {"network": {}, "north": {}}}],
        common={"north": {"companies": ["northgate"]}, "network": {"companies": ["lakeside"]}},
    )
    lake, north = stage.call_in(SHARED), stage.call_in(NORTH_SHARED)
    assert stage.one(Delivery, connector="network").subject_id == lake.id
    assert stage.one(Delivery, connector="north").subject_id == north.id
    assert not stage.rows(ConsentDecision, connector="north", subject_id=lake.id), "it is not even asked about"


def test_one_person_who_calls_two_companies_is_two_people(hub: Factory) -> None:
    stage = hub()
    lake, north = stage.call_in(SHARED), stage.call_in(NORTH_SHARED)
    assert lake.person_id != north.person_id and len(stage.rows(Person)) == 2


def test_a_crm_gets_only_the_calls_of_its_companies(hub: Factory) -> None:
    stage = hub(common={"crm": {"companies": ["northgate"]}})
    stage.call_in(SHARED)
    north = stage.call_in(NORTH_SHARED)
    assert stage.one(Delivery, connector="crm").subject_id == north.id


def test_an_enricher_is_asked_only_about_its_companies_callers(lite_hub: Factory) -> None:
    stage = lite_hub(common={"index": {"companies": ["northgate"]}})
    asked: list[Any] = []
    stage.index.script = [lambda caller: asked.append(caller) or []]
    stage.call_in(SHARED)
    assert asked == []
    stage.call_in(NORTH_SHARED)
    assert len(asked) == 1
