"""What Twilio's webhooks mean in our words, and that no content, however odd, does more than be parked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api import BadPayload, BadSignature, CallEvent, WebhookRequest
from hub.api.carriers import AnswerPoint, MessageEvent
from hub.api.sandbox import SimulatedCall
from hub.testing import connect
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio.sandbox import Sandbox

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
TRACKING, CALLER, BUSINESS = "+13125550142", "+13125550143", "+13125550199"
SANDBOX = Sandbox(lambda: AT)
TWILIO = connect(Twilio, SANDBOX)
BASE = TWILIO.services.webhook_url
CALL, LEG, RECORDING, TEXT = "CA" + "1" * 32, "CA" + "2" * 32, "RE" + "3" * 32, "SM" + "4" * 32
AUDIO = f"https://api.twilio.com/2010-04-01/Accounts/{SANDBOX.account_sid}/Recordings/{RECORDING}"


def webhook(path: str, fields: Mapping[str, str], own: bool = False) -> WebhookRequest:
    """A signed webhook to one of our addresses; `own` where we gave Twilio the address, with the tracking number and a mark."""
    query = f"?{urlencode({'tracking_number': TRACKING, 'mark': 'v1.sales'})}" if own else ""
    told = {"AccountSid": SANDBOX.account_sid, "From": CALLER, "To": TRACKING, **fields}
    return SANDBOX.form_webhook(f"{BASE}/{path}{query}", told, AT)


def parsed(path: str, fields: Mapping[str, str], own: bool = False) -> list[CallEvent | MessageEvent]:
    request = webhook(path, fields, own)
    TWILIO.verify_webhook(request)
    return list(TWILIO.parse_webhook(request))


def ringing(**fields: str) -> CallEvent:
    (event,) = parsed("voice", {"CallSid": CALL, "CallStatus": "ringing", **fields})
    assert isinstance(event, CallEvent)
    return event


def played(outcome: str, **changes: object) -> list[CallEvent | MessageEvent]:
    call = SimulatedCall(
        caller_number=CALLER,
        tracking_number=TRACKING,
        answering_number=BUSINESS,
        started_at=AT,
        outcome=outcome,
        **changes,
    )  # type: ignore[arg-type]
    events = []
    for _, request in SANDBOX.webhooks(call, BASE):
        TWILIO.verify_webhook(request)
        events += TWILIO.parse_webhook(request)
    return events


def test_an_answered_call_is_told_from_ring_to_recording() -> None:
    events = played("answered")
    assert [event.kind for event in events] == ["ringing", "answered", "answered", "completed", "recorded"]
    assert {event.at for event in events if event.kind == "answered"} == {AT + timedelta(seconds=8)}
    assert {event.call_id for event in events} == {events[0].call_id}
    assert {event.tracking_number for event in events} == {TRACKING}
    assert events[1].answered_by == BUSINESS
    assert (events[3].duration, events[4].recording_duration) == (98, 90)
    recordings = f"https://api.twilio.com/2010-04-01/Accounts/{SANDBOX.account_sid}/Recordings"
    assert events[4].recording_url == f"{recordings}/{events[4].recording_id}"


def test_a_voicemail_is_an_unanswered_call_with_audio() -> None:
    kinds = [event.kind for event in played("voicemail")]
    assert kinds == ["ringing", "not_answered", "not_answered", "completed", "voicemail"]


def test_a_caller_who_hangs_up_before_anyone_answers_has_completed_an_unanswered_call() -> None:
    assert [event.kind for event in played("abandoned")] == ["ringing", "not_answered", "not_answered", "completed"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("completed", "completed"),
        ("no-answer", "completed"),
        ("canceled", "completed"),
        ("busy", "failed"),
        ("failed", "failed"),
    ],
)
def test_the_end_of_the_callers_leg_ends_the_call(status: str, kind: str) -> None:
    (event,) = parsed("status", {"CallSid": CALL, "CallStatus": status, "CallDuration": "61"})
    assert (event.kind, event.call_id, event.duration, event.caller_number) == (kind, CALL, 61, CALLER)


@pytest.mark.parametrize("status", ["queued", "ringing", "in-progress"])
def test_a_callers_leg_that_goes_on_tells_nothing_new(status: str) -> None:
    assert parsed("status", {"CallSid": CALL, "CallStatus": status}) == []


@pytest.mark.parametrize("status", ["no-answer", "busy", "failed", "canceled"])
def test_a_dialed_leg_that_nobody_picks_up_is_not_answered(status: str) -> None:
    leg = {"CallSid": LEG, "ParentCallSid": CALL, "To": BUSINESS, "CallStatus": status}
    (event,) = parsed("status", leg, own=True)
    assert (event.kind, event.call_id, event.tracking_number) == ("not_answered", CALL, TRACKING)


@pytest.mark.parametrize(
    ("status", "kind", "answered", "why"),
    [
        ("completed", None, True, None),
        ("answered", None, True, None),
        ("no-answer", "not_answered", False, "no_answer"),
        ("busy", "not_answered", False, "busy"),
        ("failed", "not_answered", False, None),
        ("canceled", "not_answered", False, "no_answer"),
    ],
)
def test_the_end_of_a_dial_tells_whether_somebody_picked_up_and_why_not(
    status: str, kind: str | None, answered: bool, why: Any
) -> None:
    request = webhook(
        "dial", {"CallSid": CALL, "DialCallSid": LEG, "DialCallStatus": status, "DialCallDuration": "5"}, own=True
    )
    assert TWILIO.verify_webhook(request).answer == point("dial_ended", mark="v1.sales", answered=answered, why=why)
    told = [(event.kind, event.call_id) for event in TWILIO.parse_webhook(request) if isinstance(event, CallEvent)]
    assert told == ([(kind, CALL)] if kind else [])


def point(moment: str, **changes: Any) -> AnswerPoint:
    known = {"tracking_number": TRACKING, "call_id": CALL, "caller_number": CALLER}
    return AnswerPoint(moment=moment, **{**known, **changes})  # type: ignore[arg-type]


def test_each_address_waits_for_its_moment() -> None:
    def asked(path: str, own: bool = True, **fields: str) -> AnswerPoint | None:
        return TWILIO.verify_webhook(webhook(path, {"CallSid": CALL, **fields}, own)).answer

    assert asked("voice", own=False) == point("ringing")
    assert asked("fallback", own=False) == point("ringing")
    assert asked("whisper", To=BUSINESS) == point("whisper", mark="v1.sales")
    assert asked("whisper", own=False, To=BUSINESS) is None
    assert asked("voicemail") == point("message_left", mark="v1.sales")
    assert asked("status") is asked("recording") is asked("message") is None
    assert asked("voice", own=False, To="sip:a@example.com") is None


@pytest.mark.parametrize(("pressed", "digits"), [("2", "2"), ("*0#", "*0#"), ("", ""), ("<1>", ""), ("hangup", "")])
def test_keys_are_handed_on_and_nothing_else(pressed: str, digits: str) -> None:
    request = webhook("digits", {"CallSid": CALL, "Digits": pressed}, own=True)
    assert TWILIO.verify_webhook(request).answer == point("digits", mark="v1.sales", digits=digits)
    assert TWILIO.parse_webhook(request) == []


@pytest.mark.parametrize(
    ("path", "fields", "key"),
    [
        ("voice", {"CallSid": CALL, "CallStatus": "ringing"}, f"call:{CALL}:ringing"),
        ("fallback", {"CallSid": CALL, "ErrorCode": "11200"}, f"call:{CALL}:ringing"),
        ("status", {"CallSid": LEG, "ParentCallSid": CALL, "CallStatus": "in-progress"}, f"call:{LEG}:in-progress"),
        ("status", {"CallSid": CALL, "CallStatus": "completed"}, f"call:{CALL}:completed"),
        ("dial", {"CallSid": CALL, "DialCallSid": LEG, "DialCallStatus": "busy"}, f"dial:{CALL}:{LEG}:busy:"),
        ("dial", {"CallSid": CALL, "DialCallStatus": "failed"}, f"dial:{CALL}:none:failed:"),
        ("whisper", {"CallSid": LEG}, f"whisper:{LEG}"),
        ("digits", {"CallSid": CALL, "Digits": "1"}, f"digits:{CALL}::1"),
        ("voicemail", {"CallSid": CALL, "RecordingSid": RECORDING}, f"voicemail:{CALL}:{RECORDING}"),
        ("recording", {"RecordingSid": RECORDING, "RecordingStatus": "absent"}, f"recording:{RECORDING}:absent"),
        ("message", {"MessageSid": TEXT, "SmsStatus": "received"}, f"message:{TEXT}:received"),
    ],
)
def test_an_event_is_named_by_twilios_own_ids(path: str, fields: dict[str, str], key: str) -> None:
    assert TWILIO.verify_webhook(webhook(path, fields)).event_key == key


def test_content_without_sense_is_named_by_its_hash() -> None:
    keys = [
        TWILIO.verify_webhook(webhook("status", {"CallSid": text, "CallStatus": "ringing"})).event_key for text in "ab"
    ]
    assert all(key.startswith("sha256:") for key in keys) and keys[0] != keys[1]


@pytest.mark.parametrize(
    "caller",
    ["anonymous", "Restricted", "+266696687", "unknown", "sip:a@example.com", "+1", "+0", "12345", "+1911", "☎", "", "9" * 40,
     "client:alice", "\u202e", "null", "1e400"],
)  # fmt: skip
def test_a_caller_who_hides_or_is_no_number_is_nobody(caller: str) -> None:
    assert ringing(From=caller).caller_number is None


@pytest.mark.parametrize(
    "caller",
    [
        "+1 (312) 555-0143 x89",
        "+１３１２５５５０１４３",
        "+١٣١٢٥٥٥٠١٤٣",
        "tel:+13125550143",
        "+1312\u200d5550143",
        "+13125550143",
    ],
)
def test_a_callers_number_is_read_however_it_is_written(caller: str) -> None:
    assert ringing(From=caller).caller_number == CALLER


def test_a_number_that_calls_itself_is_a_call_like_others() -> None:
    assert ringing(From=TRACKING).caller_number == TRACKING


@pytest.mark.parametrize(
    ("said", "grade"),
    [
        ("TN-Validation-Passed-A", "A"),
        ("TN-Validation-Passed-B", "B"),
        ("TN-Validation-Passed-C", "C"),
        ("TN-Validation-Passed-A-Passthrough", "A"),
        ("TN-Validation-Passed-A-Diverted", "A"),
        ("TN-Validation-Failed-A", "failed"),
        ("TN-Validation-Failed", "failed"),
        ("No-TN-Validation", "none"),
        ("", None),
        ("TN-Validation-Passed-D", None),
    ],
)
def test_a_verdict_on_the_callers_number_is_read(said: str, grade: str | None) -> None:
    assert ringing(StirVerstat=said).attestation == grade


def test_a_callers_name_is_one_clean_line() -> None:
    assert ringing(CallerName=" PAT\x00 DOE\n\u202e ").caller_name == "PAT DOE"
    assert ringing(CallerName="").caller_name is None
    assert len(ringing(CallerName="x" * 1_000_000).caller_name or "") == 100


def test_an_event_happens_when_twilio_says_but_never_after_it_was_told() -> None:
    def told(text: str) -> datetime:
        return parsed("status", {"CallSid": CALL, "CallStatus": "completed", "Timestamp": text})[0].at

    assert told("Tue, 24 Nov 2026 14:59:30 +0000") == AT - timedelta(seconds=30)
    assert told("Tue, 24 Nov 2026 10:59:30 -0400") == AT - timedelta(seconds=30)
    assert told("Sun, 24 Nov 2126 10:59:30 +0000") == AT
    assert told("") == AT


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("status", {"CallSid": CALL, "CallStatus": "completed", "CallDuration": "-1"}),
        ("status", {"CallSid": CALL, "CallStatus": "completed", "CallDuration": "1000000000"}),
        ("status", {"CallSid": CALL, "CallStatus": "completed", "CallDuration": "1e400"}),
        ("status", {"CallSid": CALL, "CallStatus": "completed", "CallDuration": "٣"}),
        ("status", {"CallSid": CALL, "CallStatus": "completed", "Timestamp": "0"}),
        ("status", {"CallSid": CALL, "CallStatus": "completed", "Timestamp": "-1"}),
        ("status", {"CallSid": CALL, "CallStatus": "completed", "Timestamp": "1" + "0" * 20}),
        ("status", {"CallSid": CALL, "CallStatus": "completed", "Timestamp": "Tue, 24 Nov 99999 15:00:00 +0000"}),
        ("status", {"CallSid": CALL, "CallStatus": ""}),
        ("status", {"CallSid": "", "CallStatus": "completed"}),
        ("status", {"CallSid": "CA1", "CallStatus": "completed"}),
        ("status", {"CallSid": CALL, "ParentCallSid": "<script>", "CallStatus": "completed"}),
        ("status", {"CallSid": CALL, "CallStatus": "completed", "AccountSid": "AC" + "f" * 32}),
        ("status", {"CallSid": CALL, "CallStatus": "completed", "AccountSid": ""}),
        ("voice", {"CallSid": CALL, "To": "anonymous"}),
        ("recording", {"CallSid": CALL, "RecordingSid": RECORDING, "RecordingStatus": "completed", "RecordingUrl": ""}),
        ("message", {"MessageSid": TEXT, "SmsStatus": "received", "NumMedia": "99999999999"}),
        ("message", {"MessageSid": TEXT, "SmsStatus": "received", "NumMedia": "-1"}),
        ("message", {"MessageSid": "", "SmsStatus": "received"}),
        ("nowhere", {"CallSid": CALL}),
        ("", {"CallSid": CALL}),
    ],
)
def test_a_webhook_that_makes_no_sense_is_parked(path: str, fields: dict[str, str]) -> None:
    with pytest.raises(BadPayload):
        parsed(path, fields)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/a", "http://169.254.169.254/latest", "https://api.twilio.com.example.com/a", "https://api.twilio.com@example.com/",
     "https://api.twilio.com:22/a", "https://api.twilio.com\\@example.com/", "https://[::1", "file:///etc/passwd",
     "https://api.twilio.com/" + "a" * 1000, "//api.twilio.com/a", "gopher://api.twilio.com/"],
)  # fmt: skip
def test_a_recording_that_does_not_lie_at_twilio_is_parked(url: str) -> None:
    with pytest.raises(BadPayload, match="not at Twilio"):
        parsed(
            "recording",
            {"CallSid": CALL, "RecordingSid": RECORDING, "RecordingStatus": "completed", "RecordingUrl": url},
        )


def test_a_recordings_address_may_be_written_without_tls() -> None:
    said = {"RecordingSid": RECORDING, "RecordingStatus": "completed", "RecordingUrl": AUDIO.replace("https", "http")}
    assert [event.recording_id for event in parsed("recording", {"CallSid": CALL} | said)] == [RECORDING]  # type: ignore[union-attr]


@pytest.mark.parametrize("status", ["in-progress", "absent", "failed"])
def test_a_recording_that_is_not_ready_tells_nothing(status: str) -> None:
    fields = {"CallSid": CALL, "RecordingSid": RECORDING, "RecordingStatus": status, "RecordingUrl": AUDIO}
    assert parsed("recording", fields) == []


def test_a_text_comes_with_its_pictures() -> None:
    media = {"NumMedia": "2", "MediaUrl0": f"{AUDIO}/ME1", "MediaUrl1": "http://127.0.0.1/x"}
    (text,) = parsed("message", {"MessageSid": TEXT, "SmsStatus": "received", "Body": "", **media})
    assert isinstance(text, MessageEvent)
    assert (text.body, text.media_urls, text.sender_number) == ("", (f"{AUDIO}/ME1",), CALLER)
    assert parsed("message", {"MessageSid": TEXT, "SmsStatus": "delivered"}) == []


@pytest.mark.parametrize(
    "body", ["<script>", "{{7*7}}", "=HYPERLINK(1)", "STOP", "ЅТОР", "a" * 1_000_000, "é", "e\u0301", "\x00nul"]
)
def test_a_text_keeps_its_words(body: str) -> None:
    (text,) = parsed("message", {"MessageSid": TEXT, "SmsStatus": "received", "Body": body})
    assert isinstance(text, MessageEvent) and text.body == body.replace("\x00", "")


def test_a_field_that_comes_twice_with_different_values_is_parked() -> None:
    genuine = webhook("status", {"CallSid": CALL, "CallStatus": "completed"})
    twice = WebhookRequest("POST", genuine.url, genuine.body + b"&CallStatus=busy", AT, genuine.headers)
    with pytest.raises(BadPayload, match="more than once"):
        TWILIO.parse_webhook(twice)
    with pytest.raises(BadSignature):
        TWILIO.verify_webhook(twice)


NAMES = st.sampled_from(
    ["AccountSid", "CallSid", "ParentCallSid", "CallStatus", "CallDuration", "Timestamp", "From", "To", "DialCallSid",
     "DialCallStatus", "RecordingSid", "RecordingUrl", "RecordingStatus", "RecordingDuration", "MessageSid", "SmsStatus",
     "NumMedia", "Body", "CallerName", "StirVerstat"]
)  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [CALL, LEG, RECORDING, TEXT, SANDBOX.account_sid, "completed", "received", "busy", "3", TRACKING, AUDIO, ""]
    ),
)
PATHS = st.sampled_from(
    [
        "voice",
        "fallback",
        "status",
        "dial",
        "whisper",
        "digits",
        "voicemail",
        "recording",
        "message",
        "text",
        "",
        "x/../y",
    ]
)


@settings(deadline=None)
@given(PATHS, st.dictionaries(NAMES, VALUES.filter(lambda text: text.isprintable())), st.booleans())
def test_signed_fields_of_any_content_have_a_key_and_parse_or_are_parked(
    path: str, fields: dict[str, str], own: bool
) -> None:
    request = webhook(path, fields, own)
    verified = TWILIO.verify_webhook(request)
    assert 0 < len(verified.event_key) <= 255 and verified == TWILIO.verify_webhook(request)
    try:
        events = TWILIO.parse_webhook(request)
    except BadPayload:
        return
    assert events == TWILIO.parse_webhook(request)
    assert all(event.at.tzinfo is UTC and event.at <= AT for event in events)


@settings(deadline=None)
@given(PATHS, st.binary(max_size=200))
def test_bytes_of_any_kind_parse_or_are_parked(path: str, body: bytes) -> None:
    try:
        TWILIO.parse_webhook(WebhookRequest("POST", f"{BASE}/{path}", body, AT, {}))
    except BadPayload:
        return


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 99_999,
        b"1e400",
        b"\xef\xbb\xbfCallSid=1",
        b"\x1f\x8b\x08",
        b"&" * 2_000_000,
        b"a=&" * 700_000,
        b"%00=%00",
    ],
    ids=["deep json", "infinity", "bom", "gzip", "ampersands", "many fields", "nul"],
)
def test_a_hostile_body_is_parked(body: bytes) -> None:
    with pytest.raises(BadPayload):
        TWILIO.parse_webhook(WebhookRequest("POST", f"{BASE}/status", body, AT, {"content-type": "application/json"}))
