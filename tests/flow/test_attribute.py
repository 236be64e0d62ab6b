"""Attribute: a call meets the visit that caused it, by a rule that can be shown, and as sure as that rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from testbed import (
    ACCOUNTS,
    CALLER,
    COOL_DOWN,
    HOLD,
    NORTH_SHARED,
    OTHER_CALLER,
    POOL,
    SHARED,
    YELLOW_PAGES,
    TestHub,
    company,
    finished_call,
)

from hub.api import CallEvent, Receipt
from hub.api.carriers import MessageEvent
from hub.model import Attribution, Call, Delivery, InboxWebhook, Person, TextMessage
from hub.store.claims import claim

Factory = Callable[..., TestHub]
READY = {"state": "ready", "due_at": datetime(2026, 1, 1, tzinfo=UTC)}
CLICK = "https://lakeside.example.com/?gclid=Cj0KCQjw123456789&utm_source=google&utm_medium=cpc&utm_campaign=emergency"


def attributed(stage: TestHub, call: Call | TextMessage) -> Attribution:
    return stage.one(Attribution, subject_id=call.id)


def test_a_number_that_stands_for_a_source_tells_it_for_certain(hub: Factory) -> None:
    stage = hub()
    found = attributed(stage, stage.call_in(YELLOW_PAGES))
    assert (found.rule, found.confidence, found.visit_id) == ("number.source", 1.0, None)
    assert (found.source, found.medium, found.campaign) == ("yellow_pages", "print", "spring")
    assert found.candidates == [] and "yellow_pages" in found.trace[0]


def test_the_visitor_who_holds_the_number_caused_the_call(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit(landing_page=CLICK)
    assert shown.number in POOL
    stage.clock.advance(minutes=3)
    found = attributed(stage, stage.call_in(shown.number))
    assert (found.rule, found.confidence, found.visit_id) == ("lease.live", 0.98, shown.visit_id)
    assert (found.source, found.medium, found.campaign) == ("google", "cpc", "emergency")
    assert found.click_ids == {"gclid": "Cj0KCQjw123456789"} and found.landing_page == CLICK.replace(
        "gclid=Cj0KCQjw123456789&", ""
    )
    assert found.clicked_at == stage.visit_of(shown).started_at
    assert found.candidates == [
        {"visit": shown.visit_id, "source": "google", "confidence": 0.98, "why": "held the number when the call began"}
    ]
    assert "held by one visitor" in found.trace[0] and len(found.trace) > 1, "the visit's own trace follows"


def test_each_visitors_call_goes_to_their_own_visit(hub: Factory) -> None:
    stage = hub()
    visits = [stage.visit(landing_page=f"https://lakeside.example.com/?utm_source=s{index}") for index in range(3)]
    calls = [stage.call_in(shown.number, f"+1312555014{index}") for index, shown in enumerate(visits)]
    assert [attributed(stage, call).visit_id for call in calls] == [shown.visit_id for shown in visits]


def test_a_call_long_after_its_visit_is_less_sure(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit(landing_page=CLICK)
    sure = []
    for days in (0, 1, 3, 6):
        at = stage.clock() + HOLD + timedelta(days=days, minutes=1)
        found = attributed(stage, stage.call_in(shown.number, f"+1312555015{days}", at=at))
        assert (found.rule, found.visit_id) == ("lease.cooling", shown.visit_id)
        sure.append(found.confidence)
    assert sure == sorted(sure, reverse=True) and 0.2 < sure[-1] < sure[0] <= 0.8


def test_after_the_cool_down_a_number_tells_nothing(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit(landing_page=CLICK)
    at = stage.clock() + HOLD + COOL_DOWN + timedelta(seconds=1)
    found = attributed(stage, stage.call_in(shown.number, at=at))
    assert (found.rule, found.source, found.confidence) == ("tracker.unknown", "unknown", 0.1)
    assert found.visit_id is None and found.trace


def test_a_call_before_the_lease_is_not_the_visitors(hub: Factory) -> None:
    stage = hub()
    before = stage.clock() - timedelta(minutes=1)
    shown = stage.visit()
    assert attributed(stage, stage.call_in(shown.number, at=before)).rule == "tracker.unknown"


def finished(stage: TestHub, call_id: str, number: str | None) -> list[CallEvent]:
    return finished_call(call_id, number or "", CALLER, answered=True, seconds=3_600, at=stage.clock())


def test_a_call_whose_end_is_reported_first_waits_for_its_beginning(hub: Factory) -> None:
    """Computed from its length, it would have begun before the visit that caused it."""
    stage = hub()
    shown = stage.visit(landing_page=CLICK)
    beginning, _, end = finished(stage, "CA1", shown.number)
    stage.tell(replace(end, at=beginning.at))
    stage.flow()
    stage.clock.advance(seconds=3)
    assert not stage.rows(Attribution), "it began before its visit, as far as is known"
    stage.tell(beginning)
    stage.flow()
    found = attributed(stage, stage.one(Call, carrier_call_id="CA1"))
    assert (found.rule, found.visit_id) == ("lease.live", shown.visit_id)


@pytest.mark.parametrize("is_answer_known", [False, True])
def test_a_call_waits_for_its_beginning_while_the_inbox_holds_what_a_worker_had_that_died(
    hub: Factory, is_answer_known: bool
) -> None:
    stage = hub()
    shown = stage.visit(landing_page=CLICK)
    beginning, answer, end = finished(stage, "CA1", shown.number)
    if is_answer_known:
        stage.tell(replace(answer, at=beginning.at - timedelta(minutes=1)))
        stage.flow()
    stage.clock.advance(minutes=5)
    with stage.hub.store.writing() as session:
        session.add(InboxWebhook(connector="carrier", event_key="CA1", received_at=beginning.at, **READY))
    claim(stage.hub.store, InboxWebhook, now=stage.clock(), limit=1)
    stage.tell(replace(end, at=beginning.at))
    stage.flow()
    assert not stage.rows(Delivery), "the webhook that the worker had may report the beginning"
    stage.tell(beginning)
    stage.flow()
    found = attributed(stage, stage.one(Call, carrier_call_id="CA1"))
    assert (found.rule, found.visit_id) == ("lease.live", shown.visit_id)


def test_a_call_waits_no_longer_than_the_inbox_holds_webhooks_of_its_time(hub: Factory) -> None:
    stage = hub()
    beginning, _, end = finished(stage, "CA1", YELLOW_PAGES)
    stage.clock.advance(minutes=5)
    with stage.hub.store.writing() as session:
        session.add(InboxWebhook(connector="carrier", event_key="CA2", received_at=stage.clock(), **READY))
        session.add(InboxWebhook(connector="other", event_key="CA1", received_at=beginning.at, **READY))
    claim(stage.hub.store, InboxWebhook, now=stage.clock(), limit=2)
    stage.tell(replace(end, at=beginning.at))
    stage.flow()
    assert attributed(stage, stage.one(Call, carrier_call_id="CA1")).rule == "number.source"


def test_a_call_whose_beginning_is_known_late_is_attributed_again(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit(landing_page=CLICK)
    beginning, _, end = finished(stage, "CA1", shown.number)
    stage.tell(replace(end, at=beginning.at))
    stage.clock.advance(minutes=2)
    stage.flow()
    assert attributed(stage, stage.one(Call, carrier_call_id="CA1")).rule == "tracker.unknown"
    stage.network.script = [lambda batch: [Receipt(key=batch[0].key, status="unmatched", code="NO_CLICK")]]
    assert stage.deliver() == {"unmatched": 1}
    stage.tell(beginning)
    stage.flow()
    found = attributed(stage, stage.one(Call, carrier_call_id="CA1"))
    assert (found.rule, found.visit_id, found.source) == ("lease.live", shown.visit_id, "google")
    assert stage.deliver() == {"delivered": 1}, "it is sent again with its click"
    assert dict(stage.network.uploaded[-1].click_ids) == {"gclid": "Cj0KCQjw123456789"}


@pytest.mark.parametrize("second_refuses", [False, True])
def test_a_refusal_of_another_visitor_holds_a_conversion_only_until_the_beginning_of_its_call_is_known(
    hub: Factory, second_refuses: bool
) -> None:
    """The number was lent to two people one after the other; the webhooks of the second one's call came in a wrong order."""
    stage = hub()
    refusal = {"ads": "denied", "ad_user_data": "denied"}
    first = stage.visit(consent=refusal)
    stage.clock.advance(seconds=(HOLD + COOL_DOWN).total_seconds() + 60)
    said = {"consent": refusal} if second_refuses else {}
    second = next(each for each in (stage.visit(**said) for _ in POOL) if each.number == first.number)
    beginning, _, end = finished(stage, "CA1", second.number)
    stage.tell(replace(end, at=beginning.at))
    stage.clock.advance(minutes=2)
    stage.flow()
    assert attributed(stage, stage.one(Call, carrier_call_id="CA1")).visit_id == first.visit_id
    stage.deliver()
    assert stage.one(Delivery, hook="upload_conversions").state == "held"
    stage.tell(beginning)
    stage.flow()
    assert attributed(stage, stage.one(Call, carrier_call_id="CA1")).visit_id == second.visit_id
    stage.deliver()
    assert stage.one(Delivery, hook="upload_conversions").state == ("held" if second_refuses else "delivered")


