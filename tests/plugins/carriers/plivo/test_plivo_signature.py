"""Plivo's signatures: made as its own library makes them, taken as it takes them, and stricter where it is lenient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from plivo_wire import CALL, CALLER, CLOCK, HUB, LEG, TRACKING, simulated

from hub.api import BadPayload, BadSignature, VerifiedWebhook, WebhookRequest
from hub.testing import connect
from plugins.carriers.plivo import Plivo, signature
from plugins.carriers.plivo.sandbox import Sandbox

SANDBOX = Sandbox(CLOCK)
TOKEN = SANDBOX.tokens[0]
NONCE = "05429567804466091622"
RING = {
    "CallUUID": LEG,
    "From": "13125550143",
    "To": "13125550142",
    "CallStatus": "ringing",
    "CallerName": "Zoë, A. & B=C",
}


@pytest.fixture(scope="module")
def plivo() -> Plivo:
    return connect(Plivo, SANDBOX, clock=CLOCK)


def fields_of(body: bytes) -> dict[str, Any]:
    """A form as a web framework gives it to Plivo's library: one value, or a list of them."""
    parsed = parse_qs(body.decode(), keep_blank_values=True)
    return {name: values[0] if len(values) == 1 else values for name, values in parsed.items()}


def vouched(request: WebhookRequest, token: str = TOKEN) -> bool:
    """Whether Plivo's own library takes a V3 signature."""
    from plivo.utils import validate_v3_signature

    nonce, claimed = request.headers[signature.V3_NONCE], request.headers[signature.V3]
    taken: bool = validate_v3_signature(request.method, request.url, nonce, token, claimed, fields_of(request.body))
    return taken


def signed_by_plivo(method: str, url: str, fields: Mapping[str, Any], token: str = TOKEN) -> WebhookRequest:
    """A webhook that Plivo's own library signed."""
    from plivo.utils import signature_v3 as theirs

    text = theirs.construct_get_url(url, {}) if method == "GET" else theirs.construct_post_url(url, dict(fields))
    signed = theirs.get_signature_v3(token, text.decode(), NONCE).decode()
    headers = {signature.V3: signed, signature.V3_NONCE: NONCE}
    body = b"" if method == "GET" else urlencode(fields, doseq=True).encode()
    return WebhookRequest(method=method, url=url, body=body, received_at=CLOCK(), headers=headers)


def older(path: str, fields: Mapping[str, str], nonce: str = NONCE, **headers: str) -> WebhookRequest:
    """A webhook with a V2 signature alone."""
    url = f"{HUB}/{path}"
    signed = signature.sign_form(TOKEN, signature.text_v2(url, nonce), "sha256")
    told = {signature.V2: signed, signature.V2_NONCE: nonce, **headers}
    return WebhookRequest("POST", url, urlencode(fields).encode(), CLOCK(), told)


def test_plivos_library_takes_every_webhook_of_the_stand_in(plivo: Plivo) -> None:
    sent = [request for _, request in SANDBOX.webhooks(simulated(), HUB)]
    sent += SANDBOX.play_call_back(str(_placed(plivo)), "answered")
    assert len(sent) > 8 and all(map(vouched, sent))
    assert not any(vouched(request, "another token") for request in sent)


def _placed(plivo: Plivo) -> str:
    with Sandbox(CLOCK) as running:
        assert isinstance(running, Sandbox)
        receipt = connect(Plivo, running, clock=CLOCK).place_call(CALL)
        SANDBOX.placed |= running.placed
    return str(receipt.reference)


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("POST", "voice", RING),
        ("POST", "voice", {"Digits": "", "CallUUID": LEG}),
        ("POST", "voice", {}),
        ("POST", "voice", {"CallUUID": LEG, "Several": ["b", "a", "a"]}),
        ("POST", "dial?mark=v1.sales&tracking_number=%2B13125550142&b=%26c%3D2&a=1&a=0&empty=", RING),
        ("POST", "dial?mark=v1.sales", {}),
        ("GET", "voice", {}),
        ("GET", "voice?To=13125550142&From=13125550143&CallStatus=ringing&X=a+b%25&X=A", {}),
    ],
)
def test_what_plivos_library_signs_is_taken(method: str, path: str, fields: Mapping[str, Any]) -> None:
    request = signed_by_plivo(method, f"{HUB}/{path}", fields)
    assert signature.verify(request, [TOKEN]), "the library and the plugin sign another text"
    with pytest.raises(BadSignature):
        signature.verify(request, ["another token"])


