"""What Telnyx' JSON events mean in our words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telnyx_sent import (
    AT,
    BASE,
    CALL,
    CALLER,
    EVENT,
    RECORDING,
    SANDBOX,
    TELNYX,
    TEXT,
    TRACKING,
    holds,
    one,
    parsed,
)

from hub.api import BadPayload, WebhookRequest
from hub.api.carriers import MessageEvent, MessageStatusEvent
from plugins.carriers.telnyx import notices


def notice(event_type: str, occurred_at: str = "2026-11-24T14:59:58.250000Z", **payload: Any) -> WebhookRequest:
    data = {"record_type": "event", "event_type": event_type, "id": EVENT, "occurred_at": occurred_at}
    body = json.dumps({"data": data | {"payload": payload}}).encode()
    return SANDBOX.signed(f"{BASE}/message", body, "application/json", AT)


def text(**changes: Any) -> WebhookRequest:
    payload = {"id": TEXT, "from": {"phone_number": CALLER}, "to": [{"phone_number": TRACKING}], "text": "Is 5 pm ok?"}
    return notice("message.received", **{**payload, "direction": "inbound", **changes})


@pytest.mark.parametrize("body", ["<script>", "STOP", "ЅТОР", "e\u0301", "\x00nul", "", "😀", "a" * 5000])
def test_a_text_keeps_its_words(body: str) -> None:
    event = one(text(text=body))
    assert isinstance(event, MessageEvent) and event.body == body.replace("\x00", "")
    assert (event.message_id, event.sender_number, event.tracking_number) == (TEXT, CALLER, TRACKING)
    assert event.at == datetime(2026, 11, 24, 14, 59, 58, 250000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "word"), [("STOP", "stop"), ("START", "start"), ("HELP", "help"), (None, None), ("OTHER", None)]
)
def test_what_telnyx_took_a_text_for_is_told(told: str | None, word: str | None) -> None:
    assert one(text(autoresponse_type=told)).opt_word == word


def test_a_text_comes_with_its_pictures_and_from_short_codes_too() -> None:
    pictures = [{"url": "https://media.telnyx.com/a.png", "content_type": "image/png"}, {"url": ""}]
    event = one(text(media=pictures, to=TRACKING, **{"from": {"phone_number": "12345"}}))
    assert event.media_urls == ("https://media.telnyx.com/a.png",) and event.sender_number is None


@pytest.mark.parametrize(
    ("event_type", "told", "status"),
    [
        ("message.sent", "sent", "sent"),
        ("message.finalized", "delivered", "delivered"),
        ("message.finalized", "read", "delivered"),
        ("message.finalized", "delivery_failed", "failed"),
        ("message.finalized", "sending_failed", "failed"),
        ("message.finalized", "expired", "failed"),
        ("message.finalized", "delivery_unconfirmed", "sent"),
    ],
)
def test_what_became_of_a_text_is_told(event_type: str, told: str, status: str) -> None:
    errors = [{"code": "40008", "title": "Undeliverable", "detail": f"{CALLER} did not take it"}]
    event = one(notice(event_type, id=TEXT, to=[{"phone_number": CALLER, "status": told}], errors=errors))
    assert isinstance(event, MessageStatusEvent) and (event.message_id, event.status) == (TEXT, status)
    assert (event.code, event.reason) == (("40008", "Undeliverable") if status == "failed" else (None, None))
    assert not event.opted_out


@pytest.mark.parametrize("event_type", ["10dlc.brand.update", "10dlc.campaign.update", "10dlc.phone_number.update"])
def test_the_progress_of_a_registration_for_texts_is_taken_and_nothing_of_it_is_kept(event_type: str) -> None:
    """Source: developers.telnyx.com/docs/messaging/10dlc/event-notifications, read 2026-11-30."""
    registered = notice(event_type, campaignId="CAMPAIGN", status="ADDED", type="ASSIGNMENT", phoneNumber=TRACKING)
    assert parsed(registered) == []
    assert TELNYX.verify_webhook(registered).event_key == f"event:{EVENT}"


def test_a_text_that_telnyx_blocks_for_a_stop_is_a_revocation() -> None:
    errors = [{"code": "40300", "title": "Blocked due to STOP message"}]
    event = one(notice("message.finalized", id=TEXT, to=[{"status": "sending_failed"}], errors=errors))
    assert event.opted_out and (event.status, event.code) == ("failed", "40300")


SESSION = SANDBOX.new_id("session")


def call(event_type: str, **changes: Any) -> WebhookRequest:
    payload = {
        "call_control_id": CALL,
        "call_leg_id": EVENT,
        "call_session_id": SESSION,
        "from": CALLER,
        "to": TRACKING,
    }
    return notice(event_type, **{**payload, "start_time": "2026-11-24T14:58:58.250000Z", **changes})


def test_calls_told_as_json_mean_the_same() -> None:
    ringing = one(call("call.initiated", direction="incoming", shaken_stir_attestation="B", shaken_stir_validated=True))
    assert (ringing.kind, ringing.call_id, ringing.tracking_number) == ("ringing", SESSION, TRACKING)
    assert (ringing.caller_number, ringing.attestation) == (CALLER, "B")
    assert one(call("call.bridged")).kind == "answered"
    ended = one(call("call.hangup", hangup_cause="normal_clearing"))
    assert (ended.kind, ended.duration, ended.call_id) == ("completed", 60, SESSION)
    times = {"recording_started_at": "2026-11-24T14:59:00Z", "recording_ended_at": "2026-11-24T14:59:30Z"}
    recorded = one(call("call.recording.saved", recording_id=RECORDING, **times))
    assert (recorded.kind, recorded.recording_id, recorded.recording_duration) == ("recorded", RECORDING, 30)


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ("normal_clearing", "completed"),
        ("originator_cancel", "completed"),
        ("time_limit", "completed"),
        ("unspecified", "completed"),
        ("no_answer", "not_answered"),
        ("timeout", "not_answered"),
        ("user_busy", "not_answered"),
        ("call_rejected", "not_answered"),
        ("not_found", "not_answered"),
    ],
)
def test_every_cause_of_a_hang_up_has_its_meaning(cause: str, kind: str) -> None:
    assert one(call("call.hangup", hangup_cause=cause)).kind == kind


def test_every_cause_that_telnyxs_client_knows_is_tested() -> None:
    from telnyx.types.call_hangup import Payload as HangupPayload

    causes = get_args(get_args(HangupPayload.model_fields["hangup_cause"].annotation)[0])
    assert set(causes) == {
        "normal_clearing",
        "originator_cancel",
        "time_limit",
        "unspecified",
        *notices.UNANSWERED_CAUSES,
    }


def test_the_stand_ins_events_are_what_telnyxs_client_reads() -> None:
    from telnyx.types.messaging_inbound_message import MessagingInboundMessage

    request = SANDBOX.message_webhook(CALLER, TRACKING, "STOP", BASE, [b"png"])
    seen = MessagingInboundMessage.model_validate(json.loads(request.body)["data"]).payload
    ours = one(request)
    assert seen and seen.media and seen.autoresponse_type == "STOP" and ours.opt_word == "stop"
    assert (seen.id, seen.text, (seen.media[0].url,)) == (ours.message_id, ours.body, ours.media_urls)


def test_the_grade_is_found_in_the_sip_headers_too() -> None:
    headers = [{"name": "P-Asserted-Identity", "value": "<sip:+13125550143@example.com;verstat=TN-Validation-Passed>"}]
    assert one(call("call.initiated", direction="incoming", sip_headers=headers)).attestation == "A"


@pytest.mark.parametrize(
    "request_",
    [
        call("call.initiated", direction="outgoing"),
        call("call.answered"),
        call("call.recording.saved"),
        call("call.dtmf.received"),
        notice("number_order.status_update"),
        notice("porting_order.status_changed"),
        notice("message.read"),
    ],
)
def test_an_event_that_says_nothing_that_we_keep_is_no_event(request_: WebhookRequest) -> None:
    assert parsed(request_) == []


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"data": []}',
        b'{"data": {}}',
        b'{"data": {"event_type": 5}}',
        b'{"a":' * 100_000,
        b'{"data": {"event_type": "x y"}}',
        b'{"data": {"event_type": "message.received"}}',
        b'{"data": {"event_type": "message.received", "payload": {"id": 1}}}',
        b'{"data": {"event_type": "call.hangup", "payload": {"call_session_id": "<script>"}}}',
    ],
    ids=range(11),
)
def test_json_that_makes_no_sense_has_a_key_and_is_parked(body: bytes) -> None:
    request = SANDBOX.signed(f"{BASE}/message", body, "application/json", AT)
    assert TELNYX.verify_webhook(request).event_key.startswith("sha256:")
    with pytest.raises(BadPayload):
        TELNYX.parse_webhook(request)


@pytest.mark.parametrize("at", ["2126-11-24T10:59:30Z", "2020-01-01T00:00:00Z", "2026-11-25T15:00:01Z"])
def test_an_unbelievable_time_gives_way_to_the_arrival(at: str) -> None:
    payload = {"id": TEXT, "to": [{"phone_number": TRACKING}], "from": {"phone_number": CALLER}}
    assert one(notice("message.received", at, **payload)).at == AT


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(max_size=10),
        st.sampled_from([CALL, TEXT, TRACKING, "incoming"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["phone_number", "status", "url", "code", "name", "value"]), inner),
    ),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        "id",
        "to",
        "from",
        "text",
        "media",
        "errors",
        "autoresponse_type",
        "call_session_id",
        "direction",
        "start_time",
        "hangup_cause",
        "recording_id",
        "recording_started_at",
        "recording_ended_at",
        "sip_headers",
        "caller_id_name",
    ]
)
TYPES = st.sampled_from(
    [
        "message.received",
        "message.sent",
        "message.finalized",
        "call.initiated",
        "call.bridged",
        "call.hangup",
        "call.recording.saved",
    ]
)


@settings(max_examples=60)
@given(TYPES, st.dictionaries(FIELDS, JSON), JSON)
def test_json_of_any_content_has_a_key_and_parses_or_is_parked(event_type: str, payload: Any, at: Any) -> None:
    data = {"id": EVENT, "event_type": event_type, "occurred_at": at, "payload": payload}
    holds(SANDBOX.signed(f"{BASE}/message", json.dumps({"data": data}).encode(), "x", AT))


def test_a_notice_is_named_by_telnyxs_own_id() -> None:
    assert TELNYX.verify_webhook(notice("message.received")).event_key == f"event:{EVENT}"
