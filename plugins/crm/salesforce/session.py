"""The way to Salesforce: a token by OAuth, one refresh for all threads, and a wire that keeps to the declared hosts.

Imported only when a hook really calls Salesforce, for it brings in the vendor's library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from fnmatch import fnmatch
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import AssertionSession, OAuth2Session, OAuthError
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce as Client
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession

from hub.api import AuthError, ConfigError, Rejected, RetryLater, Services

from .refusals import first_error, refusal, scrubbed
from .settings import SalesforceSettings

Answer = TypeVar("Answer")
TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path
ASSERTION_SECONDS = 120
"""Salesforce takes an assertion that expires within three minutes."""


class Assertion(AssertionSession):  # type: ignore[misc]
    """Authlib's JWT bearer flow; its own error class refuses quotation marks, which Salesforce's sentences may have."""

    oauth_error_class = OAuthError


class Wire(HTTPAdapter):
    """Lets requests go to `hosts` only, within the hub's time-outs; `plain` are the addresses that speak HTTP without TLS,
    which simple_salesforce, with its fixed `https://`, could not reach."""

    def __init__(
        self, hosts: frozenset[str], plain: frozenset[str], timeout: tuple[float | None, float | None]
    ) -> None:
        super().__init__()
        self.hosts = hosts
        self.plain = plain
        self.timeout = timeout

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request; `RetryLater` where Salesforce is busy or down, with its Retry-After."""
        address = urlsplit(request.url or "")
        if not any(fnmatch(address.hostname or "", pattern) for pattern in self.hosts):
            raise Rejected(
                f"Salesforce led to {address.hostname}, which the manifest does not declare; set instance_url in config.yaml."
            )
        if address.scheme == "https" and address.netloc in self.plain:
            request.url = address._replace(scheme="http").geturl()
        response = super().send(request, *args, **{**kwargs, "timeout": self.timeout})
        if response.status_code == 429 or response.status_code >= 500:
            raise RetryLater(
                f"Salesforce cannot answer now (status {response.status_code}); the hub tries again.",
                after=_seconds(response.headers.get("Retry-After")),
            )
        return response