def test_v2_is_what_plivos_library_checks_for_texts() -> None:
    from plivo.utils import validate_signature

    request = SANDBOX.message_webhook(CALLER, TRACKING, "Is 5 pm ok?", HUB)
    nonce, claimed = request.headers[signature.V2_NONCE], request.headers[signature.V2]
    assert validate_signature(request.url, nonce, claimed, TOKEN)
    assert not validate_signature(request.url, nonce, claimed, "another token")


def test_while_tokens_are_replaced_each_of_them_counts() -> None:
    rotating = Sandbox(CLOCK)
    rotating.tokens = ["second token", *rotating.tokens]
    request = rotating.form_webhook(f"{HUB}/voice", RING, CLOCK())
    assert request.headers[signature.V3].count(",") == 1
    for tokens in (["second token"], [TOKEN], ["a third", TOKEN]):
        assert signature.verify(request, tokens)
    with pytest.raises(BadSignature):
        signature.verify(request, ["a third"])
    spaced = replace(
        request, headers={**request.headers, signature.V3: request.headers[signature.V3].replace(",", ", ")}
    )
    assert signature.verify(spaced, [TOKEN])


def test_a_call_goes_on_while_the_token_is_replaced() -> None:
    before = SANDBOX.addresses(HUB).of("digits", TRACKING, LEG, "v1.menu")
    settings = {"auth_token": "second token", "earlier_auth_tokens": [TOKEN]}
    plivo = connect(Plivo, SANDBOX, clock=CLOCK, **settings)
    request = SANDBOX.form_webhook(before, {"CallUUID": LEG, "Digits": "1"}, CLOCK())
    point = plivo.verify_webhook(request).answer
    assert point is not None and (point.digits, point.mark, point.call_id) == ("1", "v1.menu", LEG)
    without = connect(Plivo, SANDBOX, clock=CLOCK, auth_token="second token")
    with pytest.raises(BadSignature):
        without.verify_webhook(request)


def test_many_signatures_are_not_all_compared() -> None:
    request = SANDBOX.form_webhook(f"{HUB}/voice", RING, CLOCK())
    good = request.headers[signature.V3]
    flooded = replace(request, headers={**request.headers, signature.V3: ",".join(["x"] * 20 + [good])})
    with pytest.raises(BadSignature):
        signature.verify(flooded, [TOKEN])


# What an attacker could cut out of a text that was signed without separators


@pytest.mark.parametrize("nonce", ["", "1.2", "a b", "n" * 101, "ü"])
def test_a_nonce_that_could_hide_a_field_is_refused(nonce: str) -> None:
    request = SANDBOX.form_webhook(f"{HUB}/voice", RING, CLOCK())
    text = signature.text_v3("POST", request.url, signature.fields_of(request), nonce)
    headers = {signature.V3: signature.sign_form(TOKEN, text, "sha256"), signature.V3_NONCE: nonce}
    with pytest.raises(BadSignature):
        signature.verify(replace(request, headers=headers), [TOKEN])


def test_the_end_of_a_field_cannot_become_the_nonce() -> None:
    long = {"CallUUID": LEG, "To": "13125550142.99"}
    request = SANDBOX.form_webhook(f"{HUB}/voice", long, CLOCK())
    nonce = f"99.{request.headers[signature.V3_NONCE]}"
    cut = replace(
        request,
        body=urlencode({**long, "To": "13125550142"}).encode(),
        headers={**request.headers, signature.V3_NONCE: nonce},
    )
    assert vouched(cut), "Plivo's own library takes it"
    with pytest.raises(BadSignature):
        signature.verify(cut, [TOKEN])


def test_a_query_at_an_address_of_which_none_was_made_is_refused(plivo: Plivo) -> None:
    for query in ("mark=v1.sales", "tracking_number=%2B13125550199", "CallUUID=1", "x="):
        request = SANDBOX.form_webhook(f"{HUB}/voice?{query}", RING, CLOCK())
        with pytest.raises(BadSignature):
            plivo.verify_webhook(request)


def test_an_address_within_a_call_counts_only_as_it_was_made(plivo: Plivo) -> None:
    made = SANDBOX.addresses(HUB).of("dial", TRACKING, LEG, "v1.sales")
    fields = {"CallUUID": LEG, "DialStatus": "completed"}
    assert plivo.verify_webhook(SANDBOX.form_webhook(made, fields, CLOCK())).answer
    changed = (
        made.replace("v1.sales", "v1.other"),
        made.replace("/dial?", "/digits?"),
        made + "&mark=v1.other",
        made.partition("?")[0],
        made.replace("?", "?mark=v1.other&"),
    )
    for url in changed:
        with pytest.raises(BadSignature):
            plivo.verify_webhook(SANDBOX.form_webhook(url, fields, CLOCK()))


