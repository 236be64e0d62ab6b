"""The fake's sign-in: grants access tokens for a refresh token or a service account's signed assertion."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from hub.api import JsonObject
from hub.api.sandbox import SandboxSignIn, unsigned_id_token

TOKEN_LIFETIME = timedelta(seconds=3599)
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Tokens(SandboxSignIn):
    """Google's sign-in and token endpoint, for people and for a service account."""

    service_account = "stand-in@project.example.com"

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(
            clock,
            provider="Google",
            client_id="stand-in-client.apps.example.com",
            client_secret="stand-in-client-secret",  # noqa: S106
            refresh_token="stand-in-refresh-token",  # noqa: S106
            accounts=("ads@bluewrench.example.com", "somebody@else.example.com"),
            lifetime=TOKEN_LIFETIME,
            code_prefix="4/",
            token_prefix="ya29.",  # noqa: S106
        )
        self._consented: set[str] = set()

    def gives_refresh_token(self, request: Mapping[str, str], account: str) -> bool:
        """Only for `access_type=offline`; and after the first time only with `prompt=consent`."""
        first = account not in self._consented
        self._consented.add(account)
        return request.get("access_type") == "offline" and (first or "consent" in request.get("prompt", ""))

    def more(self, account: str, scopes: tuple[str, ...]) -> Mapping[str, Any]:
        if "openid" not in scopes:
            return super().more(account, scopes)
        claims = {"iss": "https://accounts.google.com", "sub": account, "email": account}
        return {**super().more(account, scopes), "id_token": unsigned_id_token(claims)}

    def answer(self, form: Mapping[str, str], token_url: str) -> tuple[int, JsonObject]:
        """The answer to one request of the token endpoint: its status and its body."""
        if form.get("grant_type") != JWT_BEARER:
            return self.token(form)
        if self.revoked or not self._trusts(form.get("assertion", ""), token_url):
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        return 200, self.issue(self.accounts[0])

    @cached_property
    def _key(self) -> str:
        """The private key of the service account, made when it is first needed."""
        from joserfc.jwk import RSAKey

        return RSAKey.generate_key(2048, private=True).as_pem(private=True).decode()

    def service_account_key(self) -> str:
        """The JSON key of the fake's service account."""
        account = {"type": "service_account", "client_email": self.service_account, "private_key": self._key}
        return json.dumps(account)

    def _trusts(self, assertion: str, token_url: str) -> bool:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import RSAKey

        try:
            claims = jwt.decode(assertion, RSAKey.import_key(self._key), algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return False
        now = self._clock().timestamp()
        return (
            claims.get("iss") == self.service_account
            and claims.get("aud") == token_url
            and "auth/" in str(claims.get("scope"))
            and float(claims.get("iat", 0)) - 60 <= now < float(claims.get("exp", 0))
        )
