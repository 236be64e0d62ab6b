"""A fake of HubSpot's CRM API, OAuth and webhooks, with HubSpot's paths, fields, errors and limits."""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs

from hub.api import JsonObject, WebhookRequest
from hub.api.sandbox import Fault, HeardRequest, HttpSandbox, SandboxSignIn, VendorRules, json_reply, reply

from ..signature import signature
from ..translate import entered, hubspot_time, milliseconds
from .account import Account
from .records import MAX_SEARCH_CHARACTERS, HubSpotError, invalid

if TYPE_CHECKING:
    from starlette.datastructures import URL

STAGES = {"qualified": "qualifiedtobuy", "won": "closedwon", "lost": "closedlost"}
TOKEN_LIFETIME = timedelta(minutes=30)
MAX_SEARCHES_PER_SECOND = 5

PORTALS = {"pat@northgate-drains.example.com": 62515, "somebody@else.example.com": 777001}
"""Who may install the app → the account that they install it in."""
PEOPLE = tuple(PORTALS)


class PortalSignIn(SandboxSignIn):
    """HubSpot's page that installs the app: it wants the app's own scopes."""

    def __init__(self, hubspot: Sandbox, clock: Callable[[], datetime]) -> None:
        super().__init__(
            clock,
            provider="HubSpot",
            client_id=hubspot.client_id,
            client_secret=hubspot.client_secret,
            refresh_token=f"installed-{uuid.uuid4().hex}",
            accounts=PEOPLE,
        )
        self._hubspot = hubspot

    def problem(self, request: Mapping[str, str]) -> str:
        unknown = set(request.get("scope", "").split()) - self._hubspot.account.scopes
        return super().problem(request) or (f"The app does not have the scopes {sorted(unknown)}" if unknown else "")


