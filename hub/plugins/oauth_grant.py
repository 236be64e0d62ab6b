"""OAuth 2.0 authorization code grant for an owner at this machine: PKCE, a state, one exact redirect, ten minutes.

Sources: RFC 6749 4.1, RFC 7636, RFC 8252 7.3 (loopback redirects), RFC 7009 (revocation).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hub.contracts.connector import Connector
from hub.contracts.oauth import request_token
from hub.contracts.refusals import Provider
from hub.contracts.sign_in import SignIn
from hub.contracts.untrusted import json_object
from hub.errors import AuthError, RetryLater

SIGN_IN_TIMEOUT = timedelta(minutes=10)
PROVIDER = Provider(name="The provider", remedy="check client_id and client_secret, and start a new sign-in")


class Attempt:
    """One sign-in, valid for one answer of the provider. `address` is where the owner's browser must go."""

    def __init__(self, sign_in: SignIn, redirect_uri: str, now: datetime) -> None:
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        self.redirect_uri = redirect_uri
        self.verifier = secrets.token_urlsafe(64)
        self._state = secrets.token_urlsafe(32)
        self._ends_at = now + SIGN_IN_TIMEOUT
        self._used = False
        self.address: str = prepare_grant_uri(
            sign_in.authorize_url,
            client_id=sign_in.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=" ".join(sign_in.scopes),
            state=self._state,
            code_challenge=create_s256_code_challenge(self.verifier),
            code_challenge_method="S256",
            **sign_in.parameters,
        )

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
            raise AuthError("The sign-in took longer than ten minutes; begin a new one.")
        if not self.answers(address):
            raise AuthError("This does not belong to the sign-in started here; begin a new one.")
        self._used = True
        parameters = parse_qs(urlsplit(address).query)
        codes = parameters.get("code", [])
        if "error" in parameters or len(codes) != 1:
            denied = parameters.get("error") == ["access_denied"]
            raise AuthError(
                "The owner did not allow it at the provider; nothing is read."
                if denied
                else "The provider gave no permission; nothing is read. Start a new sign-in."
            )
        return codes[0]


def exchange(connector: Connector, sign_in: SignIn, attempt: Attempt, code: str, now: datetime) -> dict[str, Any]:
    """Exchange a code for a token.

    AuthError if the provider refuses or the owner did not grant a scope; RetryLater if the provider does not answer.
    """
    token = request_token(
        connector.services.http(),
        connector.services.clock,
        PROVIDER,
        sign_in.token_url,
        {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": attempt.verifier,
            "redirect_uri": attempt.redirect_uri,
            "client_id": sign_in.client_id,
            "client_secret": sign_in.client_secret.get_secret_value(),
        },
        wanted=("refresh_token",),
    )
    granted = str(token.get("scope") or "").split()
    kept = {
        "access_token": token["access_token"],
        "refresh_token": token["refresh_token"],
        "expires_at": now.timestamp() + float(token.get("expires_in") or 0),
        "scope": granted,
    }
    if not set(sign_in.scopes) <= set(granted):
        revoke(connector, sign_in, kept)
        raise AuthError(
            "The owner did not select everything that the text names; nothing is read. Start a new sign-in."
        )
    return kept


def revoke(connector: Connector, sign_in: SignIn, token: Mapping[str, Any]) -> None:
    """Revoke a token at the provider. A token that is already void counts as revoked. RetryLater if it is not confirmed."""
    response = connector.services.send(
        PROVIDER, "POST", sign_in.revoke_url, data={"token": str(token.get("refresh_token") or "")}, expected=range(600)
    )
    answer = json_object(response.content) or {}
    if response.status_code != 200 and not (response.status_code == 400 and answer.get("error") == "invalid_token"):
        raise RetryLater("The provider did not confirm that the permission is revoked.")
