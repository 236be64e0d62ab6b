"""A carrier's webhook over HTTP: verified, kept, and only then answered, whatever it holds."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from web_edge import BUSINESS, DEFAULT, FACEBOOK, PUBLIC, STUBBORN, Edge

from hub.api import WebhookRequest, Webhooks
from hub.api.twiml import form_fields, sign_form, signed_text
from hub.web.webhooks import REFUSE_SECONDS


def sid(number: int) -> str:
    return f"CA{number:032x}"


def ringing(edge: Edge, call: str = sid(1), **fields: str) -> Any:
    """A call on the default number rings."""
    return edge.post(
        "voice", {"CallSid": call, "CallStatus": "ringing", "To": DEFAULT, "From": "+13125550142"} | fields
    )


def inbox(edge: Edge) -> int:
    return int(edge.one("SELECT count(*) FROM inbox"))


def test_a_ringing_call_is_stored_then_answered_along_its_route(edge: Edge) -> None:
    answer = edge.send(edge.call()[0])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert inbox(edge) == 1
    spoken = ElementTree.fromstring(answer.content)
    assert [each.tag for each in spoken] == ["Say", "Say", "Dial"]
    assert [each.text for each in spoken.findall("Say")] == [
        "Thank you for calling Lakeside.",
        "This call is recorded.",
    ]
    dial, number = spoken[2], spoken[2][0]
    assert (dial.get("record"), number.text) == ("record-from-answer-dual", BUSINESS)
    assert dial.get("action", "").startswith(f"{PUBLIC}/webhooks/twilio/dial?")
    assert number.get("url", "").startswith(f"{PUBLIC}/webhooks/twilio/whisper?")


def test_the_answering_person_hears_where_the_call_comes_from(edge: Edge) -> None:
    (number,) = ElementTree.fromstring(edge.send(edge.call(tracking_number=FACEBOOK)[0]).content).findall("Dial/Number")
    path = number.get("url", "").removeprefix(f"{PUBLIC}/webhooks/twilio/")
    answer = edge.post(path, {"CallSid": sid(2), "CallStatus": "in-progress", "To": BUSINESS, "From": "+13125550142"})
    assert [each.text for each in ElementTree.fromstring(answer.content)] == ["A caller from Spring."]


def test_a_call_that_nobody_answers_goes_to_voicemail(edge: Edge) -> None:
    *_, after_dial, voicemail, _, _ = edge.call(outcome="voicemail")
    spoken = ElementTree.fromstring(edge.send(after_dial).content)
    assert [each.tag for each in spoken] == ["Say", "Record", "Hangup"]
    assert spoken[0].text == "Please leave a message."
    assert [each.tag for each in ElementTree.fromstring(edge.send(voicemail).content)] == ["Hangup"]


def test_a_whole_call_over_http_is_one_call(edge: Edge) -> None:
    for request in edge.call():
        assert edge.send(request).status_code == 200
    edge.work()
    (call,) = edge.calls()
    assert (call["status"], call["answered_by"], call["duration"]) == ("completed", BUSINESS, 98)
    assert call["recording_id"].startswith("RE")


def test_a_forged_webhook_is_refused_counted_and_not_kept(edge: Edge) -> None:
    genuine = edge.call()[0]
    line = 'ringfence_webhooks_total{connector="twilio",outcome="forged"}'
    before = edge.metric(line)
    signature = genuine.headers["x-twilio-signature"]
    forgeries: list[dict[str, str]] = [{}, {"x-twilio-signature": ""}, {"x-twilio-signature": signature[::-1]}]
    for headers in forgeries:
        refused = edge.send(replace(genuine, headers=headers))
        assert (refused.status_code, refused.text) == (403, "Forbidden")
    assert edge.send(replace(genuine, body=genuine.body + b"&Digits=1")).status_code == 403
    assert edge.metric(line) == before + 4
    assert inbox(edge) == 0


def test_a_second_signature_header_opens_nothing(edge: Edge) -> None:
    genuine = edge.call()[0]
    doubled = [("x-twilio-signature", "AAAA"), ("x-twilio-signature", "BBBB")]
    assert edge.client.post("/webhooks/twilio/voice", content=genuine.body, headers=doubled).status_code == 403


def test_a_host_header_does_not_change_what_is_verified(edge: Edge) -> None:
    request = edge.call()[0]
    posing = {"host": "evil.example.com", "x-forwarded-host": "evil.example.com", "x-original-url": "/healthz"}
    assert edge.send(replace(request, headers={**request.headers, **posing})).status_code == 200


@pytest.mark.parametrize("path", ["nobody/voice", "NOBODY/x", "%00/voice", "..%2f/voice", "google/voice", "-/"])
def test_an_unknown_connector_reveals_nothing(edge: Edge, path: str) -> None:
    answer = edge.client.post(f"/webhooks/{path}", content=b"x")
    forged = edge.client.post("/webhooks/twilio/voice", content=b"x", headers={"x-twilio-signature": "AAAA"})
    assert (answer.status_code, answer.text) == (forged.status_code, forged.text) == (403, "Forbidden")
    assert min(answer.elapsed, forged.elapsed).total_seconds() > REFUSE_SECONDS * 0.9, "neither is answered sooner"


def test_a_body_larger_than_its_carriers_are_is_refused_before_it_is_read_whole(edge: Edge) -> None:
    headers = dict(edge.call()[0].headers)
    large = Webhooks().max_bytes + 1
    line = 'ringfence_webhooks_total{connector="twilio",outcome="too large"}'
    before = edge.metric(line)
    honest = edge.client.post("/webhooks/twilio/voice", content=b"x" * large, headers=headers)
    chunked = edge.client.post("/webhooks/twilio/voice", content=iter([b"x" * 1_000] * 70), headers=headers)
    assert [honest.status_code, chunked.status_code] == [413, 403]
    assert edge.metric(line) == before + 1
    assert edge.client.post("/track/lakeside/visit", content=b"x" * 2_000_000).status_code == 413
    assert inbox(edge) == 0


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 10\r\nTransfer-Encoding: chunked",
        "Content-Length: 99999999999999999999",
        "Content-Length: -1",
        "Content-Length: 3\r\nContent-Length: 30",
        "Transfer-Encoding: gzip",
    ],
)
def test_a_body_whose_length_is_a_lie_is_refused_or_cut(edge: Edge, framing: str) -> None:
    port = edge.client.base_url.port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        head = f"POST /webhooks/twilio/voice HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n"
        wire.sendall(head.encode() + b"3\r\nabc\r\n0\r\n\r\n")
        with contextlib.suppress(OSError):  # refused and closed already
            wire.shutdown(socket.SHUT_WR)
        reply = wire.recv(65_536).decode("latin-1")
    assert "Traceback" not in reply and not reply.startswith("HTTP/1.1 5")
    assert edge.client.get("/healthz").status_code == 200
    assert inbox(edge) == 0


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "\u00e9"]
)
def test_the_content_type_decides_nothing(edge: Edge, content_type: str) -> None:
    request = edge.call()[0]
    headers = {name.encode(): value.encode() for name, value in request.headers.items()}
    headers[b"content-type"] = content_type.encode("latin-1")
    path = request.url.removeprefix(PUBLIC)
    answer = edge.client.post(path, content=request.body, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 200
    edge.work()
    assert len(edge.calls()) == 1


def signed(edge: Edge, path: str, body: bytes) -> WebhookRequest:
    """Raw bytes with Twilio's right signature."""
    url = f"{PUBLIC}/webhooks/twilio/{path}"
    text = signed_text(url, form_fields(body))
    headers = {"x-twilio-signature": sign_form(edge.twilio.auth_token, text)}
    return WebhookRequest(method="POST", url=url, body=body, received_at=edge.clock(), headers=headers)


