"""One account of a carrier's stand-in that speaks TwiML: its calls and recordings, and the fields that it shows of them.

Source: twilio.com/docs/voice/api/call-resource and /recording, and the request parameters of its webhooks.
"""

from __future__ import annotations

import hashlib
import io
import math
import wave
from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import ClassVar
from urllib.parse import urlencode

from hub.contracts.numbers import RecordingControl
from hub.contracts.sandbox import SimulatedCall
from hub.contracts.untrusted import JsonObject
from hub.protocols.twiml.player import Fields
from hub.protocols.twiml.stand_in_texts import TextsStandIn

TONE_RATE = 8000


class TwimlAccount(TextsStandIn):
    """A carrier with one account, whose ids all follow from `seed`.

    `requests_per_second` is how many requests it accepts within one second of its clock.
    """

    hidden_caller: ClassVar[str] = "+266696687"
    """What the carrier sends for a caller who hides their number; here ANONYMOUS on a keypad."""
    name_field: ClassVar[str] = "CallerName"
    """The field of a webhook with the caller's name."""
    home: ClassVar[str] = ""
    """The address of the real API."""

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: str = "ringfence",
        requests_per_second: int | None = None,
    ) -> None:
        super().__init__(clock)
        self.seed = seed
        self.requests_per_second = requests_per_second
        self._made = 0
        self._second: tuple[datetime | None, int] = (None, 0)
        self.account_sid = self.new_sid("AC")
        self.calls: dict[str, JsonObject] = {}
        self.held_recordings: dict[str, JsonObject] = {}
        self.numbers: dict[str, JsonObject] = {}
        """By id, as the API shows them."""
        self.audio: dict[str, tuple[bytes | None, int]] = {}
        """By recording: what was spoken, or None for a tone of so many seconds."""
        self.placed: dict[str, JsonObject] = {}
        """By call that the hub placed: the request with which it was placed."""
        self.refused_numbers: JsonObject = {}
        """Numbers from or to which the account places no calls, with the carrier's error code."""
        self.documents: dict[str, bytes] = {}
        self.port_orders: dict[str, JsonObject] = {}
        self.recorded_controls: dict[str, list[RecordingControl]] = {}
        self.heard: dict[str, list[str]] = {}
        """By placed call: what its caller heard."""
        self.known_numbers: set[str] = set()
        """Numbers that were added by `know_number`."""
        self.begin()

    def begin(self) -> None:
        """Make what the account has besides."""

    @property
    def origin(self) -> str:
        """The API's address."""
        return self.url or self.home

    # Ids

    def new_sid(self, prefix: str) -> str:
        """The next id of a kind: `CA` a call, `RE` a recording …"""
        return prefix + self.next_digest(prefix)[:32]

    def next_digest(self, kind: str) -> str:
        """64 hex digits, new at each call."""
        with self._lock:
            self._made += 1
            return self.digest(f"{kind}{self._made}")

    def digest(self, name: str) -> str:
        """64 hex digits that follow from the seed."""
        return hashlib.sha256(f"{self.seed}:{name}".encode()).hexdigest()

    def new_call_id(self) -> str:
        """The id of a leg."""
        return self.new_sid("CA")

    def new_recording_id(self) -> str:
        """The id of a recording."""
        return self.new_sid("RE")

    # What a carrier writes

    def verification(self, call: SimulatedCall) -> Fields:
        """The fields of the first webhook that say who signed the caller's number."""
        return {"StirVerstat": "TN-Validation-Passed-A"} if call.caller_number else {}

    def stamp(self, at: datetime) -> str:
        """A time as webhooks and recordings show it."""
        return self.listed_time(at)

    @staticmethod
    def listed_time(at: datetime) -> str:
        """A time as the call list shows it (RFC 2822, whole seconds)."""
        return format_datetime(at.astimezone(UTC).replace(microsecond=0))

    def leg_fields(self, sid: str, sender: str, receiver: str, status: str, direction: str) -> Fields:
        """The fields of every webhook about a leg."""
        named = {"AccountSid": self.account_sid, "CallSid": sid, "CallStatus": status}
        return named | {"From": sender, "To": receiver, "Direction": direction}

    def progress(self, status: str, at: datetime, sequence: int, duration: int = 0) -> Fields:
        """The additional fields of a webhook about a leg's status."""
        fields = {
            "Timestamp": self.stamp(at),
            "SequenceNumber": str(sequence),
            "CallbackSource": "call-progress-events",
        }
        under_way = status in ("initiated", "ringing", "in-progress")
        return fields if under_way else fields | {"CallDuration": str(duration)}

    def list_call(
        self, sid: str, sender: str, receiver: str, at: datetime, direction: str, parent: str | None = None
    ) -> JsonObject:
        """Put a leg that begins into the call list."""
        began = self.listed_time(at)
        self.calls[sid] = {
            "sid": sid,
            "account_sid": self.account_sid,
            "parent_call_sid": parent,
            "from": sender,
            "from_formatted": sender,
            "to": receiver,
            "to_formatted": receiver,
            "status": "ringing",
            "direction": direction,
            "date_created": began,
            "date_updated": began,
            "start_time": began,
            "end_time": None,
            "duration": None,
            "price": None,
            "price_unit": "USD",
            "answered_by": None,
            "caller_name": None,
        }
        return self.calls[sid]

    def end_listed(self, sid: str, status: str, at: datetime, duration: int) -> None:
        """End a leg in the call list."""
        ended = self.listed_time(at)
        self.calls[sid] |= {"status": status, "end_time": ended, "date_updated": ended, "duration": str(duration)}

    def list_recording(self, call: str, sender: str, receiver: str, at: datetime, verb: str, channels: int) -> str:
        """Put a recording that begins into the list; returns its id."""
        sid, began = self.new_recording_id(), self.stamp(at)
        self.held_recordings[sid] = {
            "sid": sid,
            "account_sid": self.account_sid,
            "call_sid": call,
            "channels": channels,
            "source": f"{verb}Verb",
            "status": "in-progress",
            "start_time": began,
            "date_created": began,
            "date_updated": began,
            "duration": None,
        }
        return sid

    def recording_fields(self, recording: Mapping[str, object]) -> tuple[Fields, Fields]:
        """The fields that name a stored recording, and all fields of the webhook that reports it."""
        named = {"RecordingSid": str(recording["sid"]), "RecordingDuration": str(recording["duration"])}
        return named, named | {
            "AccountSid": self.account_sid,
            "CallSid": str(recording["call_sid"]),
            "RecordingStatus": "completed",
            "RecordingChannels": str(recording["channels"]),
            "RecordingSource": str(recording["source"]),
        }

    def overloaded(self) -> bool:
        """Count a request; whether it is one too many in this second."""
        now = self.clock().replace(microsecond=0)
        since, taken = self._second
        self._second = (now, taken + 1 if since == now else 1)
        return self.requests_per_second is not None and self._second[1] > self.requests_per_second