class Connection:
    """One org, signed in. `call` is the only way to it."""

    def __init__(self, settings: SalesforceSettings, services: Services, hosts: tuple[str, ...]) -> None:
        self.settings = settings
        self.services = services
        bases = [urlsplit(url) for url in (settings.login_url, settings.instance_url) if url]
        limits = services.http().timeout
        self._wire = Wire(
            hosts=frozenset(hosts) | {base.hostname for base in bases if base.hostname},
            plain=frozenset(base.netloc for base in bases if base.scheme == "http"),
            timeout=(limits.connect, limits.read),
        )
        self._session = self._through_wire(requests.Session())
        self._identity = hashlib.sha256(
            "\n".join(
                (
                    settings.login_url,
                    settings.client_id,
                    settings.username or "",
                    settings.refresh_token.get_secret_value() if settings.refresh_token else "",
                )
            ).encode()
        ).hexdigest()

    def call(self, work: Callable[[Client], Answer]) -> Answer:
        """What `work` (one request) returns. Where the session has expired, it is renewed and `work` is done once more."""
        token = self._kept() or self._renewed(None)
        try:
            return self._attempt(work, token)
        except SalesforceExpiredSession:
            token = self._renewed(token)
        try:
            return self._attempt(work, token)
        except SalesforceExpiredSession as error:
            code, words = first_error(error.content)
            raise AuthError(
                f"Salesforce refuses even a fresh session ({code or 401}: {scrubbed(words)}); "
                "check the integration user's permissions and the app's IP rules, then reconnect."
            ) from None

    def _attempt(self, work: Callable[[Client], Answer], token: Mapping[str, Any]) -> Answer:
        client = Client(
            session_id=token["access_token"],
            instance_url=self.settings.instance_url or token["instance_url"],
            session=self._session,
            version=self.settings.api_version,
        )
        try:
            return work(client)
        except SalesforceExpiredSession:
            raise
        except SalesforceError as error:
            raise refusal(error.status, error.content) from None
        except requests.JSONDecodeError:
            raise RetryLater("Salesforce's answer is not JSON; the hub tries again.") from None
        except requests.RequestException as error:
            raise RetryLater(f"Salesforce does not answer ({type(error).__name__}); the hub tries again.") from None

    def _kept(self) -> dict[str, Any] | None:
        token = self.services.tokens.load()
        usable = token and token.get("identity", self._identity) == self._identity and token.get("access_token")
        return token if usable and token and token.get("instance_url") else None

    def _renewed(self, stale: Mapping[str, Any] | None) -> dict[str, Any]:
        with self.services.tokens.refreshing():
            kept = self._kept()
            if kept and (stale is None or kept["access_token"] != stale["access_token"]):
                return kept
            answer = self._asked()
            fresh = {name: answer[name] for name in ("access_token", "instance_url", "refresh_token") if name in answer}
            if not isinstance(fresh.get("access_token"), str) or not isinstance(fresh.get("instance_url"), str):
                raise RetryLater("Salesforce's token answer holds no token; the hub tries again.")
            fresh["identity"] = self._identity
            self.services.tokens.save(fresh)
            return fresh

    def _asked(self) -> Mapping[str, Any]:
        try:
            key = self.settings.private_key
            return self._by_assertion(key.get_secret_value()) if key else self._by_refresh_token()
        except AuthlibBaseError as error:
            words = scrubbed(str(error.description or ""))
            if error.error in ("temporarily_unavailable", "server_error") or "rate exceeded" in words:
                raise RetryLater("Salesforce takes no sign-in now; the hub tries again.") from None
            raise AuthError(
                f"Salesforce refuses the sign-in ({scrubbed(str(error.error))}: {words}); "
                "check client_id and the key or token in config.yaml, then reconnect."
            ) from None
        except requests.RequestException as error:
            raise RetryLater(
                f"Salesforce's sign-in does not answer ({type(error).__name__}); the hub tries again."
            ) from None
        except ValueError:
            raise RetryLater("Salesforce's sign-in answers something that is no token; the hub tries again.") from None

    def _by_assertion(self, pem: str) -> Mapping[str, Any]:
        settings = self.settings
        try:
            key = RSAKey.import_key(pem)
        except (JoseError, ValueError):
            raise ConfigError("private_key is no RSA private key in PEM; write it as ${file:/run/secrets/…}.") from None
        now = int(self.services.clock().timestamp())
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
        answer: Mapping[str, Any] = self._through_wire(session).refresh_token()
        return answer

    def _by_refresh_token(self) -> Mapping[str, Any]:
        settings = self.settings
        kept = self.services.tokens.load() or {}
        refresh_token = kept.get("refresh_token") if kept.get("identity", self._identity) == self._identity else None
        if not refresh_token and settings.refresh_token:
            refresh_token = settings.refresh_token.get_secret_value()
        if not refresh_token:
            raise AuthError(
                "Salesforce is not connected; set private_key with username, or refresh_token, in config.yaml."
            )
        session = OAuth2Session(
            settings.client_id,
            settings.client_secret.get_secret_value() if settings.client_secret else None,
            token_endpoint=settings.login_url.rstrip("/") + TOKEN_PATH,
            token_endpoint_auth_method="client_secret_post" if settings.client_secret else "none",
        )
        answer: Mapping[str, Any] = self._through_wire(session).refresh_token(refresh_token=refresh_token)
        return answer

    def _through_wire(self, session: Any) -> Any:
        session.trust_env = False
        session.mount("https://", self._wire)
        session.mount("http://", self._wire)
        return session


def audience(settings: SalesforceSettings) -> str:
    """Who the assertion is for. Source: Salesforce Help, "OAuth 2.0 JWT Bearer Flow": the login or the test address, also
    where the token is fetched from a My Domain."""
    if settings.audience:
        return settings.audience
    host = urlsplit(settings.login_url).hostname or ""
    if host.endswith(".my.salesforce.com"):
        return "https://test.salesforce.com" if ".sandbox." in host else "https://login.salesforce.com"
    return settings.login_url.rstrip("/")


def _seconds(retry_after: str | None) -> float | None:
    if retry_after is None:
        return None
    with suppress(ValueError):
        return max(0.0, float(retry_after))
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    return None