def parked(edge: Edge) -> list[str]:
    return [row["reason"] for row in edge.rows("SELECT reason FROM inbox WHERE state = 'parked'")]


ODD_BODIES = {
    "a doubled field": b"CallSid={sid}&CallSid={other}&CallStatus=ringing&To=%2B13125550120&AccountSid={account}",
    "a NUL in an id": b"CallSid={sid}%00&CallStatus=ringing&To=%2B13125550120&AccountSid={account}",
    "a NUL in a name": b"CallSid={sid}&CallerName=%00&CallStatus=ringing&To=%2B13125550120&AccountSid={account}",
    "a byte order mark": b"\xef\xbb\xbfCallSid={sid}&CallStatus=ringing&To=%2B13125550120&AccountSid={account}",
    "no UTF-8": b"CallSid={sid}&CallerName=%ff%fe&CallStatus=ringing&To=%2B13125550120&AccountSid={account}",
    "half a surrogate pair": b"CallSid={sid}&CallerName=%ed%a0%80&CallStatus=ringing&To=%2B13125550120&AccountSid={account}",
    "nothing": b"",
    "JSON": b'{"CallSid": "CA1", "x": "="}',
    "deep JSON": b"[" * 60_000 + b"=",
    "another account": b"CallSid={sid}&CallStatus=ringing&To=%2B13125550120&AccountSid=AC00000000000000000000000000000000",
    "no number": b"CallSid={sid}&CallStatus=ringing&AccountSid={account}",
    "a wrong status": b"CallSid={sid}&CallStatus=teleported&To=%2B13125550120&AccountSid={account}",
}


