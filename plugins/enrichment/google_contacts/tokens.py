"""Access tokens from the refresh token that the owner's sign-in left, renewed by one thread for all."""

from __future__ import annotations

from hub.api import AuthError, RetryLater, Services

from .settings import GoogleContactsSettings
from .untrusted import json_object, seconds

EARLY = 60.0
"""Seconds before its end at which a token is no longer used."""
RECONNECT = "Google refuses the owner's permission; let the owner sign in again with hub connectors connect."


class Tokens:
    """The connector's access to one person's contacts."""

    def __init__(self, settings: GoogleContactsSettings, services: Services) -> None:
        self._settings = settings
        self._services = services

    def current(self, refused: str | None = None) -> str:
        """An access token that is good for a minute at least, and is not the one that Google `refused`."""
        held = self._good(refused)
        if held is None:
            with self._services.tokens.refreshing():
                held = self._good(refused) or self._renewed()
        return held

    def _good(self, refused: str | None) -> str | None:
        kept = self._services.tokens.load() or {}
        token, until = kept.get("access_token"), kept.get("expires_at")
        if not isinstance(token, str) or token == refused or not isinstance(until, int | float):
            return None
        return token if until - EARLY > self._services.clock().timestamp() else None

    def _renewed(self) -> str:
        import httpx

        kept = self._services.tokens.load() or {}
        if not kept.get("refresh_token"):
            raise AuthError("The owner of the contacts is not signed in; run hub connectors connect.")
        form = {
            "grant_type": "refresh_token",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret.get_secret_value(),
            "refresh_token": str(kept["refresh_token"]),
        }
        try:
            answer = self._services.http().post(self._settings.token_url, data=form)
        except httpx.TransportError:
            raise RetryLater("Google's token endpoint did not answer.") from None
        if answer.status_code == 429 or answer.status_code >= 500:
            raise RetryLater("Google gives no token now.", seconds(answer.headers.get("retry-after")))
        if answer.status_code != 200:
            raise AuthError(RECONNECT)
        told = json_object(answer.content)
        token, lifetime = told.get("access_token"), told.get("expires_in", 3600)
        if not isinstance(token, str) or not token or not isinstance(lifetime, int | float):
            raise RetryLater("Google's token endpoint gave an answer that cannot be read.")
        until = self._services.clock().timestamp() + lifetime
        # Google may give another refresh token with the access token; the older one stays good where it does not.
        renewed = told.get("refresh_token")
        refresh_token = renewed if isinstance(renewed, str) and renewed else kept["refresh_token"]
        self._services.tokens.save({**kept, "access_token": token, "refresh_token": refresh_token, "expires_at": until})
        return token
