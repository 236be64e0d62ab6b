"""Twilio's signatures against Twilio's own validator, both ways, and every way to forge one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from hub.api import BadSignature, ConfigError, WebhookRequest
from hub.api.twiml import form_fields, sign_form, signed_text
from hub.testing import connect
from plugins.carriers.twilio import Twilio, signature
from plugins.carriers.twilio.sandbox import Sandbox

ACCOUNT = "AC" + "0" * 32
TOKEN = "12345"
URL = "https://calls.example.com/webhooks/twilio/status?tracking_number=%2B13125550142"
AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
KEY = "webhooks_sharedkey_1"
SHA256_HEADER = {signature.SETTINGS_HEADER: f"key={KEY},algorithm=HMAC_SHA256"}


def twilio(**settings: object) -> Twilio:
    return connect(Twilio, account_sid=ACCOUNT, auth_token=TOKEN, **settings)


def post(url: str, body: bytes, signed: str, **headers: str) -> WebhookRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookRequest("POST", url, body, AT, {signature.SIGNATURE_HEADER: signed, **named})


def by_oracle(
    fields: dict[str, str], url: str = URL, secret: str = TOKEN, algorithm: str | None = None
) -> WebhookRequest:
    signed = RequestValidator(secret).compute_signature(url, fields, algorithm)
    return post(url, urlencode(fields).encode(), signed)


def refused(connector: Twilio, request: WebhookRequest) -> bool:
    try:
        connector.verify_webhook(request)
    except BadSignature:
        return True
    return False


DOCUMENTED = {
    "CallSid": "CA1234567890ABCDE",
    "From": "+12349013030",
    "To": "+18005551212",
    "Caller": "+12349013030",
    "Digits": "1234",
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        ({"Caller": "+14158675309", "From": "+14158675309"}, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ],
)
def test_the_documented_signatures_are_reproduced(changed: dict[str, str], expected: str) -> None:
    fields = form_fields(urlencode(DOCUMENTED | changed).encode())
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert sign_form(TOKEN, signed_text(url, fields)) == expected


FORMS = st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=30), max_size=12)


@settings(deadline=None)
@given(FORMS)
def test_whatever_twilio_signs_is_accepted(fields: dict[str, str]) -> None:
    try:
        request = by_oracle(fields)
    except UnicodeEncodeError:
        return
    assert twilio().verify_webhook(request).event_key


@settings(deadline=None)
@given(FORMS)
def test_twilio_accepts_what_we_sign(fields: dict[str, str]) -> None:
    try:
        body = urlencode(fields).encode()
    except UnicodeEncodeError:
        return
    signed = sign_form(TOKEN, signed_text(URL, form_fields(body)))
    assert RequestValidator(TOKEN).validate(URL, fields, signed)


@settings(deadline=None)
@given(FORMS.filter(bool), st.data())
def test_a_changed_byte_is_refused(fields: dict[str, str], data: st.DataObject) -> None:
    try:
        genuine = by_oracle(fields)
    except UnicodeEncodeError:
        return
    position = data.draw(st.integers(0, len(genuine.body) - 1))
    byte = data.draw(st.integers(0, 255))
    body = genuine.body[:position] + bytes([byte]) + genuine.body[position + 1 :]
    forged = post(URL, body, genuine.headers[signature.SIGNATURE_HEADER])
    assert refused(twilio(), forged) or meaning(body) == meaning(genuine.body)


def meaning(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode(), keep_blank_values=True)


@pytest.mark.parametrize(
    "signed",
    ["", "x", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", "é" * 28, "\udcff", "A" * 100_000],
)
def test_a_forged_signature_is_refused(signed: str) -> None:
    assert refused(twilio(), post(URL, b"CallSid=CA1", signed))


def test_a_missing_or_doubled_signature_is_refused() -> None:
    genuine = by_oracle({"CallSid": "CA1"})
    signed = genuine.headers[signature.SIGNATURE_HEADER]
    assert refused(twilio(), WebhookRequest("POST", URL, genuine.body, AT, {}))
    assert refused(twilio(), post(URL, genuine.body, f"{signed}, {signed}"))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("https://calls.example.com/a?b=1", "https://calls.example.com:443/a?b=1"),
        ("https://calls.example.com:443/a?b=1", "https://calls.example.com/a?b=1"),
        ("https://calls.example.com:8443/a", "https://calls.example.com/a"),
        ("http://calls.example.com/a", "http://calls.example.com:80/a"),
    ],
)
def test_a_signature_over_the_address_with_or_without_port_holds(ours: str, theirs: str) -> None:
    signed = RequestValidator(TOKEN).compute_signature(theirs, {"A": "1"})
    assert RequestValidator(TOKEN).validate(ours, {"A": "1"}, signed)
    assert not refused(twilio(), post(ours, b"A=1", signed))


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("https", "http"),
        URL.replace("calls.", "evil."),
        URL.replace("0142", "0143"),
        URL + "&x=1",
        "https://calls.example.com:99999/a",
        "https://[::1/a",
        "",
    ],
)
def test_a_signature_for_another_address_is_refused(url: str) -> None:
    genuine = by_oracle({"CallSid": "CA1"})
    assert refused(twilio(), post(url, genuine.body, genuine.headers[signature.SIGNATURE_HEADER]))


def test_both_auth_tokens_hold_during_a_rotation() -> None:
    old, new = by_oracle({"A": "1"}, secret="the old one"), by_oracle({"A": "1"})
    rotating = twilio(previous_auth_token="the old one")
    assert not refused(rotating, old)
    assert not refused(rotating, new)
    assert refused(twilio(), old)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"auth_token": " "}, "auth_token"),
        ({"previous_auth_token": ""}, "previous_auth_token"),
        ({"shared_keys": {KEY: ""}}, KEY),
        ({"rest_key_sid": "SK" + "0" * 32}, "rest_key_secret"),
    ],
)
def test_an_empty_secret_stops_the_connector(settings: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        connect(Twilio, **{"account_sid": ACCOUNT, "auth_token": TOKEN} | settings)


def with_shared_key(secret: str, header: str | None = None) -> WebhookRequest:
    signed = RequestValidator(secret).compute_signature(URL, {"A": "1"}, "HMAC_SHA256")
    settings_header = SHA256_HEADER[signature.SETTINGS_HEADER] if header is None else header
    return WebhookRequest(
        "POST", URL, b"A=1", AT, {signature.SIGNATURE_HEADER: signed, signature.SETTINGS_HEADER: settings_header}
    )


def test_a_webhook_signed_with_a_configured_shared_key_is_accepted() -> None:
    keys = {KEY: "first", "webhooks_sharedkey_2": "second"}
    connector = twilio(shared_keys=keys)
    assert not refused(connector, with_shared_key("first"))
    assert not refused(connector, with_shared_key("second", "key=webhooks_sharedkey_2,algorithm=HMAC_SHA256"))
    assert refused(connector, with_shared_key("second"))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "key=unknown,algorithm=HMAC_SHA256",
        f"key={KEY}",
        f"key={KEY},algorithm=HMAC_SHA1",
        f"key={KEY},algorithm=none",
        f"key={KEY},algorithm=HMAC_SHA256,algorithm=HMAC_SHA1",
        f"key={KEY},key=other,algorithm=HMAC_SHA256",
        "algorithm=HMAC_SHA256",
        "key=,algorithm=HMAC_SHA256",
    ],
)
def test_the_settings_header_cannot_choose_a_key_or_algorithm_that_is_not_configured(header: str) -> None:
    assert refused(twilio(shared_keys={KEY: "first"}), with_shared_key("first", header))
    assert refused(twilio(), with_shared_key(TOKEN, header))


def test_an_auth_token_signature_is_no_way_around_a_required_shared_key() -> None:
    classic = by_oracle({"A": "1"})
    assert refused(twilio(shared_keys={KEY: "first"}), classic)
    assert not refused(twilio(shared_keys={KEY: "first"}, require_shared_key=False), classic)


def json_webhook(body: bytes, url: str = URL) -> WebhookRequest:
    addressed = f"{url}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    signed = RequestValidator(TOKEN).compute_signature(addressed, {})
    return post(addressed, body, signed, content_type="application/json")


def test_a_json_body_is_covered_by_its_hash_in_the_address() -> None:
    genuine = json_webhook(b'{"status": "sent"}')
    signed = genuine.headers[signature.SIGNATURE_HEADER]
    assert RequestValidator(TOKEN).validate(genuine.url, genuine.body.decode(), signed)
    assert twilio().verify_webhook(genuine).event_key.startswith("sha256:")
    assert refused(twilio(), post(genuine.url, b'{"status": "read"}', signed))
    assert refused(twilio(), post(genuine.url, b"", signed, content_type="application/x-www-form-urlencoded"))
    assert refused(twilio(), post(URL, genuine.body, signed))
    assert refused(twilio(), json_webhook(b"{}", url=f"{URL}&bodySHA256=00"))


def test_a_wrong_content_type_changes_nothing() -> None:
    genuine = by_oracle({"CallSid": "CA1"})
    signed = genuine.headers[signature.SIGNATURE_HEADER]
    assert not refused(twilio(), post(URL, genuine.body, signed, content_type="text/plain"))


def test_repeated_fields_with_different_values_are_signed_in_order() -> None:
    class Several(dict[str, list[str]]):
        def getlist(self, name: str) -> list[str]:
            return self[name]

    signed = RequestValidator(TOKEN).compute_signature(URL, Several(A=["2", "1"], B=[""]))
    assert not refused(twilio(), post(URL, b"A=2&B=&A=1", signed))


@pytest.mark.parametrize("body", [b"A=1&A=1", b"A=1&", b"&A=1", b"A1", b"A=1&B", b"A=1&&", b"A=1;A=1"])
def test_a_signature_does_not_hold_for_a_body_that_is_written_otherwise(body: bytes) -> None:
    genuine = by_oracle({"A": "1"})
    assert refused(twilio(), post(URL, body, genuine.headers[signature.SIGNATURE_HEADER]))


@pytest.mark.parametrize(
    "body",
    [
        b"&" * 2_000_000,
        b"a&" * 1_000_000,
        b"\xef\xbb\xbfA=1",
        b"%00=%00",
        b"\xff\xfe",
        b"%",
        b"%zz=%",
        b'{"a":' * 99_999,
    ],
    ids=["ampersands", "million fields", "bom", "nul", "not utf-8", "percent", "bad escapes", "deep json"],
)
def test_a_hostile_body_is_refused_and_nothing_worse(body: bytes) -> None:
    assert refused(twilio(), post(URL, body, "nonsense"))


def test_the_sandbox_signs_as_twilio_does() -> None:
    sandbox = Sandbox()
    request = sandbox.message_webhook("+13125550143", "+13125550142", "Wasser läuft 💧", "https://calls.example.com/w")
    fields = {n.decode(): v.decode() for n, v in form_fields(request.body)}
    signed = request.headers[signature.SIGNATURE_HEADER]
    assert RequestValidator(sandbox.auth_token).validate(request.url, fields, signed)
