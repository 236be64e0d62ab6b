"""A call back: checked, asked about, placed once, and told by the carrier from the first ring to its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from call_desk import AGENT_PHONE, USE, agent, call_back, event, place, spoken, write_in
from fake_connectors import allow
from testbed import CALLER, SHARED, TestHub

from hub.api import AuthError, OutcomeUnknown, Receipt, Rejected, RetryLater
from hub.api.privacy import Opinion
from hub.delivery.place_calls import PLACE_WITHIN, REPORT_WITHIN, calls_due
from hub.delivery.queue_call_back import CannotCall
from hub.model import (
    AuditEntry,
    Call,
    ConsentDecision,
    Disclosure,
    JournalEntry,
    OutgoingCall,
    Person,
    User,
)
from hub.queries.masking import Mask
from hub.queries.timeline.build import timeline
from hub.store.claims import LEASE, claim
from hub.store.connectors import pause
from hub.store.journal.verify import verify

Factory = Callable[..., TestHub]


def test_a_missed_caller_is_called_back_once_with_the_number_they_called(hub: Factory) -> None:
    stage = hub()
    missed = stage.call_in(answered=False)
    queued = call_back(stage, missed)
    assert (queued.status, queued.state) == ("queued", "ready")
    assert place(stage) == {"placed": 1}
    assert place(stage) == {}
    (order,) = stage.carrier.placed
    assert (order.key, order.tracking_number) == (queued.id, SHARED)
    assert (order.user_number, order.person_number) == (AGENT_PHONE, CALLER)
    row = stage.one(OutgoingCall)
    assert (row.status, row.state, row.carrier_call_id, row.placed_at) == (
        "placed",
        "accepted",
        "CB0001",
        stage.clock(),
    )
    decision = stage.one(ConsentDecision, moment="call")
    assert (decision.subject_id, decision.use, decision.verdict) == (missed.id, USE, "allow")
    disclosed = stage.one(Disclosure, use=USE)
    assert (disclosed.decision_id, disclosed.categories) == (decision.id, ["user.contact.phone_number"])
    entry = stage.one(AuditEntry, action="calls.back")
    assert (entry.subject, entry.detail) == (missed.id, queued.id)


def test_the_legs_fold_into_the_call_back_in_any_order_and_never_become_a_call_that_came_in(hub: Factory) -> None:
    stage = hub()
    scope = agent(stage)
    missed = stage.call_in(answered=False)
    for order in list(permutations(range(4)))[::3]:
        made = call_back(stage, missed, scope)
        place(stage)
        events = spoken(stage, made)
        for position in (*order, order[0]):
            stage.tell(events[position])
        row = stage.one(OutgoingCall, id=made.id)
        assert (row.status, row.state, row.duration, row.reason) == ("completed", "done", 60, None)
        assert row.answered_at == stage.clock() + timedelta(seconds=15)
        assert row.ended_at == stage.clock() + timedelta(seconds=75)
    assert [each.id for each in stage.rows(Call)] == [missed.id]


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    ("legs", "reason"),
    [
        ([("user", "busy")], "The user's phone was busy."),
        ([("user", "no_answer")], "The user's phone was not picked up."),
        ([("user", "answered"), ("person", "busy"), ("user", "completed")], "The person's phone was busy."),
        ([("user", "completed"), ("person", "no_answer")], "The person did not pick up."),
        ([("user", "answered"), ("user", "completed")], "The call ended before the person picked up."),
    ],
)
def test_a_call_that_nobody_took_says_who_did_not(hub: Factory, legs: Any, reason: str) -> None:
    stage = hub()
    made = call_back(stage, stage.call_in(answered=False))
    place(stage)
    stage.tell(*(event(stage, made, *leg) for leg in legs))
    row = stage.one(OutgoingCall)
    assert (row.status, row.state, row.reason, row.answered_at) == ("failed", "done", reason, None)


@pytest.mark.parametrize("trouble", [OutcomeUnknown("?"), ValueError("a bug"), lambda _: None])
def test_a_lost_reply_is_held_and_never_dialed_again_by_itself(hub: Factory, trouble: Any) -> None:
    stage = hub()
    stage.carrier.place_script = [trouble]
    made = call_back(stage, stage.call_in(answered=False))
    assert place(stage) == {"held": 1}
    row = stage.one(OutgoingCall)
    assert (row.state, row.status) == ("held", "placed") and row.reason and "Nobody knows" in row.reason
    stage.clock.advance(minutes=10)
    assert place(stage) == {} and len(stage.carrier.placed) == 1
    stage.tell(event(stage, made, "user", "answered"))
    row = stage.one(OutgoingCall)
    assert (row.state, row.status, row.reason, row.carrier_call_id) == ("accepted", "placed", None, "CB0001")


def test_a_worker_that_died_after_the_attempt_was_recorded_dials_nobody_again(hub: Factory) -> None:
    stage = hub()
    call_back(stage, stage.call_in(answered=False))
    claim(stage.hub.store, OutgoingCall, now=stage.clock(), limit=1, counting=True)
    stage.clock.advance(seconds=LEASE.total_seconds() + 1)
    assert place(stage) == {"held": 1}
    assert stage.carrier.placed == []


def test_a_worker_that_died_before_the_attempt_is_followed_by_another(hub: Factory) -> None:
    stage = hub()
    call_back(stage, stage.call_in(answered=False))
    claim(stage.hub.store, OutgoingCall, now=stage.clock(), limit=1, counting=False)
    assert place(stage) == {}
    stage.clock.advance(seconds=LEASE.total_seconds() + 1)
    assert place(stage) == {"placed": 1}


def test_the_attempt_is_on_disk_before_the_carrier_hears_of_it_and_a_fast_report_is_kept(hub: Factory) -> None:
    stage = hub()
    made = call_back(stage, stage.call_in(answered=False))

    def ring(order: Any) -> str:
        assert stage.one(OutgoingCall).attempts == 1
        stage.tell(*spoken(stage, made))
        return "accepted"

    stage.carrier.place_script = [ring]
    assert place(stage) == {"completed": 1}
    row = stage.one(OutgoingCall)
    assert (row.status, row.state, row.duration) == ("completed", "done", 60)


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Rejected("The caller ID is not yours.", code="21210"), "The caller ID is not yours."),
        (Receipt(key="", status="rejected", code="21215", reason="Not to that country."), "Not to that country."),
        (RetryLater("The carrier is busy."), "The carrier is busy."),
    ],
)
def test_a_refusal_of_the_carrier_ends_the_call_with_its_words(hub: Factory, trouble: Any, words: str) -> None:
    stage = hub()
    stage.carrier.place_script = [trouble]
    call_back(stage, stage.call_in(answered=False))
    assert place(stage) == {"failed": 1}
    row = stage.one(OutgoingCall)
    assert (row.status, row.state, row.reason) == ("failed", "done", words)


def test_refused_credentials_disclose_nothing_and_pause_further_calls(hub: Factory) -> None:
    stage = hub()
    stage.carrier.place_script = [AuthError("Connect it again.")]
    missed = stage.call_in(answered=False)
    call_back(stage, missed)
    with pytest.raises(AuthError):
        place(stage)
    assert stage.one(OutgoingCall).status == "failed" and stage.rows(Disclosure, use=USE) == []
    assert [row.kind for row in stage.rows(JournalEntry)].count("undone disclosure") == 1
    reports = verify(stage.hub.store, stage.hub.keyring, stage.clock())
    assert all(report.sound for report in reports.values())
    pause(stage.hub.store, "carrier", "Connect it again.", stage.clock())
    with pytest.raises(CannotCall, match="paused"):
        call_back(stage, missed)


def test_quiet_hours_refuse_the_call_and_do_not_postpone_it(hub: Factory) -> None:
    stage = hub()
    later = stage.clock() + timedelta(hours=9)
    quiet = Opinion(verdict="deny", rule_id="law.quiet", reason="It is night there.", not_before=later)
    stage.law.rule = lambda asked: quiet if asked.use == USE else allow(asked)
    call_back(stage, stage.call_in(answered=False))
    assert place(stage) == {"refused": 1}
    row = stage.one(OutgoingCall)
    assert (row.status, row.state, row.reason) == ("refused", "done", "It is night there.")
    stage.clock.advance(hours=10)
    assert place(stage) == {} and stage.carrier.placed == []


def test_the_question_says_where_the_person_may_be_and_when_they_were_in_touch(hub: Factory) -> None:
    stage = hub()
    asked: list[Any] = []
    stage.law.rule = lambda question: asked.append(question) or allow(question)
    missed = stage.call_in(answered=False)
    call_back(stage, missed)
    place(stage)
    question = next(each for each in asked if each.use == USE)
    assert {place.region for place in question.person_places} == {"IL"}
    assert [(each.channel, each.at) for each in question.records] == [("contact", missed.started_at)]


def test_who_refused_calls_is_not_called_even_if_they_called_since(hub: Factory) -> None:
    stage = hub()
    asked: list[Any] = []
    stage.law.rule = lambda question: asked.append(question) or allow(question)
    stage.call_in(answered=False)
    stage.say(stage.one(Person), "refused", USE)
    stage.clock.advance(hours=1)
    call_back(stage, stage.call_in(answered=False, seconds=20))
    place(stage)
    question = next(each for each in asked if each.use == USE)
    assert [each.state for each in question.records] == ["refused"], "a call does not take a refusal back"


def test_a_stop_of_texts_forbids_calls_until_the_person_is_in_touch_again(hub: Factory) -> None:
    stage = hub()
    missed = stage.call_in(answered=False)
    stage.clock.advance(minutes=5)
    write_in(stage, "STOP")
    scope = agent(stage)
    call_back(stage, missed, scope)
    assert place(stage) == {"refused": 1}
    assert "told the company to stop" in str(stage.one(OutgoingCall).reason)
    stage.clock.advance(minutes=5)
    call_back(stage, stage.call_in(answered=False), scope)
    assert place(stage) == {"placed": 1}


def test_a_call_that_waited_too_long_is_given_up(hub: Factory) -> None:
    stage = hub()
    call_back(stage, stage.call_in(answered=False))
    stage.clock.advance(seconds=PLACE_WITHIN.total_seconds() + 1)
    assert place(stage) == {"failed": 1} and stage.carrier.placed == []


def waiting(stage: TestHub) -> set[str]:
    with stage.hub.store.reading() as session:
        return set(session.scalars(calls_due(), {"now": stage.clock()}))


def test_a_call_of_which_the_carrier_tells_no_end_is_settled(hub: Factory) -> None:
    stage = hub()
    made = call_back(stage, stage.call_in(answered=False))
    place(stage)
    assert waiting(stage) == set()
    stage.clock.advance(seconds=REPORT_WITHIN.total_seconds())
    assert waiting(stage) == {"carrier"}
    place(stage)
    row = stage.one(OutgoingCall)
    assert (row.status, row.state) == ("failed", "done") and "did not report" in str(row.reason)
    stage.tell(*spoken(stage, made))
    assert stage.one(OutgoingCall).status == "completed", "a late report still counts"


def test_the_timeline_of_the_missed_call_shows_the_call_back(hub: Factory) -> None:
    stage = hub()
    missed = stage.call_in(answered=False)
    made = call_back(stage, missed)
    place(stage)
    stage.tell(*spoken(stage, made))
    with stage.hub.store.reading() as session:
        entries = timeline(session, missed, Mask(), stage.hub.vault, stage.hub.config.connector_title)
    told = [each for each in entries if each.stage == "call_back"]
    assert [each.text for each in told] == [
        f"{stage.one(User).name} calls back",
        "the person answered the call back",
        "the call back ended",
    ]
    assert (told[-1].state, told[-1].details) == ("completed", ("they spoke for 60 s",))
    assert CALLER not in str([each.plain() for each in told])
