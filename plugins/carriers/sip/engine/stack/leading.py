"""Small steps of a call that run beside it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from baresip import BaresipError, Call

from plugins.carriers.sip.engine.guard.admission import Admission
from plugins.carriers.sip.engine.guard.digest import REALM, Digest, secrets_of
from plugins.carriers.sip.engine.interface import Incoming, Reason
from plugins.carriers.sip.engine.settings import LineSettings
from plugins.carriers.sip.engine.stack.leg import StackLeg


async def take_back(dialing: asyncio.Future[StackLeg]) -> None:
    """End a call that was cancelled while the stack began it."""
    with contextlib.suppress(BaresipError):
        await (await dialing).end(Reason.CANCELLED)


async def turn_away(call: Call) -> None:
    with contextlib.suppress(BaresipError):
        await call.reject()


async def lead(incoming: Incoming, leg: StackLeg) -> None:
    """Let the gateway lead a call; one that it drops on the floor is ended."""
    try:
        await incoming(leg)
    finally:
        if not leg.ended.done():
            await leg.hang_up()


async def when(event: asyncio.Event, then: Callable[[], None] | None) -> None:
    await event.wait()
    if then:
        then()


def admission(line: LineSettings) -> Admission:
    users = {line.sign_in_user: secrets_of(line.sign_in_user, REALM, line.sign_in_password)}
    digest = Digest(users, REALM, time.time) if line.sign_in_user else None
    return Admission(line.trunk.addresses, digest=digest, invites_a_second=line.invites_a_second, clock=time.monotonic)
