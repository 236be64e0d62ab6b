"""Why a call of the stack closed, read from its text; what a refusal of an outgoing call means; and when calls are ended."""

from __future__ import annotations

import asyncio
import re
import time

from plugins.carriers.sip.engine.interface import (
    Busy,
    Declined,
    Ended,
    NoAnswer,
    NotPlaced,
    Reason,
    Side,
    Unreachable,
)

_STATUS = re.compile(r"([3-6]\d\d)\b")
BUSY = {486, 600}
DECLINED = {603, 607, 608}
NO_ANSWER = {408, 480, 487}
APART_S, MAX_WAIT_S = 0.06, 3.0


class Endings:
    """Lets calls with sound end one after another. When one ends, the stack waits up to 40 ms for its sound threads, and the
    sound of all others waits with it: several endings at once would be heard in every conversation."""

    def __init__(self) -> None:
        self._next = 0.0
        self.at_once = False
        """Whether no conversation is left that could be disturbed."""

    async def turn(self) -> None:
        """Wait until one more may be ended."""
        now = time.monotonic()
        wait = 0.0 if self.at_once else min(max(0.0, self._next - now), MAX_WAIT_S)
        self._next = now + wait + APART_S
        await asyncio.sleep(wait)

    def over(self) -> None:
        """One has ended."""
        self._next = max(self._next, time.monotonic() + APART_S)


def ending(text: str, answered: bool, outgoing: bool) -> Ended:
    """How a call ended that we did not end."""
    found = _STATUS.match(text)
    status = int(found[1]) if found else None
    if "rtp" in text.lower():
        return Ended(Reason.SILENT_RTP, Side.PARTY, status)
    if answered:
        return Ended(Reason.HUNG_UP, Side.PARTY, status)
    if outgoing and status is not None:
        return Ended(Reason.REJECTED, Side.PARTY, status)
    if outgoing:
        return Ended(Reason.FAILED, Side.PARTY, status)
    return Ended(Reason.CANCELLED, Side.PARTY, status or 487)


def not_placed(ended: Ended) -> NotPlaced:
    """The exception for an outgoing call that ended before its answer."""
    status = ended.status
    if status in BUSY:
        return Busy("The phone is busy.", status)
    if status in DECLINED:
        return Declined("The call was declined.", status)
    if status in NO_ANSWER:
        return NoAnswer("Nobody answered.", status)
    return Unreachable("The number cannot be reached.", status)
