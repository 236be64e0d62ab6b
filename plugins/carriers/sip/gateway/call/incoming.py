"""A call that comes in from the trunk, from its INVITE to the report of its end."""

from __future__ import annotations

import structlog

from plugins.carriers.sip.engine.interface import Leg, Reason, Side
from plugins.carriers.sip.gateway.call.calling_out import call_out
from plugins.carriers.sip.gateway.call.conversation import Conversation
from plugins.carriers.sip.gateway.fields import Fields, now, place_of, stamp, whole
from plugins.carriers.sip.gateway.journal import insert, update
from plugins.carriers.sip.gateway.parts import Parts
from plugins.carriers.sip.gateway.reporting import ended_fields, keep_report, write_line

log = structlog.get_logger(__name__)
NOT_FOUND, UNAVAILABLE = 404, 503
PASSED = "TN-Validation-Passed"
VERSTATS = (PASSED, "TN-Validation-Failed", "No-TN-Validation")
"""How the hub writes a trunk's verdict on the caller's number; trunks write it in any case, and some with a suffix."""
LOST = {Reason.FAILED: "connection_lost", Reason.ENGINE: "gateway_ended"}
"""The ends that are failures, and the hub's word for each."""


async def take(parts: Parts, leg: Leg) -> None:
    """Lead one call. Whatever fails, its end is reported."""
    about, url = leg.about, parts.start.webhook_url
    if about.phone:
        await call_out(parts, leg)
        return
    if about.called not in parts.numbers:
        parts.engine.note_refused("a number that is not among `numbers`", leg, NOT_FOUND)
        await leg.reject(NOT_FOUND)
        return
    sid, began = f"CA{leg.id}", now()
    caller = "" if about.withheld else about.caller
    named: Fields = {"CallSid": sid, "From": caller, "To": about.called, "Direction": "inbound"}
    row = {
        "sid": sid,
        "direction": "inbound",
        "from": caller,
        "to": about.called,
        "caller_name": "" if about.withheld else about.caller_name,
        "status": "ringing",
        "start_time": stamp(began),
        "callback": f"{url}/status",
    }
    parts.under_way.add(sid)
    parts.counts["calls"] += 1
    call = Conversation(parts, leg, sid, about.called, named)
    try:
        await parts.journal.write(insert("leg", row))
        document = await call.ask(f"{url}/voice", _who_calls(leg), first=True)
        if document is None:
            await leg.reject(UNAVAILABLE)
        await call.follow(document)
    except Exception as error:  # noqa: BLE001 - its end is reported all the same
        log.error("a call broke off", call=sid, **place_of(error))
    finally:
        await end(call, f"{url}/status")


def _who_calls(leg: Leg) -> Fields:
    about, fields = leg.about, Fields()
    if about.caller_name and not about.withheld:
        fields["CallerName"] = about.caller_name
    said = next((each for each in VERSTATS if about.verdict.casefold().startswith(each.casefold())), "")
    if said == PASSED:
        # A letter without the trunk's verdict is the caller's word alone, and a verdict without a letter vouches for nothing.
        said = f"{PASSED}-{about.attestation}" if about.attestation else ""
    if said:
        fields["StirVerstat"] = said
    return fields


async def end(call: Conversation, callback: str) -> None:
    """End a leg if it is not over, and report how it ended."""
    leg, parts = call.leg, call.parts
    await leg.hang_up()
    ended = await leg.ended
    if ended.reason in LOST:
        status = "failed"
    elif leg.answered:
        status = "completed"
    else:
        status = "no-answer" if ended.side is Side.PARTY else "busy"
    seconds = whole(leg.seconds)
    parts.under_way.discard(call.sid)
    failure = LOST.get(ended.reason, "")
    reported = call.fields(status) | {"CallDuration": seconds} | ({"FailureReason": failure} if failure else {})
    closing = {"status": status, "end_time": reported["Timestamp"], "duration": seconds, "failure": failure}
    report = leg.report()
    reported |= ended_fields(report, ended)
    write_line(reported, report, ended)
    await parts.spool.put(callback, reported, update("leg", call.sid, closing), *keep_report(call.sid, report))
