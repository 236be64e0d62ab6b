"""Calls that the hub places: the user's phone rings first, and then the person, who sees the tracking number."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

import structlog

from plugins.carriers.sip.engine.interface import Dial, NotAllowed, NotPlaced
from plugins.carriers.sip.engine.limits import check_country
from plugins.carriers.sip.engine.settings import PHONE
from plugins.carriers.sip.gateway.call.conversation import Conversation
from plugins.carriers.sip.gateway.call.incoming import end
from plugins.carriers.sip.gateway.fields import Fields, now, place_of, stamp, status_of
from plugins.carriers.sip.gateway.journal import answered, insert, update
from plugins.carriers.sip.gateway.parts import Parts
from plugins.carriers.sip.gateway.reporting import ended_fields, keep_report, write_line

log = structlog.get_logger(__name__)
DIRECTION = "outbound-api"


class Refused(Exception):
    """The call is not placed; `code` is in `plugins.carriers.sip.calls.REASONS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Placing:
    """Places calls, each key one time."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def place(self, order: Mapping[str, object]) -> str:
        """The id of the call, which is placed unless it was already. Raises Refused."""
        async with self._lock:
            known = await self._parts.journal.read("select sid from placed where key = ?", order["Key"])
            if known:
                return str(known[0]["sid"])
            self._refuse(order)
            sid, at = f"CA{uuid.uuid4().hex}", stamp(now())
            row = {
                "sid": sid,
                "direction": DIRECTION,
                "from": order["From"],
                "to": order["To"],
                "status": "queued",
                "start_time": at,
                "callback": order["StatusCallback"],
            }
            self._parts.under_way.add(sid)
            kept = insert("placed", {"key": order["Key"], "sid": sid, "at": at})
            await self._parts.journal.write(insert("leg", row), kept)
        task = asyncio.ensure_future(self._ring(sid, order))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return sid

    def _refuse(self, order: Mapping[str, Any]) -> None:
        if order["From"] not in self._parts.numbers:
            raise Refused("caller_id")
        if self._parts.engine.health().draining:
            raise Refused("draining")
        name = order["To"].removeprefix(PHONE)
        if name != order["To"]:
            if name not in self._parts.start.settings.phone_names():
                raise Refused("number")
            return
        try:
            check_country(order["To"], self._parts.start.settings.may_call)
        except NotAllowed as error:
            raise Refused(error.limit) from None

    async def _ring(self, sid: str, order: Mapping[str, Any]) -> None:
        fields: Fields = {"CallSid": sid, "From": order["From"], "To": order["To"], "Direction": DIRECTION}
        callback = order["StatusCallback"]
        dialed = Dial(number=order["To"], caller=order["From"], ring_s=float(order["Timeout"]))
        try:
            leg = await self._parts.engine.place(dialed)
        except NotPlaced as failure:
            if isinstance(failure, NotAllowed):
                self._parts.counts[f"limit {failure.limit}"] += 1
            status = status_of(failure)
            report = dialed.report()
            reported = fields | {"CallStatus": status, "Timestamp": stamp(now()), "CallDuration": "0"}
            reported |= ended_fields(report, None)
            write_line(reported, report, None)
            closed = update("leg", sid, {"status": status, "end_time": reported["Timestamp"], "duration": "0"})
            self._parts.under_way.discard(sid)
            await self._parts.spool.put(callback, reported, closed, *keep_report(sid, report))
            return
        call = Conversation(self._parts, leg, sid, order["From"], fields)
        try:
            began = stamp(now())
            changes = answered(sid, began, leg, status="in-progress", start_time=began)
            await self._parts.spool.put(callback, call.fields("in-progress"), *changes)
            await call.follow(order["Twiml"])
        except Exception as error:  # noqa: BLE001 - its end is reported all the same
            log.error("a call back broke off", call=sid, **place_of(error))
        finally:
            await end(call, callback)
