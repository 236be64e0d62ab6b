"""The score of a call: pure rules over facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.config.sections.spam import SpamSection
from hub.spam.facts import CallFacts, CallKey
from hub.spam.ranges import cannot_call, exchange_of, rings_once
from hub.spam.recent import RecentCalls
from hub.spam.rules import RULES, score

HONEST: dict[str, Any] = {"caller": "+13125550142", "called": "+14155550120", "attestation": "A"}
SPAM = SpamSection()


def points(**facts: Any) -> int:
    return score(CallFacts(**{**HONEST, **facts})).points


@pytest.mark.parametrize(
    "facts",
    [
        {"attestation": "N"},
        {"attestation": "C"},
        {"attestation": "F"},
        {"attestation": None, "caller": None},
        {"numbers": 3, "attestation": "C"},
        {"companies": 5, "attestation": "N"},
        {"ended": True, "answered": True, "seconds": 3, "attestation": "C"},
        {"caller": "+14155550142", "attestation": "C"},
        {"caller": "+18095550142", "attestation": None},
        {"silent": True, "ended": True, "answered": True, "seconds": 20},
    ],
)
def test_no_weak_sign_alone_marks_a_call(facts: dict[str, Any]) -> None:
    assert not SPAM.marks(points(**facts))


@pytest.mark.parametrize(
    "facts",
    [
        {"listed": "block"},
        {"listed": "block_prefix"},
        {"to_honeypot": True},
        {"honeypot_calls": 2},
        {"numbers": 12},
        {"numbers": 5, "attestation": "C", "ended": True, "answered": True, "seconds": 4},
        {"caller": "+19115550142", "attestation": "N"},
        {"caller": "+2325550142", "attestation": None, "ended": True, "seconds": 3},
        {"silent": True, "same_length": 3, "ended": True, "voicemail": True, "seconds": 20},
        {"neighbors": 7, "caller": "+14155550142", "attestation": "F"},
    ],
)
def test_what_is_sure_or_comes_together_marks_it(facts: dict[str, Any]) -> None:
    assert SPAM.marks(points(**facts)), score(CallFacts(**{**HONEST, **facts}))


def test_whoever_is_no_stranger_scores_far_lower() -> None:
    burst = {"numbers": 12, "attestation": "C"}
    assert points(**burst) >= 80
    assert points(**burst, relation="customer") == points(**burst, relation="expected") == 0
    assert points(**burst, talks=4) < 70
    assert points(**burst, challenge="passed") < 70
    assert points(**burst, listed="allow") == 0
    assert points(listed="block", relation="customer") == 100, "a user's own word counts"
    assert points(listed="block_prefix", relation="customer") == 0


def test_each_reason_says_why_without_personal_data() -> None:
    found = score(CallFacts(**{**HONEST, "caller": "+13125550142", "numbers": 4, "attestation": "F"}))
    assert str(found) == (
        "score 60: called several numbers within a short time; the signature of the caller's number is not valid"
    )
    assert {each.code for each in found.reasons} <= RULES.keys()
    assert "555" not in str(found.reported)


@pytest.mark.parametrize(
    "facts",
    [{"numbers": 12}, {"companies": 6}, {"numbers": 4, "companies": 4}, {"calls": 25}, {"brief_calls": 7}, {"talks": 3},
     {"honeypot_calls": 4}],
)  # fmt: skip
def test_a_reason_tells_a_company_neither_how_often_nor_whom_else_its_caller_called(facts: dict[str, Any]) -> None:
    (reason,) = score(CallFacts(**{**HONEST, **facts})).reasons
    assert not any(letter.isdigit() for letter in reason.text)
    assert "compan" not in reason.code + reason.text and "hub" not in reason.text


def test_numbers_that_cannot_call_are_known_by_their_shape() -> None:
    assert cannot_call("+13125550142") is None and cannot_call("+442079460018") is None
    assert "N11" in str(cannot_call("+13124115550")) and "premium" in str(cannot_call("+19005550142"))
    assert cannot_call("+12225550142") == "is in no numbering plan"
    assert rings_once("+2325550142") and not rings_once("+13125550142")
    assert exchange_of("+13125550142") == "+1312555" and exchange_of("+442079460018") is None
    assert points(caller="+18095550142", called="+18095550100", ended=True, seconds=3) == 0, "a neighbor there"


def test_a_company_chooses_from_which_score_on_what_happens() -> None:
    policy = SpamSection.model_validate({"mark": 60, "challenge": 70, "voicemail": "off", "reject": 95})
    assert [policy.action(each) for each in (59, 60, 70, 94, 95)] == [
        "none",
        "mark",
        "challenge",
        "challenge",
        "reject",
    ]
    off = SpamSection.model_validate({"mark": "off"})
    assert off.action(100) == "none" and not off.marks(100) and not off.stops_calls
    assert SpamSection.model_validate({"mark": "off", "reject": 90}).marks(90), "a rejected call is spam"


def test_what_was_answered_within_the_hour_is_in_memory_and_then_forgotten() -> None:
    at, recent = datetime(2026, 11, 27, 15, tzinfo=UTC), RecentCalls()

    def call(number: int, when: datetime, caller: str | None = "+13125550142") -> CallKey:
        return CallKey(
            connector="carrier",
            call_id=f"CA{number}",
            company_id="c",
            account_id="a",
            caller=caller,
            called=f"+1415555010{number}",
            at=when,
        )

    recent.note([call(1, at), call(2, at + timedelta(minutes=1)), call(3, at, None)])
    assert [seen.called for seen in recent.of("+13125550142", at)] == ["+14155550101", "+14155550102"]
    recent.note([call(4, at + timedelta(hours=2), "+13125550143")])
    assert recent.of("+13125550142", at) == []
