"""A call that a phone of the business places: to a number, to another phone, or to the emergency services.

The hub hears nothing of it, because no ad caused it. The log has one line.
"""

from __future__ import annotations

import asyncio

import phonenumbers
import structlog

from plugins.carriers.sip.engine.interface import (
    Busy,
    Declined,
    Dial,
    Draining,
    Leg,
    LegEnded,
    NoAnswer,
    NotAllowed,
    NotPlaced,
)
from plugins.carriers.sip.engine.settings import PHONE
from plugins.carriers.sip.gateway.fields import place_of, whole
from plugins.carriers.sip.gateway.parts import Parts
from plugins.carriers.sip.gateway.reporting import masked

log = structlog.get_logger(__name__)
RING_S = 120.0
NO_EMERGENCY = (
    "This phone cannot place emergency calls. Hang up, and call {number} from a mobile phone or another telephone."
)
TIMES_SAID = 3
TEST_OF_911 = "933"
"""Many US trunks read out there the address that they would give to the emergency services."""


async def call_out(parts: Parts, leg: Leg) -> None:
    """Lead one call of a phone."""
    called, name = leg.about.called, leg.about.phone
    parts.under_way.add(leg.id)
    try:
        status = await _lead(parts, leg, called)
    except Exception as error:  # noqa: BLE001 - the call ends all the same
        log.error("a call of a phone broke off", phone=name, **place_of(error))
        status = 500
    finally:
        parts.under_way.discard(leg.id)
    if not leg.answered and not leg.ended.done():
        await leg.reject(status)
    await leg.hang_up()
    log.info("a phone has called", phone=name, called=masked(called), status=status, seconds=whole(leg.seconds))


async def _lead(parts: Parts, leg: Leg, called: str) -> int:
    """Place the call and let the parties talk; the SIP status of how it went."""
    phones = parts.start.settings.phones
    emergency = is_emergency(called, parts.start.settings.country)
    if emergency and phones and phones.emergency == "announce":
        return await _announce(parts, leg, called)
    if emergency:
        log.warning("a phone calls the emergency services", phone=leg.about.phone)
    if phones and called in phones.named:
        dial = Dial(f"{PHONE}{called}", leg.about.caller, ring_s=RING_S)
    elif called.startswith("+") or emergency:
        dial = Dial(called, leg.about.caller, ring_s=RING_S, emergency=emergency)
    else:
        return 404
    try:
        other = await _placed(parts, leg, dial)
    except NotPlaced as failure:
        if isinstance(failure, NotAllowed):
            parts.counts[f"limit {failure.limit}"] += 1
            log.warning("a limit forbids the call of a phone", phone=leg.about.phone, limit=failure.limit)
        return _status(failure)
    try:
        await leg.answer()
        await leg.bridge(other).over()
    except LegEnded:
        pass
    finally:
        await other.hang_up()
    return 200


async def _placed(parts: Parts, leg: Leg, dial: Dial) -> Leg:
    """The leg of who was called; NoAnswer if the phone hangs up first."""
    placing = asyncio.ensure_future(parts.engine.place(dial, heard_by=leg))
    try:
        await asyncio.wait({placing, leg.ended}, return_when=asyncio.FIRST_COMPLETED)
        if not placing.done():
            raise NoAnswer("The phone hung up.", 487)
        return placing.result()
    finally:
        if not placing.done():
            placing.cancel()
            await asyncio.gather(placing, return_exceptions=True)


async def _announce(parts: Parts, leg: Leg, called: str) -> int:
    """Say that no emergency call is possible from here, and what to do."""
    log.warning("a phone dialed an emergency number, and heard that it cannot", phone=leg.about.phone)
    pcm = await parts.prompts.said(NO_EMERGENCY.format(number=" ".join(called)), None)
    if not pcm:
        return 503
    try:
        await leg.answer()
        for _ in range(TIMES_SAID):
            await leg.play(pcm)
    except LegEnded:
        pass
    return 200


def is_emergency(called: str, country: str) -> bool:
    """Whether a number as dialed is one of the emergency services, or the test of 911."""
    return called.isascii() and called.isdigit() and (
        phonenumbers.is_emergency_number(called, country) or (called == TEST_OF_911 and country in ("US", "CA"))
    )  # fmt: skip


def _status(failure: NotPlaced) -> int:
    """The status that the phone gets for a call that was not placed."""
    if failure.status and failure.status != 401:
        return failure.status
    kinds = ((Busy, 486), (Declined, 603), (NotAllowed, 403), (Draining, 503), (NoAnswer, 480))
    return next((status for kind, status in kinds if isinstance(failure, kind)), 503)
