"""Twilio's lists of calls and recordings as events.

Source: twilio.com/docs/voice/api/call-resource and /recording.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.api import (
    CallEvent,
    CallListReader,
    Log,
    address_at,
    call_families,
    hookimpl,
    identifier,
    moment,
    recording_event,
    whole_seconds,
)
from plugins.carriers.twilio.rest import Account
from plugins.carriers.twilio.translate import TwilioWebhook


def reader(origins: Sequence[str], log: Log) -> CallListReader:
    """How Twilio writes its lists; `origins` may serve recordings."""

    def recording(item: Mapping[str, Any], call_id: str, number: str) -> CallEvent:
        address = item.get("media_url") or f"{origins[0]}{str(item.get('uri')).removesuffix('.json')}"
        return recording_event(
            item.get("source"),
            call_id,
            moment(item.get("date_updated") or item.get("date_created"), "date_updated"),
            identifier(TwilioWebhook.recording_id_form, item.get("sid"), "sid"),
            address_at(address, origins, "Twilio"),
            whole_seconds(item.get("duration"), "duration"),
            number,
        )

    return CallListReader("Twilio", TwilioWebhook.call_id_form, recording, log)


class CallList(Account):
    """Twilio's lists of calls and recordings as events."""

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """The events of all finished calls that came in at or after `since`.

        Reads only two lists, whatever the number of calls: the legs (a dialed leg names its parent) and the recordings.
        """
        start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        legs = list(self._rest.pages("Calls", {"StartTime>": start}))
        recordings = self._rest.pages("Recordings", {"DateCreated>": start}) if legs else ()
        return reader(self.origins(), self.services.log).events(call_families(legs), recordings, "call_sid", since)
