"""Protects the forms on the hub's public pages: the origin of a post, proof of identity, and rate limits."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from hub.platform.rate_limit import NetworkLimit, NetworkLimiter, Networks
from hub.runtime import Hub

FORM_COOKIE, PERSON_COOKIE = "ringfence_form", "ringfence_person"
PERSON_COOKIE_LIFETIME = timedelta(hours=1)
MAX_PRIVACY_FORM_BYTES = 20_000
MAX_PRIVACY_FORM_FIELDS = 30
REQUESTED = NetworkLimit(of_address=(10.0, 1 / 120), of_all=(5_000.0, 1 / 2))
"""Requests to one company. What a request may send, a text or an email, has budgets of its own; the budget of all only
protects the disk."""
OPTED_OUT = NetworkLimit(of_address=(8.0, 1 / 300), of_all=(5_000.0, 1.0))
"""Opt-outs at one company: enough for a family or a small office, then twelve per hour, so that nobody can opt out all of a
company's callers one by one."""
TRIED = NetworkLimit(of_address=(30.0, 1 / 30))
"""Codes and links that are tried."""


class RequestLimiter:
    """Counts requests by network, in one process. Only the networks of an address are used, and they are forgotten with
    the count."""

    def __init__(self) -> None:
        self._asked, self._opted_out, self._tried = map(NetworkLimiter, (REQUESTED, OPTED_OUT, TRIED))

    def may_ask(self, company_id: str, networks: Networks, now: datetime) -> bool:
        """Whether one more request is accepted."""
        return self._asked.may(company_id, networks, now)

    def may_opt_out(self, company_id: str, networks: Networks, now: datetime) -> bool:
        """Whether one more opt-out is accepted."""
        return self._opted_out.may(company_id, networks, now)

    def may_try(self, networks: Networks, now: datetime) -> bool:
        """Whether one more code or link may be tried."""
        return self._tried.may("", networks, now)


class Forms:
    """The forms of one hub's own pages."""

    def __init__(self, hub: Hub) -> None:
        self._keyring, self._clock = hub.keyring, hub.clock
        public = urlsplit(str(hub.config.hub.public_url))
        self.origin = f"{public.scheme}://{public.netloc}"
        self._secure = public.scheme == "https"

    def begin(self, request: Request) -> tuple[str, str]:
        """The nonce of a visitor's cookie, a new one if the cookie is missing, and the token for their forms' hidden
        field."""
        nonce = request.cookies.get(FORM_COOKIE, "")
        if not 20 <= len(nonce) <= 64:
            nonce = secrets.token_urlsafe(24)
        return nonce, self._keyring.sign(FORM_COOKIE, nonce.encode("utf-8", "replace"))

    def remember(self, response: Response, nonce: str) -> None:
        """Set the form's cookie."""
        self._set(response, FORM_COOKIE, nonce, PERSON_COOKIE_LIFETIME)

    def is_ours(self, request: Request, fields: dict[str, str]) -> bool:
        """Whether a post comes from one of our forms in the same browser: its Origin, its cookie and its hidden field
        agree."""
        nonce = request.cookies.get(FORM_COOKIE, "").encode("utf-8", "replace")
        same = request.headers.get("origin") == self.origin
        return same and bool(nonce) and self._keyring.signed(FORM_COOKIE, nonce, fields.get("form", ""))

    def authorize(self, response: Response, request_id: str) -> None:
        """Let the browser see this one request for an hour."""
        until = int((self._clock() + PERSON_COOKIE_LIFETIME).timestamp())
        value = f"{request_id}.{until}"
        signed = self._keyring.sign(PERSON_COOKIE, value.encode())
        self._set(response, PERSON_COOKIE, f"{value}.{signed}", PERSON_COOKIE_LIFETIME)

    def is_in(self, request: Request, request_id: str) -> bool:
        """Whether this browser has proven, within the hour, that this request belongs to its person."""
        value, _, signature = request.cookies.get(PERSON_COOKIE, "").rpartition(".")
        theirs, _, until = value.partition(".")
        if theirs != request_id or not until.isascii() or not until.isdigit():
            return False
        lives = int(until) > self._clock().timestamp()
        return lives and self._keyring.signed(PERSON_COOKIE, value.encode(), signature)

    def _set(self, response: Response, name: str, value: str, life: timedelta) -> None:
        response.set_cookie(
            name,
            value,
            max_age=int(life.total_seconds()),
            path="/privacy",
            secure=self._secure,
            httponly=True,
            samesite="strict" if name == FORM_COOKIE else "lax",
        )


def fields_of(body: bytes) -> dict[str, str]:
    """The fields of a form; the last of several with one name. Empty if the body is not a form."""
    try:
        return dict(
            parse_qsl(body.decode("ascii"), max_num_fields=MAX_PRIVACY_FORM_FIELDS, encoding="utf-8", errors="replace")
        )
    except (ValueError, UnicodeDecodeError):
        return {}
