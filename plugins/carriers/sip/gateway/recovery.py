"""What a gateway does first after its predecessor died: calls in it are reported as failed, their recordings are saved."""

from __future__ import annotations

from datetime import datetime

import structlog

from plugins.carriers.sip.engine.repeating import again
from plugins.carriers.sip.gateway.call.recording import finish
from plugins.carriers.sip.gateway.fields import now, stamp, whole
from plugins.carriers.sip.gateway.journal import update
from plugins.carriers.sip.gateway.parts import Parts

log = structlog.get_logger(__name__)
ALIVE, ALIVE_SECONDS = "alive", 5.0
ENDED = "gateway_ended"
"""The hub's word for why these calls failed."""


async def note_alive(parts: Parts) -> None:
    """Write again and again until when this process lived, so that its successor knows."""

    async def note() -> None:
        await parts.journal.write(("insert or replace into fact values (?, ?)", (ALIVE, stamp(now()))))

    await again("sign of life", ALIVE_SECONDS, note)


async def recover(parts: Parts) -> list[str]:
    """Report the calls that a process had when it died; returns what ends them (`Engine.end_lost`).

    A phone that had been dialed is not reported: its end says nothing that the caller's does not say. A call lasted until the
    process gave its last sign of life; a phone that had picked up has completed its part.
    """
    known = await parts.journal.read("select value from fact where name = ?", ALIVE)
    lost = await parts.journal.read("select * from leg where end_time is null order by start_time")
    dialogs = [row["dialog"] for row in await parts.journal.read("select dialog from dialog where dialog != ''")]
    signs = [row["value"] for row in known] + [leg[each] for leg in lost for each in ("start_time", "answered_time")]
    died = max((each for each in signs if each), default="")
    for leg in lost:
        answered = leg["answered_time"]
        seconds = whole((_time(died) - _time(answered)).total_seconds()) if answered else "0"
        status = "completed" if answered and leg["parent_call_sid"] else "failed"
        closing = {"status": status, "end_time": died, "duration": seconds, "failure": ENDED}
        closed = update("leg", leg["sid"], closing)
        reported = {
            "CallSid": leg["sid"],
            "CallStatus": status,
            "From": leg["from"],
            "To": leg["to"],
            "Direction": leg["direction"],
            "Timestamp": died,
            "CallDuration": seconds,
            "FailureReason": ENDED,
        } | ({"ParentCallSid": leg["parent_call_sid"]} if leg["parent_call_sid"] else {})
        await parts.spool.put(leg["callback"] if _is_reported(leg) else "", reported, closed)
    for each in await parts.journal.read("select * from recording where status = 'in-progress'"):
        verb = str(each["source"]).removesuffix("Verb")
        await finish(parts, each["sid"], each["call_sid"], verb, each["callback"])
    calls = sum(leg["parent_call_sid"] is None for leg in lost)
    if calls:
        log.error("the gateway died; the calls in it have failed", calls=calls)
    return dialogs


def _is_reported(leg: dict[str, str]) -> bool:
    return leg["parent_call_sid"] is None or "/outgoing_person" in leg["callback"]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
