"""Around every page before the sign-in: the cross-site rule, the body, the cookies of waiting steps, the start of a session."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from hub.access.brands import brand_of_hub
from hub.access.sign_in import challenges, devices
from hub.access.sign_in.oidc import OidcProvider
from hub.access.sign_in.passkeys import RelyingParty
from hub.access.sign_in.sessions import end_session, open_session, session_of
from hub.access.sign_in.throttle import Throttle
from hub.errors import RetryLater
from hub.model import User
from hub.platform.rate_limit import Buckets, NetworkLimit, NetworkLimiter, Networks, network_of, networks_of
from hub.runtime import Hub
from hub.store import audit
from hub.web.client_ip import Proxies
from hub.web.pages.guard import NONCE_BYTES, SignedIn, fields_of, plain
from hub.web.pages.request import PageContext
from hub.web.pages.security import headers_with, is_cross_site, is_local, own_path
from hub.web.pages.templates import rendered
from hub.web.request_body import read_body
from hub.web.sign_in.browser_names import browser_name

log = structlog.get_logger(__name__)
MAX_BODY_BYTES = 50_000
DEVICE_COOKIE = "device"
BEGUN = NetworkLimit(of_address=(60.0, 1.0), of_all=(5_000.0, 20.0))
"""Sign-ins begun: each stores a challenge."""
LINKS = (3.0, 1 / 1_200)
"""Links by email for one user, in a burst and per second."""
NOTED_FAILURES = (5.0, 1 / 600)
"""Failed sign-ins of one user that are written to the audit log, in a burst and per second."""
MAX_COUNTED = 50_000


class Door:
    """What the pages before the sign-in share; one per process."""

    def __init__(self, context: PageContext, signed_in: SignedIn) -> None:
        self.context, self.signed_in = context, signed_in
        self.throttle = context.counters.of("sign-ins", Throttle)
        self.party = RelyingParty.of(context.public_url)
        config = context.hub.config.hub
        self.proxies = Proxies(config.trusted_proxies)
        section = config.sign_in.oidc
        callback = f"{context.public_url.rstrip('/')}/sign-in/oidc/callback"
        self.oidc = OidcProvider(section, callback) if section else None
        self.oidc_name = section.name if section else None
        self._begun = context.counters.of("sign-ins begun", partial(NetworkLimiter, BEGUN))
        self._links = context.counters.of("sign-in links", partial(Buckets, MAX_COUNTED))
        self._failures = context.counters.of("sign-ins failed", partial(Buckets, MAX_COUNTED))

    @property
    def hub(self) -> Hub:
        """The hub."""
        return self.context.hub

    def cookie(self, name: str) -> str:
        """The name of a cookie of the sign-in."""
        return self.context.step_cookie(name)

    def may_begin(self, networks: Networks, now: datetime) -> bool:
        """Whether one more sign-in may begin."""
        return self._begun.may("", networks, now)

    def may_send_link(self, user: str, networks: Networks, now: datetime) -> bool:
        """Whether one more link may be sent to a user."""
        return self.may_begin(networks, now) and self._links.take(user, LINKS, now)

    def note_failure(self, user: User, detail: str, now: datetime) -> None:
        """Write a failed sign-in to the audit log, unless many were written for this user."""
        if self._failures.take(user.id, NOTED_FAILURES, now):
            with self.hub.store.writing() as session:
                audit.note(session, now, user.id, "sign_in.fail", user.id, detail)

    def endpoint(self, serve: Callable[[DoorRequest], Response]) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of one page."""

        async def endpoint(request: Request) -> Response:
            if is_cross_site(request, self.context.public_url):
                return plain(403, "This request came from another site, so it was refused.")
            body = await read_body(request, MAX_BODY_BYTES) if request.method == "POST" else b""
            if body is None:
                return plain(413, "The form is too large.")
            query = DoorRequest(self, request, secrets.token_urlsafe(NONCE_BYTES), fields_of(body))
            return await run_in_threadpool(self._answer, serve, query)

        return endpoint

    @staticmethod
    def _answer(serve: Callable[[DoorRequest], Response], request: DoorRequest) -> Response:
        try:
            return serve(request)
        except RetryLater as busy:
            answer = plain(503, str(busy))
            answer.headers["Retry-After"] = str(int(busy.after or 1))
            return answer
        except SQLAlchemyError as error:
            log.warning("sign-in page failed", error=type(error).__name__)
            return plain(503, "The database does not answer. Try again in a moment.")


