"""What an operator sees of each leg: a line in the log, the fields of its report, its signalling, and the trunk's figures."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from plugins.carriers.sip.engine.interface import Ended, LegReport, Packet, Side
from plugins.carriers.sip.gateway.fields import Fields, now, stamp
from plugins.carriers.sip.gateway.journal import Change, insert

if TYPE_CHECKING:
    from plugins.carriers.sip.gateway.parts import Parts

log = structlog.get_logger(__name__)
MESSAGE_DAYS = 7
"""How long the SIP messages of a call are kept."""
WINDOW, USUAL = timedelta(hours=1), timedelta(days=7)
"""The figures are of the last hour; what is usual is of the week before it."""
PHONES = ("outbound-dial", "outbound-api")
MAX_CALL_ID = 128


def masked(number: str) -> str:
    """A number of which its owner's country, and the last two digits are left."""
    return f"{number[:2]}…{number[-2:]}" if len(number) > 6 else "…" if number else ""


def ended_fields(report: LegReport, ended: Ended | None) -> Fields:
    """The fields of a webhook about a leg that is over."""
    said: dict[str, object] = {
        "SipCallId": "".join(each for each in report.sip_call_id if each.isprintable())[:MAX_CALL_ID],
        "SipResponseCode": report.code,
        "Codec": report.codec,
        "PostDialDelay": _rounded(report.post_dial_seconds),
        "PacketLoss": _rounded(report.loss, 4),
        "FarPacketLoss": _rounded(report.far_loss, 4),
        "Jitter": _rounded(report.jitter_ms, 1),
        "EndedBy": ended_by(ended),
    }
    return {name: str(value) for name, value in said.items() if value not in (None, "")}


def ended_by(ended: Ended | None) -> str:
    """Who hung up: `party`, or `hub` with its gateway."""
    return "" if ended is None else "party" if ended.side is Side.PARTY else "hub"


def keep_report(sid: str, report: LegReport) -> list[Change]:
    """The row by which the signalling of a leg is found, and the trunk's figures are counted."""
    if not report.sip_call_id:
        return []
    row = {"sid": sid, "sip_call_id": report.sip_call_id, "code": report.code, "post_dial": report.post_dial_seconds}
    return [insert("signalling", row)]


def write_line(fields: Fields, report: LegReport, ended: Ended | None) -> None:
    """The one line of a leg in the log."""
    log.info(
        "a call has ended",
        call=fields["CallSid"],
        direction=fields["Direction"],
        caller=masked(fields["From"]),
        called=masked(fields["To"]),
        status=fields["CallStatus"],
        seconds=fields.get("CallDuration", "0"),
        reason=ended.reason.value if ended else None,
        **ended_fields(report, ended),
    )


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)


async def keep_messages(parts: Parts) -> None:
    """Write the signalling of calls that the engine forgets; not of a call that was erased meanwhile."""
    for call_id, packets in parts.engine.forgotten().items():
        written = zlib.compress(json.dumps([_plain(each) for each in packets]).encode())
        await parts.journal.write(
            (
                "insert or replace into message select ?1, ?2, ?3 "
                "where exists (select 1 from signalling where sip_call_id = ?1)",
                (call_id, stamp(now()), written),
            )
        )


def sweep_messages() -> list[Change]:
    """Delete what is kept too long, and what belongs to no leg."""
    old = stamp(now() - timedelta(days=MESSAGE_DAYS))
    return [
        ("delete from message where at < ?", (old,)),
        ("delete from signalling where sid not in (select sid from leg)", ()),
    ]


async def messages_of(parts: Parts, sid: str) -> list[dict[str, Any]]:
    """The SIP messages of a call and of its phones, by time."""
    legs = "select sid from leg where sid = ?1 or parent_call_sid = ?1"
    rows = await parts.journal.read(f"select sip_call_id from signalling where sid in ({legs})", sid)  # noqa: S608
    known = {row["sip_call_id"] for row in rows}
    known |= {leg.about.sip_call_id for leg in parts.engine.legs() if f"CA{leg.id}" == sid}
    found = []
    for call_id in known:
        live = [_plain(each) for each in parts.engine.packets(call_id)]
        stored = await parts.journal.read("select packets from message where sip_call_id = ?", call_id)
        found += live or [each for row in stored for each in json.loads(zlib.decompress(row["packets"]))]
    return sorted(found, key=lambda each: float(each["at"]))


def _plain(packet: Packet) -> dict[str, Any]:
    return {**asdict(packet), "data": b64encode(packet.data).decode()}


async def figures(parts: Parts) -> dict[str, float]:
    """Counts from which the hub computes the trunk's figures over all gateways."""
    engine, since = parts.engine.health(), now() - WINDOW
    recent = await _counted(parts, since, now())
    usual = await _counted(parts, since - USUAL, since)
    return {
        "active_calls": len(parts.under_way),
        "ports_in_use": 2 * engine.legs,
        "ports": engine.ports,
        "refused_calls": sum(engine.refused.values()),
        **recent,
        "usual_phones": usual["phones"],
        "usual_answered": usual["answered"],
    }


async def _counted(parts: Parts, since: Any, until: Any) -> dict[str, float]:
    """Phones that rang and were answered, seconds of answered calls, and post-dial delays, of legs that began in a time.
    A phone that was let go because another one was faster counts as neither."""
    rows = await parts.journal.read(
        """select count(*) filter (where phone and status <> 'canceled') as phones,
                  count(*) filter (where phone and answered_time is not null) as answered,
                  count(*) filter (where answered_time is not null) as talks,
                  coalesce(sum(duration) filter (where answered_time is not null), 0) as talked,
                  count(post_dial) as dialed, coalesce(sum(post_dial), 0) as post_dial
           from (select leg.*, direction in (?3, ?4) as phone,
                        case when direction in (?3, ?4) then signalling.post_dial end as post_dial
                 from leg left join signalling using (sid)
                 where start_time >= ?1 and start_time < ?2 and end_time is not null)""",
        stamp(since),
        stamp(until),
        *PHONES,
    )
    return dict(rows[0])
