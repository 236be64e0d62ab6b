"""Sign-in at an OpenID provider by discovery: code flow with PKCE, state and nonce (Authlib).

Who is it? Only issuer and subject identify a person at a provider; an email address may pass to somebody else. So an
identity is linked to a user once, and is known by (`iss`, `sub`) from then on. The first link needs an owner's word:

- the user opens a set-up link, which the owner or operator made for this user, and signs in at the provider there; or
- the owner wrote the user's email address (`hub users add --email`), the provider says that it has verified this
  address, and the user has no identity at this provider yet.

Anybody else at the provider gets no user, whatever their claims say.
Sources: OpenID Connect Core 1.0, 3.1.3.7 and 5.7; RFC 7636 (PKCE); RFC 9207 (`iss` in the response).
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlmodel import Session, col, func, select

from hub.access.users import AccessRefused
from hub.config.sections.sign_in import OidcSection
from hub.model import OidcIdentity, User
from hub.store import audit

if TYPE_CHECKING:
    import httpx2

SCOPE = "openid email"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519")
"""Signatures with a public key. A shared secret, and no signature at all, are refused."""
METADATA_LIFETIME = timedelta(hours=1)
LEEWAY_SECONDS = 60
TIMEOUT_SECONDS = 10.0
NOT_KNOWN = "The hub has no user for this identity; ask the account's owner for a set-up link."
FAILED = "The sign-in at the provider did not succeed; try again."


@dataclass(frozen=True)
class Identity:
    """A person as the provider has proved them; `email` is None if the provider has not verified it."""

    issuer: str
    subject: str
    email: str | None


class OidcProvider:
    """The provider of config.yaml; one per process, thread-safe. `client` makes an HTTP client."""

    def __init__(
        self, section: OidcSection, redirect_uri: str, client: Callable[[], httpx2.Client] | None = None
    ) -> None:
        self._section, self._redirect_uri = section, redirect_uri
        self._client = client or _http_client
        self._lock = threading.Lock()
        self._metadata: tuple[datetime, dict[str, object], object] | None = None

    def begin(self, now: datetime) -> tuple[str, dict[str, str]]:
        """The provider's address to send a browser to, and what the answer is checked against. AccessRefused if the
        provider does not answer."""
        metadata, _ = self._discovered(now)
        waiting = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        with self._client() as http:
            url, _ = self._oauth(http).create_authorization_url(
                metadata["authorization_endpoint"],
                state=waiting["state"],
                code_verifier=waiting["verifier"],
                nonce=waiting["nonce"],
            )
        return url, waiting

    def identity(self, waiting: Mapping[str, str], answer: Mapping[str, str], now: datetime) -> Identity:
        """Who came back from the provider. AccessRefused if anything in the answer does not fit."""
        state, issuer = answer.get("state", ""), answer.get("iss", self._section.issuer)
        if not hmac.compare_digest(state.encode(), waiting["state"].encode()) or issuer != self._section.issuer:
            raise AccessRefused(FAILED)
        if not answer.get("code"):
            raise AccessRefused(FAILED)
        claims = self._claims(self._token(answer["code"], waiting["verifier"], now), waiting["nonce"], now)
        email, verified = claims.get("email"), claims.get("email_verified") is True
        return Identity(str(claims["iss"]), str(claims["sub"]), str(email) if email and verified else None)

    def _token(self, code: str, verifier: str, now: datetime) -> dict[str, Any]:
        import httpx2
        from authlib.common.errors import AuthlibBaseError

        metadata, _ = self._discovered(now)
        name, secret = self._section.client_id, self._section.client_secret.get_secret_value()
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        form = {"code": code, "code_verifier": verifier, "redirect_uri": self._redirect_uri}
        auth: httpx2.Auth = httpx2.BasicAuth(quote(name, safe=""), quote(secret, safe=""))
        if "client_secret_basic" not in methods:
            form, auth = {**form, "client_id": name, "client_secret": secret}, httpx2.Auth()
        try:
            with self._client() as http:
                answer = self._oauth(http).fetch_token(
                    metadata["token_endpoint"], grant_type="authorization_code", auth=auth, **form
                )
        except (httpx2.HTTPError, AuthlibBaseError, ValueError):
            raise AccessRefused(FAILED) from None
        return dict(answer)

    def _claims(self, token: Mapping[str, object], nonce: str, now: datetime) -> Any:
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        try:
            decoded = self._decoded(str(token.get("id_token", "")), now)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self._section.issuer},
                    "aud": {"essential": True, "value": self._section.client_id},
                    "sub": {"essential": True},
                },
                {
                    "nonce": nonce,
                    "client_id": self._section.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError):
            raise AccessRefused(FAILED) from None
        return claims

    def _decoded(self, id_token: str, now: datetime) -> Any:
        """The token with its signature checked; the provider's keys are read again if it uses a new one."""
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError

        try:
            return jwt.decode(id_token, self._discovered(now)[1], algorithms=list(ALGORITHMS))
        except InvalidKeyIdError:
            self._metadata = None
            return jwt.decode(id_token, self._discovered(now)[1], algorithms=list(ALGORITHMS))

    def _discovered(self, now: datetime) -> tuple[dict[str, Any], Any]:
        import httpx2
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        with self._lock:
            if self._metadata is not None and now - self._metadata[0] < METADATA_LIFETIME:
                return self._metadata[1], self._metadata[2]
            try:
                with self._client() as http:
                    found = http.get(f"{self._section.issuer.rstrip('/')}/.well-known/openid-configuration")
                    metadata = found.raise_for_status().json()
                    keys = KeySet.import_key_set(http.get(metadata["jwks_uri"]).raise_for_status().json())
            except (httpx2.HTTPError, httpx2.InvalidURL, JoseError, ValueError, KeyError, TypeError):
                raise AccessRefused("The provider does not answer now; try again, or sign in another way.") from None
            if metadata.get("issuer") != self._section.issuer or not metadata.get("token_endpoint"):
                raise AccessRefused("The provider has another issuer than hub.sign_in.oidc says; correct it there.")
            self._metadata = now, metadata, keys
            return metadata, keys

    def _oauth(self, http: httpx2.Client) -> Any:
        from authlib.oauth2.client import OAuth2Client

        return OAuth2Client(
            http,
            client_id=self._section.client_id,
            scope=SCOPE,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
        )


