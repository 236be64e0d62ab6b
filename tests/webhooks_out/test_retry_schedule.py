"""How long an event is tried, how often, and which events wait for it: three days are played with an injected clock."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from testbed import TestHub
from webhook_receiver import WebhookReceiver
from webhook_stage import WebhookStage

from hub.errors import Rejected, RetryLater
from hub.model.states import WebhookEventState as State
from hub.platform.backoff import half_jitter
from hub.plugin_host.public_post import Answer
from hub.webhooks_out.answers import GIVE_UP_AFTER, PAUSES, Verdict, verdict_of

NOTED = datetime(2026, 11, 24, 15, tzinfo=UTC)
TOLD = ["call.started", "call.routed", "call.ended"]
STATUSES = st.integers(300, 599).filter(lambda status: status != 410)
OUTCOMES = st.one_of(
    STATUSES.map(lambda status: Answer(status, None)),
    st.sampled_from([RetryLater("It did not answer."), Rejected("It leads inside."), OSError()]),
)


@given(OUTCOMES, st.integers(0, 2**32))
def test_whatever_is_answered_but_success_is_tried_for_three_days_after_growing_pauses(
    outcome: Answer | Exception, seed: int
) -> None:
    chance = random.Random(seed)
    at, tries, pauses = NOTED, 1, []
    while True:
        asked: list[float] = []
        verdict = verdict_of(outcome, tries, NOTED, at, lambda longest, asked=asked: (  # type: ignore[misc]
            asked.append(longest) or longest / 2 + chance.uniform(0, longest / 2)
        ))  # fmt: skip
        if verdict.state == State.DEAD:
            break
        assert verdict.state == State.READY and verdict.due_at is not None
        pauses.append((asked[0], (verdict.due_at - at).total_seconds()))
        at, tries = verdict.due_at, tries + 1
    bases = [base for base, _ in pauses]
    assert at - NOTED == GIVE_UP_AFTER, "the last try is when three days are over"
    assert bases == sorted(bases) and set(bases) == set(PAUSES)
    assert all(base / 2 <= pause <= base for base, pause in pauses[:-1]) and pauses[-1][1] <= bases[-1]
    assert 40 <= tries <= 85
    assert str(verdict.reason).startswith(f"Given up after {tries} tries")


@given(st.floats(0, 1e6))
def test_a_pause_is_never_shorter_than_its_half(longest: float) -> None:
    assert longest / 2 <= half_jitter(longest) <= longest


@given(STATUSES, st.floats(0, 1e9), st.integers(1, 10_000), st.floats(0.5, 1))
def test_retry_after_is_kept_and_limited_to_a_day_and_never_makes_a_flood(
    status: int, asked: float, tries: int, share: float
) -> None:
    now = NOTED + timedelta(hours=1)
    verdict = verdict_of(Answer(status, asked), tries, NOTED, now, lambda longest: longest * share)
    assert verdict.due_at is not None
    wait = (verdict.due_at - now).total_seconds()
    assert min(asked, 86_400) - 0.001 <= wait <= max(min(asked, 86_400), 60)
    assert wait >= min(PAUSES[min(tries, len(PAUSES)) - 1], 60) / 2 - 0.001


def test_what_the_hub_itself_refuses_to_connect_to_counts_as_not_sent() -> None:
    assert not _first(Rejected("It leads inside.")).left and _first(RetryLater("No answer.")).left


def _first(outcome: Exception) -> Verdict:
    return verdict_of(outcome, 1, NOTED, NOTED, lambda most: most)


def _play(sending: WebhookStage, look: float = 5, **span: float) -> None:
    """Time passes from one try to the next; the worker's job looks every `look` minutes while events wait."""
    clock = sending.stage.clock
    ends = clock() + timedelta(**span)
    sending.after(seconds=0)
    while clock() < ends:
        rows = sending.events
        due = [each.due_at for each in rows if each.state == "ready" and each.due_at > clock()]
        if any(each.state == "waiting" for each in rows):
            due.append(clock() + timedelta(minutes=look))
        sending.after(seconds=(min([*due, ends]) - clock()).total_seconds())


