"""One recording from its first second until the hub has heard of it."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from pathlib import Path

import structlog

from plugins.carriers.sip.gateway.fields import Fields, now, stamp, whole
from plugins.carriers.sip.gateway.journal import insert, update
from plugins.carriers.sip.gateway.parts import Parts

log = structlog.get_logger(__name__)
FAILED = "recording failed"
"""The count of recordings that were lost because the disk was full."""


@dataclass
class Recording:
    """A recording of the call `call_sid`, by the verb `Dial` or `Record`."""

    parts: Parts
    call_sid: str
    verb: str
    callback: str
    sid: str
    path: Path

    @classmethod
    async def begin(cls, parts: Parts, call_sid: str, verb: str, callback: str) -> Recording:
        """Write it into the journal before any sound is in it."""
        sid, at = f"RE{uuid.uuid4().hex}", stamp(now())
        row = {
            "sid": sid,
            "call_sid": call_sid,
            "source": f"{verb}Verb",
            "channels": 1 if verb == "Record" else 2,
            "status": "in-progress",
            "start_time": at,
            "date_updated": at,
            "callback": callback,
        }
        await parts.journal.write(insert("recording", row))
        return cls(parts, call_sid, verb, callback, sid, parts.files.clear_path(sid))

    async def finish(self) -> Fields:
        """Encrypt it and report it; the fields that name it, none if nothing was recorded."""
        return await finish(self.parts, self.sid, self.call_sid, self.verb, self.callback)

    async def discard(self) -> None:
        """Delete it, because its caller ended it."""
        await asyncio.to_thread(self.parts.files.delete, self.sid)
        await self.parts.journal.write(("delete from recording where sid = ?", (self.sid,)))


async def finish(parts: Parts, sid: str, call_sid: str, verb: str, callback: str) -> Fields:
    """As `Recording.finish`, also for one that a dead process began."""
    seconds, full = 0.0, False
    try:
        seconds = await asyncio.to_thread(parts.files.complete, sid)
        heard = seconds > 0 and await asyncio.to_thread(parts.files.seal, sid)
        full = not heard and await asyncio.to_thread(parts.files.is_disk_full)
    except OSError:
        heard, full = False, True
    if full:
        parts.counts[FAILED] += 1
        log.error("a recording could not be kept, because the disk of the gateway's folder is full", call=call_sid)
    if not heard:
        await asyncio.to_thread(parts.files.delete, sid)
        await parts.journal.write(("delete from recording where sid = ?", (sid,)))
        return {}
    at, duration = stamp(now()), whole(max(1, seconds))
    named = {
        "RecordingSid": sid,
        "RecordingDuration": duration,
        "RecordingUrl": f"{parts.start.control_url}/recordings/{sid}",
    }
    reported = named | {
        "CallSid": call_sid,
        "RecordingStatus": "completed",
        "RecordingChannels": "1" if verb == "Record" else "2",
        "RecordingSource": f"{verb}Verb",
        "Timestamp": at,
    }
    done = update("recording", sid, {"status": "completed", "duration": duration, "date_updated": at})
    await parts.spool.put(callback, reported, done)
    return named
