"""A phone of the business holds its call, or gives it to somebody else: blind, or attended (RFC 3515, RFC 3891)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, Protocol

import structlog

from plugins.carriers.sip.engine.bridging import LegBridge
from plugins.carriers.sip.engine.guard.relay import Relay
from plugins.carriers.sip.engine.interface import Dial, Leg, SipError
from plugins.carriers.sip.engine.phones.registrar import Registrar
from plugins.carriers.sip.engine.settings import PHONE
from plugins.carriers.sip.engine.stack.leg import StackLeg

log = structlog.get_logger(__name__)
RING_S = 45.0
REPORT_S = 2.0
"""So long the next step waits for the phone to take a report."""
SIPFRAG = "message/sipfrag;version=2.0"


class Placing(Protocol):
    """What a transfer needs of the engine."""

    relay: Relay

    async def place(self, dial: Dial, *, heard_by: Leg | None = None) -> Leg:
        """Call somebody."""

    def leg_of(self, call_id: str) -> StackLeg | None:
        """The leg with a SIP Call-ID."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside."""


class Transfers:
    """Carries out what phones ask for in their calls."""

    def __init__(self, engine: Placing, registrar: Registrar) -> None:
        self._engine, self._registrar = engine, registrar
        registrar.on_hold, registrar.on_transfer = self.hold, self.begin

    def hold(self, call_id: str, held: bool) -> None:
        """A phone holds its call, or resumes it."""
        if (leg := self._engine.leg_of(call_id)) and leg.bridge_now:
            leg.bridge_now.hold(leg, held)

    def begin(self, call_id: str, to: str, replaces: str) -> bool:
        """Begin a transfer of the phone's call `call_id`; whether it can be done."""
        leg, second = self._engine.leg_of(call_id), self._engine.leg_of(replaces) if replaces else None
        bridge = leg.bridge_now if leg else None
        if leg is None or bridge is None or (replaces and (second is None or second.about.phone != leg.about.phone)):
            return False
        if second and second.bridge_now:
            self._engine.spawn(self._attended(leg, bridge, second, second.bridge_now))
            return True
        if second:
            # The phone gives the call away while it still rings there: what it has dialed is called for the other party.
            to = self._registrar.destination(second.about.called)
            second.let_go()
        if not to:
            return False
        self._engine.spawn(self._blind(leg, bridge, to))
        return True

    async def _attended(self, leg: StackLeg, bridge: LegBridge, second: StackLeg, there: LegBridge) -> None:
        if bridge is there:
            await self._report(leg, 603)
            return
        bridge.take_from(leg, there, second)
        log.info("a phone has transferred a call", phone=leg.about.phone, how="attended")
        await self._report(leg, 200)
        await asyncio.gather(leg.hang_up(), second.hang_up())

    async def _blind(self, leg: StackLeg, bridge: LegBridge, to: str) -> None:
        other = bridge.begin_transfer(leg)
        await self._report(leg, 100)
        name = leg.about.phone
        caller = self._registrar.phones[name].caller
        if to.startswith(PHONE):
            caller = (other.about.called if other.outgoing else other.about.caller) or caller
        dial = Dial(to, caller if caller.startswith("+") else self._registrar.phones[name].caller, ring_s=RING_S)
        placing = asyncio.ensure_future(self._engine.place(dial, heard_by=other))
        await asyncio.wait({placing, other.ended}, return_when=asyncio.FIRST_COMPLETED)
        if not placing.done():
            placing.cancel()
        try:
            new = await placing
        except (SipError, ValueError, asyncio.CancelledError) as failure:
            bridge.give_up_transfer(leg)
            await self._report(leg, getattr(failure, "status", 487) or 503)
            return
        assert isinstance(new, StackLeg)
        bridge.replace(leg, new)
        log.info("a phone has transferred a call", phone=name, how="blind")
        await self._report(leg, 200)
        await leg.hang_up()

    async def _report(self, leg: StackLeg, status: int) -> None:
        """Report to the phone how its transfer goes (NOTIFY), one report after the other."""
        call_id = leg.call.call_id or ""
        call = self._engine.relay.ledger.calls.get(call_id)
        if call is None or call.ended or leg.ended.done():
            return
        call.number, call.shift = call.number + 1, call.shift + 1
        state = "active;expires=60" if status < 200 else "terminated;reason=noresource"
        headers = [
            ("Event", "refer"), ("Subscription-State", state), ("Contact", call.contact), ("Content-Type", SIPFRAG),
        ]  # fmt: skip
        taken = asyncio.Event()
        said = {100: "Trying", 200: "OK"}.get(status, "Not Transferred")
        self._engine.relay.requests.send(
            call.dialog(call_id),
            "NOTIFY",
            call.number,
            lambda answer: taken.set(),
            headers,
            f"SIP/2.0 {status} {said}\r\n".encode(),
        )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(taken.wait(), REPORT_S)
