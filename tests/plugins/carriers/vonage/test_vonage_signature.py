"""Only Vonage's own webhooks to our application count, as its library signs them, and more strictly than it checks them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.api import BadSignature, ConfigError, WebhookRequest
from hub.api.oauth import secret_token
from hub.testing import connect, samples
from plugins.carriers.vonage import Vonage
from plugins.carriers.vonage.sandbox import Sandbox

URL = "https://calls.example.com/webhooks/vonage"


def text(sandbox: Sandbox) -> WebhookRequest:
    return sandbox.message_webhook(samples.person_number(), samples.TRACKING_NUMBER, "Is 5 pm ok?", URL)


def claims(sandbox: Sandbox, request: WebhookRequest) -> dict[str, Any]:
    return {
        "iss": "Vonage",
        "iat": int(request.received_at.timestamp()),
        "jti": "once",
        "api_key": sandbox.api_key,
        "application_id": sandbox.account_sid,
        "payload_hash": hashlib.sha256(request.body).hexdigest(),
    }


def signed(request: WebhookRequest, token: str) -> WebhookRequest:
    return replace(request, headers={**request.headers, "authorization": f"Bearer {token}"})


def test_vonages_own_library_takes_the_token_of_the_stand_in(sandbox: Sandbox) -> None:
    from vonage_jwt import verify_signature

    token = text(sandbox).headers["authorization"].removeprefix("Bearer ")
    assert verify_signature(token, sandbox.signature_secret)
    assert not verify_signature(token, "another-secret-of-the-account")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"api_key": "another"}, "another account or application"),
        ({"application_id": "78d335fa-323d-4114-9c3d-d6f0d48968cf"}, "another account or application"),
        ({"application_id": None}, "another account or application"),
        ({"payload_hash": hashlib.sha256(b"{}").hexdigest()}, "not the one that Vonage signed"),
        ({"payload_hash": None}, "not the one that Vonage signed"),
        ({"payload_hash": ["a"]}, "not the one that Vonage signed"),
        ({"iat": -24 * 3600}, "machine's clock"),
        ({"iat": 24 * 3600 + 1}, "machine's clock"),
        ({"iat": None}, "machine's clock"),
        ({"iat": True}, "machine's clock"),
    ],
)
def test_a_genuine_token_for_something_else_is_refused(
    vonage: Vonage, sandbox: Sandbox, changed: dict[str, Any], why: str
) -> None:
    request = text(sandbox)
    if type(changed.get("iat")) is int:
        changed = {"iat": int(request.received_at.timestamp()) + changed["iat"]}
    told = {name: value for name, value in (claims(sandbox, request) | changed).items() if value is not None}
    with pytest.raises(BadSignature, match=why):
        vonage.verify_webhook(signed(request, secret_token(told, sandbox.signature_secret)))


def test_a_token_without_our_secret_is_refused_whatever_its_algorithm(vonage: Vonage, sandbox: Sandbox) -> None:
    import jwt

    request, public = text(sandbox), sandbox.settings()
    told = claims(sandbox, request)
    unsigned = jwt.encode(told, "", algorithm="none")
    by_key = jwt.encode(told, public["private_key"], algorithm="RS256")
    longer = jwt.encode(told, sandbox.signature_secret.ljust(64, "x"), algorithm="HS512")
    guessed = secret_token(told, "a-guess-of-the-secret")
    for token in (unsigned, by_key, longer, guessed, guessed.rpartition(".")[0] + "."):
        with pytest.raises(BadSignature, match="signature secret"):
            vonage.verify_webhook(signed(request, token))


def test_while_the_secret_is_replaced_both_are_taken_and_afterwards_one(sandbox: Sandbox) -> None:
    request = text(sandbox)
    replaced = {"signature_secret": "the-new-secret-of-the-account"}
    both = connect(Vonage, sandbox, **replaced, previous_signature_secret=sandbox.signature_secret)
    assert both.verify_webhook(request).event_key.startswith("message:")
    with pytest.raises(BadSignature):
        connect(Vonage, sandbox, **replaced).verify_webhook(request)


def test_a_webhook_by_get_is_refused_because_its_fields_are_not_signed(vonage: Vonage, sandbox: Sandbox) -> None:
    forged = sandbox.signed(f"{URL}/voice?to=13125550100&from=13125550199", b"", text(sandbox).received_at, "GET")
    with pytest.raises(BadSignature, match="hub numbers configure"):
        vonage.verify_webhook(forged)


def test_a_stored_webhook_stays_genuine(vonage: Vonage, sandbox: Sandbox) -> None:
    request = text(sandbox)
    vonage.services.clock.advance(days=3)  # type: ignore[attr-defined]
    assert vonage.verify_webhook(request) == vonage.verify_webhook(request)
    repeated = replace(request, received_at=request.received_at + timedelta(hours=23))
    assert vonage.verify_webhook(repeated).event_key == vonage.verify_webhook(request).event_key
    late = replace(request, received_at=request.received_at + timedelta(hours=25))
    with pytest.raises(BadSignature):
        vonage.verify_webhook(late)


def test_keys_that_cannot_work_are_refused_in_a_sentence(sandbox: Sandbox) -> None:
    with pytest.raises(ConfigError, match="private_key that cannot sign"):
        connect(Vonage, sandbox, private_key="-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----")
    with pytest.raises(ConfigError, match="empty api_secret"):
        connect(Vonage, sandbox, api_secret=" ")
    with pytest.raises(ConfigError, match="signature secret from the dashboard"):
        connect(Vonage, sandbox, signature_secret="short")
