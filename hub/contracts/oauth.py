"""OAuth 2.0 for connectors: a token endpoint asked through Authlib over the connector's HTTP client, and access tokens that
one thread renews for all threads and processes.

Sources: RFC 6749 (2.3.1, 4.1.3, 4.4, 5, 6), RFC 7523 (JWT bearer).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from hub.contracts.refusals import Provider, without_personal_data
from hub.contracts.requests import send
from hub.contracts.untrusted import JsonObject, as_text, json_object
from hub.errors import AuthError, RetryLater

if TYPE_CHECKING:
    import httpx2

EARLY = 60.0
"""A token is renewed this many seconds before it expires, so that none expires during a request."""
REFUSAL_STATUSES = range(400, 500)
TRANSIENT_ERRORS = frozenset({"temporarily_unavailable", "server_error", "unavailable"})
"""OAuth error codes of temporary failures."""


class TokenStore(Protocol):
    """The connector's OAuth tokens, encrypted in the database, shared by all processes."""

    def load(self) -> JsonObject | None:
        """The token as it was saved last, or None."""

    def save(self, token: JsonObject) -> None:
        """Keep a token; it survives a restart."""

    def refreshing(self) -> AbstractContextManager[None]:
        """A lock to hold while refreshing, so that only one of all threads and processes refreshes. Load again inside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthGrant:
    """What a connector sends to a provider's token endpoint: a refresh token, an assertion that it signs, or only its own
    client id and secret."""

    provider: Provider
    """Its `remedy` says how a person signs in again."""
    token_url: str
    client_id: str = ""
    client_secret: str = ""
    refresh_token: str = ""
    """The one from the settings; a later one from the provider, in the token store, takes precedence."""
    assertion: Callable[[datetime], str] | None = None
    """Makes the JWT of the JWT bearer grant, instead of a refresh token."""
    client_credentials: bool = False
    """The client credentials grant, with the id and the secret as HTTP Basic, instead of a refresh token."""
    lifetime: float | None = 3600.0
    """Seconds, if the answer gives no lifetime; None for tokens that are valid until they are refused."""
    keeps: tuple[str, ...] = ()
    """Text fields of the answer that are needed besides the token."""
    identity: tuple[str, ...] = ()
    """The settings that tokens belong to; stored ones are dropped when these change."""


class AccessTokens:
    """The connector's tokens, in the hub's store."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        http: Callable[[], httpx2.Client],
        tokens: TokenStore,
        grant: OAuthGrant,
    ) -> None:
        self._clock, self._http, self._tokens = clock, http, tokens
        self._grant = grant
        self._identity = hashlib.sha256("\n".join(grant.identity).encode()).hexdigest()

    def current(self, refused: str | None = None) -> str:
        """An access token that is valid for at least a minute, and is not the one that the provider `refused`."""
        return str(self.answer(refused)["access_token"])

    def answer(self, refused: str | None = None) -> Mapping[str, Any]:
        """Like `current`, with the other fields that the grant keeps."""
        good = self._good(refused)
        if good is None:
            with self._tokens.refreshing():
                good = self._good(refused) or self._renewed()
        return good

    def _stored(self) -> JsonObject:
        stored = self._tokens.load() or {}
        return stored if stored.get("identity", self._identity) == self._identity else {}

    def _good(self, refused: str | None) -> Mapping[str, Any] | None:
        stored = self._stored()
        names = ("access_token", *self._grant.keeps)
        if not all(isinstance(stored.get(name), str) and stored[name] for name in names):
            return None
        if stored["access_token"] == refused:
            return None
        ends = stored.get("expires_at")
        if not isinstance(ends, int | float):
            return stored if self._grant.lifetime is None else None
        return stored if ends - EARLY > self._clock().timestamp() else None

    def _renewed(self) -> Mapping[str, Any]:
        grant, stored = self._grant, self._stored()
        if grant.assertion is not None:
            form = {
                "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
                "assertion": grant.assertion(self._clock()),
            }
        elif grant.client_credentials:
            form = {"grant_type": "client_credentials"}
        else:
            refresh_token = as_text(stored.get("refresh_token")) or grant.refresh_token
            if not refresh_token:
                raise AuthError(f"{grant.provider.name} is not signed in; {grant.provider.remedy}.")
            form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **client_form(grant)}
        basic = (grant.client_id, grant.client_secret) if grant.client_credentials else None
        answer = request_token(self._http(), self._clock, grant.provider, grant.token_url, form, grant.keeps, basic)
        kept = {name: answer[name] for name in ("access_token", "refresh_token", *grant.keeps) if answer.get(name)}
        lifetime = answer.get("expires_in", grant.lifetime)
        ends = {} if lifetime is None else {"expires_at": self._clock().timestamp() + float(lifetime)}
        fresh = {**stored, **kept, **ends, "identity": self._identity}
        self._tokens.save(fresh)
        return fresh