@pytest.mark.parametrize("has_called", [False, True])
def test_after_a_call_is_attributed_again_a_visit_is_no_longer_the_callers_unless_another_call_shows_it(
    hub: Factory, has_called: bool
) -> None:
    stage = hub()
    shown = stage.visit(landing_page=CLICK)
    beginning, _, end = finished(stage, "CA1", shown.number)
    stage.clock.advance(seconds=(HOLD + COOL_DOWN).total_seconds() + 60)
    later = next(each for each in (stage.visit() for _ in POOL) if each.number == shown.number)
    if has_called:
        stage.call_in(later.number)
    stage.tell(replace(end, at=stage.clock() + timedelta(minutes=61)))
    stage.clock.advance(minutes=63)
    stage.flow()
    assert attributed(stage, stage.one(Call, carrier_call_id="CA1")).visit_id == later.visit_id
    caller = stage.one(Person).id
    assert stage.visit_of(later).person_id == caller
    stage.tell(beginning)
    stage.flow()
    assert attributed(stage, stage.one(Call, carrier_call_id="CA1")).visit_id == shown.visit_id
    assert stage.visit_of(shown).person_id == caller
    assert stage.visit_of(later).person_id == (caller if has_called else None)


def test_a_carriers_clock_may_lag_a_moment(hub: Factory) -> None:
    stage = hub()
    at = stage.clock() - timedelta(seconds=1)
    shown = stage.visit()
    assert attributed(stage, stage.call_in(shown.number, at=at)).rule == "lease.live"