@pytest.mark.parametrize("path", ["voice", "status", "dial", "voicemail", "recording", "message", "whisper", "nowhere"])
def test_a_genuine_webhook_that_makes_no_sense_is_kept_for_people(edge: Edge, path: str) -> None:
    for number, body in enumerate(ODD_BODIES.values()):
        filled = body.replace(b"{account}", edge.twilio.account_sid.encode())
        filled = filled.replace(b"{sid}", sid(number).encode()).replace(b"{other}", sid(99).encode())
        answer = edge.send(signed(edge, path, filled))
        assert answer.status_code == 200, (path, number)
        assert "Traceback" not in answer.text
    edge.work()
    states = {row["state"] for row in edge.rows("SELECT state FROM inbox")}
    assert states <= {"done", "parked"}
    assert inbox(edge) == len(ODD_BODIES), "none was lost for looking like another"
    assert not any("+1312" in reason for reason in parked(edge))


@pytest.mark.parametrize("seconds", ["-1", "1000000000", "1e400", "NaN", "0x10", "٣", "", "9" * 400])
def test_a_duration_that_cannot_be_is_parked_and_the_call_stays(edge: Edge, seconds: str) -> None:
    ringing(edge)
    ended = {"CallSid": sid(1), "CallStatus": "completed", "To": DEFAULT, "CallDuration": seconds}
    assert edge.post("status", ended).status_code == 200
    edge.work()
    (call,) = edge.calls()
    assert call["status"] == "completed" or len(parked(edge)) == 1
    assert call["duration"] is None or 0 <= call["duration"] < 10**6


ODD_TIMES = [
    "0",
    "-1",
    "1" + "0" * 20,
    "Thu, 01 Jan 1970 00:00:00 +0000",
    "Mon, 01 Jan 0001 00:00:00 +0000",
    "Fri, 31 Dec 9999 23:59:59 +0000",
]


@pytest.mark.parametrize("timestamp", ODD_TIMES)
def test_a_time_that_cannot_be_loses_no_call(edge: Edge, timestamp: str) -> None:
    ended = {"CallSid": sid(1), "CallStatus": "completed", "To": DEFAULT, "CallDuration": "90", "Timestamp": timestamp}
    assert edge.post("status", ended).status_code == 200
    ringing(edge)
    edge.work()
    assert {row["state"] for row in edge.rows("SELECT state FROM inbox")} <= {"done", "parked"}
    (call,) = edge.calls()
    assert call["tracking_number"] == DEFAULT


def test_a_call_that_ends_before_it_rings_is_the_same_call(edge: Edge) -> None:
    requests = edge.call()
    for request in reversed(requests):
        assert edge.send(request).status_code == 200
    edge.work()
    backwards = edge.calls()
    assert backwards[0]["status"] == "completed"
    assert (backwards[0]["answered_by"], backwards[0]["duration"]) == (BUSINESS, 98)


def test_replays_and_doubles_change_nothing(edge: Edge) -> None:
    requests = edge.call()
    for request in requests:
        edge.send(request)
    edge.work()
    counts = "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM call_event), (SELECT count(*) FROM person)"
    before = edge.calls(), edge.rows(counts)
    edge.clock.advance(days=40)
    for request in [*requests, *reversed(requests)]:
        assert edge.send(request).status_code == 200
    edge.work()
    assert (edge.calls(), edge.rows(counts)) == before


def test_of_two_bodies_with_one_id_the_first_counts(edge: Edge) -> None:
    ringing(edge, From="+13125550142")
    assert ringing(edge, From="+13125550143").status_code == 200
    edge.work()
    assert [call["caller_number"] for call in edge.calls()] == ["+13125550142"]
    assert inbox(edge) == 1


def test_events_with_long_keys_are_not_taken_for_one_another(edge: Edge) -> None:
    long = "x" * 300
    for tail in ("a", "b", "\x00", "\ud800"):
        assert edge.tell(long + tail, "completed").status_code == 200
        assert edge.tell(long + tail, "completed").status_code == 200
    assert inbox(edge) == 4