def client_form(grant: OAuthGrant) -> dict[str, str]:
    """The client's own credentials in a form; a public client has no secret."""
    named = {"client_id": grant.client_id, "client_secret": grant.client_secret}
    return {name: value for name, value in named.items() if value}


def request_token(
    http: httpx2.Client,
    clock: Callable[[], datetime],
    provider: Provider,
    url: str,
    form: Mapping[str, str],
    wanted: tuple[str, ...] = (),
    basic: tuple[str, str] | None = None,
) -> JsonObject:
    """A token endpoint's answer to `form`, which has a token, the texts `wanted` and a lifetime that is a number or absent.
    `basic` is the client's id and secret for a provider that takes them as HTTP Basic only.

    Raises AuthError if the provider refuses, RetryLater if it does not answer or answers something else.
    """
    import httpx2
    from authlib.oauth2 import OAuth2Client  # the package first, as the pages do in another thread

    client = OAuth2Client(_Poster(http, clock, provider, wanted))
    # Otherwise the credentials are in the form already, so the client must not add other authentication.
    return dict(client.fetch_token(url, auth=httpx2.BasicAuth(*basic) if basic else httpx2.Auth(), **form))


def sign_assertion(
    pem: str,
    *,
    issuer: str,
    audience: str,
    now: datetime,
    seconds: int,
    subject: str | None = None,
    claims: Mapping[str, str] | None = None,
    key_id: str = "",
) -> str:
    """The JWT of the JWT bearer grant, signed with an RSA key; ValueError if the PEM holds none."""
    from authlib.oauth2 import rfc7523  # the package first, as the pages do in another thread

    header = {"alg": "RS256", "typ": "JWT", **({"kid": key_id} if key_id else {})}
    began = int(now.timestamp())
    signed: str = rfc7523.JWTBearerGrant.sign(
        _signing_key(pem),
        issuer=issuer,
        audience=audience,
        subject=subject,
        issued_at=began,
        expires_at=began + seconds,
        claims=dict(claims or {}),
        header=header,
    )
    return signed


@lru_cache(maxsize=8)
def _signing_key(pem: str) -> Any:
    """The key, cached: parsing and checking it takes longer than the request."""
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    try:
        return RSAKey.import_key(pem)
    except JoseError as error:
        raise ValueError("this is not an RSA private key in PEM") from error


class _Poster:
    """The session of Authlib's client: it posts over the connector's HTTP client, and checks the answer first."""

    def __init__(
        self, http: httpx2.Client, clock: Callable[[], datetime], provider: Provider, wanted: tuple[str, ...]
    ) -> None:
        self._http, self._clock, self._provider, self._wanted = http, clock, provider, wanted

    def post(self, url: str, **options: Any) -> httpx2.Response:
        response = send(
            self._http,
            self._clock,
            self._provider,
            "POST",
            url,
            once=False,
            expected=REFUSAL_STATUSES,
            options=options,
        )
        answer = json_object(response.content) or {}
        name, status = self._provider.name, response.status_code
        if status in REFUSAL_STATUSES or "error" in answer:
            raise self._refused(response, answer)
        texts = [answer.get(each) for each in ("access_token", *self._wanted)]
        whole = all(isinstance(each, str) and each for each in texts)
        lifetime = answer.get("expires_in")
        if not whole or isinstance(lifetime, bool) or not isinstance(lifetime, int | float | None):
            raise RetryLater(f"{name}'s sign-in did not return a token.")
        return response

    def _refused(self, response: httpx2.Response, answer: Mapping[str, Any]) -> Exception:
        provider, status = self._provider, response.status_code
        code = as_text(answer.get("error"))
        words = without_personal_data(answer.get("error_description") or answer.get("message"))
        if code in TRANSIENT_ERRORS or status in (408, 425, 429) or "rate exceeded" in words:
            refusal = provider.refusal(status, response.headers, response.content, self._clock())
            return RetryLater(f"{provider.name}'s sign-in is unavailable (HTTP {status}).", refusal.after)
        said = f"{code or f'HTTP {status}'}{': ' if words else ''}{words}".rstrip(".")
        return AuthError(f"{provider.name} rejects the sign-in ({said}); {provider.remedy}.")
