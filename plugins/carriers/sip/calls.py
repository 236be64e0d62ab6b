"""Calls that a gateway places for a user, and the gateways' journals of calls as events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hub.api import CallEvent, Receipt, Rejected, RetryLater, hookimpl
from hub.api.carriers import CallBack, CallCapture, receipt, rejecting
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
from plugins.carriers.sip.capture import masked as hidden
from plugins.carriers.sip.capture import packet_of, pcap
from plugins.carriers.sip.control import Account, items
from plugins.carriers.sip.translate import SipWebhook, dialed

REASONS: Mapping[str, str] = {
    "caller_id": "The tracking number is not among the trunk's numbers, so it cannot be the caller ID.",
    "number": "The number cannot be called: it is no phone number, or it costs extra.",
    "country": "The connector's limits do not allow calls to that country.",
    "concurrent": "The connector's limit of call backs at once is reached.",
    "daily": "The connector's limit of call backs a day is reached.",
    "call_backs": "The connector's limit of minutes a day for call backs is reached.",
    "abroad": "The connector's limit of minutes a day for calls abroad is reached.",
    "ports": "All UDP ports of the connector's rtp_ports are in use.",
    "draining": "The gateway takes no new calls; it is being replaced.",
}
"""The gateway's codes in words, without personal data."""


class Calls(Account):
    """Calls that a gateway places for a user, and the gateways' journals of calls as events."""

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call at the first gateway that answers, at most once. Raises OutcomeUnknown
        if a gateway may have taken it anyway."""
        report_to = self.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        order = {
            "Key": call.key,
            "To": dialed(call.user_number or ""),
            "From": call.tracking_number,
            "Twiml": self.connect(call),
            "Timeout": call.user_ring_seconds,
            "StatusCallback": report_to,
        }

        def send() -> str:
            placed = self._control.first(
                lambda gateway: self._control.json(gateway, "POST", "/calls", order, once=True)
            )
            return identifier(SipWebhook.call_id_form, placed.get("sid"), "sid")

        return receipt(call.key, "The gateway", send, REASONS)

    @hookimpl
    def capture_call(self, call_id: str, masked: bool) -> CallCapture:
        """The signalling that the gateways keep of a call."""
        with rejecting("The gateway is not asked."):
            identifier(SipWebhook.call_id_form, call_id, "the id")
        found = []
        for gateway in self._control.gateways:
            kept = items(self._control.json(gateway, "GET", f"/calls/{call_id}/messages"), "messages")
            try:
                found += [packet_of(each) for each in kept]
            except (KeyError, TypeError, ValueError):
                raise RetryLater("The gateway's messages of the call cannot be read.") from None
        if not found:
            raise Rejected("No gateway keeps the signalling of this call; it is deleted after 7 days.")
        return CallCapture(pcap=pcap(replace(each, data=hidden(each.data)) if masked else each for each in found))

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """Finished calls from the gateways' own journals, with their recordings."""
        legs: list[Mapping[str, Any]] = []
        audio: list[Mapping[str, Any]] = []
        start = since.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
        for gateway, page in self._control.listed("/calls", {"since": start}):
            legs += items(page, "calls")
            audio += [{**each, "url": f"{gateway}/recordings/{each.get('sid')}"} for each in items(page, "recordings")]

        def recording(item: Mapping[str, Any], call_id: str, number: str) -> CallEvent:
            return recording_event(
                item.get("source"),
                call_id,
                moment(item.get("date_updated"), "date_updated"),
                identifier(SipWebhook.recording_id_form, item.get("sid"), "sid"),
                address_at(item.get("url"), self._control.gateways, "the gateway"),
                whole_seconds(item.get("duration"), "duration"),
                number,
            )

        reader = CallListReader("The gateway", SipWebhook.call_id_form, recording, self.services.log)
        return reader.events(call_families(legs), audio, "call_sid", since)
