"""Plivo's lists of calls and recordings as events.

Source: plivo.com/docs/voice/api/call/the-call-object, /docs/voice/api/recordings and /docs/voice/troubleshooting/hangup-causes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hub.api import CallEvent, CallListReader, Log, call_families, hookimpl, moment, recording_event, whole_seconds
from plugins.carriers.plivo.rest import Account, Rest, stamp
from plugins.carriers.plivo.translate import BUSY, UUID, e164, recordings_of, uuid

Item = Mapping[str, Any]
CAUSES = {"1": "canceled", "3": "no-answer", "4": "completed"}
"""The first digit of a hangup cause of a leg that was not answered → its status; others are failures."""


class CallList(Account):
    """Plivo's lists of calls and recordings as events."""

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """The events of all finished calls that came in at or after `since`."""
        rest = self._rest
        # The documentation does not say in which time zone the filter counts.
        legs = [as_leg(one) for one in rest.pages("Call", {"end_time__gte": stamp(since - timedelta(days=1))})]
        answered = {leg["parent_call_sid"] for leg in legs if leg["status"] == "completed"}
        audio = [
            {**one, "status": "completed", "is_message": one.get("call_uuid") not in answered}
            for one in (rest.pages("Recording", {"add_time__gte": stamp(since - timedelta(days=1))}) if legs else ())
        ]
        return _reader(rest, self.services.log).events(call_families(legs), audio, "call_uuid", since)


def _reader(rest: Rest, log: Log) -> CallListReader:
    def recording(item: Item, call_id: str, number: str) -> CallEvent:
        recording_id = uuid(item.get("recording_id"), "recording_id")
        length = str(item.get("recording_duration_ms") or "").partition(".")[0]
        return recording_event(
            # The list does not say how a recording began. One of a call that nobody answered is a message.
            "RecordVerb" if item.get("is_message") else "",
            call_id,
            moment(item.get("add_time"), "add_time"),
            recording_id,
            f"{recordings_of(rest.settings)}/{recording_id}/",
            whole_seconds(str(int(length) // 1000) if length.isdecimal() else None, "recording_duration_ms"),
            number,
        )

    return CallListReader("Plivo", UUID, recording, log)


def as_leg(item: Item) -> dict[str, Any]:
    """A call record with the names and statuses that other carriers use in their lists."""
    return {
        "sid": item.get("call_uuid"),
        "parent_call_sid": item.get("parent_call_uuid"),
        "direction": item.get("call_direction"),
        "from": e164(item.get("from_number")),
        "to": e164(item.get("to_number")),
        "status": _status(item),
        "start_time": item.get("initiation_time"),
        "end_time": item.get("end_time"),
        "duration": item.get("call_duration"),
    }


def _status(item: Item) -> str:
    code = str(item.get("hangup_cause_code") or "")
    if item.get("answer_time") or not item.get("end_time"):
        return "completed" if item.get("end_time") else "in-progress"
    return "busy" if code == BUSY else CAUSES.get(code[:1] if len(code) == 4 else "", "failed")
