"""Why a call of the stack closed, read from its text; what a refusal of an outgoing call means; and when calls are ended."""

from __future__ import annotations

import asyncio
import heapq
import itertools
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
APART_S = 0.06
"""From the end of a call with sound until the next one may end."""


class Endings:
    """Lets calls with sound end one after another. When one ends, the stack waits up to 40 ms for its sound threads, and the
    sound of all others waits with it: several endings in a row would be heard in every conversation."""

    def __init__(self) -> None:
        self._next = 0.0
        self._turns: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._at_once = False

    async def turn(self, late: bool = False) -> None:
        """Wait until one more may be ended; a `late` one after all others."""
        if self._at_once:
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._turns, (late, next(self._numbers), turn))
        if self._timer is None:
            self._give()
        await turn

    def over(self) -> None:
        """One has ended."""
        self._next = time.monotonic() + APART_S

    def hasten(self) -> None:
        """No conversation is left that could be disturbed: all end at once."""
        self._at_once = True
        for *_, turn in self._turns:
            if not turn.done():
                turn.set_result(None)
        self._turns = []

    def _give(self) -> None:
        self._timer, now = None, time.monotonic()
        if now >= self._next:
            self._turns = [each for each in self._turns if not each[2].done()]
            heapq.heapify(self._turns)
            if self._turns:
                heapq.heappop(self._turns)[2].set_result(None)
                self._next = now + APART_S
        if self._turns:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, self._next - now), self._give)


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
