"""Tokens by OAuth, through Authlib: the JWT bearer flow and the refresh-token flow, renewed once for all threads.

Salesforce's tokens name no lifetime; a session's end shows only in a 401.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import AssertionSession, OAuth2Session, OAuthError
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from hub.api import AuthError, ConfigError, RetryLater, Services

from .refusals import scrubbed
from .settings import SalesforceSettings
from .wire import Wire

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path
ASSERTION_SECONDS = 120
"""Salesforce takes an assertion that expires within three minutes."""
PASSING = ("temporarily_unavailable", "server_error", "unavailable")
KEPT = ("access_token", "instance_url", "refresh_token")


class Assertion(AssertionSession):  # type: ignore[misc]
    """Authlib's JWT bearer flow; its own error class refuses quotation marks, which Salesforce's sentences may have."""

    oauth_error_class = OAuthError


class SignIn:
    """The connector's tokens, in the hub's store; they belong to these settings and are dropped when those change."""

    def __init__(self, settings: SalesforceSettings, services: Services, wire: Wire) -> None:
        self._settings = settings
        self._services = services
        self._wire = wire
        granted = settings.refresh_token.get_secret_value() if settings.refresh_token else ""
        parts = (settings.login_url, settings.client_id, settings.username or "", granted)
        self._identity = hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def token(self) -> Mapping[str, Any]:
        """The token to use: the one in the store, else a new one."""
        return self._usable() or self.renewed(None)

    def renewed(self, stale: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """A token other than `stale`; where another thread or process has renewed it meanwhile, that one."""
        with self._services.tokens.refreshing():
            held = self._usable()
            if held and (stale is None or held["access_token"] != stale["access_token"]):
                return held
            answer = self._ask()
            fresh = {name: answer[name] for name in KEPT if isinstance(answer.get(name), str)}
            if not {"access_token", "instance_url"} <= fresh.keys():
                raise RetryLater("Salesforce's sign-in answers something that is no token; the hub tries again.")
            self._services.tokens.save({**fresh, "identity": self._identity})
            return fresh

    def _held(self) -> Mapping[str, Any]:
        token = self._services.tokens.load() or {}
        return token if token.get("identity", self._identity) == self._identity else {}

    def _usable(self) -> Mapping[str, Any] | None:
        token = self._held()
        return token if token.get("access_token") and token.get("instance_url") else None

    def _ask(self) -> Mapping[str, Any]:
        key = self._settings.private_key
        try:
            return self._by_assertion(key.get_secret_value()) if key else self._by_refresh_token()
        except AuthlibBaseError as error:
            words = scrubbed(str(error.description or "no reason given"))
            if error.error in PASSING or "rate exceeded" in words:
                raise RetryLater("Salesforce takes no sign-in now; the hub tries again.") from None
            raise AuthError(
                f"Salesforce refuses the sign-in ({scrubbed(str(error.error))}: {words}); "
                "check client_id and the key or token in config.yaml, then reconnect."
            ) from None
        except requests.JSONDecodeError:
            raise RetryLater("Salesforce's sign-in answers something that is no token; the hub tries again.") from None
        except requests.RequestException as error:
            raise RetryLater(
                f"Salesforce's sign-in does not answer ({type(error).__name__}); the hub tries again."
            ) from None
        except ValueError:
            raise RetryLater("Salesforce's sign-in answers something that is no token; the hub tries again.") from None

    def _by_assertion(self, pem: str) -> Mapping[str, Any]:
        settings = self._settings
        key = _signing_key(pem)
        now = int(self._services.clock().timestamp())
        session = Assertion(
            settings.login_url.rstrip("/") + TOKEN_PATH,
            issuer=settings.client_id,
            subject=settings.username,
            audience=audience(settings),
            header={"alg": "RS256"},
            key=key,
            issued_at=now,
            expires_at=now + ASSERTION_SECONDS,
        )
        answer: Mapping[str, Any] = self._wire.carry(session).refresh_token()
        return answer

    def _by_refresh_token(self) -> Mapping[str, Any]:
        settings = self._settings
        granted = settings.refresh_token.get_secret_value() if settings.refresh_token else None
        refresh_token = self._held().get("refresh_token") or granted
        if not refresh_token:
            raise AuthError(
                "Salesforce is not connected; set username and private_key, or refresh_token, in config.yaml."
            )
        session = OAuth2Session(
            settings.client_id,
            settings.client_secret.get_secret_value() if settings.client_secret else None,
            token_endpoint=settings.login_url.rstrip("/") + TOKEN_PATH,
            token_endpoint_auth_method="client_secret_post" if settings.client_secret else "none",
        )
        answer: Mapping[str, Any] = self._wire.carry(session).refresh_token(refresh_token=refresh_token)
        return answer


@lru_cache(maxsize=8)
def _signing_key(pem: str) -> RSAKey:
    """The key, read once: checking it takes longer than the request."""
    try:
        return RSAKey.import_key(pem)
    except (JoseError, ValueError):
        raise ConfigError("private_key is no RSA private key in PEM; write it as ${file:/run/secrets/…}.") from None


def audience(settings: SalesforceSettings) -> str:
    """Who the assertion is for. Source: Salesforce Help, "OAuth 2.0 JWT Bearer Flow": the login or the test address, also
    where the token is fetched from a My Domain."""
    if settings.audience:
        return settings.audience
    host = urlsplit(settings.login_url).hostname or ""
    if host.endswith(".my.salesforce.com"):
        return "https://test.salesforce.com" if ".sandbox." in host else "https://login.salesforce.com"
    return settings.login_url.rstrip("/")
