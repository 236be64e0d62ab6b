"""OAuth 2.0 authorization code grant: PKCE, a state, one exact redirect, ten minutes; for the browser and for the terminal.

Sources: RFC 6749 4.1 and 5.1, RFC 7636, RFC 8252 7.3 (loopback redirects), RFC 7009 (revocation), OpenID Connect Core 3.1.3.7.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hub.contracts.connector import Connector
from hub.contracts.oauth import request_token
from hub.contracts.refusals import Provider
from hub.contracts.sign_in import SignIn
from hub.contracts.untrusted import as_text, json_object
from hub.errors import AuthError, RetryLater

SIGN_IN_TIMEOUT = timedelta(minutes=10)
PROVIDER = Provider(name="The provider", remedy="check client_id and client_secret, and start a new sign-in")
TOO_LATE = "The sign-in took longer than ten minutes; begin a new one."
NOT_OURS = "This does not belong to the sign-in started here; begin a new one."


def sign_in_address(sign_in: SignIn, redirect_uri: str, state: str, verifier: str) -> str:
    """Where the browser of the person who signs in must go."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    address: str = prepare_grant_uri(
        sign_in.authorize_url,
        client_id=sign_in.client_id,
        response_type="code",
        redirect_uri=redirect_uri,
        scope=" ".join(sign_in.scopes),
        state=state,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
        **sign_in.parameters,
    )
    return address


def code_of(parameters: Mapping[str, Sequence[str]]) -> str:
    """The code in the provider's answer, whose state was checked. AuthError says why there is none."""
    codes = parameters.get("code", [])
    if "error" in parameters or len(codes) != 1:
        denied = list(parameters.get("error", [])) == ["access_denied"]
        raise AuthError(
            "Access was not allowed at the provider; nothing is read."
            if denied
            else "The provider gave no permission; nothing is read. Start a new sign-in."
        )
    return codes[0]


class Attempt:
    """One sign-in at the terminal, valid for one answer of the provider. `address` is where the browser must go."""

    def __init__(self, sign_in: SignIn, redirect_uri: str, now: datetime) -> None:
        self.redirect_uri = redirect_uri
        self.verifier = new_verifier()
        self._state = new_state()
        self._ends_at = now + SIGN_IN_TIMEOUT
        self._used = False
        self.address = sign_in_address(sign_in, redirect_uri, self._state, self.verifier)

    def answers(self, address: str) -> bool:
        """Whether the URL to which the browser was sent answers this attempt: exactly its redirect, with its state."""
        parts = urlsplit(address)
        state = parse_qs(parts.query).get("state", [])
        return (
            f"{parts.scheme}://{parts.netloc}{parts.path}" == self.redirect_uri
            and len(state) == 1
            and secrets.compare_digest(state[0].encode(), self._state.encode())
        )

    def redeem(self, address: str, now: datetime) -> str:
        """The code in the provider's answer. AuthError says why there is none."""
        if self._used:
            raise AuthError("This sign-in was already completed; begin a new one.")
        if now > self._ends_at:
            raise AuthError(TOO_LATE)
        if not self.answers(address):
            raise AuthError(NOT_OURS)
        self._used = True
        return code_of(parse_qs(urlsplit(address).query))


def new_state() -> str:
    """A state that nobody can guess."""
    return secrets.token_urlsafe(32)


def new_verifier() -> str:
    """A PKCE code verifier."""
    return secrets.token_urlsafe(64)


def exchange(
    connector: Connector, sign_in: SignIn, code: str, now: datetime, *, verifier: str, redirect_uri: str
) -> dict[str, Any]:
    """Exchange a code for a token, as the token store keeps it.

    AuthError if the provider refuses or the person did not grant a scope that is needed; RetryLater if the provider does not
    answer.
    """
    secret = sign_in.client_secret.get_secret_value() if sign_in.client_secret else ""
    token = request_token(
        connector.services.http(),
        connector.services.clock,
        PROVIDER,
        sign_in.token_url,
        {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
            "client_id": sign_in.client_id,
            **({"client_secret": secret} if secret else {}),
        },
        wanted=("refresh_token", *sign_in.keeps),
    )
    kept = _kept(token, sign_in, now)
    if not set(sign_in.scopes) - set(sign_in.optional) <= set(kept["scope"]):
        if sign_in.revoke_url:
            revoke(connector, sign_in, kept)
        raise AuthError("Not everything that is needed was selected; nothing is read. Start a new sign-in.")
    return kept


def _kept(token: Mapping[str, Any], sign_in: SignIn, now: datetime) -> dict[str, Any]:
    """What the token store keeps of an answer. If the provider names no scope, all were granted (RFC 6749, 5.1)."""
    granted = str(token["scope"] or "").split() if "scope" in token else list(sign_in.scopes)
    kept: dict[str, object] = {name: token[name] for name in ("access_token", "refresh_token", *sign_in.keeps)}
    kept |= {"scope": granted, "signed_in_at": now.timestamp()}
    for name, seconds in (("expires_at", "expires_in"), ("sign_in_ends_at", "refresh_token_expires_in")):
        if isinstance(token.get(seconds), int | float):
            kept[name] = now.timestamp() + float(token[seconds])
    if email := _email(as_text(token.get("id_token"))):
        kept["signed_in_as"] = email
    return kept


def _email(id_token: str) -> str:
    """The email address in an ID token. It comes from the token endpoint itself, so its signature need not be checked."""
    payload = [*id_token.split("."), ""][1]
    try:
        claims = json_object(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) or {}
    except ValueError:
        return ""
    return as_text(claims.get("email"))


def revoke(connector: Connector, sign_in: SignIn, token: Mapping[str, object]) -> None:
    """Revoke a token at the provider. A token that is already void counts as revoked. RetryLater if it is not confirmed."""
    response = connector.services.send(
        PROVIDER, "POST", sign_in.revoke_url, data={"token": str(token.get("refresh_token") or "")}, expected=range(600)
    )
    answer = json_object(response.content) or {}
    if response.status_code != 200 and not (response.status_code == 400 and answer.get("error") == "invalid_token"):
        raise RetryLater("The provider did not confirm that the permission is revoked.")
