"""What TeXML webhooks, which are forms, mean in our words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telnyx_sent import (
    ADDRESSES,
    AT,
    BASE,
    BUSINESS,
    CALL,
    CALLER,
    LEG,
    OURS,
    RECORDING,
    SANDBOX,
    TELNYX,
    TRACKING,
    holds,
    one,
    parsed,
)

from hub.api import BadPayload, CallEvent, Event, WebhookRequest
from hub.api.carriers import AnswerPoint
from hub.api.sandbox import SimulatedCall
from plugins.carriers.telnyx.translate import attestation


def form(path: str, mark: str = "", own: bool = False, **fields: str) -> WebhookRequest:
    url = ADDRESSES.of(path, *OURS, mark) if own else f"{BASE}/{path}"
    told = {"AccountSid": SANDBOX.account_sid, "CallSid": CALL, "From": CALLER, "To": TRACKING, **fields}
    return SANDBOX.form_webhook(url, told, AT)


def played(outcome: str, **changes: object) -> list[Event]:
    told = {"caller_number": CALLER, "tracking_number": TRACKING, "answering_number": BUSINESS, "started_at": AT}
    call = SimulatedCall(**{**told, "outcome": outcome, **changes})  # type: ignore[arg-type]
    return [event for _, request in SANDBOX.webhooks(call, BASE) for event in parsed(request)]


@pytest.mark.parametrize(
    ("outcome", "kinds"),
    [
        ("answered", ["ringing", "answered", "answered", "completed", "recorded"]),
        ("voicemail", ["ringing", "not_answered", "not_answered", "voicemail", "completed"]),
        ("abandoned", ["ringing", "not_answered", "not_answered", "completed"]),
    ],
)
def test_a_call_is_told_from_ring_to_end(outcome: str, kinds: list[str]) -> None:
    events = [event for event in played(outcome) if isinstance(event, CallEvent)]
    assert sorted(event.kind for event in events) == sorted(kinds)
    assert {event.call_id for event in events} == {events[0].call_id}
    assert {event.tracking_number for event in events} == {TRACKING}


def test_an_answered_call_says_who_picked_up_and_when() -> None:
    events = [event for event in played("answered") if isinstance(event, CallEvent)]
    picked_up = [event for event in events if event.kind == "answered"]
    assert {(event.at, event.answered_by) for event in picked_up} == {(AT + timedelta(seconds=8), BUSINESS)}
    (end,) = [event for event in events if event.kind == "completed"]
    (audio,) = [event for event in events if event.recording_id]
    assert (end.duration, audio.recording_duration) == (98, 90)
    assert audio.recording_url == f"https://api.telnyx.com/v2/recordings/{audio.recording_id}"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("initiated", "ringing"),
        ("ringing", "ringing"),
        ("completed", "completed"),
        ("no-answer", "completed"),
        ("canceled", "completed"),
        ("busy", "failed"),
        ("failed", "failed"),
    ],
)
def test_each_status_of_the_callers_leg_has_its_meaning(status: str, kind: str) -> None:
    event = one(form("status", CallStatus=status, CallDuration="61", Timestamp="2026-11-24 14:59:30.731479Z"))
    assert (event.kind, event.call_id, event.caller_number) == (kind, CALL, CALLER)
    assert event.at == datetime(2026, 11, 24, 14, 59, 30, 731479, tzinfo=UTC)
    assert event.duration == (61 if kind in ("completed", "failed") else None)


@pytest.mark.parametrize("status", ["in-progress", "answered", "queued"])
def test_a_callers_leg_that_goes_on_tells_nothing_new(status: str) -> None:
    assert parsed(form("status", CallStatus=status)) == []


@pytest.mark.parametrize("path", ["leg", "status"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("in-progress", "answered"),
        ("completed", "answered"),
        ("no-answer", "not_answered"),
        ("busy", "not_answered"),
        ("failed", "not_answered"),
        ("canceled", "not_answered"),
        ("initiated", None),
        ("ringing", None),
    ],
)
def test_each_status_of_a_dialed_leg_speaks_for_the_callers_call(path: str, status: str, kind: str | None) -> None:
    fields = {"CallSid": LEG, "ParentCallSid": CALL, "To": BUSINESS, "CallStatus": status, "CallDuration": "30"}
    found = parsed(form(path, own=path == "leg", **fields))
    assert [(event.kind, event.call_id) for event in found] == ([(kind, CALL)] if kind else [])  # type: ignore[union-attr]


def test_a_dialed_leg_tells_when_it_was_picked_up() -> None:
    ended = {
        "CallSid": LEG,
        "ParentCallSid": CALL,
        "To": BUSINESS,
        "CallStatus": "completed",
        "CallDuration": "30",
        "Timestamp": "2026-11-24T14:59:50Z",
    }
    assert one(form("leg", own=True, **ended)).at == AT - timedelta(seconds=40)
    told = one(form("leg", own=True, **ended, AnsweredTime="2026-11-24T14:59:10Z"))
    assert (told.at, told.answered_by, told.tracking_number) == (AT - timedelta(seconds=50), BUSINESS, TRACKING)


@pytest.mark.parametrize(
    ("status", "answered", "why"),
    [
        ("completed", True, None),
        ("answered", True, None),
        ("no-answer", False, "no_answer"),
        ("busy", False, "busy"),
        ("canceled", False, "no_answer"),
        ("failed", False, None),
    ],
)
def test_the_end_of_a_dial_asks_on(status: str, answered: bool, why: str | None) -> None:
    request = form("dial", "v1.sales", own=True, DialCallSid=LEG, DialCallStatus=status)
    assert TELNYX.verify_webhook(request).answer == AnswerPoint(
        moment="dial_ended",
        tracking_number=TRACKING,
        call_id=CALL,
        caller_number=CALLER,
        mark="v1.sales",
        answered=answered,
        why=why,  # type: ignore[arg-type]
    )
    assert [event.kind for event in parsed(request)] == ([] if answered else ["not_answered"])  # type: ignore[union-attr]


@pytest.mark.parametrize(("digits", "keys"), [("1", "1"), ("12*#", "12*#"), ("", ""), ("١", ""), ("1" * 40, "")])
def test_keys_come_to_the_flow(digits: str, keys: str) -> None:
    point = TELNYX.verify_webhook(form("digits", "v1.menu", own=True, Digits=digits)).answer
    assert point and (point.moment, point.digits, point.mark) == ("digits", keys, "v1.menu")


def test_the_other_addresses_wait_for_their_step() -> None:
    def moment(request: WebhookRequest) -> str | None:
        point = TELNYX.verify_webhook(request).answer
        return point.moment if point else None

    assert moment(form("voice", CallStatus="ringing")) == moment(form("fallback", CallStatus="ringing")) == "ringing"
    whisper = form("whisper", "v1.sales", own=True, CallSid=LEG, ParentCallSid=CALL, To=BUSINESS)
    assert moment(whisper) == "whisper"
    assert TELNYX.verify_webhook(whisper).answer.tracking_number == TRACKING  # type: ignore[union-attr]
    assert moment(form("voicemail", "v1.night", own=True)) == "message_left"
    assert moment(form("status", CallStatus="completed")) is None
    assert moment(form("voice", CallStatus="ringing", To="sip:a@example.com")) is None


@pytest.mark.parametrize(("source", "kind"), [("DialVerb", "recorded"), ("RecordVerb", "voicemail")])
def test_a_recording_is_kept_by_its_lasting_address(source: str, kind: str) -> None:
    link = "https://s3.amazonaws.com/telephony-recorder-prod/x.wav?X-Amz-Signature=secret"
    fields = {"RecordingSid": RECORDING, "RecordingSource": source, "RecordingDuration": "5", "RecordingUrl": link}
    event = one(form("recording", own=True, CallSid=LEG, RecordingStatus="completed", **fields))
    assert (event.kind, event.call_id, event.recording_id, event.recording_duration) == (kind, CALL, RECORDING, 5)
    assert event.recording_url == f"https://api.telnyx.com/v2/recordings/{RECORDING}"
    assert parsed(form("recording", own=True, RecordingStatus="in-progress", **fields)) == []
    assert parsed(form("recording", own=True, RecordingStatus="absent", **fields)) == []


@pytest.mark.parametrize(
    ("level", "validated", "grade"),
    [
        ("A", "true", "A"),
        ("B", "true", "B"),
        ("C", "true", "C"),
        ("A", "false", "failed"),
        ("A", "", None),
        ("D", "true", None),
        ("", "true", None),
        ("TN-Validation-Passed", "", "A"),
        ("TN-Validation-Passed-B", "", "B"),
        ("TN-Validation-Passed-C", "", "C"),
        ("TN-Validation-Failed", "true", "failed"),
        ("No-TN-Validation", "true", "none"),
    ],
)
def test_a_verdict_on_the_callers_number_is_read(level: str, validated: str, grade: str | None) -> None:
    assert attestation(level, validated) == grade
    request = form("voice", CallStatus="ringing", ShakenStirAttestation=level, ShakenStirValidated=validated)
    assert one(request).attestation == grade


@pytest.mark.parametrize(
    "caller", ["anonymous", "Restricted", "+266696687", "sip:a@example.com", "12345", "", "☎", "\u202e"]
)
def test_a_caller_who_hides_or_is_no_number_is_nobody(caller: str) -> None:
    assert one(form("voice", CallStatus="ringing", From=caller)).caller_number is None


def test_a_callers_name_is_one_clean_line_and_not_the_number_again() -> None:
    def name(told: str) -> str | None:
        found: str | None = one(form("voice", CallStatus="ringing", CallerId=told)).caller_name
        return found

    assert name(" PAT\x00 DOE\n\u202e ") == "PAT DOE"
    assert name("") is name(CALLER) is name("(312) 555-0143") is None
    assert len(name("x" * 5000) or "") == 100


@pytest.mark.parametrize(
    "request_",
    [
        form("status", CallStatus="teleported"),
        form("status", CallStatus=""),
        form("status", CallStatus="completed", CallDuration="-1"),
        form("status", CallStatus="completed", CallDuration="1e9"),
        form("status", CallStatus="completed", Timestamp="noon"),
        form("status", CallStatus="completed", CallSid="<script>"),
        form("status", CallStatus="completed", CallSid=""),
        form("status", CallStatus="completed", AccountSid=SANDBOX.new_id("other account")),
        form("voice", CallStatus="ringing", To="anonymous"),
        form("recording", own=True, RecordingSid="../x", RecordingStatus="completed"),
        form("recording", own=True, RecordingSid=RECORDING, RecordingStatus="completed", RecordingDuration="x"),
        form("dial", own=True, DialCallStatus="maybe"),
        form("nowhere", CallStatus="completed"),
        SANDBOX.signed(f"{BASE}/status", b"CallStatus=busy&CallStatus=completed", "x", AT),
        SANDBOX.signed(f"{BASE}/status", b"\xff\xfe", "x", AT),
        SANDBOX.signed(f"{BASE}/status", b"a&b", "x", AT),
        SANDBOX.signed(f"{BASE}/status", b"", "x", AT),
        SANDBOX.signed(f"{BASE}/status", b"&".join(b"a%d=1" % n for n in range(300)), "x", AT),
    ],
)
def test_a_form_that_makes_no_sense_has_a_key_and_is_parked(request_: WebhookRequest) -> None:
    assert TELNYX.verify_webhook(request_).event_key
    with pytest.raises(BadPayload):
        TELNYX.parse_webhook(request_)


@pytest.mark.parametrize(
    ("request_", "key"),
    [
        (form("voice", CallStatus="ringing"), f"call:{CALL}:ringing"),
        (form("fallback", CallStatus="ringing"), f"call:{CALL}:ringing"),
        (form("status", CallStatus="ringing"), f"status:{CALL}:ringing"),
        (form("status", CallStatus="completed"), f"status:{CALL}:completed"),
        (form("leg", own=True, CallSid=LEG, CallStatus="completed"), f"status:{LEG}:completed"),
        (form("dial", "m", own=True, DialCallSid=LEG, DialCallStatus="busy"), f"dial:{CALL}:{LEG}:busy:m"),
        (form("dial", "m", own=True, DialCallStatus="failed"), f"dial:{CALL}:none:failed:m"),
        (form("digits", "m", own=True, Digits="12"), f"digits:{CALL}:m:12"),
        (form("voicemail", "m", own=True), f"voicemail:{CALL}:m"),
        (form("whisper", "m", own=True, CallSid=LEG), f"whisper:{LEG}"),
        (
            form("recording", own=True, RecordingSid=RECORDING, RecordingStatus="completed"),
            f"recording:{RECORDING}:completed",
        ),
    ],
)
def test_an_event_is_named_by_telnyxs_own_ids(request_: WebhookRequest, key: str) -> None:
    assert TELNYX.verify_webhook(request_).event_key == key


VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from([CALL, LEG, RECORDING, SANDBOX.account_sid, "completed", "busy", "3", TRACKING, ""]),
)
NAMES = st.sampled_from(
    [
        "AccountSid",
        "CallSid",
        "ParentCallSid",
        "CallStatus",
        "CallDuration",
        "Timestamp",
        "From",
        "To",
        "DialCallSid",
        "DialCallStatus",
        "Digits",
        "RecordingSid",
        "RecordingStatus",
        "RecordingDuration",
        "CallerId",
        "ShakenStirAttestation",
        "AnsweredTime",
    ]
)
PATHS = st.sampled_from(
    ["voice", "fallback", "status", "leg", "dial", "digits", "whisper", "voicemail", "recording", "message", ""]
)


@settings(max_examples=150)
@given(PATHS, st.dictionaries(NAMES, VALUES))
def test_forms_of_any_content_have_a_key_and_parse_or_are_parked(path: str, fields: Mapping[str, str]) -> None:
    holds(SANDBOX.signed(ADDRESSES.of(path, *OURS), urlencode(fields).encode("utf-8"), "x", AT))
