"""One call as Twilio lives it: the webhooks that it sends, in order, and what its call list says afterwards."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from hub.api import SimulatedCall
from plugins.carriers.twilio import twiml

HIDDEN_CALLER = "+266696687"
"""ANONYMOUS on a keypad: what Twilio sends for a caller who hides."""
API_VERSION = "2010-04-01"
GREETING = timedelta(seconds=5)
"""How long the voicemail greeting takes."""
PROCESSING = timedelta(seconds=3)
"""From the end of a recording to its webhook."""

Sent = tuple[datetime, str, dict[str, str]]
"""When, to which address, with which fields."""


def at_twilio(moment: datetime) -> str:
    """A time as Twilio writes it (RFC 2822, whole seconds)."""
    return format_datetime(moment.replace(microsecond=0))


@dataclass
class PlayedCall:
    """A simulated call with Twilio's ids for its two legs and its recording."""

    call: SimulatedCall
    account_sid: str
    new_sid: Callable[[str], str]
    origin: str
    webhook_url: str
    sid: str = field(init=False)
    leg_sid: str = field(init=False)
    recording_sid: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.sid, self.leg_sid = self.new_sid("CA"), self.new_sid("CA")
        recorded = self.call.outcome == "voicemail" or (self.call.outcome == "answered" and self.call.recorded)
        self.recording_sid = self.new_sid("RE") if recorded else None
        self.dial_ended_at = self.call.started_at + self.call.ring
        self.ended_at = self.dial_ended_at
        if self.call.outcome == "answered":
            self.dial_ended_at = self.ended_at = self.ended_at + self.call.talk
        elif self.call.outcome == "voicemail":
            self.ended_at = self.ended_at + GREETING + self.call.talk

    @property
    def caller(self) -> str:
        """The caller as Twilio writes it."""
        return self.call.caller_number or HIDDEN_CALLER

    @property
    def answered_at(self) -> datetime:
        """When the business picked up, or would have."""
        return self.call.started_at + self.call.ring

    @property
    def talked(self) -> int:
        """Seconds of conversation or of voicemail."""
        return int(self.call.talk.total_seconds())

    @property
    def duration(self) -> int:
        """Seconds of the caller's leg."""
        return int((self.ended_at - self.call.started_at).total_seconds())

    def webhooks(self) -> Iterator[Sent]:
        """Everything that Twilio sends about this call, in order."""
        yield self.call.started_at, f"{self.webhook_url}/voice", self._leg("ringing") | self._verification()
        status_of_leg = self._address("status")
        if self.call.outcome == "answered":
            yield self.answered_at, status_of_leg, self._child("in-progress", self.answered_at, 0)
            yield self.dial_ended_at, status_of_leg, self._child("completed", self.dial_ended_at, 1)
        else:
            yield self.dial_ended_at, status_of_leg, self._child("no-answer", self.dial_ended_at, 0)
        yield self.dial_ended_at, self._address("dial"), self._after_dial()
        if self.call.outcome == "voicemail":
            spoken = self._recording() | {"Digits": "hangup"}
            yield self.ended_at, self._address("voicemail"), self._leg("completed") | spoken
        yield self.ended_at, f"{self.webhook_url}/status", self._progress(self._leg("completed"), self.ended_at, 0)
        if self.recording_sid:
            yield self.ended_at + PROCESSING, self._address("recording"), self._recording_ready()

    def _address(self, path: str) -> str:
        return twiml.callback(self.webhook_url, path, self.call.tracking_number)

    def _leg(self, status: str) -> dict[str, str]:
        return party_fields(self.caller, self.call.tracking_number) | {
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": self.sid,
            "CallStatus": status,
            "Direction": "inbound",
        }

    def _verification(self) -> dict[str, str]:
        return {"StirVerstat": "TN-Validation-Passed-A"} if self.call.caller_number else {}

    def _child(self, status: str, at: datetime, sequence: int) -> dict[str, str]:
        leg = party_fields(self.caller, self.call.answering_number) | {
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": self.leg_sid,
            "ParentCallSid": self.sid,
            "CallStatus": status,
            "Direction": "outbound-dial",
        }
        return self._progress(leg, at, sequence)

    def _progress(self, leg: dict[str, str], at: datetime, sequence: int) -> dict[str, str]:
        progress = {
            "Timestamp": at_twilio(at),
            "SequenceNumber": str(sequence),
            "CallbackSource": "call-progress-events",
        }
        if leg["CallStatus"] != "in-progress":
            length = self.duration if leg["CallSid"] == self.sid else self._leg_duration
            progress |= {"CallDuration": str(length), "Duration": str(math.ceil(length / 60))}
        return leg | progress

    @property
    def _leg_duration(self) -> int:
        return self.talked if self.call.outcome == "answered" else 0

    def _after_dial(self) -> dict[str, str]:
        answered = self.call.outcome == "answered"
        dial = {
            "DialCallSid": self.leg_sid,
            "DialCallStatus": "completed" if answered else "no-answer",
            "DialBridged": "true" if answered else "false",
        }
        if answered:
            dial["DialCallDuration"] = str(self.talked)
        if answered and self.recording_sid:
            dial["RecordingUrl"] = self.recording_url
        return self._leg("completed" if self.call.outcome == "abandoned" else "in-progress") | dial

    @property
    def recording_url(self) -> str:
        """Where the recording's audio lies."""
        return f"{self.origin}/{API_VERSION}/Accounts/{self.account_sid}/Recordings/{self.recording_sid}"

    def _recording(self) -> dict[str, str]:
        return {
            "RecordingSid": self.recording_sid or "",
            "RecordingUrl": self.recording_url,
            "RecordingDuration": str(self.talked),
        }

    @property
    def _recording_started_at(self) -> datetime:
        return self.ended_at - self.call.talk

    @property
    def _recording_source(self) -> str:
        return "RecordVerb" if self.call.outcome == "voicemail" else "DialVerb"

    def _recording_ready(self) -> dict[str, str]:
        return self._recording() | {
            "AccountSid": self.account_sid,
            "CallSid": self.sid,
            "RecordingStatus": "completed",
            "RecordingChannels": "1" if self.call.outcome == "voicemail" else "2",
            "RecordingStartTime": at_twilio(self._recording_started_at),
            "RecordingSource": self._recording_source,
            "RecordingTrack": "both",
            "ErrorCode": "0",
        }

    def resources(self) -> list[dict[str, Any]]:
        """The two legs as the call list shows them: the caller's, and the dialled one."""
        answered = self.call.outcome == "answered"
        child_start = self.answered_at if answered else self.call.started_at
        return [
            self._resource(self.sid, self.call.tracking_number, "completed", self.call.started_at, self.ended_at),
            self._resource(
                self.leg_sid,
                self.call.answering_number,
                "completed" if answered else "no-answer",
                child_start,
                self.dial_ended_at,
                parent=self.sid,
            ),
        ]

    def _resource(
        self, sid: str, to: str, status: str, start: datetime, end: datetime, parent: str | None = None
    ) -> dict[str, Any]:
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Calls/{sid}"
        return {
            "sid": sid,
            "account_sid": self.account_sid,
            "parent_call_sid": parent,
            "phone_number_sid": None,
            "from": self.caller,
            "from_formatted": self.caller,
            "to": to,
            "to_formatted": to,
            "status": status,
            "direction": "outbound-dial" if parent else "inbound",
            "date_created": at_twilio(start),
            "date_updated": at_twilio(end),
            "start_time": at_twilio(start),
            "end_time": at_twilio(end),
            "duration": str(self._leg_duration if parent else self.duration),
            "price": None,
            "price_unit": "USD",
            "answered_by": None,
            "api_version": API_VERSION,
            "forwarded_from": None,
            "group_sid": None,
            "caller_name": None,
            "queue_time": "0",
            "trunk_sid": None,
            "stir_verstat": None if parent else self._verification().get("StirVerstat"),
            "annotation": None,
            "uri": f"{uri}.json",
            "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
        }

    def recording(self) -> dict[str, Any] | None:
        """The recording as the API shows it, or None."""
        if self.recording_sid is None:
            return None
        created = at_twilio(self._recording_started_at)
        return {
            "sid": self.recording_sid,
            "account_sid": self.account_sid,
            "call_sid": self.sid,
            "conference_sid": None,
            "api_version": API_VERSION,
            "date_created": created,
            "date_updated": at_twilio(self.ended_at + PROCESSING),
            "start_time": created,
            "duration": str(self.talked),
            "price": None,
            "price_unit": "USD",
            "status": "completed",
            "channels": 1 if self.call.outcome == "voicemail" else 2,
            "source": self._recording_source,
            "error_code": None,
            "encryption_details": None,
            "media_url": self.recording_url,
            "uri": f"/{API_VERSION}/Accounts/{self.account_sid}/Recordings/{self.recording_sid}.json",
            "subresource_uris": {},
        }


