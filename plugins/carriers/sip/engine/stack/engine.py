"""The engine over baresip: the port's guard outside, the stack on loopback behind it, and the sound clock."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from baresip import BaresipError, Call, Runtime, StackEvent, UserAgent
from dns.asyncresolver import Resolver

from plugins.carriers.sip.engine.addresses import in_uri
from plugins.carriers.sip.engine.early import Ringback
from plugins.carriers.sip.engine.guard.calls import Dialog, Outgoing, Peer
from plugins.carriers.sip.engine.guard.identity import read_about
from plugins.carriers.sip.engine.guard.invitation import dialed_about, outgoing
from plugins.carriers.sip.engine.guard.ports import Ports
from plugins.carriers.sip.engine.guard.registration import Registration
from plugins.carriers.sip.engine.guard.relay import Relay
from plugins.carriers.sip.engine.guard.rewriting import LINE
from plugins.carriers.sip.engine.guard.rtp import RtpRelay
from plugins.carriers.sip.engine.guard.targets import Target, Targets
from plugins.carriers.sip.engine.interface import (
    Abilities,
    Accept,
    Busy,
    Dial,
    Draining,
    Ended,
    Health,
    Incoming,
    Leg,
    NoAnswer,
    NotAllowed,
    Packet,
    Reason,
    Side,
    Unreachable,
)
from plugins.carriers.sip.engine.limits import Meter, warm_up
from plugins.carriers.sip.engine.phones.registrar import Registrar
from plugins.carriers.sip.engine.phones.transfer import Transfers
from plugins.carriers.sip.engine.settings import PHONE, LineSettings
from plugins.carriers.sip.engine.sound import Clock
from plugins.carriers.sip.engine.stack.configuration import stack_account, stack_config
from plugins.carriers.sip.engine.stack.endings import Endings, not_placed
from plugins.carriers.sip.engine.stack.leading import admission, lead, take_back, turn_away, when
from plugins.carriers.sip.engine.stack.leg import StackLeg
from plugins.carriers.sip.engine.stack.sockets import LOOPBACK, certificate, free_port
from plugins.carriers.sip.engine.stack.upkeep import Upkeep
from plugins.carriers.sip.engine.tones import ringback
from plugins.carriers.sip.engine.wav import Disk

SIGN_OUT_S = 1.0
FAILOVER_S = 4.0
"""A place of the trunk that says nothing to an INVITE for so long does not answer; the next one gets the call."""


class StackEngine:
    """An `Engine`. One a process: the stack is global to it."""

    def __init__(self, settings: LineSettings, resolver: Resolver | None = None) -> None:
        """Nothing is opened yet. `resolver` looks SRV records up; the system's if left out."""
        self.settings = settings
        self._targets = Targets(settings.trunk, resolver, listen=settings.listen_host)
        self._registration: Registration | None = None
        self.abilities = Abilities(
            srtp=settings.trunk.srtp != "off", tls=settings.trunk.transport == "tls", info_digits=True, early_media=True
        )
        self.clock, self.disk, self.endings = Clock(), Disk(), Endings()
        self.meter = Meter(settings.caps, lambda: datetime.now(UTC), settings.counters)
        self.relay: Relay
        self._ports: Ports
        self._sound: RtpRelay
        self._runtime = Runtime()
        self._agent: UserAgent
        self._phone_agent: UserAgent
        self._registrar: Registrar
        self._legs: dict[str, StackLeg] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._draining = self._alive = False
        self._incoming: Incoming

    async def start(self, incoming: Incoming, on_death: Callable[[], None] | None = None) -> None:
        """Open the port and take calls."""
        settings, self._incoming = self.settings, incoming
        await self._targets.refresh()
        stack = (LOOPBACK, free_port())
        self._admission = admission(settings)
        self._ports = Ports(
            host=settings.listen_host, port=settings.listen_port, transport=settings.trunk.transport,
            external=settings.public_address, trunk_name=settings.trunk.host, tls=certificate(settings),
            from_trunk=self._admission.from_trunk, signs_in=bool(settings.sign_in_user),
        )  # fmt: skip
        await self._ports.open_inside(stack, lambda data: self.relay.from_stack(data))
        self._sound = RtpRelay(settings.listen_host, settings.rtp_ports)
        self._registrar = Registrar(settings, self._ports.proven)
        Transfers(self, self._registrar)
        self.relay = Relay(
            self._ports,
            self._admission,
            stack,
            self._ports.inside,
            admit=lambda invite, source, at: read_about(invite, source, at, settings.country, settings.headers),
            may_take=self._may_take,
            sound=self._sound,
            phones=self._registrar,
        )
        self._upkeep = Upkeep(settings, self.relay, self._admission, self._ports, self._targets, self._registrar)
        self.relay.sessions.over = self._session_over
        self.relay.requests.credentials = settings.trunk.user, settings.trunk.password
        self._runtime.on_dead = lambda: self._died(on_death)
        await self._runtime.start(stack_config(settings, stack))
        self._agent = await UserAgent.create(
            self._runtime, stack_account(settings.trunk, self._ports.inside), transfer_policy="reject"
        )
        self._agent.on_incoming(self._arrived)
        if settings.phones:
            account = stack_account(settings.phones, self._ports.inside)
            self._phone_agent = await UserAgent.create(self._runtime, account, transfer_policy="reject")
            self._phone_agent.on_incoming(self._arrived)
        await asyncio.to_thread(warm_up, (settings.country, *settings.caps.countries))
        await asyncio.to_thread(ringback)
        self.clock.start()
        await self._ports.open_outside(self.relay.from_peer)
        await self._upkeep.open_phones()
        self._alive = True
        if settings.trunk.register:
            self._registration = Registration(settings.trunk, self._targets, self.relay, self._contact)
            self.spawn(self._registration.run())
        for work in self._upkeep.jobs():
            self.spawn(work)

    async def place(
        self,
        dial: Dial,
        *,
        on_ringing: Callable[[], None] | None = None,
        heard_by: Leg | None = None,
        accept: Accept | None = None,
    ) -> Leg:
        """Call a number and return the answered leg that takes the call."""
        if (self._draining and not dial.emergency) or not self._alive:
            raise Draining("The line takes no new calls.")
        if dial.attested_by and dial.attested_by.ended.done():
            raise NoAnswer("The caller is gone.", 487)
        if not self._sound.free:
            raise NotAllowed("All UDP ports of rtp_ports are in use.", "ports")
        if dial.number.startswith(PHONE) or dial.emergency:
            return await self._called(dial, on_ringing, heard_by, accept)
        counted = uuid.uuid4().hex
        self.meter.begin(counted, dial.number, forward=dial.attested_by is not None, second=dial.second)
        try:
            try:
                leg = await self._called(dial, on_ringing, heard_by, accept)
            except Unreachable as failure:
                if failure.status != 422:
                    raise
                leg = await self._called(dial, on_ringing, heard_by, accept)  # with the session timer that it wants
        except BaseException:
            self.meter.end(counted)
            raise
        self.meter.answered(counted)
        leg.ended.add_done_callback(lambda _: self.meter.end(counted))
        return leg

    async def _called(
        self, dial: Dial, on_ringing: Callable[[], None] | None, heard_by: Leg | None, accept: Accept | None
    ) -> StackLeg:
        """The answered leg, through the first of the trunk's places that takes the call (RFC 3263, section 4.3)."""
        if dial.number.startswith(PHONE):
            return await self._through(self._to_phone(dial), dial, on_ringing, heard_by, accept, None)
        *others, last = self._targets.order()
        for target in others:
            try:
                return await self._through(self._to(target, dial), dial, on_ringing, heard_by, accept, FAILOVER_S)
            except Unreachable as failure:
                if failure.status not in (None, 503):
                    raise
                self._targets.failed(target)
        return await self._through(self._to(last, dial), dial, on_ringing, heard_by, accept, None)

    def _to(self, target: Target, dial: Dial) -> Outgoing:
        trunk = self.settings.trunk
        here = replace(self.settings, trunk=replace(trunk, host=target.host, port=trunk.port or 5060))
        return outgoing(dial, here, target.peer, self._ports.media(target.peer))

    def _to_phone(self, dial: Dial) -> Outgoing:
        """The way to a phone of the business. Raises `Busy` for one in a call that knows no call waiting."""
        name = dial.number.removeprefix(PHONE)
        known = self._registrar.phones.get(name)
        if known and not known.call_waiting and any(leg.about.phone == name for leg in self._legs.values()):
            raise Busy("The phone is in a call.", 486)
        return self._registrar.plan(dial, self._ports.media)

    async def _through(
        self,
        plan: Outgoing,
        dial: Dial,
        on_ringing: Callable[[], None] | None,
        heard_by: Leg | None,
        accept: Accept | None,
        silent_s: float | None,
    ) -> StackLeg:
        """The answered leg, through one place; with `silent_s`, one that says nothing for so long does not answer."""
        dialing = asyncio.ensure_future(self._dial(dial, self.relay.plan(plan)))
        try:
            leg = await asyncio.shield(dialing)
        except BaresipError:
            raise Unreachable("The line could not send the call.", 500) from None
        except BaseException:
            self.spawn(take_back(dialing))
            raise
        if silent_s is not None:
            asyncio.get_running_loop().call_later(silent_s, self._end_if_unheard, leg)
        waiting = Ringback.of(heard_by, leg) if isinstance(heard_by, StackLeg) else contextlib.nullcontext()
        with waiting as heard:
            await self._ring(leg, min(dial.ring_s, self.settings.ring_seconds), on_ringing)
            if heard:
                heard.picked_up(leg)
            if accept:
                await self._accepted(leg, accept)
        return leg

    def _end_if_unheard(self, leg: StackLeg) -> None:
        known = self.relay.ledger.calls.get(leg.call.call_id or "")
        if not leg.ended.done() and known and not known.heard:
            self.spawn(leg.end(Reason.FAILED))

    def end_lost(self, dialogs: Iterable[str]) -> None:
        """End the calls of a process that died."""
        for text in dialogs:
            self.relay.requests.end(Dialog.decode(text))

    async def _accepted(self, leg: StackLeg, accept: Accept) -> None:
        """Wait until the person who answered takes the call; one who does not, or is no longer asked, is hung up beside."""
        try:
            taken = await accept(leg)
        except BaseException:
            leg.let_go()
            raise
        if not taken:
            await leg.hang_up()
            raise NoAnswer("The phone was answered and the call was not accepted.")

    def legs(self) -> list[Leg]:
        """Those that are not over."""
        return list(self._legs.values())

    def health(self) -> Health:
        """How it is now."""
        answers = self._upkeep.trunk_answers() if self._alive else None
        first, last = self.settings.rtp_ports
        refused = dict(self.relay.refused.counts) if self._alive else {}
        registration = self._registration.state if self._registration else ""
        return Health(
            self._alive, self._draining, len(self._legs), answers, last - first + 1, refused, registration, self.meter.used(),
            self._registrar.signed_in() if self._alive else {},
        )  # fmt: skip

    async def drain(self) -> None:
        """Take no new calls and wait for the last to end."""
        self._draining = True
        while self._legs:
            await asyncio.wait({leg.ended for leg in self._legs.values()})

    async def close(self) -> None:
        """End all legs and close the port."""
        self._draining = True
        self.endings.hasten()
        await asyncio.gather(*(leg.end(Reason.ENGINE) for leg in list(self._legs.values())))
        if self._registration:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._registration.sign_out(), SIGN_OUT_S)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._alive:
            self._alive = False
            await asyncio.sleep(0.05)
            await self._runtime.close()
        await self._ports.close()
        await asyncio.to_thread(self._sound.close)
        self.clock.close()
        await asyncio.to_thread(self.disk.close)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside; it ends with the engine."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def forget(self, leg: StackLeg) -> None:
        """A leg is over."""
        self._legs.pop(leg.id, None)
        if call_id := leg.call.call_id:
            self.relay.ledger.end(call_id)

    def _arrived(self, call: Call) -> None:
        """An INVITE passed the port and reached us through the stack."""
        known = self.relay.ledger.calls.get(call.call_id or "")
        if known is None or known.about is None or (self._draining and not known.about.phone):
            self.spawn(turn_away(call))
            return
        leg = StackLeg(self, call, known.about)
        self._keep(leg)
        self.spawn(lead(self._incoming, leg))

    def _session_over(self, call_id: str) -> None:
        """The other end no longer refreshes a call."""
        if leg := self.leg_of(call_id):
            self.spawn(leg.end(Reason.FAILED))

    def leg_of(self, call_id: str) -> StackLeg | None:
        """The leg with a SIP Call-ID."""
        return next((leg for leg in self._legs.values() if leg.call.call_id == call_id), None)

    def _keep(self, leg: StackLeg) -> None:
        self._legs[leg.id] = leg
        self.clock.add(leg.voice)

    async def _ring(self, leg: StackLeg, seconds: float, on_ringing: Callable[[], None] | None) -> None:
        """Wait until the phone is answered. Whatever else happens, the call is gone after it."""
        ringing = asyncio.create_task(when(leg.ringing, on_ringing))
        try:
            await asyncio.wait_for(leg.until_up_or_over(), seconds)
        except TimeoutError:
            await leg.end(Reason.CANCELLED)
            raise NoAnswer("Nobody answered.", 487) from None
        except BaseException:
            self.spawn(leg.end(Reason.CANCELLED))
            raise
        finally:
            ringing.cancel()
        if not leg.answered:
            raise not_placed(leg.ended.result())

    def packets(self, sip_call_id: str) -> list[Packet]:
        """The signalling of a call that the relay still knows."""
        known = self.relay.ledger.calls.get(sip_call_id)
        return list(known.seen.packets) if known else []

    def forgotten(self) -> dict[str, list[Packet]]:
        """The signalling of calls that the relay has forgotten; of all when the engine is closed."""
        ledger = self.relay.ledger
        if not self._alive:
            for call_id in list(ledger.calls):
                ledger.forget(call_id)
        taken, ledger.forgotten = ledger.forgotten, {}
        return taken

    def note_refused(self, reason: str, leg: Leg, status: int) -> None:
        """Count a call that the gateway refuses."""
        self.relay.refused.note(reason, leg.about.source, status)

    async def _dial(self, dial: Dial, key: str) -> StackLeg:
        """Let the stack send the INVITE of a plan."""
        missed, inside = list[StackEvent](), self._ports.inside
        self._runtime.subscribe(missed.append)
        try:
            agent = self._phone_agent if dial.number.startswith(PHONE) else self._agent
            user = dial.number.removeprefix(PHONE)
            call = await agent.dial(f"sip:{user}@{inside[0]}:{inside[1]}", headers={LINE: key})
        except BaresipError:
            self.relay.abandon(key)
            raise
        finally:
            self._runtime.unsubscribe(missed.append)
        leg = StackLeg(self, call, dialed_about(dial), key)
        dial.sent.append(leg)
        self._keep(leg)
        # A fast phone answers before `dial` returns, and the stack's own call object only hears what comes after it.
        for event in missed:
            call._on_stack_event(event)
        return leg

    def _may_take(self) -> bool:
        incoming = sum(not leg.outgoing for leg in self._legs.values())
        return not self._draining and incoming < self.settings.incoming_calls and self._sound.free > 0

    def _contact(self, peer: Peer) -> str:
        host, port = self._ports.outside(peer)
        return f"sip:line@{in_uri(host)}:{port}" + (f";transport={peer.transport}" if peer.transport != "udp" else "")

    def _died(self, on_death: Callable[[], None] | None) -> None:
        self._alive = False
        for leg in list(self._legs.values()):
            leg.over(Ended(Reason.ENGINE, Side.US))
        if on_death:
            on_death()
