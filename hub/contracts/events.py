"""What happened to a call or a text, in the hub's terms, whatever the carrier calls it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from hub.contracts.answers import Attestation
from hub.contracts.call_backs import CallBackEvent
from hub.contracts.values import personal, plugin_text

CallEventKind = Literal[
    "ringing", "answered", "not_answered", "completed", "failed", "recorded", "voicemail", "recording_ended"
]
"""`answered`: a person at the business picked up. `not_answered`: the dial ended without that. `completed`: the caller's
call is over. `failed`: it was never connected, or it broke off. `recorded`, `voicemail`: audio is ready at the carrier.
`recording_ended`: the caller ended the recording with the key of the dial, and the carrier has deleted what it had."""

CallFailure = Literal["gateway_ended", "connection_lost"]
"""Why a call failed, if the carrier says so in a way that helps people."""
FAILURE_WORDS: Mapping[str, str] = {
    "gateway_ended": "The gateway ended in the middle of the call.",
    "connection_lost": "The connection could not be set up, or it was lost.",
}
"""The reasons in words, for people."""


EndedBy = Literal["party", "hub"]
"""Who ended a leg: the person on it (the caller, or who was dialed), or the hub with its carrier."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LegReport:
    """The signalling and the sound of one leg that is over, if the carrier reports them: what a trunk's operator asks for."""

    reference: str | None = None
    """The id under which the operator finds the leg: the Call-ID of SIP; at most 128 printable characters."""
    code: int | None = None
    """The final SIP status of its INVITE, as 486."""
    number: str | None = None
    """The business's phone that was dialed, E.164; None on the caller's leg."""
    codec: str | None = plugin_text(None)
    post_dial_seconds: float | None = None
    """From the INVITE until it rang, or was answered or refused."""
    loss: float | None = None
    """The share of the party's packets of sound that did not come, from 0 to 1."""
    far_loss: float | None = None
    """The share of our packets that the party says did not come (RTCP)."""
    jitter_ms: float | None = None
    ended_by: EndedBy | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallCapture:
    """The signalling of a call as a file."""

    pcap: bytes = field(repr=False)
    """In libpcap's format."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEvent:
    """One event of one call. `call_id` is the carrier's id of the caller's leg; times are aware UTC."""

    kind: CallEventKind
    call_id: str
    at: datetime
    tracking_number: str | None = None
    """The number that was called, E.164."""
    caller_number: str | None = personal("user.contact.phone_number")
    """The caller in E.164; None if the caller hides it or it is not a number."""
    caller_name: str | None = personal("user.name")
    answered_by: str | None = None
    """The business's phone that picked up: E.164, or `phone:NAME` at a carrier with the ability `phone`."""
    answered_device: str | None = None
    """What picked up, if the carrier says so: `client` (an app or a browser), `sip` (a SIP phone), `sim` (a SIM of the
    carrier), or another word; at most 16 characters. None for a phone number, which says nothing about the device."""
    duration: int | None = None
    """Seconds from the carrier's answer to the end, on `completed` and on a call that `failed` after the answer."""
    failure: CallFailure | None = None
    """Why, on `failed`; None if the carrier does not say."""
    recording_id: str | None = None
    recording_url: str | None = personal("user.telephony.recording")
    recording_duration: int | None = None
    """Seconds of audio."""
    attestation: Attestation | None = None
    """The carrier's verdict on the caller's number; None if it gave none."""
    leg: LegReport | None = None
    """The leg whose end this event reports, if the carrier reports more about it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageEvent:
    """A text that came in on a tracking number. Times are aware UTC, numbers E.164."""

    message_id: str
    at: datetime
    tracking_number: str
    sender_number: str | None = personal("user.contact.phone_number")
    body: str = personal("user.telephony.message_body", default="")
    media_urls: tuple[str, ...] = personal("user.content.private", default=())
    opt_word: Literal["stop", "start", "help"] | None = None
    """How the carrier itself read the text, if it keeps an opt-out list and reports it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageStatusEvent:
    """What became of a text that the hub sent. `message_id` is the carrier's id, as on the receipt's `reference`."""

    message_id: str
    at: datetime
    status: Literal["sent", "delivered", "failed"]
    code: str | None = plugin_text(None)
    """The carrier's error code on `failed`."""
    reason: str | None = plugin_text(None)
    """In words, without personal data."""
    opted_out: bool = False
    """The carrier refused it because the person had asked the carrier to stop: that is a revocation."""


Event = CallEvent | MessageEvent | MessageStatusEvent | CallBackEvent
"""What `parse_webhook` finds in a webhook."""
