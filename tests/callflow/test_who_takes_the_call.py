"""Who gets a call that rings phones, and where it goes if nobody does: by a key, when busy, and after a while."""

from __future__ import annotations

from typing import Any

import pytest
from flow_samples import BUSINESS, NUMBER, SECOND, THIRD, dials, flow, known, of_steps, played, steps_of
from pydantic import ValidationError

from hub.config.callflow.definition import Flow
from hub.config.callflow.resume_token import parse_mark
from hub.config.callflow.walk import static, walk
from hub.contracts.answers import AnswerPoint, AskToAccept, Dial, HangUp, Instruction, Moment, Say, TakeMessage

TEAM = {"do": "simulcall", "numbers": [BUSINESS, SECOND], "unanswered": "night"}
NIGHT = {"do": "voicemail", "say": "Leave a message."}


def ended(wanted: Flow, dial: Dial, **about: Any) -> Instruction:
    """What follows a dial that ended."""
    accepted = about.pop("accepted", None)
    point = AnswerPoint(moment="dial_ended", tracking_number=NUMBER, call_id="CA1", mark=dial.mark, **about)
    return walk(wanted, 3, point, known(accepted=accepted)).instructions[-1]


def test_more_phones_ring_when_nobody_has_answered_for_a_while() -> None:
    wanted = of_steps("team", {"team": TEAM | {"also": [THIRD], "also_after": 10, "ring_seconds": 30}, "night": NIGHT})
    turns = played(wanted, answers=False)
    assert [(dial.numbers, dial.ring_seconds) for dial in dials(turns)] == [
        ((BUSINESS, SECOND), 10),
        ((BUSINESS, SECOND, THIRD), 20),
    ]
    assert steps_of(turns) == ["team", "night"]


@pytest.mark.parametrize(
    ("about", "step"),
    [({"why": "busy"}, "text"), ({"why": "no_answer"}, "second"), ({}, "night"), ({"why": None}, "night")],
)
def test_busy_and_no_answer_are_two_ways_out_and_everything_else_is_unanswered(
    about: dict[str, Any], step: str
) -> None:
    desk = {"do": "dial", "number": BUSINESS, "busy": "text", "no_answer": "second", "unanswered": "night"}
    text = {"do": "menu", "say": "Busy.", "keys": {"1": "end"}, "otherwise": "end"}
    second = {"do": "dial", "number": SECOND, "unanswered": "end"}
    wanted = of_steps("desk", {"desk": desk, "text": text, "second": second, "night": NIGHT})
    (dial,) = dials(played(wanted)[:1])
    mark = parse_mark(ended(wanted, dial, **about).mark)  # type: ignore[union-attr]
    assert mark is not None and mark.step == step
    plain = of_steps("desk", {"desk": {"do": "dial", "number": BUSINESS, "unanswered": "night"}, "night": NIGHT})
    (dial,) = dials(played(plain)[:1])
    assert isinstance(ended(plain, dial, **about), TakeMessage), "`unanswered` is the way out of both"


def test_the_whisper_asks_for_the_key_and_only_the_key_takes_the_call() -> None:
    wanted = of_steps("team", {"team": TEAM | {"accept": "key", "whisper": "From [source]."}, "night": NIGHT})
    (dial,) = dials(played(wanted)[:1])
    assert (dial.whisper, dial.accept_key) == (True, "1")

    def at(moment: Moment, digits: str = "") -> tuple[Instruction, ...]:
        point = AnswerPoint(moment=moment, tracking_number=NUMBER, call_id="CA1", mark=dial.mark, digits=digits)
        return walk(wanted, 3, point, known(source_name="Google")).instructions

    (question,) = at("whisper")
    assert isinstance(question, AskToAccept)
    said = [each.text for each in question.prompts if isinstance(each, Say)]
    assert said == ["From Google.", "Press 1 to take this call."]
    assert at("accept", "1") == () and at("accept", "2") == (HangUp(),)
    assert isinstance(ended(wanted, dial, answered=True, accepted=False), TakeMessage), "a voicemail picked up"
    for taken in ({"accepted": True}, {"accepted": None}, {"connected": True, "accepted": False}):
        assert ended(wanted, dial, answered=True, **taken) == HangUp()


def test_a_whisper_that_names_the_key_is_not_followed_by_the_question_and_a_late_hub_asks_it_too() -> None:
    own = of_steps("team", {"team": TEAM | {"accept": "key", "whisper": "Press 1 for [source]."}, "night": NIGHT})
    (dial,) = dials(played(own)[:1])
    point = AnswerPoint(moment="whisper", tracking_number=NUMBER, call_id="CA1", mark=dial.mark)
    (question,) = walk(own, 3, point, known(source_name="the flyer")).instructions
    assert isinstance(question, AskToAccept) and len(question.prompts) == 1
    (late,) = static(own, point)
    assert isinstance(late, AskToAccept), "a voicemail would take the call of a hub that is late"
    assert static(flow(), point) == ()


@pytest.mark.parametrize(
    "wrong",
    [{"also": [THIRD], "ring_seconds": 12}, {"also": [f"+1312555017{last}" for last in range(9)]}],
)
def test_phones_that_would_never_ring_later_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        of_steps("team", {"team": TEAM | wrong, "night": NIGHT})
