"""Calls at Vonage: those that it places for a user, its call list as events with the same meaning as its webhooks, and the
check of the connection. The list names no recordings.

Source: developer.vonage.com/en/api/voice (POST /v1/calls, GET /v1/calls) and /en/api/application.v2.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hub.api import (
    AuthError,
    BadPayload,
    CallEvent,
    ConnectionReport,
    JsonObject,
    Receipt,
    Refusal,
    Rejected,
    RingfenceError,
    hookimpl,
    value_at,
)
from hub.api.carriers import CallBack, receipt
from hub.api.oauth import public_key
from hub.api.twiml import USER_LEG, CallListReader, identifier
from plugins.carriers.vonage.rest import VONAGE, Account, refusal_details
from plugins.carriers.vonage.translate import CALL_ID, LEG_WORDS, call_id, number

NOT_ALLOWED = (
    "Vonage does not allow this call: the tracking number must belong to the application, and the account must allow "
    "the country."
)


def _one_call_only(refusal: Refusal) -> RingfenceError | None:
    """403 without a code of its own is about this call (its caller ID, its country), not about the key."""
    code = refusal_details(refusal)[0]
    return Rejected(NOT_ALLOWED, code) if refusal.status == 403 and code not in VONAGE.codes else None


VONAGE_CALLS = replace(VONAGE, special=_one_call_only)


class Calls(Account):
    """Place calls, list calls."""

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once. Raises OutcomeUnknown if Vonage may have taken it anyway.

        Vonage gets the whole document with the request, so that nobody waits for the hub.
        """
        report_to = self.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        body: JsonObject = {
            "to": [{"type": "phone", "number": (call.user_number or "").removeprefix("+")}],
            "from": {"type": "phone", "number": call.tracking_number.removeprefix("+")},
            "ncco": json.loads(self.connect(call)),
            "event_url": [report_to],
            "event_method": "POST",
            "ringing_timer": min(max(call.user_ring_seconds, 1), 120),
        }

        def send() -> str:
            reply = self._rest.json("POST", "/v1/calls", once=True, provider=VONAGE_CALLS, json=body)
            return identifier(CALL_ID, call_id(reply.get("conversation_uuid")), "conversation_uuid")

        return receipt(call.key, "Vonage", send, {})

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Whether both ways to sign in work, and the application can do what the hub needs."""
        rest = self._rest
        application = rest.application()
        stored = value_at(application, "keys.public_key")
        ours = public_key(rest.settings.private_key.get_secret_value())
        if isinstance(stored, str) and stored.split() != ours.split():
            raise AuthError(
                "the private_key is not the one of this Vonage application; use the key that the dashboard made for it."
            )
        rest.json("GET", "/v1/calls", params={"page_size": "1"})
        missing = _missing(application)
        if missing:
            return ConnectionReport(ok=False, detail=missing)
        return ConnectionReport(ok=True, detail="Vonage answers, and the application has calls and texts.")

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """Finished calls from Vonage's call list, without recordings, which it does not name."""
        request = {"date_start": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "order": "asc"}
        reader = CallListReader("Vonage", CALL_ID, _no_recording, self.services.log)
        return reader.events(families(self._rest.calls(request)), (), "sid", since)


def _missing(application: Mapping[str, object]) -> str:
    capabilities = application.get("capabilities")
    has = capabilities if isinstance(capabilities, dict) else {}
    lacking = [title for name, title in (("voice", "Voice"), ("messages", "Messages")) if name not in has]
    if lacking:
        return f"the application lacks {' and '.join(lacking)}; hub numbers configure adds it."
    return ""


Item = Mapping[str, Any]


def families(legs: Iterable[Item]) -> Iterator[tuple[Item, Sequence[Item]]]:
    """The callers' legs with the legs that were dialed for them, in the hub's words: they share a conversation."""
    conversations: defaultdict[str, list[JsonObject]] = defaultdict(list)
    for leg in legs:
        conversations[call_id(leg.get("conversation_uuid"))].append(_in_words(leg))
    for together in conversations.values():
        caller = next((leg for leg in together if leg["direction"] == "inbound"), None)
        if caller is not None:
            dialed = [leg for leg in together if leg["direction"] == "outbound"]
            # A phone that nobody picked up has no times of its own.
            yield caller, [leg | {"end_time": leg["end_time"] or caller["end_time"]} for leg in dialed]


def _in_words(leg: Item) -> JsonObject:
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
