"""Vonage's call list as events with the same meaning as its webhooks. It names no recordings.

Source: developer.vonage.com/en/api/voice (GET /v1/calls).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.api import BadPayload, CallEvent, CallListReader, hookimpl, value_at
from plugins.carriers.vonage.rest import Account
from plugins.carriers.vonage.translate import CALL_ID, LEG_WORDS, call_id, number

Item = Mapping[str, Any]


class CallList(Account):
    """Vonage's call list as events with the same meaning as its webhooks. It names no recordings."""

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """Finished calls from Vonage's call list, without recordings, which it does not name."""
        asked = {"date_start": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "order": "asc"}
        reader = CallListReader("Vonage", CALL_ID, _no_recording, self.services.log)
        return reader.events(families(self._rest.calls(asked)), (), "sid", since)


def families(legs: Iterable[Item]) -> Iterator[tuple[Item, Sequence[Item]]]:
    """The callers' legs with the legs that were dialed for them, in the hub's words: they share a conversation."""
    conversations: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for leg in legs:
        conversations[call_id(leg.get("conversation_uuid"))].append(_in_words(leg))
    for together in conversations.values():
        caller = next((leg for leg in together if leg["direction"] == "inbound"), None)
        if caller is not None:
            dialed = [leg for leg in together if leg["direction"] == "outbound"]
            # A phone that nobody picked up has no times of its own.
            yield caller, [leg | {"end_time": leg["end_time"] or caller["end_time"]} for leg in dialed]


def _in_words(leg: Item) -> dict[str, Any]:
    status = str(leg.get("status"))
    return {
        "sid": call_id(leg.get("conversation_uuid")),
        "uuid": leg.get("uuid"),
        "status": LEG_WORDS.get(status, status),
        "direction": leg.get("direction"),
        "from": number(value_at(leg, "from.number")),
        "to": number(value_at(leg, "to.number")),
        "start_time": leg.get("start_time"),
        "end_time": leg.get("end_time"),
        "duration": leg.get("duration"),
    }


def _no_recording(item: Item, call: str, tracking_number: str) -> CallEvent:
    raise BadPayload("Vonage's call list names no recordings.")