@pytest.mark.soak
def test_an_endpoint_that_is_wrong_for_almost_three_days_loses_nothing(sending: WebhookStage) -> None:
    """It refuses the key, and leads elsewhere, by turns. What each such answer leads to, the tests above say."""
    sending.receiver.answers = [(401, {}), (302, {"Location": "/"})] * 5_000
    sending.stage.call_in()
    _play(sending, hours=70)
    assert {state for _, state in sending.states} <= {"ready", "waiting"}
    assert sending.receiver.received and all(each.first_tried_at for each in sending.events)
    sending.receiver.answers = []
    _play(sending, hours=2, minutes=1)
    assert {state for _, state in sending.states} == {"delivered"}
    assert len(sending.receiver.received) < 3 * 60


@pytest.mark.soak
def test_an_endpoint_that_is_wrong_for_three_days_has_its_events_set_aside_and_a_replay_brings_them(
    sending: WebhookStage,
) -> None:
    sending.receiver.answers = [(500, {})] * 10_000
    sending.stage.call_in()
    _play(sending, hours=73)
    assert {state for _, state in sending.states} == {"dead"}
    first = min(sending.events, key=lambda each: each.at)
    assert first.finished_at is not None and first.finished_at - first.first_tried_at >= timedelta(hours=71)  # type: ignore[operator]
    assert str(first.reason).startswith(f"Given up after {first.attempts} tries: The endpoint answered 500.")


def test_other_events_pass_a_stuck_one_after_half_an_hour(sending: WebhookStage) -> None:
    stage, receiver = sending.stage, sending.receiver
    stage.call_in()
    stage.clock.advance(minutes=3)
    receiver.answers_by = {"call.started": 500}
    _play(sending, minutes=20)
    assert receiver.taken == [] and sending.states[1:] == [
        ("call_routing_complete", "waiting"),
        ("post_call", "waiting"),
    ]
    _play(sending, minutes=12)
    assert receiver.taken == ["call.routed", "call.ended"]
    stage.call_in(caller="+13125550143")
    _play(sending, minutes=6)
    assert receiver.taken == ["call.routed", "call.ended"] * 2, (
        "the second stuck event costs a minute, not half an hour"
    )
    receiver.answers_by = {}
    _play(sending, hours=2)
    assert sorted(receiver.taken[4:]) == ["call.started", "call.started"]


def test_with_order_asked_for_nothing_passes_a_stuck_event(
    lite_hub: Callable[..., TestHub], receiver: WebhookReceiver
) -> None:
    sending = WebhookStage.open(lite_hub, receiver, keep_order=True)
    sending.stage.call_in()
    sending.stage.clock.advance(minutes=3)
    receiver.answers_by = {"call.started": 422}
    _play(sending, look=600, hours=60)
    assert receiver.taken == [] and [state for _, state in sending.states] == ["ready", "waiting", "waiting"]
    receiver.answers_by = {}
    _play(sending, hours=2)
    assert receiver.taken == TOLD


def test_an_endpoint_that_asks_for_time_gets_nothing_until_then(sending: WebhookStage) -> None:
    receiver = sending.receiver
    receiver.answers = [(429, {"Retry-After": "7200"})]
    sending.stage.call_in()
    sending.stage.clock.advance(minutes=3)
    _play(sending, minutes=119)
    assert len(receiver.received) == 1
    sending.stage.call_in(caller="+13125550143")
    _play(sending, minutes=10)
    assert receiver.taken == TOLD * 2


def test_a_dead_endpoint_with_many_events_is_not_asked_more_than_once_a_minute(sending: WebhookStage) -> None:
    receiver = sending.receiver
    receiver.answers = [(500, {})] * 10_000
    for number in range(8):
        sending.stage.call_in(caller=f"+1312555{number:04}")
    sending.stage.clock.advance(minutes=3)
    sending.run()
    for _ in range(45):
        sending.after(minutes=1)
    assert 20 <= len(receiver.received) <= 55
    receiver.answers = []
    for _ in range(8):
        sending.after(minutes=1)
    assert len(receiver.taken) == 24 and {state for _, state in sending.states} == {"delivered"}
    by_call: dict[str, list[str]] = {}
    for each in receiver.received[-23:]:
        by_call.setdefault(each.document["data"]["id"], []).append(each.document["type"])
    assert all(types in (TOLD, TOLD[1:]) for types in by_call.values()), (
        "but for the one that was tried, they come in order"
    )