def party_fields(sender: str, receiver: str) -> dict[str, str]:
    """The fields about the two parties that calls and texts share; Twilio sends blank ones where it knows nothing."""
    fields = {"From": sender, "To": receiver}
    for party in ("From", "To"):
        fields |= {f"{party}City": "", f"{party}State": "", f"{party}Zip": "", f"{party}Country": "US"}
    return fields


def message(fields: dict[str, str], at: datetime) -> dict[str, Any]:
    """A text that came in, as the API shows it, from its webhook's fields."""
    return {
        "sid": fields["MessageSid"],
        "account_sid": fields["AccountSid"],
        "messaging_service_sid": None,
        "api_version": API_VERSION,
        "from": fields["From"],
        "to": fields["To"],
        "body": fields["Body"],
        "status": "received",
        "direction": "inbound",
        "num_media": fields["NumMedia"],
        "num_segments": fields["NumSegments"],
        "date_created": at_twilio(at),
        "date_sent": at_twilio(at),
        "date_updated": at_twilio(at),
        "error_code": None,
        "error_message": None,
        "price": None,
        "price_unit": "USD",
        "uri": f"/{API_VERSION}/Accounts/{fields['AccountSid']}/Messages/{fields['MessageSid']}.json",
        "subresource_uris": {},
    }