def user_of_identity(session: Session, identity: Identity, now: datetime) -> User:
    """The enabled user of an identity, linked now by a verified address that an owner wrote. AccessRefused if there is
    none."""
    known = _linked(session, identity)
    if known is not None:
        user = session.get(User, known.user_id)
    else:
        user = _announced(session, identity)
        if user is not None:
            _link(session, user, identity, now)
    if user is None or user.disabled_at is not None:
        raise AccessRefused(NOT_KNOWN)
    return user


def link_identity(session: Session, user: User, identity: Identity, now: datetime) -> None:
    """Link an identity to the user of a set-up link. AccessRefused if it is another user's."""
    known = _linked(session, identity)
    if known is not None and known.user_id != user.id:
        raise AccessRefused("This identity belongs to another user of the hub; sign in at the provider as yourself.")
    if known is None:
        _link(session, user, identity, now)


def _linked(session: Session, identity: Identity) -> OidcIdentity | None:
    same = (OidcIdentity.issuer == identity.issuer, OidcIdentity.subject == identity.subject)
    return session.exec(select(OidcIdentity).where(*same)).first()


def _announced(session: Session, identity: Identity) -> User | None:
    """The one enabled user of a verified address who has no identity at this provider yet."""
    if identity.email is None:
        return None
    theirs = (col(OidcIdentity.user_id) == User.id, col(OidcIdentity.issuer) == identity.issuer)
    found = session.exec(
        select(User)
        .where(func.lower(User.email) == identity.email.lower(), col(User.disabled_at).is_(None))
        .where(~select(OidcIdentity.id).where(*theirs).exists())
        .limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def _link(session: Session, user: User, identity: Identity, now: datetime) -> None:
    session.add(
        OidcIdentity(
            account_id=user.account_id, user_id=user.id, issuer=identity.issuer, subject=identity.subject, made_at=now
        )
    )
    audit.note(session, now, user.id, "oidc.link", user.id)


def _http_client() -> httpx2.Client:
    import httpx2

    return httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False)
