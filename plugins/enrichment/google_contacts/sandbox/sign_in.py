"""The fake's sign-in: codes with PKCE, access and refresh tokens, and their revocation."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

CLIENT_ID = "stand-in-client.apps.example.com"
CLIENT_SECRET = "stand-in-client-secret-of-contacts"  # noqa: S105
TOKEN_LIFETIME = timedelta(seconds=3599)
CODE_LIFETIME = timedelta(minutes=10)


class Grants:
    """What one person allowed one client. `denies` makes them refuse; `leaves_out` are scopes that they do not select."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.refresh_token = "1//stand-in-refresh-token"  # noqa: S105
        self.denies = False
        self.leaves_out: set[str] = set()
        self.revoked = False
        self.granted = 0
        """Number of access tokens issued."""
        self._codes: dict[str, tuple[Mapping[str, str], datetime]] = {}
        self._access: dict[str, datetime] = {}

    def authorize(self, asked: Mapping[str, str]) -> dict[str, str] | None:
        """The query added to the redirect address; None if Google shows an error page instead of redirecting."""
        redirect = urlsplit(asked.get("redirect_uri", ""))
        if asked.get("client_id") != CLIENT_ID or asked.get("response_type") != "code" or not asked.get("scope"):
            return None
        if redirect.scheme != "http" or redirect.hostname not in ("127.0.0.1", "::1", "localhost"):
            return None
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return None
        state = {"state": asked["state"]} if "state" in asked else {}
        if self.denies:
            return {"error": "access_denied", **state}
        code = f"4/{secrets.token_urlsafe(24)}"
        self._codes[code] = (dict(asked), self._clock() + CODE_LIFETIME)
        return {**state, "code": code, "scope": self._scope(asked)}

    def token(self, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The token endpoint's status and body."""
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
        if form.get("grant_type") == "refresh_token":
            if self.revoked or form.get("refresh_token") != self.refresh_token:
                return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
            return 200, self._given()
        if form.get("grant_type") != "authorization_code":
            return 400, {"error": "unsupported_grant_type"}
        asked, until = self._codes.pop(form.get("code", ""), ({}, self._clock()))
        if not asked or until <= self._clock() or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant", "error_description": "Bad Request"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant", "error_description": "Invalid code verifier."}
        self.revoked = False
        offline = {"refresh_token": self.refresh_token} if asked.get("access_type") == "offline" else {}
        return 200, {**self._given(), **offline, "scope": self._scope(asked)}

    def revoke(self, token: str) -> bool:
        """End the permission of a refresh or access token; False if the token is not valid."""
        if self.revoked or (token != self.refresh_token and token not in self._access):
            return False
        self.revoked = True
        self._access.clear()
        return True

    def allows(self, authorization: str) -> bool:
        """Whether an Authorization header carries a valid token."""
        until = self._access.get(authorization.removeprefix("Bearer "))
        return until is not None and until > self._clock()

    def expire(self) -> None:
        """End every access token now."""
        self._access.clear()

    def _scope(self, asked: Mapping[str, str]) -> str:
        return " ".join(scope for scope in asked["scope"].split() if scope not in self.leaves_out)

    def _given(self) -> dict[str, Any]:
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._access[token] = self._clock() + TOKEN_LIFETIME
        self.granted += 1
        return {"access_token": token, "expires_in": int(TOKEN_LIFETIME.total_seconds()), "token_type": "Bearer"}
