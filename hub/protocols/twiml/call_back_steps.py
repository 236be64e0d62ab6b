"""The steps of a simulated call back, for the sandboxes of carriers that speak TwiML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from hub.contracts.sandbox import CallBackOutcome

USER_RINGS, PERSON_RINGS, THEY_TALK = 5, 10, 60
"""Seconds."""


@dataclass(frozen=True, slots=True)
class LegStep:
    """One leg gets a status, in TwiML's words, some seconds after the call was placed."""

    leg: Literal["user", "person"]
    status: str
    after: int
    duration: int = 0
    """Seconds from the leg's answer to its end, on `completed`."""


_UP = LegStep("user", "in-progress", USER_RINGS)
_PERSON = USER_RINGS + PERSON_RINGS
_OVER = _PERSON + THEY_TALK
STEPS: Mapping[CallBackOutcome, tuple[LegStep, ...]] = {
    "answered": (
        _UP,
        LegStep("person", "in-progress", _PERSON),
        LegStep("person", "completed", _OVER, THEY_TALK),
        LegStep("user", "completed", _OVER, _OVER - USER_RINGS),
    ),
    "user_busy": (LegStep("user", "busy", 1),),
    "user_no_answer": (LegStep("user", "no-answer", 20),),
    "person_busy": (_UP, LegStep("person", "busy", _PERSON), LegStep("user", "completed", _PERSON, PERSON_RINGS)),
    "person_no_answer": (_UP, LegStep("person", "no-answer", 35), LegStep("user", "completed", 35, 30)),
}
"""What happens to the two legs, in order."""


@dataclass(frozen=True, slots=True)
class PersonDial:
    """What a document says about the person's leg."""

    caller_id: str
    number: str
    callback: str


def person_dial(document: str) -> PersonDial | None:
    """The person's leg in the document of a call back; None if the document dials nobody."""
    try:
        dial = ElementTree.fromstring(document).find("Dial")  # noqa: S314
    except ElementTree.ParseError:
        return None
    number = dial.find("Number") if dial is not None else None
    if dial is None or number is None or not number.text:
        return None
    callback = number.get("statusCallback") or dial.get("callbackUrl") or ""
    return PersonDial(dial.get("callerId", ""), number.text, callback)
