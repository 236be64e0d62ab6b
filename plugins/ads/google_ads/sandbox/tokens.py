"""The fake's sign-in: grants access tokens for a refresh token or a service account's signed assertion."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

TOKEN_LIFETIME = timedelta(seconds=3599)
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Tokens:
    """Google's token endpoint, and the check of the tokens that it issued."""

    client_id = "stand-in-client.apps.example.com"
    client_secret = "stand-in-client-secret"  # noqa: S105
    refresh_token = "stand-in-refresh-token"  # noqa: S105
    service_account = "stand-in@project.example.com"

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._valid: dict[str, datetime] = {}
        self.granted = 0
        """Number of access tokens issued."""
        self.revoked = False
        """Set it to refuse the refresh token and the service account from now on."""

    def expire(self) -> None:
        """Revoke every access token issued so far."""
        self._valid.clear()

    def allows(self, authorization: str) -> bool:
        """Whether an Authorization header carries a token that is valid now."""
        until = self._valid.get(authorization.removeprefix("Bearer "))
        return until is not None and until > self._clock()

    def answer(self, form: Mapping[str, str], token_url: str) -> tuple[int, dict[str, Any]]:
        """The answer to one request of the token endpoint: its status and its body."""
        if form.get("grant_type") == "refresh_token":
            if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
                return 401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
            good = form.get("refresh_token") == self.refresh_token
        elif form.get("grant_type") == JWT_BEARER:
            good = self._trusts(form.get("assertion", ""), token_url)
        else:
            return 400, {"error": "unsupported_grant_type"}
        if self.revoked or not good:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._valid[token] = self._clock() + TOKEN_LIFETIME
        self.granted += 1
        return 200, {"access_token": token, "expires_in": int(TOKEN_LIFETIME.total_seconds()), "token_type": "Bearer"}

    @cached_property
    def _key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric import rsa

        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def service_account_key(self) -> str:
        """The JSON key of the fake's service account."""
        from cryptography.hazmat.primitives import serialization as s

        pem = self._key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()
        return json.dumps({"type": "service_account", "client_email": self.service_account, "private_key": pem})

    def _trusts(self, assertion: str, token_url: str) -> bool:
        from cryptography.hazmat.primitives import serialization as s
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import RSAKey

        public = self._key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo)
        try:
            claims = jwt.decode(assertion, RSAKey.import_key(public), algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return False
        now = self._clock().timestamp()
        return (
            claims.get("iss") == self.service_account
            and claims.get("aud") == token_url
            and "auth/" in str(claims.get("scope"))
            and float(claims.get("iat", 0)) - 60 <= now < float(claims.get("exp", 0))
        )
