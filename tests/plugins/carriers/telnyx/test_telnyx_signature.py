"""Telnyx' webhook signatures: our check against the SDK's two, and against keys made by another library."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from hub.api import BadSignature, ConfigError, WebhookRequest
from hub.api.carriers import AnswerPoint, Dial
from hub.api.sandbox import SimulatedCall
from hub.api.twiml import CallbackAddresses
from hub.testing import connect
from plugins.carriers.telnyx import Telnyx, signature
from plugins.carriers.telnyx.sandbox import Sandbox

SANDBOX = Sandbox()
TELNYX = connect(Telnyx, SANDBOX)
BASE = TELNYX.services.webhook_url
NUMBER, CALLER = "+13125550142", "+13125550143"
# RFC 8032, section 7.1, test 3: a published key, so that neither library is its own witness.
RFC_PUBLIC = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
RFC_SIGNATURE = (
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)


def genuine(body: bytes, at: datetime) -> WebhookRequest:
    return SANDBOX.signed(f"{BASE}/message", body, "application/json", at)


def refused(request: WebhookRequest, public_key: str = SANDBOX.public_key) -> bool:
    try:
        signature.verify(request, public_key)
    except BadSignature:
        return True
    return False


def test_the_published_vector_of_ed25519_holds() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    Ed25519PublicKey.from_public_bytes(bytes.fromhex(RFC_PUBLIC)).verify(bytes.fromhex(RFC_SIGNATURE), b"\xaf\x82")


def test_what_another_library_signs_as_telnyx_does_is_taken() -> None:
    key = SigningKey(bytes(range(32)))
    public = base64.b64encode(bytes(key.verify_key)).decode()
    body, at = b'{"data":{"event_type":"message.received"}}', datetime(2026, 11, 24, 15, tzinfo=UTC)
    signed = base64.b64encode(key.sign(b"1795532400|" + body).signature).decode()
    request = WebhookRequest(
        "POST", BASE, body, at, {"telnyx-timestamp": "1795532400", "telnyx-signature-ed25519": signed}
    )
    assert int(at.timestamp()) == 1795532400
    signature.verify(request, public)
    assert refused(request), "another account's key is not ours"


def test_telnyxs_own_checks_take_what_the_stand_in_signs() -> None:
    from telnyx import Telnyx as Client
    from telnyx.lib.webhook_verification import verify_webhook_signature

    request = SANDBOX.message_webhook(CALLER, NUMBER, "Größe 5?", BASE)
    assert abs(request.received_at.timestamp() - time.time()) < 60
    verify_webhook_signature(request.body, request.headers, SANDBOX.public_key)
    event = Client(api_key="KEY", public_key=SANDBOX.public_key).webhooks.unwrap(
        request.body.decode(), headers=request.headers
    )
    assert event.data.payload.text == "Größe 5?"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "change",
    [
        lambda request: replace(request, body=request.body + b" "),
        lambda request: replace(request, body=request.body.replace(b"5", b"6")),
        lambda request: replace(request, headers={**request.headers, "telnyx-timestamp": "1"}),
        lambda request: replace(request, headers={**request.headers, "telnyx-timestamp": "now"}),
        lambda request: replace(request, headers={**request.headers, "telnyx-signature-ed25519": "AAAA"}),
        lambda request: replace(request, headers={**request.headers, "telnyx-signature-ed25519": "not base64 é"}),
        lambda request: replace(request, headers={}),
    ],
)
def test_what_telnyxs_own_check_refuses_is_refused(change: object) -> None:
    from telnyx.lib.webhook_verification import WebhookVerificationError, verify_webhook_signature

    request = change(SANDBOX.message_webhook(CALLER, NUMBER, "5?", BASE))  # type: ignore[operator]
    with pytest.raises(WebhookVerificationError):
        verify_webhook_signature(request.body, request.headers, SANDBOX.public_key)
    assert refused(request)


@pytest.mark.parametrize(("seconds", "late"), [(0, False), (299, False), (-299, False), (301, True), (-301, True)])
def test_a_webhook_holds_five_minutes_before_and_after_its_arrival(seconds: int, late: bool) -> None:
    at = datetime(2026, 11, 24, 15, tzinfo=UTC)
    request = genuine(b"{}", at)
    assert refused(replace(request, received_at=at + timedelta(seconds=seconds))) is late


def test_a_kept_webhook_is_as_genuine_years_later() -> None:
    signature.verify(genuine(b"{}", datetime(2016, 1, 1, tzinfo=UTC)), SANDBOX.public_key)


@settings(max_examples=50)
@given(st.binary(max_size=200), st.text(max_size=30), st.text(max_size=100))
def test_headers_and_bodies_of_any_kind_are_refused_and_break_nothing(body: bytes, time: str, signed: str) -> None:
    headers = {"telnyx-timestamp": time, "telnyx-signature-ed25519": signed}
    assert refused(WebhookRequest("POST", BASE, body, datetime(2026, 11, 24, tzinfo=UTC), headers))


@pytest.mark.parametrize("key", ["", "AAAA", "not base64", SANDBOX.public_key[:-4], f"{SANDBOX.public_key}AAAA"])
def test_a_public_key_of_the_wrong_form_is_a_problem_of_config(key: str) -> None:
    with pytest.raises(ConfigError, match="44 characters"):
        connect(Telnyx, SANDBOX, public_key=key)


def test_a_blank_api_key_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="api_key"):
        connect(Telnyx, SANDBOX, api_key=" ")


# The addresses, which Telnyx does not sign


def dialed_leg(url: str) -> WebhookRequest:
    form = {"AccountSid": SANDBOX.account_sid, "CallSid": SANDBOX.new_call_id(), "CallStatus": "completed"}
    return SANDBOX.form_webhook(url, form, datetime(2026, 11, 24, 15, tzinfo=UTC))


POINT = AnswerPoint(moment="ringing", tracking_number=NUMBER, call_id="v3:aaaaaaaaaaaaaaaaaaaa")
OURS = CallbackAddresses(BASE, SANDBOX.api_key).of("leg", NUMBER, POINT.call_id, "v1.sales")


def test_a_genuine_body_at_an_address_that_we_made_is_taken() -> None:
    assert TELNYX.verify_webhook(dialed_leg(OURS)).event_key.endswith(":completed")


@pytest.mark.parametrize(
    "url",
    [
        OURS.replace("5550142", "5550199"),
        OURS.replace("/leg?", "/recording?"),
        OURS.replace("v1.sales", "v1.free"),
        OURS.replace("call=v3", "call=v4"),
        OURS[:-1],
        OURS.partition("&proof=")[0],
        f"{BASE}/leg",
        f"{BASE}/dial?proof=",
        OURS.replace("proof=", "proof=%C3%A9"),
        f"{OURS}&mark=v1.free",
        CallbackAddresses(BASE, "another key").of("leg", NUMBER, POINT.call_id, "v1.sales"),
    ],
)
def test_a_genuine_body_at_a_changed_address_is_refused(url: str) -> None:
    with pytest.raises(BadSignature, match="did not make"):
        TELNYX.verify_webhook(dialed_leg(url))


def test_what_an_address_carries_comes_back_as_it_was() -> None:
    document = TELNYX.render_answer(POINT, (Dial(numbers=("+13125550199",), mark="v7.a_b-c"),))
    (url,) = [part for part in document.body.split('"') if "/dial?" in part]
    fields = {
        "AccountSid": SANDBOX.account_sid,
        "CallSid": POINT.call_id,
        "From": CALLER,
        "To": NUMBER,
        "DialCallStatus": "no-answer",
    }
    request = SANDBOX.form_webhook(url.replace("&amp;", "&"), fields, datetime(2026, 11, 24, tzinfo=UTC))
    assert TELNYX.verify_webhook(request).answer == AnswerPoint(
        moment="dial_ended",
        tracking_number=NUMBER,
        call_id=POINT.call_id,
        caller_number=CALLER,
        mark="v7.a_b-c",
        why="no_answer",
    )


def test_no_secret_stands_in_a_document_or_a_webhook() -> None:
    call = SimulatedCall(
        caller_number=CALLER, tracking_number=NUMBER, answering_number="+13125550199", started_at=datetime.now(UTC)
    )
    sent = [request for _, request in SANDBOX.webhooks(call, BASE)]
    assert not [one for one in sent if SANDBOX.api_key in one.url or SANDBOX.api_key.encode() in one.body]
    assert json.dumps([one.url for one in sent]).count("proof=") == 4
