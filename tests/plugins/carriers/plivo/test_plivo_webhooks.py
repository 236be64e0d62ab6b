"""What Plivo's webhooks mean: each field that it documents, and nothing that it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from plivo_wire import BUSINESS, CALLER, CHILD, CLOCK, HUB, LEG, TRACKING, told

from hub.api import BadPayload, CallEvent
from hub.api.carriers import MessageEvent, MessageStatusEvent
from hub.testing import connect
from plugins.carriers.plivo import Plivo
from plugins.carriers.plivo.sandbox import Sandbox

SANDBOX = Sandbox(CLOCK)
RING = {"CallUUID": LEG, "From": "13125550143", "To": "13125550142", "CallStatus": "ringing"}
PHONE = {"DialALegUUID": LEG, "DialBLegUUID": CHILD, "DialBLegTo": "13125550199"}
RECORDED = {
    "CallUUID": LEG,
    "RecordingID": CHILD,
    "RecordUrl": "https://evil.example.com/a.wav",
    "RecordingDuration": "12",
}
MEDIA = f"https://media.plivo.com/Account/{SANDBOX.account_sid}/Media"


@pytest.fixture(scope="module")
def plivo() -> Plivo:
    return connect(Plivo, SANDBOX, clock=CLOCK)


def one(plivo: Plivo, path: str, mark: str | None = None, **fields: str) -> Any:
    found = told(SANDBOX, plivo, path, mark, **fields)
    return found[0] if found else None


@pytest.mark.parametrize(
    ("written", "caller"),
    [
        ("13125550143", CALLER),
        ("+13125550143", CALLER),
        ("447700900123", "+447700900123"),
        ("anonymous", None),
        ("266696687", None),
        ("7378742833", None),
        ("Restricted", None),
        ("sip:pat@example.com", None),
        ("", None),
    ],
)
def test_numbers_come_without_a_plus_sign(plivo: Plivo, written: str, caller: str | None) -> None:
    ringing = one(plivo, "voice", **RING | {"From": written})
    assert (ringing.kind, ringing.caller_number, ringing.tracking_number) == ("ringing", caller, TRACKING)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("completed", "completed"),
        ("no-answer", "completed"),
        ("timeout", "completed"),
        ("cancel", "completed"),
        ("busy", "failed"),
        ("failed", "failed"),
        ("in-progress", None),
    ],
)
def test_the_end_of_a_call(plivo: Plivo, status: str, kind: str | None) -> None:
    end = one(plivo, "status", **RING | {"CallStatus": status, "Duration": "75", "BillDuration": "120"})
    assert (end and (end.kind, end.duration)) == (kind and (kind, 75))


@pytest.mark.parametrize(
    ("reported", "kind"),
    [
        ({"DialAction": "answer"}, None),
        ({"DialAction": "digits"}, None),
        ({"DialAction": "connected"}, "answered"),
        ({"DialAction": "hangup", "DialBLegDuration": "11"}, "answered"),
        ({"DialAction": "hangup", "DialBLegDuration": "0", "DialBLegHangupCauseCode": "3010"}, "not_answered"),
        ({"DialAction": "hangup", "DialBLegDuration": "0", "DialBLegHangupCauseCode": "3000"}, "not_answered"),
    ],
)
def test_what_a_dial_reports_of_a_phone(plivo: Plivo, reported: dict[str, str], kind: str | None) -> None:
    event = one(plivo, "leg", "", **PHONE | reported)
    assert (event and event.kind) == kind
    if kind:
        assert (event.call_id, event.tracking_number) == (LEG, TRACKING)
    if kind == "answered":
        assert event.answered_by == BUSINESS


@pytest.mark.parametrize("fields", [{"DialAction": "teleported"}, {"CallStatus": "in-progress"}, {}])
def test_an_event_of_a_dial_that_is_unknown_is_no_event(plivo: Plivo, fields: dict[str, str]) -> None:
    with pytest.raises(BadPayload):
        one(plivo, "leg", "", **PHONE | fields)


@pytest.mark.parametrize(
    ("status", "answered"), [("completed", True), ("timeout", False), ("cancel", False), ("busy", False)]
)
def test_a_dial_that_has_ended_says_whether_somebody_answered(plivo: Plivo, status: str, answered: bool) -> None:
    url = SANDBOX.addresses(HUB).of("dial", TRACKING, LEG, "v1.sales")
    fields = {"CallUUID": LEG, "DialStatus": status, "DialALegUUID": LEG, "DialBLegUUID": ""}
    point = plivo.verify_webhook(SANDBOX.form_webhook(url, fields, CLOCK())).answer
    assert point is not None and (point.moment, point.answered, point.mark) == ("dial_ended", answered, "v1.sales")


def test_the_verdict_on_a_caller_is_told_only_where_it_is_one(plivo: Plivo) -> None:
    verdicts = {
        said: one(plivo, "voice", **RING | {"STIRVerification": said}).attestation
        for said in ("Verified", "Not Verified", "")
    }
    assert verdicts == {"Verified": "A", "Not Verified": None, "": None}


def test_a_recording_lies_where_its_id_says_and_never_where_a_field_says(plivo: Plivo) -> None:
    spoken, message = (one(plivo, "recording", mark, **RECORDED) for mark in ("", "message"))
    assert (spoken.kind, message.kind) == ("recorded", "voicemail")
    assert spoken.recording_url == f"https://api.plivo.com/v1/Account/{SANDBOX.account_sid}/Recording/{CHILD}/"
    assert (spoken.recording_id, spoken.recording_duration, spoken.call_id) == (CHILD, 12, LEG)
    assert one(plivo, "recording", "", **RECORDED | {"RecordingDuration": "-1"}).recording_duration is None


def test_a_recording_that_the_api_began_is_told_as_json(plivo: Plivo) -> None:
    response = {"recording_id": CHILD, "call_uuid": LEG, "recording_duration": "9"}
    for written in (json.dumps(response), json.dumps(response | {"recording_duration": 9})):
        recorded = one(plivo, "recording", "", response=written)
        assert (recorded.kind, recorded.recording_id, recorded.recording_duration) == ("recorded", CHILD, 9)
    for nonsense in ("", "[]", "{", '"x"', json.dumps({"recording_id": ["x"]})):
        with pytest.raises(BadPayload):
            one(plivo, "recording", "", response=nonsense)


def test_a_picture_comes_from_plivo_only(plivo: Plivo) -> None:
    media = {"Media0": f"{MEDIA}/{LEG}", "Media1": f"{MEDIA}/{CHILD}", "Media2": "https://evil.example.com/a.png"}
    text = one(
        plivo, "message", MessageUUID=LEG, From="13125550143", To="13125550142", Type="mms", Body="The leak", **media
    )
    assert isinstance(text, MessageEvent) and text.body == "The leak"
    assert text.media_urls == (f"{MEDIA}/{LEG}", f"{MEDIA}/{CHILD}")


@pytest.mark.parametrize(("intent", "word"), [("optout", "stop"), ("optin", "start"), ("help", "help"), ("", None)])
def test_plivo_says_how_it_read_a_text(plivo: Plivo, intent: str, word: str | None) -> None:
    fields = {"MessageUUID": LEG, "From": "13125550143", "To": "13125550142", "Text": "STOP", "MessageIntent": intent}
    assert one(plivo, "message", **fields).opt_word == word


@pytest.mark.parametrize(
    ("status", "code", "meant"),
    [
        ("queued", "", None),
        ("sent", "", ("sent", None, False)),
        ("delivered", "000", ("delivered", None, False)),
        ("read", "", ("delivered", None, False)),
        ("undelivered", "80", ("failed", "80", False)),
        ("rejected", "30", ("failed", "30", False)),
        ("failed", "200", ("failed", "200", True)),
        ("failed", "2 or so", ("failed", None, False)),
    ],
)
def test_what_became_of_a_text(plivo: Plivo, status: str, code: str, meant: tuple[Any, ...] | None) -> None:
    found = one(plivo, "text", MessageUUID=CHILD, ParentMessageUUID=LEG, Status=status, ErrorCode=code)
    assert (found and (found.status, found.code, found.opted_out)) == meant
    if meant:
        assert isinstance(found, MessageStatusEvent) and found.message_id == LEG, "a part of a long text is the text"


def test_names_that_only_the_plugin_uses_are_dropped(plivo: Plivo) -> None:
    fields = {
        "CallSid": CHILD,
        "AccountSid": "another",
        "ParentCallSid": CHILD,
        "CallDuration": "5",
        "Timestamp": "2001-01-01",
    }
    ringing = one(plivo, "voice", **RING | fields)
    assert isinstance(ringing, CallEvent) and (ringing.call_id, ringing.kind, ringing.at) == (LEG, "ringing", CLOCK())
    with pytest.raises(BadPayload):
        one(plivo, "voice", **{**fields, "From": "13125550143", "To": "13125550142"})


@pytest.mark.parametrize("call_id", ["", "x", "../Call", LEG + "0", LEG.replace("-", ""), LEG[:-1] + "é"])
def test_an_id_that_is_none_is_no_event(plivo: Plivo, call_id: str) -> None:
    with pytest.raises(BadPayload):
        one(plivo, "voice", **RING | {"CallUUID": call_id})