def list_page(path: str, query: Mapping[str, str], name: str, items: Sequence[object]) -> dict[str, object]:
    """One page of a list, in the format of Twilio's API; the size of a page is 50 if the query does not name one."""
    kept = {key: value for key, value in query.items() if key not in ("PageSize", "Page", "PageToken")}
    size, number = int(query.get("PageSize", 50)), int(query.get("Page", 0))
    start = number * size
    shown = items[start : start + size]

    def uri(page: int, token: Mapping[str, str]) -> str:
        return f"{path}?{urlencode({**kept, 'PageSize': size, 'Page': page, **token})}"

    more = start + size < len(items)
    return {
        name: shown,
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + max(len(shown) - 1, 0),
        "uri": uri(number, {}),
        "first_page_uri": uri(0, {}),
        "previous_page_uri": uri(number - 1, {}) if number else None,
        "next_page_uri": uri(number + 1, {"PageToken": f"PA{start + size}"}) if more else None,
    }


def tone(seconds: int) -> bytes:
    """A WAV of a quiet tone, used if no speech is given."""
    one_second = array("h", (round(3000 * math.sin(880 * math.pi * step / TONE_RATE)) for step in range(TONE_RATE)))
    stream = io.BytesIO()
    with wave.open(stream, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(TONE_RATE)
        audio.writeframes(one_second.tobytes() * max(seconds, 1))
    return stream.getvalue()
