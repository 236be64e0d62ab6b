"""A fake Google on loopback: the sign-in, the token endpoint, revocation, and the search in one person's contacts."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from hub.api import JsonObject, phone_number
from hub.api.sandbox import (
    HeardRequest,
    HttpSandbox,
    SandboxSignIn,
    VendorRules,
    answer_reply,
    json_reply,
    received,
    reply,
    routed,
)

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response


CLIENT_ID = "stand-in-client.apps.example.com"
CLIENT_SECRET = "stand-in-client-secret-of-contacts"  # noqa: S105


class Grants(SandboxSignIn):
    """What one person allowed one client; the person answers immediately, as a test says."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(
            clock,
            provider="Google",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            refresh_token="1//stand-in-refresh-token",  # noqa: S106
            code_prefix="4/",
            token_prefix="ya29.",  # noqa: S106
        )
        self.asks = False

    def gives_refresh_token(self, request: Mapping[str, str], account: str) -> bool:
        return request.get("access_type") == "offline"


RULES = VendorRules(Path(__file__).with_name("rules.yaml"))
"""Stricter than Google in one place: it takes a larger pageSize for 30."""


class Sandbox(HttpSandbox):
    """One person with a few contacts, who allows every request unless `grants.denies`.

    A search sees the contacts as they were at the last warm-up, and matches the beginnings of words in their fields.
    """

    known_number = "+13125550142"
    rules = RULES

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(clock)
        self.forget()

    def forget(self) -> None:
        """Reset: one contact, nobody signed in, no faults."""
        self.heal()
        self.grants = Grants(lambda: self.clock())
        self.contacts: list[JsonObject] = []
        self.queries: list[str] = []
        """The searches received; warm-ups are empty strings."""
        self._indexed: list[dict[str, object]] = []
        self.add_contact("Pat Doe", "(312) 555-0142", "Example Bakery")

    def add_contact(self, name: str, number: str, organization: str | None = None) -> None:
        """A contact as its owner types it in."""
        contact: JsonObject = {
            "resourceName": f"people/c{len(self.contacts) + 1}",
            "etag": "%EgUBAgMuNw==",
            "names": [{"metadata": {"primary": True}, "displayName": name}],
            "phoneNumbers": [{"metadata": {"primary": True}, "value": number, "type": "mobile"}],
            "emailAddresses": [{"value": "pat@example.com"}],
        }
        canonical = phone_number(number)
        if canonical:
            contact["phoneNumbers"][0]["canonicalForm"] = canonical
        if organization:
            contact["organizations"] = [{"metadata": {"primary": True}, "name": organization}]
        self.contacts.append(contact)

    def settings(self) -> JsonObject:
        return {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "base_url": self.url,
            "authorize_url": f"{self.url}/o/oauth2/v2/auth",
            "token_url": f"{self.url}/token",
            "revoke_url": f"{self.url}/revoke",
        }

    def owner_token(self) -> dict[str, object]:
        """The state after the owner's sign-in, with an expired access token."""
        return {"access_token": "", "refresh_token": self.grants.refresh_token, "expires_at": 0.0, "scope": []}

    def authorized(self, request: HeardRequest) -> HeardRequest:
        return request.with_token(self.grants.issue(self.grants.accounts[0])["access_token"])

    def app(self) -> Starlette:
        return routed(
            [
                ("/o/oauth2/v2/auth", self._authorize, ["GET", "POST"]),
                ("/token", self._token, ["POST"]),
                ("/revoke", self._revoke, ["POST"]),
                ("/v1/people:searchContacts", self._search, ["GET"]),
            ]
        )

    async def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        return reply(*self.grants.page_reply(request.method, query, await request.body()))

    async def _token(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return json_reply({"error": "invalid_request", "error_description": "a form is required"}, 400)
        status, body = self.grants.token(await _form(request))
        return json_reply(body, status)

    async def _revoke(self, request: Request) -> Response:
        if self.grants.revoke((await _form(request)).get("token", "")):
            return json_reply({})
        return json_reply({"error": "invalid_token", "error_description": "Token expired or revoked"}, 400)

    async def _search(self, request: Request) -> Response:
        if not self.grants.allows(request.headers.get("authorization", "")):
            return answer_reply(RULES.answer("unauthenticated"))
        said = RULES.check(await received(request), self.clock())
        if said.answer:
            return answer_reply(RULES.answer(said.answer))
        mask, size = request.query_params["readMask"].split(","), request.query_params.get("pageSize", "10")
        query = request.query_params["query"]
        self.queries.append(query)
        if not query:
            self._indexed = copy.deepcopy(self.contacts)
            return json_reply({})
        shown = {"resourceName", "etag", *mask}
        found = [contact for contact in self._indexed if _matches(contact, query)][: int(size) or 10]
        people = [{name: value for name, value in contact.items() if name in shown} for contact in found]
        return json_reply({"results": [{"person": person} for person in people]} if people else {})


def _matches(contact: JsonObject, query: str) -> bool:
    """Whether a field, or the field from one of its words on, begins with the query."""
    fields = [
        *(each.get("displayName", "") for each in contact.get("names", ())),
        *(each.get("value", "") for each in contact.get("phoneNumbers", ())),
        *(each.get("canonicalForm", "") for each in contact.get("phoneNumbers", ())),
        *(each.get("name", "") for each in contact.get("organizations", ())),
    ]
    wanted = query.casefold()
    return any(
        text.startswith(wanted) or f" {wanted}" in text for text in (field.casefold() for field in fields) if text
    )


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
