"""Calls at Telnyx: those that it places for a user, and its lists of calls and recordings as events.

The reply to an order of a call holds no id: the first report about the call does, and names it by our key. We use the TeXML
list, not the detail records: it has the ids of the webhooks and is available at once. It does not say which leg dialed which,
so a dialed leg is matched by its caller and its time.
Source: developers.telnyx.com/api-reference (texml-rest-commands: initiate an outbound call, fetch multiple call resources;
call-recordings) and the API error codes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.api import BadPayload, CallEvent, JsonObject, Log, Receipt, Refusal, Rejected, RingfenceError, hookimpl
from hub.api.carriers import CallBack, receipt
from hub.api.twiml import USER_LEG, CallListReader, moment, recording_event, whole_seconds
from plugins.carriers.telnyx.rest import TELNYX, Account, refusal_details
from plugins.carriers.telnyx.translate import CALL_ID, recording_address, uuid

NOT_ALLOWED = "10010"
REASONS: Mapping[str, str] = {
    "10001": "The tracking number is not active at Telnyx.",
    "10002": "Telnyx takes the user's phone for no phone number.",
    NOT_ALLOWED: "Telnyx does not allow this call: the tracking number must belong to the account, and the outbound "
    "voice profile must allow the country.",
    "10016": "Telnyx takes the user's phone for no phone number.",
}
"""Telnyx' error codes in words, without personal data."""


def _one_call_only(refusal: Refusal) -> RingfenceError | None:
    """403 with 10010 is about this call (its caller ID, its country), not about the API key."""
    code, _ = refusal_details(refusal)
    if refusal.status == 403 and code == NOT_ALLOWED:
        return Rejected(REASONS[NOT_ALLOWED], code)
    return None


TELNYX_CALLS = replace(TELNYX, special=_one_call_only)


class Calls(Account):
    """Place calls, list calls."""

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once. Its first report names its id. Raises OutcomeUnknown if Telnyx may have taken it anyway.

        Telnyx gets the whole document with the request, so that nobody waits for the hub.
        """
        rest = self._rest
        report_to = self.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        body: JsonObject = {
            "ApplicationSid": rest.settings.application_id,
            "To": call.user_number,
            "From": call.tracking_number,
            "Texml": self.connect(call),
            "Timeout": call.user_ring_seconds,
            "StatusCallback": report_to,
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": "answered completed",
        }

        def send() -> None:
            rest.post_once(f"{rest.texml}/Calls", body, call.key, TELNYX_CALLS)

        return receipt(call.key, "Telnyx", send, REASONS)

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
