"""Calls that are decided before they ring, and scored when they have ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from desk import add, do, scope
from fake_connectors import FakeCarrier
from testbed import CALLER, CONNECTORS, NORTH_POOL, NORTH_SHARED, POOL, SHARED, TestHub, company

from hub.answering.answer import Answerer
from hub.answering.call_context import AnswerRequest
from hub.answering.screen import Screener
from hub.api import CallEvent
from hub.api.carriers import AnswerPoint
from hub.errors import CannotDo
from hub.flow.score_spam import is_silent, score_again
from hub.marks.spam import block_caller, mark_spam
from hub.model import (
    AuditEntry,
    Call,
    CallerRule,
    CallStep,
    ConversionRow,
    Delivery,
    Recording,
    RecordingPeaks,
    SpamMark,
    SpamScore,
    TextMessage,
)
from hub.queries.missed_calls import missed_not_called_back
from hub.spam.callers import add_rule, remove_rule, rule_about
from hub.spam.facts import CallKey
from hub.spam.history import MAX_ROWS, MAX_ROWS_OF_ONE, CallEnvironment, load_facts
from hub.store.rows import write_rows

Factory = Callable[..., TestHub]
ROBOT, STRANGER = "+13125550166", "+13125550177"
TRAP = "+13125550133"
HONEYPOT = {
    "name": "trap",
    "type": "source",
    "carrier": "carrier",
    "numbers": [TRAP],
    "source": "trap",
    "medium": "none",
    "honeypot": True,
}


def accounts(**spam: Any) -> list[dict[str, Any]]:
    lakeside = company("lakeside", POOL, SHARED, HONEYPOT) | {"spam": spam}
    lakeside["texts"] = {"missed_call": "Sorry that we missed you."}
    return [
        {"name": "agency", "title": "Agency", "companies": [lakeside, company("northgate", NORTH_POOL, NORTH_SHARED)]}
    ]


class KeyCarrier(FakeCarrier):
    """A carrier that can do what screening needs."""

    manifest = FakeCarrier.manifest.model_copy(update={"abilities": ("call_back", "dial", "gather", "message", "say")})


class Line:
    """A hub that answers calls and folds them."""

    def __init__(self, stage: TestHub) -> None:
        self.stage, self.answerer, self.count = stage, Answerer(stage.hub, stage.live), 0

    def ring(self, caller: str | None = CALLER, number: str = SHARED, call_id: str = "", **more: Any) -> str:
        self.count += 1
        point: dict[str, Any] = {"moment": "ringing", "tracking_number": number, "caller_number": caller, **more}
        asked = AnswerPoint(call_id=call_id or f"R{self.count}", **point)
        (document,) = self.answerer.submit("carrier", [asked]).documents.result(20)
        return str(document.body)  # type: ignore[union-attr]

    def digits(self, document: str, keys: str, call_id: str) -> str:
        mark = document.split("mark='")[1].split("'")[0]
        return self.ring(call_id=call_id, moment="digits", digits=keys, mark=mark)


@pytest.fixture
def line(lite_hub: Factory) -> Iterator[Callable[..., Line]]:
    made: list[Line] = []

    def open_line(**spam: Any) -> Line:
        made.append(Line(lite_hub(accounts=accounts(**spam), connectors={**CONNECTORS, "carrier": KeyCarrier})))
        return made[-1]

    yield open_line
    for each in made:
        each.answerer.close()


def block(stage: TestHub, text: str, kind: str = "block", company_name: str | None = "lakeside") -> CallerRule:
    place = stage.directory.companies["lakeside"]
    with stage.hub.store.writing() as session:
        company_id = place.id if company_name else None
        return add_rule(session, place.account_id, company_id, kind, text, stage.clock(), "olivia")


def test_a_blocked_caller_is_rejected_before_it_rings_and_the_call_is_kept_with_its_reason(line: Any) -> None:
    desk = line()
    block(desk.stage, ROBOT)
    block(desk.stage, "+1900*")
    assert "Dial" in desk.ring(STRANGER)
    assert "HangUp(reject=True)" in desk.ring(ROBOT, call_id="R9")
    assert "HangUp(reject=True)" in desk.ring("+19005550142")
    step = desk.stage.one(CallStep, carrier_call_id="R9")
    assert step.result == "rejected, score 100: the number is on the block list" and step.do == "screen"
    at = desk.stage.clock()
    desk.stage.tell(CallEvent(kind="ringing", call_id="R9", at=at, tracking_number=SHARED, caller_number=ROBOT))
    desk.stage.tell(CallEvent(kind="completed", call_id="R9", at=at, tracking_number=SHARED, duration=0))
    desk.stage.flow()
    call, kept = desk.stage.one(Call, carrier_call_id="R9"), desk.stage.one(SpamScore, carrier_call_id="R9")
    assert call.spam and (kept.score, kept.action) == (100, "reject")
    assert desk.stage.rows(ConversionRow) == []


def test_who_is_allowed_known_or_expected_is_never_stopped_by_a_score_or_a_prefix(line: Any) -> None:
    desk = line(reject=70)
    talked = desk.stage.call_in(caller=CALLER, seconds=120)
    desk.stage.clock.advance(days=2)
    block(desk.stage, "+1312*")
    block(desk.stage, STRANGER, "allow")
    assert "HangUp(reject=True)" in desk.ring(ROBOT)
    assert "Dial" in desk.ring(CALLER) and talked.answered
    assert "Dial" in desk.ring(STRANGER)


def test_a_burst_is_seen_while_it_rings_and_its_first_calls_are_marked_later(line: Any) -> None:
    desk = line(challenge=70)
    numbers = [SHARED, *POOL, NORTH_SHARED, *NORTH_POOL]
    heard = [desk.ring(ROBOT, number, attestation="C") for number in numbers[:5]]
    assert "Dial" in heard[0] and "Dial" in heard[3]
    asked = desk.ring(ROBOT, SHARED, call_id="B9", attestation="failed")
    assert "To be connected, please press 1." in asked and "record=True" not in asked
    again = desk.digits(asked, "", "B9")
    assert "please press 1" in again
    assert "HangUp()" in desk.digits(again, "7", "B9") or "HangUp(reject=False)" in desk.digits(again, "7", "B9")
    passed = desk.digits(desk.ring(ROBOT, SHARED, call_id="B10", attestation="failed"), "1", "B10")
    assert "Dial" in passed
    for place, number in enumerate(numbers):
        at = desk.stage.clock() + timedelta(seconds=place)
        desk.stage.call_in(number, ROBOT, seconds=3, at=at, attestation="C", process=place % 2 == 1)
    desk.stage.flow()
    calls = [call for call in desk.stage.rows(Call, caller_number=ROBOT) if call.tracking_number == SHARED]
    assert all(call.spam for call in calls), "the first calls of the burst count too"


def test_a_caller_who_cannot_be_asked_for_a_key_gets_through(lite_hub: Factory) -> None:
    desk = Line(lite_hub(accounts=accounts(challenge=50)))
    try:
        assert "Dial" in desk.ring("+12225550142", attestation="failed"), "the carrier has no ability for keys"
    finally:
        desk.answerer.close()


class BrokenSession:
    """A session that fails in a way that nobody thought of."""

    def exec(self, query: Any) -> Any:
        raise ZeroDivisionError


def test_a_caller_with_no_end_of_calls_hides_no_other_caller(line: Any) -> None:
    stage = line().stage
    stage.call_in(caller=CALLER, seconds=120)
    place, now = stage.directory.companies["lakeside"], stage.clock()
    calls = [
        Call(
            connector="carrier", carrier_call_id=f"C{second}", company_id=place.id, caller_number=ROBOT, duration=3,
            tracking_number=SHARED, status="completed", started_at=now - timedelta(seconds=second), state="done",
            due_at=now, answered_at=now - timedelta(seconds=second),
        )
        for second in range(MAX_ROWS)
    ]  # fmt: skip
    with stage.hub.store.writing() as session:
        write_rows(session, Call, calls)
    asked: dict[str, Any] = {"connector": "carrier", "company_id": place.id, "account_id": place.account_id, "at": now}
    keys = [CallKey(call_id=f"new {each}", caller=each, called=SHARED, **asked) for each in (ROBOT, CALLER)]
    with stage.hub.store.reading() as session:
        robot, known = load_facts(session, keys, {}, CallEnvironment()).values()
    assert (robot.calls, robot.brief_calls, robot.relation) == (MAX_ROWS_OF_ONE + 1, MAX_ROWS_OF_ONE, None)
    assert (known.talks, known.relation) == (1, "talked")


def test_a_failure_of_the_screening_lets_the_call_ring(line: Any) -> None:
    stage = line(reject=50).stage
    served = stage.directory.lines[SHARED]
    point = AnswerPoint(moment="ringing", tracking_number=SHARED, call_id="R1", caller_number="+12225550142")
    asked = AnswerRequest(connector="carrier", point=point, line=served, flow=served.flow, version=served.version)
    broken: Any = BrokenSession()
    assert Screener(stage.hub).screen(broken, stage.directory, [asked], stage.clock()) == {}


def test_suspect_callers_may_leave_a_message_and_no_phone_rings(line: Any) -> None:
    desk = line(voicemail=60)
    heard = desk.ring("+12225550142", attestation="failed")
    assert "Please leave a message after the tone." in heard and "TakeMessage" in heard and "Dial" not in heard


def test_a_honeypot_tells_on_its_callers_everywhere(line: Any) -> None:
    desk = line()
    assert desk.stage.call_in(TRAP, ROBOT, seconds=10).spam
    desk.stage.clock.advance(hours=20)
    later = desk.stage.call_in(NORTH_SHARED, ROBOT, seconds=30)
    kept = desk.stage.one(SpamScore, carrier_call_id=later.carrier_call_id)
    assert later.spam and kept.reasons[0]["code"] == "honeypot"
    assert not desk.stage.call_in(SHARED, STRANGER, seconds=30).spam


def test_no_spam_is_said_one_time_for_all_and_sends_what_was_held(line: Any) -> None:
    desk = line()
    stage = desk.stage
    owner, call = add(stage, "olivia", "owner"), stage.call_in(TRAP, ROBOT, seconds=10)
    assert call.spam and stage.rows(Delivery, hook="upload_conversions") == []
    assert do(stage, owner, mark_spam, call.id, False)
    stage.flow()
    assert not stage.one(Call, id=call.id).spam and not stage.one(ConversionRow).retracted
    assert stage.one(SpamScore, carrier_call_id=call.carrier_call_id).overruled_by == owner.id
    stage.tell(CallEvent(kind="recorded", call_id=call.carrier_call_id, at=stage.clock(), recording_id="RE1"))
    stage.flow()
    assert stage.rows(SpamMark) == [], "a user's word outlasts every later look"
    again = stage.call_in(TRAP, ROBOT, seconds=10)
    assert not again.spam and stage.one(SpamScore, carrier_call_id=again.carrier_call_id).score == 0
    assert do(stage, owner, mark_spam, again.id, True)
    assert stage.rows(CallerRule) == [], "the word is taken back, and its caller is scored again"


def test_a_user_blocks_the_caller_of_a_call(line: Any) -> None:
    stage = line().stage
    owner, call = add(stage, "olivia", "owner"), stage.call_in(caller=ROBOT)
    rule = do(stage, owner, block_caller, call.id)
    assert (rule.kind, rule.pattern) == ("block", ROBOT) and stage.one(Call, id=call.id).spam
    hidden = stage.call_in(caller=None)
    with pytest.raises(CannotDo, match="hides the number"):
        do(stage, owner, block_caller, hidden.id)
    entries = [each for each in stage.rows(AuditEntry) if each.action.startswith("caller.")]
    assert [each.action for each in entries] == ["caller.block"] and ROBOT not in entries[0].detail
    with stage.hub.store.writing() as session:
        found = rule_about(session, rule.account_id, rule.company_id, ROBOT)
        assert found is not None
        remove_rule(session, found, stage.clock(), owner.id)
    assert stage.rows(CallerRule) == []


@pytest.mark.parametrize("text", ["", "hello", "+1*", "+*", "1900*", "+1900", "*", "+19005550142000000*"])
def test_what_is_no_number_and_no_prefix_is_refused_with_one_sentence(line: Any, text: str) -> None:
    with pytest.raises(CannotDo, match=r"write it like|Write a prefix"):
        block(line().stage, text)


def test_missed_spam_gets_no_text_and_needs_no_call_back(line: Any, lite_hub: Factory) -> None:
    stage = line().stage
    spam = stage.call_in(TRAP, ROBOT, answered=False, seconds=0)
    fine = stage.call_in(SHARED, STRANGER, answered=False)
    texted = {row.person_number for row in stage.rows(TextMessage)}
    assert spam.spam and texted == {STRANGER}
    owner = add(stage, "olivia", "owner")
    with stage.hub.store.reading() as session:
        waiting = missed_not_called_back(session, scope(session, owner), stage.hub.vault, stage.clock())
    assert [each.call_id for each in waiting] == [fine.id]


def test_a_caller_who_says_nothing_is_heard_in_the_recording_and_scored_again(line: Any) -> None:
    stage = line(mark=50).stage
    call = stage.call_in(SHARED, ROBOT, seconds=20, attestation="C")
    assert not call.spam
    now = stage.clock()
    recording = Recording(
        connector="carrier", carrier_recording_id="RE1", call_id=call.id, recorded_at=now, due_at=now, state="stored",
        expires_at=now + timedelta(days=90),
    )  # fmt: skip
    stage.add(recording)
    stage.add(RecordingPeaks(recording_id=recording.id, channels=2, peaks=b"\2" * 240 + b"\x90" * 240))
    with stage.hub.store.writing() as session:
        score_again(session, call.id, now)
    stage.flow()
    kept = stage.one(SpamScore, carrier_call_id=call.carrier_call_id)
    assert "the caller said nothing" in [each["text"] for each in kept.reasons] and stage.one(Call, id=call.id).spam
    assert is_silent(b"\0\3") and not is_silent(b"\0\x60")


def test_a_call_that_a_user_has_judged_goes_through_the_flow_again_alone(lite_hub: Factory) -> None:
    stage = lite_hub()
    call = stage.call_in()
    do(stage, add(stage, "rosa", "receptionist"), mark_spam, call.id, True)
    ended = stage.clock() + timedelta(seconds=95)
    stage.tell(
        CallEvent(kind="completed", at=ended, call_id=call.carrier_call_id, duration=95), reported_by="reconcile"
    )
    stage.flow()
    assert stage.one(Call).state == "done" and stage.one(SpamMark).subject_id == call.id
