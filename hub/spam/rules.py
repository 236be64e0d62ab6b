"""The rules that score a call. Each looks at the facts and gives points with a reason; pure: same facts, same score.

No single weak sign marks a call: a missing signature or a neighbor's number is everyday life for honest callers (ported
mobiles, small towns). What is certain (the block list, a honeypot, a number that cannot exist) weighs most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hub.spam.facts import CallFacts
from hub.spam.ranges import cannot_call, exchange_of, rings_once

MAX_SCORE = 100
BRIEF_SECONDS = 6
"""An answered call that ends so soon was no conversation."""
TALK_SECONDS = 60
"""From here on a call was a conversation."""
ONE_RING_SECONDS = 8
Points = tuple[int, str] | None
Step = tuple[int, int]
"""From so many on, so many points."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that held: its code, its points (negative for the caller's good), and why, in words without personal data."""

    code: str
    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100, and the reasons, the heaviest first."""

    points: int
    reasons: tuple[Reason, ...]

    @property
    def reported(self) -> list[dict[str, Any]]:
        """The reasons as they are stored."""
        return [{"code": each.code, "points": each.points, "text": each.text} for each in self.reasons]

    def __str__(self) -> str:
        return f"score {self.points}: {'; '.join(each.text for each in self.reasons) or 'nothing suspect'}"


HONEYPOT_BEFORE = "called honeypot numbers lately"
SEVERAL_NUMBERS = "called several numbers within a short time"
MANY_CALLS = "many calls within a short time"
BRIEF = "several calls within a day ended after a few seconds"
TALKS = "has had a conversation within a day"
"""Reasons that count the caller's calls to all companies of the hub. They say neither how many nor to whom: one company must
not learn what a caller has to do with another."""
ATTESTATIONS = {
    "F": (30, "the signature of the caller's number is not valid"),
    "C": (15, "the signing carrier does not know the caller (attestation C)"),
    "N": (10, "the caller's number is not signed"),
}
NUMBERS: tuple[Step, ...] = ((10, 75), (5, 55), (3, 30))
COMPANIES: tuple[Step, ...] = ((5, 40), (3, 25))
CALLS: tuple[Step, ...] = ((20, 30), (8, 15))
NEIGHBORS: tuple[Step, ...] = ((6, 55), (3, 40))
SAME_LENGTH: tuple[Step, ...] = ((5, 60), (3, 50), (2, 35))
BRIEF_CALLS: tuple[Step, ...] = ((5, 30), (2, 15))


def _listed(facts: CallFacts) -> Points:
    if facts.listed == "block":
        return MAX_SCORE, "the number is on the block list"
    return (MAX_SCORE, "a prefix of the number is on the block list") if facts.listed == "block_prefix" else None


def _honeypot(facts: CallFacts) -> Points:
    if facts.to_honeypot:
        return 80, "called a honeypot number, which no customer knows"
    if facts.honeypot_calls:
        return 70, HONEYPOT_BEFORE
    return None


def _cannot_call(facts: CallFacts) -> Points:
    why = cannot_call(facts.caller) if facts.caller else None
    return (60, f"the caller's number {why}") if why else None


def _numbers(facts: CallFacts) -> Points:
    """Numbers and companies are one reason, so that no company reads in it that its caller also called another one."""
    points = sum(held[0] for held in (_step(NUMBERS, facts.numbers, ""), _step(COMPANIES, facts.companies, "")) if held)
    return (points, SEVERAL_NUMBERS) if points else None


def _neighbor(facts: CallFacts) -> Points:
    exchange = exchange_of(facts.caller)
    if exchange is None or exchange != exchange_of(facts.called):
        return None
    many = _step(NEIGHBORS, facts.neighbors, "{} other numbers of the same exchange called within 10 minutes")
    if facts.attestation in ("F", "C", "N"):
        points, text = many or (0, "the number resembles the called one, and nobody vouches for it")
        return points + 15, text
    return many


def _very_short(facts: CallFacts) -> Points:
    if not facts.ended or facts.seconds is None or facts.voicemail:
        return None
    if facts.answered and facts.seconds <= BRIEF_SECONDS:
        return 15, f"ended {facts.seconds} seconds after it began"
    if not facts.answered and facts.seconds <= ONE_RING_SECONDS and _is_one_ring(facts):
        return 50, "rang one time, from a country that is known for expensive calls back"
    return None


def _one_ring_country(facts: CallFacts) -> Points:
    return (20, "from a country that is known for expensive calls back") if _is_one_ring(facts) else None


def _is_one_ring(facts: CallFacts) -> bool:
    """A business in one of these countries gets honest calls from there."""
    return facts.caller is not None and rings_once(facts.caller) and not rings_once(facts.called)


def _same_length(facts: CallFacts) -> Points:
    if not facts.voicemail:
        return None
    return _step(SAME_LENGTH, facts.same_length, "messages of {} other callers last exactly as long")


def _challenge(facts: CallFacts) -> Points:
    match facts.challenge:
        case "passed":
            return -60, "pressed the key when asked"
        case "failed":
            return 40, "did not press the key when asked"
    return None


def _relation(facts: CallFacts) -> Points:
    match facts.relation:
        case "customer":
            return -MAX_SCORE, "a known customer or lead"
        case "expected":
            return -MAX_SCORE, "the business called or texted this number lately"
        case "talked":
            return -40, "talked with the business before"
    return None


def _conversation(facts: CallFacts) -> Points:
    talked = facts.answered and facts.seconds is not None and facts.seconds >= TALK_SECONDS
    return (-30, "this call was a conversation") if facts.ended and talked and not facts.silent else None


RULES: dict[str, Callable[[CallFacts], Points]] = {
    "listed": _listed,
    "honeypot": _honeypot,
    "cannot_call": _cannot_call,
    "numbers": _numbers,
    "calls": lambda facts: _step(CALLS, facts.calls, MANY_CALLS),
    "brief_calls": lambda facts: _step(BRIEF_CALLS, facts.brief_calls, BRIEF),
    "neighbor": _neighbor,
    "attestation": lambda facts: ATTESTATIONS.get(facts.attestation or ""),
    "one_ring_country": _one_ring_country,
    "very_short": _very_short,
    "silent": lambda facts: (40, "the caller said nothing") if facts.silent else None,
    "same_length": _same_length,
    "challenge": _challenge,
    "relation": _relation,
    "talks": lambda facts: (-45, TALKS) if facts.talks else None,
    "conversation": _conversation,
}
"""Every rule by its code."""


def score(facts: CallFacts) -> Score:
    """The score of a call, with its reasons. Who is on the allow list is not scored; who is on the block list with their
    own number has 100, whatever else is known."""
    if facts.listed == "allow":
        return Score(0, (Reason("listed", 0, "the number is on the allow list"),))
    held = [Reason(code, *found) for code, rule in RULES.items() if (found := rule(facts)) is not None]
    held.sort(key=lambda reason: -abs(reason.points))
    total = MAX_SCORE if facts.listed == "block" else sum(reason.points for reason in held)
    return Score(max(0, min(MAX_SCORE, total)), tuple(held))


def _step(steps: tuple[Step, ...], count: int, text: str) -> Points:
    return next(((points, text.format(count)) for least, points in steps if count >= least), None)