@dataclass
class DoorRequest:
    """One request of somebody who may not be signed in."""

    door: Door
    request: Request
    nonce: str
    form: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def hub(self) -> Hub:
        """The hub."""
        return self.door.hub

    @cached_property
    def now(self) -> datetime:
        """The time of the request, UTC."""
        return self.hub.clock()

    @cached_property
    def network(self) -> str | None:
        """The network of the visitor's address, if it is a public one."""
        return network_of(self.door.proxies.client_of(self.request))

    @property
    def wide_network(self) -> str | None:
        """The /16 of the visitor's address, or its /48 of IPv6."""
        return next((each.text for each in self.networks if each.prefix in (16, 48)), None)

    @property
    def networks(self) -> Networks:
        """All networks of the visitor's address."""
        return networks_of(self.door.proxies.client_of(self.request))

    @property
    def target(self) -> str:
        """Where the user goes after the sign-in: a path of this hub."""
        return own_path(self.value("next") or self.request.query_params.get("next"))

    @property
    def is_local(self) -> bool:
        """Whether the browser is on this machine, and the hub is served there alone."""
        return is_local(self.request, self.door.context.public_url)

    def value(self, name: str) -> str:
        """A form field without blanks around it; empty if it was not sent."""
        return self.exact(name).strip()

    def exact(self, name: str) -> str:
        """A form field as it was sent, for passwords."""
        return (self.form.get(name) or [""])[-1]

    def document(self, name: str) -> dict[str, Any]:
        """A form field that holds a JSON object; empty if it does not."""
        try:
            found = json.loads(self.exact(name))
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def device(self, user: User | None) -> str | None:
        """The id of this browser, if it signed in as this user before."""
        cookie = self.request.cookies.get(self.door.cookie(DEVICE_COOKIE), "")
        return devices.device_of(self.hub.keyring, cookie, user.id) if user else None

    def step(self, kind: challenges.Kind) -> str:
        """The token of a waiting step, from its cookie."""
        return self.request.cookies.get(self.door.cookie(kind), "")

    # Answers.

    def render(self, template: str, /, status: int = 200, **values: object) -> Response:
        """A page from its template."""
        with self.hub.store.reading() as session:
            brand = brand_of_hub(session)
        shown = {
            "nonce": self.nonce,
            "brand": brand,
            "host": self.door.party.id,
            "oidc_name": self.door.oidc_name,
            "passkeys_possible": self.door.party.possible,
            **values,
        }
        headers = headers_with(self.nonce, https=self.door.context.https)
        return Response(rendered(template, None, shown), status, headers, "text/html")

    def redirect(self, target: str) -> Response:
        """303 to a path."""
        return RedirectResponse(target, 303, {"Cache-Control": "no-store"})

    def json(self, content: Mapping[str, object] | str, status: int = 200) -> Response:
        """An answer to the page's script; a text is JSON already."""
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if isinstance(content, str):
            return Response(content, status, headers, "application/json")
        return JSONResponse(content, status, headers)

    def wait(self, response: Response, kind: challenges.Kind, token: str) -> Response:
        """Give the browser the token of a step that waits for its answer."""
        self._set(response, kind, token, challenges.LIFETIME)
        return response

    @property
    def browser(self) -> str:
        """The browser's name."""
        return browser_name(self.request.headers.get("user-agent", ""))

    def begin(self, session: Session, user: User, method: str) -> str:
        """Start a session within `session`, and end the one that the browser had; returns the new token."""
        old = session_of(session, self.request.cookies.get(self.door.signed_in.cookie, ""), self.now)
        if old is not None:
            end_session(session, old.row.id, self.now)
        token = open_session(session, user, method, self.browser, self.now, self.door.signed_in.lifetime)
        audit.note(session, self.now, user.id, "sign_in", user.id, method)
        return token

    def enter(self, response: Response, user: User, token: str) -> Response:
        """Give the browser its session, remember the browser, and forget the steps."""
        context, signed_in = self.door.context, self.door.signed_in
        context.set_cookie(response, signed_in.cookie, token, signed_in.lifetime.longest)
        self.remember_browser(response, user)
        for kind in ("passkey", "register", "factor", "oidc"):
            if self.door.cookie(kind) in self.request.cookies:
                response.delete_cookie(self.door.cookie(kind), path="/", secure=self.door.context.https, httponly=True)
        return response

    def remember_browser(self, response: Response, user: User) -> Response:
        """Let the browser count as one that signed in as this user before."""
        if self.device(user) is None:
            self._set(response, DEVICE_COOKIE, devices.new_device(self.hub.keyring, user.id), devices.LIFETIME)
        return response

    def _set(self, response: Response, name: str, value: str, life: timedelta) -> None:
        self.door.context.set_cookie(response, self.door.cookie(name), value, life)
