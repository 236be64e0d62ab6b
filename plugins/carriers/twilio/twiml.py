"""Instructions as TwiML, and the addresses to which Twilio sends its next request or the result."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlencode

from hub.api import AnswerDocument, AnswerPoint, CallBack, Instruction, Twiml

TRACKING_NUMBER = "tracking_number"
"""The query field of our own addresses that carries the tracking number; Twilio signs it with the address."""
MARK = "mark"
"""The query field that carries the mark of the waiting instruction."""


def callback(webhook_url: str, path: str, tracking_number: str, mark: str = "") -> str:
    """Our address `path` for a call on `tracking_number`, for the instruction with `mark`."""
    fields = {TRACKING_NUMBER: tracking_number} | ({MARK: mark} if mark else {})
    return f"{webhook_url}/{path}?{urlencode(fields)}"


def answer(point: AnswerPoint, instructions: Sequence[Instruction], webhook_url: str) -> AnswerDocument:
    """The TwiML of `instructions` for the call at `point`."""
    return _answer(tuple(instructions), point.tracking_number, webhook_url)


def connect(call: CallBack, webhook_url: str) -> AnswerDocument:
    """The TwiML that connects a user with a person."""
    return Twiml(lambda path, mark: callback(webhook_url, path, call.tracking_number, mark)).connect(call)


@lru_cache(maxsize=1024)  # most calls to a number get the same document
def _answer(instructions: tuple[Instruction, ...], number: str, webhook_url: str) -> AnswerDocument:
    return Twiml(lambda path, mark: callback(webhook_url, path, number, mark)).render(instructions)


def empty() -> AnswerDocument:
    """An empty response: nothing more to do."""
    return Twiml(lambda path, mark: path).render(())
