"""Telnyx' lists of calls and recordings as events.

We use the TeXML list, not the detail records: it has the ids of the webhooks and is available at once. It does not say which
leg dialed which, so a dialed leg is matched by its caller and its time.
Source: developers.telnyx.com/api-reference (texml-rest-commands, fetch multiple call resources; call-recordings).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.api import BadPayload, CallEvent, CallListReader, Log, hookimpl, moment, recording_event, whole_seconds
from plugins.carriers.telnyx.rest import Account
from plugins.carriers.telnyx.translate import CALL_ID, recording_address, uuid

Item = Mapping[str, Any]


def reader(base_url: str, log: Log) -> CallListReader:
    """How Telnyx writes its lists."""

    def recording(item: Item, call_id: str, number: str) -> CallEvent:
        recording_id, length = uuid(item.get("id"), "id"), item.get("duration_millis")
        return recording_event(
            item.get("initiated_by"),
            call_id,
            moment(item.get("created_at") or item.get("recording_ended_at"), "created_at"),
            recording_id,
            recording_address(base_url, recording_id),
            whole_seconds(length // 1000 if isinstance(length, int) else None, "duration_millis"),
            number,
        )

    return CallListReader("Telnyx", CALL_ID, recording, log)


class CallList(Account):
    """Telnyx' lists of calls and recordings as events."""

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """The events of all finished calls that came in at or after `since`."""
        rest = self._rest
        # The list is filtered by days. The documentation does not say whether the day itself is included.
        day = (since.astimezone(UTC) - timedelta(days=1)).strftime("%Y-%m-%d")
        legs = list(rest.texml_pages("Calls", {"PageSize": "100", "StartTime>": day}))
        made = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        audio = rest.pages("/recordings", {"filter[created_at][gte]": made}) if legs else ()
        return reader(rest.settings.base_url, self.services.log).events(families(legs), audio, "call_control_id", since)


def families(legs: Sequence[Item]) -> list[tuple[Item, list[Item]]]:
    """The callers' legs, each with its dialed legs: same caller, started during the caller's leg.

    If a caller had several calls at once, a dialed leg belongs to the call that began last before it.
    """
    callers = [(leg, list[Item]()) for leg in legs if leg.get("direction") == "inbound"]
    by_caller: defaultdict[Any, list[tuple[datetime, datetime | None, list[Item]]]] = defaultdict(list)
    for leg, children in callers:
        began = _moment(leg, "start_time")
        if began is not None:
            by_caller[str(leg.get("from"))].append((began, _moment(leg, "end_time"), children))
    for leg in legs:
        began = _moment(leg, "start_time")
        if leg.get("direction") == "inbound" or began is None:
            continue
        going_on = [
            (start, children)
            for start, end, children in by_caller[str(leg.get("from"))]
            if start <= began and (end is None or began <= end)
        ]
        if going_on:
            max(going_on, key=lambda one: one[0])[1].append(leg)
    return callers


def _moment(leg: Item, name: str) -> datetime | None:
    try:
        return moment(leg.get(name), name)
    except BadPayload:
        return None