class Sandbox(HttpSandbox):
    """HubSpot on loopback. Objects: contacts, deals, calls. Unknown requests get HubSpot's 400 or 404."""

    not_kept = HttpSandbox.not_kept | {"requests"}
    rules = VendorRules(Path(__file__).with_name("rules.yaml"))

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self.token = "pat-na1-sandbox"  # noqa: S105
        self.client_id, self.client_secret = "sandbox-client", "sandbox-client-secret"
        self.forget()

    def forget(self) -> None:
        """Reset to an empty account without faults."""
        self.account = Account(lambda: self.clock())
        self.refresh_token = "sandbox-refresh-token"  # noqa: S105
        self.burst = 190
        """Requests that are allowed within ten seconds of the sandbox's clock."""
        self.requests: list[tuple[str, str]] = []
        """Method and path of each accepted request."""
        self.refreshes = 0
        self._access: dict[str, datetime] = {}
        self._people: dict[str, str] = {}
        self.sign_in = PortalSignIn(self, lambda: self.clock())
        self._next_refresh_token = ""
        self._recent: list[datetime] = []
        self._searches: list[datetime] = []
        self._events = itertools.count(1)
        self.heal()

    def settings(self) -> JsonObject:
        """Sign in with the private token; the fake's search does not lag."""
        return {
            "access_token": self.token,
            "client_secret": self.client_secret,
            "base_url": self.url,
            "search_lag": 0,
        }

    def oauth_settings(self) -> dict[str, object]:
        """Sign in with OAuth."""
        own = {"client_id": self.client_id, "refresh_token": self.refresh_token}
        return {name: value for name, value in self.settings().items() if name != "access_token"} | own

    def sign_in_settings(self) -> dict[str, object]:
        """Sign in with OAuth, once somebody has installed the app."""
        own = {name: value for name, value in self.oauth_settings().items() if name != "refresh_token"}
        return own | {"authorize_url": f"{self.url}/oauth/authorize"}

    def expire_tokens(self) -> None:
        """End every OAuth access token now."""
        with self._lock:
            self._access.clear()

    def rotate_refresh_token(self) -> None:
        """Issue a new refresh token with the next access token; the present one then ends."""
        self._next_refresh_token = f"refresh-{uuid.uuid4().hex}"

    # What the demo and the conformance suite read and set up.

    def add_contact(self, name: str, phone_number: str, email: str | None = None) -> str:
        """A contact; its phone number may have any format."""
        first, _, last = name.partition(" ")
        return self.add("contacts", firstname=first, lastname=last, phone=phone_number, email=email or "")

    def add_deal(self, contact_id: str, stage: Literal["qualified", "won", "lost"], amount: str, currency: str) -> str:
        """A deal of that contact."""
        deal = self.add("deals", dealname="Deal", amount=amount, deal_currency_code=currency)
        self.move_deal(deal, stage, amount)
        self.link("deals", deal, "contacts", contact_id, 3)
        return deal

    def move_deal(self, deal_id: str, stage: Literal["qualified", "won", "lost"], amount: str) -> None:
        """Change the stage or the amount now."""
        now = hubspot_time(self.clock())
        closed = stage != "qualified"
        self.change(
            "deals",
            deal_id,
            amount=amount,
            dealstage=STAGES[stage],
            closedate=now if closed else "",
            hs_is_closed=str(closed).lower(),
            hs_is_closed_won=str(stage == "won").lower(),
            **{entered(STAGES[stage]): now},
        )

    def activities(self) -> Sequence[Mapping[str, object]]:
        """The calls that hold a unique custom property, with their contact."""
        with self._lock:
            calls = self.account.tables["calls"]
            unique = [name for name, definition in calls.own.items() if definition.get("hasUniqueValue")]
            return [
                {
                    "key": next(record.properties[name] for name in unique if record.properties.get(name)),
                    "contact_id": next(
                        (str(one) for one in self.account.links.get(("calls", record.id, "contacts"), ())), None
                    ),
                    "id": str(record.id),
                    **record.properties,
                }
                for record in calls.records.values()
                if any(record.properties.get(name) for name in unique)
            ]

    def held_ids(self) -> Sequence[str]:
        """The ids of the contacts and calls that are still there."""
        with self._lock:
            return [f"{kind}/{each}" for kind in ("contacts", "calls") for each in self.account.tables[kind].records]

    def refuse(self, key: str, message: str = "This call cannot be saved", whole_batch: bool = False) -> None:
        """Refuse every call with this key: only that call, or its whole batch."""
        self.account.refused[key] = (message, whole_batch)

    def fail_from(self, count: int, fault: Fault, times: int = 50) -> None:
        """Serve `count` requests, then fail with `fault` so many times or until `heal`."""
        self._serve_before_fault = count
        self.fail_next(fault, times)

    def heal(self) -> None:
        """Remove all pending faults."""
        self._serve_before_fault = 0
        super().heal()

    def next_fault(self) -> Fault | None:
        """The fault for the current request, after the requests that are still to be served."""
        with self._lock:
            if self._serve_before_fault:
                self._serve_before_fault -= 1
                return None
            return super().next_fault()

    def add(self, kind: str, **properties: str) -> str:
        """A record with any properties, changed now; its id."""
        with self._lock:
            return self.account.add(kind, **properties)

    def change(self, kind: str, record_id: str, **properties: str) -> None:
        """Change a record now."""
        with self._lock:
            self.account.change(kind, record_id, **properties)

    def link(self, start: str, start_id: str, end: str, end_id: str, kind: int) -> None:
        """Associate two records, both ways."""
        with self._lock:
            self.account.link(start, start_id, end, end_id, kind)

    def trail(self, *record_ids: str) -> None:
        """Make search lag: it shows all records except these."""
        with self._lock:
            self.account.unindexed = set(map(int, record_ids))

    def records(self, kind: str) -> Mapping[str, Mapping[str, str]]:
        """All records of a kind by id."""
        with self._lock:
            return {str(record.id): dict(record.properties) for record in self.account.tables[kind].records.values()}

    def deal_webhook(
        self, deal_id: str, webhook_url: str, attempt: int = 0, event_id: int | None = None
    ) -> WebhookRequest:
        """HubSpot's signed webhook that a deal's stage changed."""
        now = self.clock()
        event = {
            "eventId": event_id or next(self._events),
            "subscriptionId": 4321,
            "portalId": 62515,
            "appId": 54321,
            "occurredAt": milliseconds(now),
            "subscriptionType": "deal.propertyChange",
            "attemptNumber": attempt,
            "objectId": int(deal_id),
            "propertyName": "dealstage",
            "propertyValue": self.records("deals")[deal_id].get("dealstage", ""),
            "changeSource": "CRM_UI",
        }
        return self.signed(json.dumps([event]).encode(), webhook_url)

    def unparseable_webhook(self, webhook_url: str) -> WebhookRequest:
        """A webhook with a valid signature whose content makes no sense."""
        return self.signed(b"[{", webhook_url)

    def signed(self, body: bytes, webhook_url: str) -> WebhookRequest:
        """Any body, signed as HubSpot signs."""
        now = self.clock()
        timestamp = str(milliseconds(now))
        headers = {
            "content-type": "application/json",
            "x-hubspot-request-timestamp": timestamp,
            "x-hubspot-signature-v3": signature(self.client_secret, "POST", webhook_url, body, timestamp),
        }
        return WebhookRequest("POST", webhook_url, body, received_at=now, headers=headers)

    # The wire.

    def authorized(self, request: HeardRequest) -> HeardRequest:
        self.account.have_examples()
        return request.with_token(self.token)

    def app(self) -> Any:
        """One ASGI application for all paths."""
        from starlette.requests import Request

        async def serve(scope: Any, receive: Any, send: Any) -> None:
            request = Request(scope, receive)
            body = await request.body()
            if request.url.path == "/oauth/authorize":
                page = self.sign_in.page_reply(request.method, dict(request.query_params), body)
                await reply(*page)(scope, receive, send)
                return
            try:
                with self._lock:
                    self.requests.append((request.method, request.url.path))
                    status, answer = self._answer(request.method, request.url, request.headers, body)
            except HubSpotError as error:
                status, answer = error.status, _error_body(error)
            headers = {} if request.url.path.endswith("/search") else self._limit_headers()
            await json_reply(None if status == 204 else answer, status, headers)(scope, receive, send)

        return serve

    def _answer(self, method: str, url: URL, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        path, kind = url.path, headers.get("content-type", "").partition(";")[0]
        if path.startswith("/oauth/") and method == "POST" and kind != "application/x-www-form-urlencoded":
            raise HubSpotError(415, "VALIDATION_ERROR", "Unsupported Media Type: a form is expected")
        if re.fullmatch(r"/oauth/20\d\d-0[39]/token(/introspect)?", path) and method == "POST":
            return self._oauth(path, body)
        self._authorize(headers.get("authorization", ""))
        area, rest = _dated(path)
        if rest[-1] == "search":
            self._count_search(body)
        else:
            self._count()
        heard = HeardRequest(method, "/".join(("/crm", area, "2026-09", *rest)), url.query, headers, body)
        said = self.rules.check(heard, self.clock())
        for name in filter(None, (said.answer, *said.refused)):
            answer = self.rules.answer(name)
            message, named = answer.body["message"].format(field=said.field), answer.body["correlationId"]
            raise HubSpotError(answer.status, answer.body["category"], message, correlationId=named)
        with self._lock:
            return self.account.answer(area, method, rest, json.loads(body or b"{}"))

    def _authorize(self, header: str) -> None:
        token = header.removeprefix("Bearer ")
        if token == self.token:
            return
        if token not in self._access:
            raise HubSpotError(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        if self._access[token] <= self.clock():
            raise HubSpotError(401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired.")

    def _count(self) -> None:
        now = self.clock()
        self._recent = [moment for moment in self._recent if now - moment < timedelta(seconds=10)]
        if len(self._recent) >= self.burst:
            raise _limited("TEN_SECONDLY_ROLLING")
        self._recent.append(now)

    def _count_search(self, body: bytes) -> None:
        """Search is outside of the limit for ten seconds and has its own one. Searches within one instant of a clock that
        stands still are not counted."""
        now = self.clock()
        self._searches = [moment for moment in self._searches if now - moment < timedelta(seconds=1)]
        if sum(moment != now for moment in self._searches) >= MAX_SEARCHES_PER_SECOND:
            raise _limited("SECONDLY")
        self._searches.append(now)
        if len(body.decode(errors="replace")) > MAX_SEARCH_CHARACTERS:
            raise invalid(f"The request body exceeds the maximum of {MAX_SEARCH_CHARACTERS} characters")

    def _limit_headers(self) -> dict[str, str]:
        left = max(0, self.burst - len(self._recent))
        return {
            "X-HubSpot-RateLimit-Max": str(self.burst),
            "X-HubSpot-RateLimit-Remaining": str(left),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        }

    # OAuth.

    def _oauth(self, path: str, body: bytes) -> tuple[int, object]:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if path.endswith("/introspect"):
            token = form.get("token", "")
            alive = self._access.get(token, datetime.min.replace(tzinfo=UTC)) > self.clock()
            person = self._people.get(token, PEOPLE[0])
            return 200, {
                "active": alive,
                "client_id": self.client_id,
                "hub_id": PORTALS[person],
                "hub_domain": f"{PORTALS[person]}.example.com",
                "user": person,
                "scopes": sorted(self.account.scopes),
            }
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            raise HubSpotError(400, "BAD_CLIENT_ID", "missing or unknown client id")
        person, refresh_token = self._grant(form)
        self.refreshes += 1
        token = f"oauth-{self.refreshes}-{uuid.uuid4().hex}"
        self._access[token] = self.clock() + TOKEN_LIFETIME
        self._people[token] = person
        return 200, {
            "token_type": "bearer",
            "access_token": token,
            "refresh_token": refresh_token,
            "hub_id": PORTALS[person],
            "expires_in": int(TOKEN_LIFETIME.total_seconds()),
        }

    def _grant(self, form: Mapping[str, str]) -> tuple[str, str]:
        """Who gets a token, and the refresh token that goes with it."""
        if form.get("grant_type") == "authorization_code":
            status, answer = self.sign_in.token(form)
            if status != 200:
                raise HubSpotError(400, "BAD_AUTH_CODE", "missing or unknown auth code")
            return self.sign_in.holder(answer["refresh_token"]) or PEOPLE[0], answer["refresh_token"]
        given = form.get("refresh_token", "")
        if form.get("grant_type") == "refresh_token" and given == self.refresh_token:
            self.refresh_token, self._next_refresh_token = self._next_refresh_token or self.refresh_token, ""
            return PEOPLE[0], self.refresh_token
        person = self.sign_in.holder(given)
        if form.get("grant_type") != "refresh_token" or person is None or self.sign_in.revoked:
            raise HubSpotError(400, "BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        return person, given


def _dated(path: str) -> tuple[str, list[str]]:
    """`/crm/v3/objects/calls` and `/crm/objects/2026-09/calls` are the same resource."""
    parts = path.strip("/").split("/")
    if len(parts) < 4 or parts[0] != "crm":
        raise HubSpotError(404, "OBJECT_NOT_FOUND", "resource not found")
    if parts[1] in ("v3", "v4"):
        return parts[2], parts[3:]
    if parts[2] in ("2026-03", "2026-09"):
        return parts[1], parts[3:]
    raise HubSpotError(404, "OBJECT_NOT_FOUND", "this version does not exist")


def _error_body(error: HubSpotError) -> JsonObject:
    if error.category.startswith("BAD_"):
        return {"status": error.category, "message": error.message, "correlationId": str(uuid.uuid4())}
    body = {"status": "error", "message": error.message, "correlationId": str(uuid.uuid4()), **error.more}
    return {**body, "category": error.category} if error.category else body


def _limited(policy: str) -> HubSpotError:
    """A reached limit. Its body has a type of error in place of a category."""
    message = f"You have reached your {policy.lower()} limit."
    return HubSpotError(429, "", message, errorType="RATE_LIMIT", policyName=policy)