def test_fields_cut_differently_out_of_the_same_bytes_are_not_read(plivo: Plivo) -> None:
    request = SANDBOX.form_webhook(f"{HUB}/status", {"CallStatus": "completed", "CallUUID": LEG}, CLOCK())
    recut = replace(request, body=f"CallStatuscompletedCallUUID={LEG}".encode())
    assert vouched(recut) and signature.verify(recut, [TOKEN]), "it is the same text"
    assert plivo.verify_webhook(recut).event_key.startswith("sha256:")
    with pytest.raises(BadPayload):
        plivo.parse_webhook(recut)


@pytest.mark.parametrize("name", ["CallUUID", "From", "To"])
def test_a_field_that_comes_twice_is_no_event(plivo: Plivo, name: str) -> None:
    fields = {"CallUUID": LEG, "From": "13125550143", "To": "13125550142", "CallStatus": "ringing"}
    doubled = [*fields.items(), (name, fields[name])]
    url = f"{HUB}/voice"
    body = urlencode(doubled).encode()
    text = signature.text_v3("POST", url, signature.form_fields(body), NONCE)
    headers = {signature.V3: signature.sign_form(TOKEN, text, "sha256"), signature.V3_NONCE: NONCE}
    with pytest.raises(BadPayload):
        plivo.parse_webhook(WebhookRequest("POST", url, body, CLOCK(), headers))
    single = WebhookRequest("POST", url, urlencode(fields).encode(), CLOCK(), headers)
    with pytest.raises(BadSignature):
        plivo.verify_webhook(single)


def test_a_get_is_read_from_its_query(plivo: Plivo) -> None:
    request = signed_by_plivo("GET", f"{HUB}/voice?{urlencode(RING | {'CallerName': 'Pat Doe'})}", {})
    verified = plivo.verify_webhook(request)
    assert verified.event_key == f"call:{LEG}:ringing" and verified.answer
    assert verified.answer.caller_number == CALLER
    moved = replace(request, method="POST")
    with pytest.raises(BadSignature):
        plivo.verify_webhook(moved)


# V2, which covers no fields


def test_v2_is_taken_for_texts_alone(plivo: Plivo) -> None:
    text = {"MessageUUID": LEG, "From": "13125550143", "To": "13125550142", "Text": "Yes"}
    assert plivo.verify_webhook(older("message", text)) == VerifiedWebhook(f"nonce:{NONCE}")
    for path in ("voice", "fallback", "status", "dial", "recording", "message/../voice"):
        with pytest.raises(BadSignature):
            plivo.verify_webhook(older(path, RING))


def test_one_v2_signature_is_good_for_one_text(plivo: Plivo) -> None:
    first = older("message", {"MessageUUID": LEG, "From": "13125550143", "To": "13125550142", "Text": "STOP"})
    forged = replace(first, body=first.body.replace(b"STOP", b"START"))
    keys = {plivo.verify_webhook(request).event_key for request in (first, forged)}
    assert len(keys) == 1, "the forged text would be a second event"
    assert plivo.verify_webhook(older("message", {}, "9" * 20)).event_key not in keys


def test_a_v3_signature_that_is_there_must_be_right(plivo: Plivo) -> None:
    text = {"MessageUUID": LEG, "From": "13125550143", "To": "13125550142", "Text": "Yes"}
    for wrong in ("", "AAAA", "é"):
        with pytest.raises(BadSignature):
            plivo.verify_webhook(older("message", text, **{signature.V3: wrong, signature.V3_NONCE: NONCE}))


def test_a_text_with_both_signatures_is_named_by_its_id() -> None:
    careful = Sandbox(CLOCK)
    careful.signs_texts_fully = True
    plivo = connect(Plivo, careful, clock=CLOCK)
    request = careful.message_webhook(CALLER, TRACKING, "Yes", HUB)
    assert vouched(request) and plivo.verify_webhook(request).event_key.startswith("message:")
    with pytest.raises(BadSignature):
        plivo.verify_webhook(replace(request, body=request.body.replace(b"Yes", b"No")))


def test_the_query_of_a_report_is_not_signed_and_not_read(plivo: Plivo) -> None:
    request = older("text", {"MessageUUID": LEG, "Status": "delivered"})
    assert urlsplit(request.url).query == "" and plivo.verify_webhook(request)
    with pytest.raises(BadSignature):
        plivo.verify_webhook(replace(request, url=f"{request.url}?Status=failed"))
