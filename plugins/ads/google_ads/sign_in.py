"""Access tokens for Google: granted for a service account's key or a refresh token, kept in the hub's token store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hub.api import AuthError, ConfigError, RetryLater, Services
from plugins.ads.google_ads.refusal import Refusal
from plugins.ads.google_ads.settings import GoogleAdsSettings
from plugins.ads.google_ads.untrusted import json_object

SCOPES = ("https://www.googleapis.com/auth/datamanager", "https://www.googleapis.com/auth/adwords")
"""Both, so that an account can move from one API to the other without a new sign-in."""
EARLY = 60.0
"""Seconds before its end at which a token is no longer used."""


class SignIn:
    """The connector's access to Google."""

    def __init__(self, settings: GoogleAdsSettings, services: Services) -> None:
        self._settings = settings
        self._services = services

    def token(self, refused: str | None = None) -> str:
        """An access token that is good for a minute at least, and is not the one that Google `refused`."""
        held = self._held(refused)
        if held is None:
            with self._services.tokens.refreshing():
                held = self._held(refused) or self._granted()
        return held

    def _held(self, refused: str | None) -> str | None:
        kept = self._services.tokens.load() or {}
        token, until = kept.get("access_token"), kept.get("expires_at")
        if not isinstance(token, str) or token == refused or not isinstance(until, int | float):
            return None
        return token if until - EARLY > self._services.clock().timestamp() else None

    def _granted(self) -> str:
        import httpx

        try:
            answer = self._services.http().post(self._settings.token_url, data=self._grant())
        except httpx.TransportError as error:
            raise RetryLater("Google's token endpoint did not answer; the batch is tried again.") from error
        content = json_object(answer.content) or {}
        if answer.status_code != 200:
            raise _refused(answer.status_code, content, answer.headers.get("retry-after"))
        token, lifetime = content.get("access_token"), content.get("expires_in", 3600)
        if not isinstance(token, str) or not token or not isinstance(lifetime, int | float):
            raise RetryLater("Google's token endpoint answered without a token; the batch is tried again.")
        until = self._services.clock().timestamp() + lifetime
        self._services.tokens.save({"access_token": token, "expires_at": until})
        return token

    def _grant(self) -> dict[str, str]:
        credentials = self._settings.credentials
        if credentials.service_account is not None:
            return {
                "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
                "assertion": self._assertion(json.loads(credentials.service_account.get_secret_value())),
            }
        return {
            "grant_type": "refresh_token",
            "client_id": credentials.client_id or "",
            "client_secret": credentials.client_secret.get_secret_value() if credentials.client_secret else "",
            "refresh_token": credentials.refresh_token.get_secret_value() if credentials.refresh_token else "",
        }

    def _assertion(self, key: dict[str, Any]) -> str:
        from authlib.oauth2.rfc7523 import JWTBearerGrant
        from joserfc.errors import JoseError
        from joserfc.jwk import RSAKey

        header = {"alg": "RS256", "typ": "JWT"}
        if key.get("private_key_id"):
            header["kid"] = str(key["private_key_id"])
        try:
            signed: str = JWTBearerGrant.sign(
                RSAKey.import_key(key["private_key"]),
                issuer=key["client_email"],
                audience=self._settings.token_url,
                issued_at=int(self._services.clock().timestamp()),
                claims={"scope": " ".join(SCOPES)},
                header=header,
            )
        except (JoseError, ValueError, TypeError) as error:
            raise ConfigError(
                "The service account's private key cannot be read; download its JSON key again."
            ) from error
        return signed


def _refused(status: int, content: Mapping[str, Any], retry_after: str | None) -> AuthError | RetryLater:
    if status == 429 or status >= 500:
        after = Refusal.read(status, b"", retry_after).retry_after
        return RetryLater(f"Google's token endpoint cannot answer now (HTTP {status}).", after)
    code = content.get("error")
    named = code if isinstance(code, str) and code.replace("_", "").isalpha() else f"HTTP {status}"
    return AuthError(f"Google refuses the credentials ({named}); reconnect this account.")
