"""Where the bearer token comes from: a fixed one, or OAuth's, renewed through Authlib by one thread for all."""

from __future__ import annotations

import hashlib
from typing import Any

from hub.api import AuthError, RetryLater, Services

from .client import Tokens, timeout
from .refusals import UNANSWERED, UNREADABLE
from .settings import HubSpotSettings

TOKEN_PATH = "/oauth/2026-03/token"  # noqa: S105
EARLY = 60.0
"""Seconds before its end at which a token is renewed, so that none ends on its way."""
RECONNECT = "HubSpot refuses the refresh token; install the app again and put the new refresh token into config.yaml."


def tokens_for(settings: HubSpotSettings, services: Services) -> Tokens:
    """The tokens of a connector, by what the customer wrote."""
    if settings.access_token is not None:
        return FixedToken(settings.access_token.get_secret_value())
    return OAuthTokens(settings, services)


class FixedToken:
    """A service key's or a private app's token: it cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def current(self) -> str:
        """The token."""
        return self._token

    def renew(self, refused: str) -> bool:
        """Never."""
        return False


class OAuthTokens:
    """Access tokens of 30 minutes from a refresh token; both are kept in the hub's token store."""

    def __init__(self, settings: HubSpotSettings, services: Services) -> None:
        self._settings = settings
        self._services = services

    def current(self) -> str:
        """A token that is still good for a minute."""
        return self._good() or self._refreshed(None)

    def renew(self, refused: str) -> bool:
        """Another token than `refused`: someone else's by now, or a new one."""
        return self._refreshed(refused) != refused

    def _good(self) -> str | None:
        held = self._held()
        alive = held.get("expires_at", 0) - EARLY > self._services.clock().timestamp()
        return held.get("access_token") if alive else None

    def _held(self) -> dict[str, Any]:
        """The stored token, unless config.yaml has another refresh token than the one that it came from."""
        held = self._services.tokens.load() or {}
        return held if held.get("origin") == self._origin() else {}

    def _origin(self) -> str:
        return hashlib.sha256(self._secret("refresh_token").encode()).hexdigest()[:16]

    def _secret(self, name: str) -> str:
        value = getattr(self._settings, name)
        return str(value.get_secret_value()) if value is not None else ""

    def _refreshed(self, refused: str | None) -> str:
        with self._services.tokens.refreshing():
            good = self._good()
            if good and good != refused:
                return good
            told = self._ask(self._held().get("refresh_token") or self._secret("refresh_token"))
            ends = self._services.clock().timestamp() + float(told.get("expires_in", 1800))
            kept = {"access_token": told["access_token"], "refresh_token": told["refresh_token"]}
            self._services.tokens.save({**kept, "expires_at": ends, "origin": self._origin()})
            return str(told["access_token"])

    def _ask(self, refresh_token: str) -> dict[str, Any]:
        import requests
        from authlib.common.errors import AuthlibBaseError
        from authlib.integrations.requests_client import OAuth2Session

        url = self._settings.base_url.rstrip("/") + TOKEN_PATH
        with OAuth2Session(
            self._settings.client_id,
            self._secret("client_secret"),
            token_endpoint_auth_method="client_secret_post",  # noqa: S106
        ) as session:
            session.trust_env = False
            session.register_compliance_hook("refresh_token_response", _answer)
            try:
                told = dict(session.refresh_token(url, refresh_token=refresh_token, timeout=timeout(self._services)))
                float(told.get("expires_in", 0))
                return {**told, "access_token": str(told["access_token"])}
            except AuthlibBaseError:
                raise AuthError(RECONNECT) from None
            except (requests.Timeout, requests.ConnectionError):
                raise RetryLater(UNANSWERED) from None
            except (AttributeError, KeyError, TypeError, ValueError, requests.RequestException):
                raise RetryLater(UNREADABLE) from None


def _answer(response: Any) -> Any:
    """HubSpot tells a bad refresh token with status 400 or 401 and a body of its own, not with OAuth's `error`."""
    if response.status_code in (400, 401, 403):
        raise AuthError(RECONNECT)
    if response.status_code != 200:
        told = response.headers.get("retry-after", "")
        raise RetryLater("HubSpot gives no token now.", after=float(told) if told.isdigit() else None)
    return response
