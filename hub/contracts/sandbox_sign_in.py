"""A simulated provider's sign-in: the consent page, codes with PKCE, access and refresh tokens, and their revocation.

Sources: RFC 6749 4.1 and 6, RFC 7636, RFC 7009.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from hub.contracts.untrusted import JsonObject

CODE_LIFETIME = timedelta(minutes=10)
HTML = {"content-type": "text/html; charset=utf-8"}
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class _Code:
    requested: Mapping[str, str]
    account: str
    scopes: tuple[str, ...]
    ends_at: datetime


class SandboxSignIn:
    """One registered client, and a few people who may sign in.

    With `asks` the browser gets a consent page, where the person chooses an account, leaves scopes out, allows or denies.
    Without it the first account answers immediately as `denies` and `leaves_out` say. A provider's own rules are methods
    that a subclass replaces.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        provider: str,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        accounts: tuple[str, ...] = ("pat@example.com",),
        lifetime: timedelta | None = timedelta(seconds=3599),
        code_prefix: str = "",
        token_prefix: str = "",
    ) -> None:
        self._clock = clock
        self.provider, self.accounts = provider, accounts
        self.client_id, self.client_secret = client_id, client_secret
        self.refresh_token = refresh_token
        """The one of the first account."""
        self.lifetime = lifetime
        self.redirect_uris: set[str] = set()
        """The registered redirects; while empty, every address on this machine is one, as for a desktop client."""
        self.asks = True
        self.denies = False
        self.leaves_out: set[str] = set()
        self.revoked = False
        self.granted = 0
        """Number of access tokens issued."""
        self._prefixes = (code_prefix, token_prefix)
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, tuple[str, datetime | None]] = {}
        self._refresh: dict[str, str] = {}

    # A provider's own rules.

    def problem(self, request: Mapping[str, str]) -> str:
        """Why the provider shows an error page instead of asking; empty if it asks."""
        redirect = urlsplit(request.get("redirect_uri", ""))
        if request.get("client_id") != self.client_id:
            return "The OAuth client was not found."
        on_this_machine = redirect.scheme == "http" and redirect.hostname in LOOPBACK
        if request["redirect_uri"] not in self.redirect_uris if self.redirect_uris else not on_this_machine:
            return "redirect_uri_mismatch"
        if request.get("response_type") != "code" or not request.get("scope"):
            return "invalid_request: response_type and scope are needed"
        if request.get("code_challenge_method") != "S256" or not request.get("code_challenge"):
            return "invalid_request: code_challenge with S256 is needed"
        return ""

    def gives_refresh_token(self, request: Mapping[str, str], account: str) -> bool:
        """Whether a sign-in yields a refresh token."""
        return True

    def more(self, account: str, scopes: tuple[str, ...]) -> Mapping[str, Any]:
        """Further fields of the token endpoint's answer."""
        return {"scope": " ".join(scopes)}

    # The two endpoints.

    def authorize(self, request: Mapping[str, str]) -> dict[str, str] | None:
        """The query added to the redirect address by the first account's immediate answer; None for an error page."""
        if self.problem(request):
            return None
        scopes = tuple(scope for scope in request["scope"].split() if scope not in self.leaves_out)
        return self._answer(request, None if self.denies else self.accounts[0], scopes)

    def token(self, form: Mapping[str, str]) -> tuple[int, JsonObject]:
        """The token endpoint's status and body."""
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return 401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
        if form.get("grant_type") == "refresh_token":
            account = self.holder(form.get("refresh_token", ""))
            if self.revoked or account is None:
                return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
            return 200, self.issue(account)
        if form.get("grant_type") != "authorization_code":
            return 400, {"error": "unsupported_grant_type"}
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.ends_at <= self._clock() or form.get("redirect_uri") != code.requested["redirect_uri"]:
            return 400, {"error": "invalid_grant", "error_description": "Bad Request"}
        if challenge_of(form.get("code_verifier", "")) != code.requested["code_challenge"]:
            return 400, {"error": "invalid_grant", "error_description": "Invalid code verifier."}
        self.revoked = False
        answer = self.issue(code.account) | dict(self.more(code.account, code.scopes))
        if self.gives_refresh_token(code.requested, code.account):
            answer["refresh_token"] = self._refresh_token(code.account)
        return 200, answer

    def revoke(self, token: str) -> bool:
        """End the permission of a refresh or access token; False if the token is not valid."""
        if self.revoked or (self.holder(token) is None and token not in self._access):
            return False
        self.revoked = True
        self._access.clear()
        return True

    # Tokens.

    def issue(self, account: str) -> JsonObject:
        """A new access token for an account."""
        token = f"{self._prefixes[1]}{secrets.token_urlsafe(24)}"
        self._access[token] = (account, self._clock() + self.lifetime if self.lifetime else None)
        self.granted += 1
        seconds = {"expires_in": int(self.lifetime.total_seconds())} if self.lifetime else {}
        return {"access_token": token, "token_type": "Bearer", **seconds}

    def account_of(self, authorization: str) -> str | None:
        """Whose valid access token an Authorization header carries."""
        account, until = self._access.get(authorization.removeprefix("Bearer "), (None, None))
        return account if until is None or until > self._clock() else None

    def allows(self, authorization: str) -> bool:
        """Whether an Authorization header carries a valid token."""
        return self.account_of(authorization) is not None

    def expire(self) -> None:
        """End every access token now."""
        self._access.clear()

    def _refresh_token(self, account: str) -> str:
        token = self.refresh_token if account == self.accounts[0] else f"{self.refresh_token}-of-{account}"
        self._refresh[token] = account
        return token

    def holder(self, token: str) -> str | None:
        """Whose refresh token this is; None if it is unknown."""
        return self.accounts[0] if token == self.refresh_token else self._refresh.get(token)

    def _answer(self, request: Mapping[str, str], account: str | None, scopes: tuple[str, ...]) -> dict[str, str]:
        state = {"state": request["state"]} if "state" in request else {}
        if account is None:
            return {"error": "access_denied", **state}
        code = f"{self._prefixes[0]}{secrets.token_urlsafe(24)}"
        self._codes[code] = _Code(dict(request), account, scopes, self._clock() + CODE_LIFETIME)
        return {**state, "code": code, "scope": " ".join(scopes)}

    # The page.

    def page_reply(self, method: str, query: Mapping[str, str], body: bytes) -> tuple[str, int, dict[str, str]]:
        """The authorization endpoint's content, status and headers: GET shows the consent page, POST is its answer."""
        request = dict(query)
        if problem := self.problem(request):
            return f"<h1>Access blocked</h1><p>{html.escape(problem)}</p>", 400, HTML
        if method == "POST":
            form = parse_qsl(body.decode("utf-8", "replace"))
            chosen = dict(form)
            account = chosen.get("account") if chosen.get("answer") == "allow" else None
            if account is not None and account not in self.accounts:
                return "<h1>Unknown account</h1>", 400, HTML
            left = {value for name, value in form if name == "scope"}
            answer = self._answer(request, account, tuple(scope for scope in request["scope"].split() if scope in left))
        elif self.asks:
            return self._page(request), 200, HTML
        else:
            answer = self.authorize(request) or {}
        return "", 302, {"location": f"{request['redirect_uri']}?{urlencode(answer)}"}

    def _page(self, request: Mapping[str, str]) -> str:
        people = "".join(
            f'<p><label><input type="radio" name="account" value="{html.escape(each)}"{" checked" if not place else ""}> '
            f"{html.escape(each)}</label></p>"
            for place, each in enumerate(self.accounts)
        )
        scopes = "".join(
            f'<p><label><input type="checkbox" name="scope" value="{html.escape(each)}" checked> {html.escape(each)}'
            "</label></p>"
            for each in request["scope"].split()
        )
        return (
            f'<!doctype html><html lang="en"><title>{self.provider}</title><h1>Sign in at {self.provider} (stand-in)</h1>'
            f"<form method=post><h2>Choose an account</h2>{people}<h2>Ringfence wants access</h2>{scopes}"
            '<button name="answer" value="allow">Allow</button> <button name="answer" value="deny">Deny</button></form>'
        )


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def unsigned_id_token(claims: Mapping[str, str]) -> str:
    """An ID token as the token endpoint of a stand-in gives it; its signature proves nothing."""

    def part(content: Mapping[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."
