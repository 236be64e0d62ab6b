"""A small fake of Salesforce: tokens by OAuth, search, query, records, collections, limits, and its errors."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from hub.api import JsonObject
from hub.api.sandbox import HeardRequest, HttpSandbox, json_reply, received

from .queries import soql, sosl
from .records import Org, Refused
from .replies import RULES, checked, error_reply, records_of, type_of
from .sign_in import CLIENT_ID, CLIENT_SECRET, OrgSignIn, consent_page, form_of, imported, new_key

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

USERNAME = "integration@example.com"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_LIFETIME = 180
CLOCK_SKEW = 30
STAGES = {"qualified": "Qualification", "won": "Closed Won", "lost": "Closed Lost"}

FORMATS = (
    "({0}) {1}-{2}",
    "{0}-{1}-{2}",
    "{0}.{1}.{2}",
    "+1 {0} {1} {2}",
    "1 ({0}) {1}-{2}",
    "{0}{1}{2}",
    "+1{0}{1}{2}",
)
"""How people type a North American number into a CRM; the contacts use these in turn."""


class Sandbox(HttpSandbox):
    """One org with one app and one integration user.

    `org` holds its records, `requests` the requests received. `locked_out` refuses every session, as an app's IP rules do;
    `sign_in_problem` is an OAuth error and its description; `instance_url` is the address that a token names, if it
    is not this one.
    """

    not_kept = HttpSandbox.not_kept | {"requests"}
    rules = RULES

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self._key = ""
        self.forget()

    @property
    def private_key(self) -> str:
        """The key that the fake's app trusts."""
        self._key = self._key or new_key()
        return self._key

    def forget(self) -> None:
        """Reset to an empty org: no records, no sessions, nothing refused."""
        self.org = Org(self.clock)
        self.sign_in = OrgSignIn(lambda: self.clock())
        self.requests: list[tuple[str, str]] = []
        self.sessions: set[str] = set()
        self.refresh_tokens: set[str] = set()
        self.rotate_refresh_tokens = False
        self.locked_out = False
        self.sign_in_problem: tuple[str, str] | None = None
        self.instance_url: str | None = None
        self.page_rows = 2000
        self.daily_limit = 15_000
        self.used = 0
        self.refused_keys: dict[str, tuple[str, str]] = {}
        self._pages: dict[str, tuple[list[dict[str, object]], int]] = {}
        self._contacts = 0
        self.person_module = "Contact"
        self.heal()

    # How a connector signs in.

    def settings(self) -> JsonObject:
        """The JWT bearer flow, with the key that this fake's app trusts."""
        return {"login_url": self.url, "client_id": CLIENT_ID, "username": USERNAME, "private_key": self.private_key}

    def sign_in_settings(self) -> dict[str, object]:
        """The web server flow: a person has to sign in."""
        return {"login_url": self.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}

    def refresh_token_settings(self) -> dict[str, object]:
        """The refresh-token flow, with a newly granted token."""
        refresh_token = f"5Aep{secrets.token_urlsafe(24)}"
        self.refresh_tokens.add(refresh_token)
        return {
            "login_url": self.url,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": refresh_token,
        }

    def authorized(self, request: HeardRequest) -> HeardRequest:
        self.sessions.add("example")
        return request.with_token("example")

    def expire_sessions(self) -> None:
        """End all sessions, as after the org's session timeout."""
        self.sessions.clear()

    # What the demo and the conformance suite need from a CRM.

    def add_contact(self, name: str, phone_number: str, email: str | None = None) -> str:
        """A contact, or another `person_module`, whose number is written as people write it."""
        first, _, last = name.rpartition(" ")
        north_american = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", phone_number)
        typed = (
            FORMATS[self._contacts % len(FORMATS)].format(*north_american.groups()) if north_american else phone_number
        )
        field = ("Phone", "MobilePhone")[self._contacts % 2]
        self._contacts += 1
        values = {"FirstName": first or None, "LastName": last, field: typed, "Email": email}
        if self.person_module == "Lead":
            values["Company"] = "Example Household"
        return self.org.create(self.person_module, values)

    @staticmethod
    def person_modules() -> Sequence[str]:
        """People are contacts and leads."""
        return ("Contact", "Lead")

    def add_deal(self, contact_id: str, stage: Literal["qualified", "won", "lost"], amount: str, currency: str) -> str:
        """An opportunity with that contact in its primary role."""
        values: dict[str, object] = {"Name": "Repair", "StageName": STAGES[stage], "Amount": float(amount)}
        values["CloseDate"] = self.clock().astimezone(UTC).date().isoformat()
        if "CurrencyIsoCode" in self.org.kinds["Opportunity"].fields:
            values["CurrencyIsoCode"] = currency
        elif currency != "USD":
            raise ValueError("an org without several currencies has US dollars only")
        with self.org.lock:
            deal = self.org.create("Opportunity", values)
            role = {"OpportunityId": deal, "ContactId": contact_id, "IsPrimary": True}
            self.org.create("OpportunityContactRole", role)
        return deal

    def move_deal(self, deal_id: str, stage: Literal["qualified", "won", "lost"], amount: str) -> None:
        """Change the opportunity's stage or amount."""
        values = {"StageName": STAGES[stage], "Amount": float(amount)}
        self.org.update("Opportunity", deal_id, values | {"CloseDate": self.clock().astimezone(UTC).date().isoformat()})

    def activities(self) -> Sequence[Mapping[str, object]]:
        """The calls logged so far: the Tasks that have a call's id."""
        with self.org.lock:
            tasks = [task for task in self.org.rows("Task") if task["TaskSubtype"] == "Call"]
        return [{"key": task["CallObject"], "contact_id": task["WhoId"], **task} for task in tasks]

    def held_ids(self) -> Sequence[str]:
        """The ids of the people and calls that are still there."""
        with self.org.lock:
            return [str(row["Id"]) for kind in ("Contact", "Lead", "Task") for row in self.org.rows(kind)]

    def refuse(
        self, key: str, code: str = "FIELD_CUSTOM_VALIDATION_EXCEPTION", message: str = "Not on weekends"
    ) -> None:
        """Refuse the Task with this CallObject, alone, as an org's own validation rule does."""
        self.refused_keys[key] = (code, message)

    # The wire.

    def app(self) -> Any:
        """Salesforce's paths."""
        from starlette.applications import Starlette
        from starlette.routing import Route

        data = "/services/data/v{version}"
        served: list[tuple[str, str, Any]] = [
            ("/services/oauth2/token", "POST", self._token),
            ("/services/oauth2/authorize", "GET", self._authorize),
            ("/services/oauth2/authorize", "POST", self._authorize),
            ("/services/oauth2/revoke", "POST", self._revoke),
            (f"{data}/limits{{slash:path}}", "GET", self._guarded(self._limits)),
            (f"{data}/search/", "GET", self._guarded(self._search)),
            (f"{data}/query/", "GET", self._guarded(self._query)),
            (f"{data}/queryAll/", "GET", self._guarded(self._query)),
            (f"{data}/query/{{locator}}", "GET", self._guarded(self._more)),
            (f"{data}/composite/sobjects", "POST", self._guarded(self._create_many)),
            (f"{data}/composite/sobjects", "PATCH", self._guarded(self._update_many)),
            (f"{data}/composite/sobjects", "DELETE", self._guarded(self._delete_many)),
            (f"{data}/sobjects/{{kind}}", "POST", self._guarded(self._create)),
            (f"{data}/sobjects/{{kind}}/", "POST", self._guarded(self._create)),
            (f"{data}/sobjects/{{kind}}/{{key}}", "GET", self._guarded(self._get)),
            (f"{data}/sobjects/{{kind}}/{{key}}", "PATCH", self._guarded(self._update)),
            (f"{data}/sobjects/{{kind}}/{{key}}", "DELETE", self._guarded(self._delete)),
        ]
        routes = [Route(path, handler, methods=[method]) for path, method, handler in served]
        return Starlette(routes=routes, exception_handlers={404: self._nowhere})

    async def _nowhere(self, request: Request, error: Exception) -> Response:
        return error_reply(Refused("NOT_FOUND", "The requested resource does not exist", status=404))

    async def _authorize(self, request: Request) -> Response:
        return await consent_page(self.sign_in, request)

    async def _revoke(self, request: Request) -> Response:
        token = (await form_of(request)).get("token", "")
        known = token in self.refresh_tokens
        self.refresh_tokens.discard(token)
        return json_reply({}) if known else json_reply({"error": "unsupported_token_type"}, 400)

    async def _token(self, request: Request) -> Response:
        form = await form_of(request)
        self.requests.append(("POST", "/services/oauth2/token"))
        refresh_token = form.get("refresh_token", "")
        if self.sign_in_problem:
            problem: tuple[str, str] | None = self.sign_in_problem
        elif form.get("grant_type") == JWT_GRANT:
            problem = self._wrong_assertion(form.get("assertion", ""))
        elif form.get("grant_type") == "refresh_token":
            problem = self._wrong_refresh(form, refresh_token)
        elif form.get("grant_type") == "authorization_code":
            status, content = self.sign_in.token(form)
            refresh_token = str(content.get("refresh_token", ""))
            problem = (content["error"], content["error_description"]) if status != 200 else None
            self.refresh_tokens |= {refresh_token} - {""}
        else:
            problem = ("unsupported_grant_type", "grant type not supported")
        if problem:
            return json_reply({"error": problem[0], "error_description": problem[1]}, 400)
        session = f"00D5g000000001!{secrets.token_urlsafe(24)}"
        self.sessions.add(session)
        answer = {
            "access_token": session,
            "instance_url": self.instance_url or self.url,
            "token_type": "Bearer",
            "scope": "api",
        }
        answer["id"] = f"{self.url}/id/00D5g0000000001EAA/{self.org.user}"
        if form.get("grant_type") == "authorization_code":
            answer |= {"scope": content["scope"], "refresh_token": refresh_token}
        elif refresh_token and self.rotate_refresh_tokens:
            self.refresh_tokens.discard(refresh_token)
            answer["refresh_token"] = f"5Aep{secrets.token_urlsafe(24)}"
            self.refresh_tokens.add(answer["refresh_token"])
        return json_reply(answer)

    def _wrong_assertion(self, assertion: str) -> tuple[str, str] | None:
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            claims = jwt.decode(assertion, imported(self.private_key), algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return "invalid_grant", "invalid assertion"
        if claims.get("iss") != CLIENT_ID:
            return "invalid_client_id", "client identifier invalid"
        if claims.get("sub") != USERNAME:
            return "invalid_grant", "user hasn't approved this consumer"
        if claims.get("aud") not in (self.url, "https://login.salesforce.com", "https://test.salesforce.com"):
            return "invalid_grant", "audience is invalid"
        left = int(claims.get("exp", 0)) - self.clock().timestamp()
        return None if 0 < left <= ASSERTION_LIFETIME + CLOCK_SKEW else ("invalid_grant", "expired authorization code")

    def _wrong_refresh(self, form: Mapping[str, str], refresh_token: str) -> tuple[str, str] | None:
        if form.get("client_id") != CLIENT_ID:
            return "invalid_client_id", "client identifier invalid"
        if form.get("client_secret") != CLIENT_SECRET:
            return "invalid_client", "invalid client credentials"
        return None if refresh_token in self.refresh_tokens else ("invalid_grant", "expired access/refresh token")

    def _guarded(self, serve: Callable[[Request, Any], Response]) -> object:
        """A path that needs a session and counts toward the daily limit."""

        async def guarded(request: Request) -> Response:
            heard = await received(request)
            self.requests.append((request.method, request.url.path))
            session = request.headers.get("authorization", "").removeprefix("Bearer ")
            if self.locked_out or session not in self.sessions:
                return error_reply(Refused("INVALID_SESSION_ID", "Session expired or invalid", status=401))
            if self.used >= self.daily_limit:
                return error_reply(Refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403))
            self.used += 1
            try:
                given = checked(request, heard, self.clock())
                with self.org.lock:
                    response = serve(request, given)
            except Refused as refused:
                return error_reply(refused)
            response.headers["Sforce-Limit-Info"] = f"api-usage={self.used}/{self.daily_limit}"
            return response

        return guarded

    def _limits(self, request: Request, body: object) -> Response:
        left = self.daily_limit - self.used
        return json_reply({"DailyApiRequests": {"Max": self.daily_limit, "Remaining": left}})

    def _search(self, request: Request, body: Any) -> Response:
        return json_reply({"searchRecords": sosl(self.org, request.query_params.get("q", ""))})

    def _query(self, request: Request, body: object) -> Response:
        every = "/queryAll/" in request.url.path
        rows = soql(self.org, request.query_params.get("q", ""), every)
        return self._page(rows, len(rows), request.path_params["version"])

    def _more(self, request: Request, body: object) -> Response:
        kept = self._pages.pop(request.path_params["locator"], None)
        if kept is None:
            raise Refused("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(*kept, request.path_params["version"])

    def _page(self, rows: list[JsonObject], total: int, version: str) -> Response:
        size = self.page_size(self.page_rows)
        shown, rest = rows[:size], rows[size:]
        answer: dict[str, object] = {"totalSize": total, "done": not rest, "records": shown}
        if rest:
            locator = f"01g{secrets.token_hex(7)}-{len(shown)}"
            self._pages[locator] = rest, total
            answer["nextRecordsUrl"] = f"/services/data/v{version}/query/{locator}"
        return json_reply(answer)

    def _create(self, request: Request, body: object) -> Response:
        if not isinstance(body, dict):
            raise Refused("JSON_PARSER_ERROR", "The HTTP entity body is required")
        return json_reply({"id": self._take(request.path_params["kind"], body), "success": True, "errors": []}, 201)

    def _take(self, kind: str, values: Mapping[str, object]) -> str:
        refusal = self.refused_keys.get(str(values.get("CallObject")))
        if refusal:
            raise Refused(*refusal)
        return self.org.create(kind, values)

    def _create_many(self, request: Request, body: object) -> Response:
        return self._each(request, body, lambda record: self._take(type_of(record), record))

    def _update_many(self, request: Request, body: object) -> Response:
        return self._each(request, body, self._change)

    def _each(self, request: Request, body: object, work: Callable[[Any], str]) -> Response:
        """What became of each record of a collection: what the rules say of it, or what `work` does."""
        said = [
            RULES.answer(name).row if name else self._one_of(partial(work, record))
            for record, refused in zip(records_of(body), request.state.refused, strict=True)
            for name in (refused or self.next_row_answer(),)
        ]
        return json_reply(said)

    def _change(self, record: Mapping[str, object]) -> str:
        key = str(record.get("id"))
        self.org.update(
            type_of(record), key, {name: value for name, value in record.items() if name not in ("attributes", "id")}
        )
        return key

    def _delete_many(self, request: Request, body: object) -> Response:
        keys = [key for key in request.query_params.get("ids", "").split(",") if key]
        return json_reply([self._one_of(partial(self._drop, key)) for key in keys])

    def _drop(self, key: str) -> str:
        self.org.delete(key)
        return key

    def _one_of(self, work: Callable[[], str]) -> dict[str, object]:
        try:
            return {"id": work(), "success": True, "errors": []}
        except Refused as refused:
            error = {"statusCode": refused.code, "message": refused.message, "fields": list(refused.fields)}
            return {"success": False, "errors": [error]}

    def _get(self, request: Request, body: object) -> Response:
        kind, _ = self.org.kind(request.path_params["kind"])
        record = self.org.find(kind, request.path_params["key"])
        return json_reply({"attributes": {"type": kind, "url": request.url.path}, **record})

    def _update(self, request: Request, body: Any) -> Response:
        self.org.update(request.path_params["kind"], request.path_params["key"], body or {})
        return json_reply(None, 204)

    def _delete(self, request: Request, body: object) -> Response:
        kind, _ = self.org.kind(request.path_params["kind"])
        self.org.delete(self.org.find(kind, request.path_params["key"])["Id"])
        return json_reply(None, 204)