def test_with_an_empty_pool_all_who_saw_the_shared_number_are_candidates(hub: Factory) -> None:
    stage = hub()
    for _ in POOL:
        stage.visit()
    first, second = stage.visit(), stage.visit(landing_page=CLICK)
    assert first.number == second.number == SHARED
    stage.clock.advance(minutes=5)
    found = attributed(stage, stage.call_in(SHARED))
    assert (found.rule, found.confidence) == ("number.shared", 0.3)
    assert {each["visit"] for each in found.candidates} == {first.visit_id, second.visit_id}
    assert found.visit_id in (first.visit_id, second.visit_id)
    stage.clock.advance(hours=2)
    assert attributed(stage, stage.call_in(SHARED, OTHER_CALLER)).rule == "tracker.unknown"


def test_a_caller_who_remembers_the_number_is_known_by_an_earlier_visit(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit(landing_page=CLICK)
    stage.call_in(shown.number)
    stage.clock.advance(days=30)
    found = attributed(stage, stage.call_in(SHARED))
    assert (found.rule, found.confidence, found.visit_id) == ("person.earlier", 0.5, shown.visit_id)
    assert attributed(stage, stage.call_in(SHARED, OTHER_CALLER)).rule == "tracker.unknown"


def test_the_earlier_visit_of_another_company_is_never_used(hub: Factory) -> None:
    stage = hub()
    stage.call_in(stage.visit(landing_page=CLICK).number)
    stage.clock.advance(days=30)
    found = attributed(stage, stage.call_in(NORTH_SHARED))
    assert found.rule == "tracker.unknown" and found.visit_id is None


def test_a_click_is_forgotten_after_ninety_days(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit(landing_page=CLICK)
    stage.call_in(shown.number)
    stage.clock.advance(days=91)
    found = attributed(stage, stage.call_in(SHARED))
    assert found.visit_id == shown.visit_id and found.click_ids == {} and found.clicked_at is None


def test_a_call_that_is_read_late_has_no_click_that_came_after_it(lite_hub: Factory) -> None:
    stage = lite_hub(conversions=[])
    shown = stage.visit()
    stage.clock.advance(minutes=5)
    call = stage.call_in(shown.number, process=False)
    stage.clock.advance(minutes=5)
    stage.visit(landing_page="https://lakeside.example.com/?gclid=google-click-2", visit_id=shown.visit_id)
    stage.flow()
    assert attributed(stage, call).click_ids == {}


def test_what_was_found_once_stays(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit(landing_page=CLICK)
    call = stage.call_in(shown.number)
    before = attributed(stage, call)
    stage.clock.advance(hours=1)
    stage.visit()
    stage.tell(*_news_of(call), connector="carrier")
    stage.flow()
    assert attributed(stage, call) == before


def _news_of(call: Call) -> list[CallEvent]:
    at = call.started_at + timedelta(seconds=95)
    return [CallEvent(kind="recorded", call_id=call.carrier_call_id, at=at, recording_id="RE1", recording_duration=80)]


def test_a_text_is_attributed_like_a_call(hub: Factory) -> None:
    stage = hub()
    shown = stage.visit(landing_page=CLICK)
    stage.tell(
        MessageEvent(message_id="SM1", at=stage.clock(), tracking_number=shown.number or "", sender_number=CALLER)
    )
    stage.flow()
    assert attributed(stage, stage.one(TextMessage)).visit_id == shown.visit_id


@pytest.mark.parametrize("hidden", [None, CALLER])
def test_a_hidden_caller_is_attributed_all_the_same(hub: Factory, hidden: str | None) -> None:
    stage = hub()
    shown = stage.visit(landing_page=CLICK)
    assert attributed(stage, stage.call_in(shown.number, hidden)).visit_id == shown.visit_id


def test_a_caller_who_redials_the_number_of_an_earlier_visit_is_not_taken_for_the_last_visitor(hub: Factory) -> None:
    stage = hub(accounts=[{**ACCOUNTS[0], "companies": [company("lakeside", POOL[:1], SHARED)]}])
    mine = stage.visit(landing_page=CLICK)
    stage.call_in(mine.number)
    stage.clock.advance(hours=2)
    stranger = stage.visit()
    assert stranger.number == mine.number
    stage.clock.advance(hours=2)
    found = attributed(stage, stage.call_in(mine.number))
    assert (found.rule, found.visit_id, found.confidence) == ("person.remembered", mine.visit_id, 0.8)
    assert [each["visit"] for each in found.candidates] == [mine.visit_id, stranger.visit_id]
    assert found.candidates[1]["confidence"] < 0.2
    other = attributed(stage, stage.call_in(mine.number, OTHER_CALLER))
    assert (other.rule, other.visit_id) == ("lease.cooling", stranger.visit_id)


def test_a_redialled_number_that_another_visitor_holds_now_names_both(hub: Factory) -> None:
    stage = hub(accounts=[{**ACCOUNTS[0], "companies": [company("lakeside", POOL[:1], SHARED)]}])
    mine = stage.visit(landing_page=CLICK)
    stage.call_in(mine.number)
    stage.clock.advance(days=30)
    holder = stage.visit()
    found = attributed(stage, stage.call_in(mine.number))
    assert (found.rule, found.visit_id, found.confidence) == ("lease.live", holder.visit_id, 0.58)
    assert [(each["visit"], each["confidence"]) for each in found.candidates][1:] == [(mine.visit_id, 0.4)]
    assert attributed(stage, stage.call_in(mine.number, OTHER_CALLER)).confidence == 0.98


def test_a_number_that_was_anothers_within_the_hour_names_both(hub: Factory) -> None:
    stage = hub(accounts=[{**ACCOUNTS[0], "companies": [company("lakeside", POOL[:1], SHARED)]}])
    former = stage.visit()
    stage.clock.advance(minutes=31)
    holder = stage.visit()
    found = attributed(stage, stage.call_in(holder.number))
    assert (found.rule, found.visit_id, found.confidence) == ("lease.live", holder.visit_id, 0.78)
    assert [(each["visit"], each["confidence"]) for each in found.candidates][1:] == [(former.visit_id, 0.2)]


def test_a_pool_cools_down_as_long_as_config_says(hub: Factory) -> None:
    pool = {"name": "website", "type": "session", "carrier": "carrier", "numbers": POOL}
    fast = {**company("lakeside", (), SHARED), "trackers": [{**pool, "hold": "10m", "cool_down": "1h"}]}
    stage = hub(accounts=[{**ACCOUNTS[0], "companies": [fast]}])
    shown = stage.visit()
    for minutes, rule in ((10, "lease.live"), (11, "lease.cooling"), (69, "lease.cooling"), (71, "tracker.unknown")):
        at = stage.clock() + timedelta(minutes=minutes)
        caller = f"+131255501{minutes:02}"
        assert attributed(stage, stage.call_in(shown.number, caller, at=at)).rule == rule, minutes


def test_a_visitor_who_stays_with_the_shared_number_may_dial_it_hours_later(hub: Factory) -> None:
    stage = hub()
    for _ in POOL:
        stage.visit()
    late = stage.visit(landing_page=CLICK)
    stage.clock.advance(hours=2)
    assert stage.visit(visit_id=late.visit_id).number == SHARED
    stage.clock.advance(minutes=50)
    found = attributed(stage, stage.call_in(SHARED))
    assert (found.rule, found.visit_id) == ("number.shared", late.visit_id)