def test_a_call_on_a_number_that_is_not_ours_is_kept_but_not_answered(edge: Edge) -> None:
    answer = ringing(edge, To="+13125550177")
    assert (answer.status_code, ElementTree.fromstring(answer.content).tag) == (200, "Response")
    assert len(ElementTree.fromstring(answer.content)) == 0
    assert len(ElementTree.fromstring(ringing(edge, sid(2), To=STUBBORN).content)) == 0, "another carrier's number"
    edge.work()
    assert [call["company_id"] for call in edge.calls() if call["tracking_number"] == "+13125550177"] == [None]


NOBODY = [
    "anonymous",
    "Restricted",
    "+266696687",
    "unknown",
    "",
    "null",
    "+",
    "+0",
    "emoji 📞",
    "\u200d",
    "9" * 40,
    "nan",
]
ODD_PHONES = [
    "+1",
    "sip:a@b",
    "+1 (312) 555-0142 x89",
    "\uff0b\uff11\uff13\uff11\uff12\uff15\uff15\uff15\uff10\uff11\uff14\uff12",
    "\u0661\u0662\u0663",
    "\u202e+13125550142",
    "0013125550142",
    "72345",
    "+1911",
    "tel:+13125550142",
    DEFAULT,
    BUSINESS,
    "1.5",
    "<script>",
    "' OR 1=1 --",
    "+13125550142\n",
]


@pytest.mark.parametrize("field", ["From", "To", "CallerName", "StirVerstat"])
def test_whatever_stands_for_a_number_no_call_is_lost(edge: Edge, field: str) -> None:
    phones = NOBODY + ODD_PHONES
    for number, phone in enumerate(phones):
        answer = ringing(edge, sid(number), **{field: phone})
        assert answer.status_code == 200, phone
        assert ElementTree.fromstring(answer.content).tag == "Response"
    edge.work()
    kept = len(edge.calls()) + len(parked(edge))
    assert kept == len(phones)
    if field == "From":
        hidden = edge.rows("SELECT count(*) AS n FROM call WHERE caller_number IS NULL")[0]["n"]
        assert hidden >= len(NOBODY)
        assert edge.one("SELECT count(*) FROM person") <= len(ODD_PHONES)


TEXTS = [
    "<script>alert(1)</script>",
    "{{7*7}}",
    "=HYPERLINK(1)",
    "+cmd|",
    "@SUM",
    "\x00",
    "x" * 60_000,
    "e\u0301 \u00e9",
    "ЅТОР",
    "stop.",
    "STOP!!!",
    " Stop please",
    "don't stop",
    "arrêt",
    "PARE",
    "",
    "a" * 160,
    "ß" * 161,
]


def test_texts_of_every_kind_are_kept(edge: Edge) -> None:
    for number, body in enumerate(TEXTS):
        fields = {"MessageSid": f"SM{number:032x}", "SmsStatus": "received", "To": DEFAULT, "From": "+13125550142"}
        answer = edge.post("message", fields | {"Body": body, "NumMedia": "0"})
        assert answer.status_code == 200
        assert len(ElementTree.fromstring(answer.content)) == 0, "no text goes back"
    edge.work()
    kept = edge.one("SELECT count(*) FROM text_message WHERE direction = 'in'")
    assert kept + len(parked(edge)) == len(TEXTS)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/x", "file:///etc/passwd", "https://api.twilio.com@evil.example.com/", "http://[", "\x00"]
)
def test_a_recording_elsewhere_is_parked_and_the_call_stays(edge: Edge, url: str) -> None:
    ringing(edge)
    fields = {"CallSid": sid(1), "RecordingSid": "RE" + "1" * 32, "RecordingStatus": "completed", "RecordingUrl": url}
    assert edge.post("recording", fields).status_code == 200
    edge.work()
    (call,) = edge.calls()
    assert call["recording_url"] is None
    assert len(parked(edge)) == 1


@pytest.mark.parametrize(
    "body", [b"[" * 60_000, b'{"a": 1e400}', b"null", b"\xef\xbb\xbf{}", b'{"id": 1, "id": 2}', b"\xff"]
)
def test_json_of_every_kind_is_no_crash(edge: Edge, body: bytes) -> None:
    answer = edge.client.post("/webhooks/stubborn/events", content=body)
    assert answer.status_code in (403, 503)
    assert "Traceback" not in answer.text
    assert edge.tell("after").status_code == 200


def test_other_methods_are_refused(edge: Edge) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"):
        assert edge.client.request(method, "/webhooks/twilio/voice").status_code in (400, 405), method
