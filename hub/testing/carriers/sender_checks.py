"""What a carrier plugin must prove of who sent a webhook: no part of a signature, no other key and no other address is good."""

from __future__ import annotations

import hmac
import json
import re
import string
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from hub.contracts.connector import Connector
from hub.contracts.sandbox import Sandbox
from hub.contracts.webhooks import WebhookRequest
from hub.errors import BadSignature
from hub.hookspecs import CallHooks
from hub.plugin_host.host.shapes import secrets_in
from hub.testing import samples
from hub.testing.asking import attempt
from hub.testing.switchboard import carrier_of
from hub.testing.wire import WireConformance

NOT_SIGNATURES = ("content-type", "content-length", "user-agent")
NEAR_SECONDS = 3600
BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits
ADDRESS_HEADERS = ("host", "x-forwarded-host", "x-original-url", "x-original-host", "x-rewrite-url", "x-forwarded-uri")


class SenderConformance(WireConformance):
    """A webhook counts only if the whole signature is right, made with the customer's key, for the address of the hub."""

    def test_a_signature_with_any_character_changed_is_refused(self, connector: Connector, sandbox: Sandbox) -> None:
        request = self._webhook(connector, sandbox)
        for name, value in request.headers.items():
            if name in NOT_SIGNATURES or self._accepts(connector, _with_header(request, name, "0" * len(value))):
                continue
            for at, character in enumerate(value):
                if character != "=" and at > value.rfind(" "):  # what is before a space is the kind, as Bearer
                    changed = value[:at] + _another(character, value) + value[at + 1 :]
                    assert not self._accepts(connector, _with_header(request, name, changed)), (
                        f"a webhook is taken although character {at + 1} of {len(value)} in {name} is another one"
                    )

    def test_a_signature_with_another_key_is_refused(self, connector: Connector, sandbox: Sandbox) -> None:
        """Not with an empty key, and not with another secret of the settings."""
        for key in (b"", *(secret.encode() for secret in secrets_in(connector.settings))):
            with signed_with(key) as made:
                request = self._webhook(connector, sandbox)
            signatures = {form for replaced, each in made if replaced != key for form in _forms(each)}
            if any(form in value for form in signatures for value in request.headers.values()):
                assert not self._accepts(connector, request), (
                    f"a webhook is taken that is signed with {'another secret of the settings' if key else 'an empty key'}"
                )

    def test_a_signature_for_another_address_is_refused(self, connector: Connector, sandbox: Sandbox) -> None:
        """If the address is signed, then with its host, and as the hub knows it, whatever a header says."""
        request = self._webhook(connector, sandbox)
        signs = connector.manifest.webhooks.signs_body
        if not signs or self._accepts(connector, replace(request, url=request.url + "/x")):
            pytest.skip("this carrier does not sign the address")
        parts = urlsplit(request.url)
        elsewhere = replace(request, url=parts._replace(netloc="elsewhere.example.com").geturl())
        assert not self._accepts(connector, elsewhere), "a webhook is taken that is signed for another host"
        for name in ADDRESS_HEADERS:
            for value in (request.url, parts.netloc):
                assert not self._accepts(connector, _with_header(elsewhere, name, value)), (
                    f"the signed address is taken from the header {name}, which is not signed; use request.url"
                )

    def test_a_webhook_that_was_signed_long_ago_is_refused(self, connector: Connector, sandbox: Sandbox) -> None:
        """If the signature covers the time at which it was made: what somebody recorded cannot be sent again a day later."""
        request = self._webhook(connector, sandbox)
        if not self._signs_time(connector, request):
            pytest.skip("this carrier does not sign the time")
        late = replace(request, received_at=request.received_at + timedelta(days=1))
        assert not self._accepts(connector, late), (
            "a webhook is taken a day after it was signed: compare the signed time with request.received_at"
        )

    def _signs_time(self, connector: Connector, request: WebhookRequest) -> bool:
        """Whether a header holds the time in seconds, or a token that does, and another time is refused."""
        now = request.received_at.timestamp()
        for name, value in request.headers.items():
            if "iat" in _claims(value):
                return True
            for written in re.findall(r"(?<![0-9A-Za-z])[0-9]{10}(?:[0-9]{3})?(?![0-9A-Za-z])", value):
                other = value.replace(written, str(int(written) + 1))
                if abs(int(written[:10]) - now) < NEAR_SECONDS:
                    return not self._accepts(connector, _with_header(request, name, other))
        return False

    def _webhook(self, connector: Connector, sandbox: Sandbox) -> WebhookRequest:
        call = samples.simulated_call(connector.services.clock())
        return carrier_of(sandbox).webhooks(call, connector.services.webhook_url)[0][1]

    @staticmethod
    def _accepts(connector: Connector, request: WebhookRequest) -> bool:
        reply = attempt(connector, CallHooks.verify_webhook, request=request)
        return not isinstance(reply.error, BadSignature)


@contextmanager
def signed_with(key: bytes) -> Iterator[list[tuple[bytes, hmac.HMAC]]]:
    """HMACs of this process are made with this key; yields them, each with the key that was replaced."""
    made: list[tuple[bytes, hmac.HMAC]] = []
    new = hmac.new

    def other_new(given: bytes, *more: Any, **named: Any) -> hmac.HMAC:
        made.append((bytes(given), new(key, *more, **named)))
        return made[-1][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hmac, "new", other_new)
        patch.setattr(hmac, "digest", lambda given, message, digest: other_new(given, message, digest).digest())
        yield made


def _forms(signature: hmac.HMAC) -> Iterator[str]:
    """A signature as it may stand in a header."""
    yield signature.hexdigest()
    yield b64encode(signature.digest()).decode().rstrip("=")
    yield urlsafe_b64encode(signature.digest()).decode().rstrip("=")


def _claims(value: str) -> Mapping[str, Any]:
    """What a header's JSON Web Token says; nothing if it has none."""
    parts = value.rpartition(" ")[2].split(".")
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "==")) if len(parts) == 3 else {}
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _with_header(request: WebhookRequest, name: str, value: str) -> WebhookRequest:
    return replace(request, headers={**request.headers, name: value})


def _another(character: str, value: str) -> str:
    """Another character that stands for other bits, in hexadecimal or in base64, whose last character has bits without
    meaning."""
    if re.fullmatch(r"[0-9a-fA-F]+", value):
        return "1" if character == "0" else "0"
    return "w" if BASE64.find(character) // 16 == 0 else "A"
