"""Calls at Twilio: those that it places for a user, and its lists of calls and recordings as events.

Source: twilio.com/docs/voice/api/call-resource and /recording, /docs/voice/twiml/dial, /number and /docs/api/errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.api import CallEvent, Log, Receipt, hookimpl
from hub.api.carriers import CallBack, receipt
from hub.api.twiml import (
    USER_LEG,
    CallListReader,
    address_at,
    call_families,
    identifier,
    moment,
    recording_event,
    whole_seconds,
)
from plugins.carriers.twilio.rest import Account
from plugins.carriers.twilio.translate import TwilioWebhook

REASONS: Mapping[str, str] = {
    "21210": "The tracking number is not a number of this Twilio account, so it cannot be the caller ID.",
    "21211": "Twilio takes the user's phone for no phone number.",
    "21215": "The account may not call that country; allow it in Twilio's voice geographic permissions.",
    "21216": "Twilio does not allow calls to that number.",
    "21217": "Twilio takes the user's phone for no phone number.",
    "21219": "A trial account calls only numbers that are verified at Twilio.",
}
"""Twilio's error codes in words, without personal data."""


class Calls(Account):
    """Place calls, list calls."""

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once. Raises OutcomeUnknown if Twilio may have taken it anyway.

        Twilio gets the whole document with the request, so that nobody waits for the hub.
        """
        report_to = self.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        form: dict[str, str | Sequence[str]] = {
            "To": call.user_number or "",
            "From": call.tracking_number,
            "Twiml": self.connect(call),
            "Timeout": str(call.user_ring_seconds),
            "StatusCallback": report_to,
            "StatusCallbackEvent": ["answered", "completed"],
        }

        def send() -> str:
            placed = self._rest.post_once(f"{self._rest.account}/Calls.json", form)
            return identifier(TwilioWebhook.call_id_form, placed.get("sid"), "sid")

        return receipt(call.key, "Twilio", send, REASONS)

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """The events of all finished calls that came in at or after `since`.

        Reads only two lists, whatever the number of calls: the legs (a dialed leg names its parent) and the recordings.
        """
        start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        legs = list(self._rest.pages("Calls", {"StartTime>": start}))
        recordings = self._rest.pages("Recordings", {"DateCreated>": start}) if legs else ()
        return reader(self.origins(), self.services.log).events(call_families(legs), recordings, "call_sid", since)


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
