"""A hub to which assistants connect by OAuth, a user's browser, and programs that ask over HTTP."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
from event_loops import in_a_thread
from sqlmodel import select
from testbed import TestHub

from hub.access.sign_in.sessions import open_session
from hub.access.users import add_user
from hub.model import Account, User
from hub.web.app import create_app

HUB = "https://calls.example.com"
CALLBACK = "https://assistant.example.net/callback"
LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@dataclass
class OAuthWorld:
    """The hub, and the users by role."""

    stage: TestHub
    app: Any
    users: dict[str, User] = field(default_factory=dict)

    @classmethod
    def of(cls, stage: TestHub, **changes: Any) -> OAuthWorld:
        """A world whose hub answers assistants elsewhere."""
        section = stage.hub.config.hub.model_copy(update={"mcp": True, **changes})
        world = cls(stage, create_app(replace(stage.hub, config=replace(stage.hub.config, hub=section)), stage.live))
        with stage.hub.store.writing() as session:
            agency = session.exec(select(Account).where(Account.name == "agency")).one()
            for role in ("owner", "marketer"):
                world.users[role] = add_user(session, agency, role, role, stage.clock())
        return world

    def http(self, what: Callable[[httpx2.AsyncClient], Coroutine[Any, Any, Any]], **headers: str) -> Any:
        """What a program does over HTTP."""

        async def done() -> Any:
            async with httpx2.AsyncClient(
                transport=httpx2.ASGITransport(self.app), base_url=HUB, headers=headers, follow_redirects=False
            ) as client:
                return await what(client)

        return in_a_thread(done())

    def ask(self, method: str, path: str, **given: Any) -> httpx2.Response:
        """One request without a session."""

        async def asked(client: httpx2.AsyncClient) -> httpx2.Response:
            return await client.request(method, path, **given)

        answer: httpx2.Response = self.http(asked)
        return answer

    def browser(self, role: str) -> Browser:
        """A browser in which a user has just signed in."""
        with self.stage.hub.store.writing() as session:
            user = session.get_one(User, self.users[role].id)
            token = open_session(session, user, "password", "Test", self.stage.clock())
        return Browser(self, token)

    def register(self, *uris: str, **more: Any) -> str:
        """The id of a program that registers itself."""
        answer = self.ask("POST", "/oauth/register", json={"redirect_uris": list(uris) or [CALLBACK], **more})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["client_id"])

    def connected(self, role: str = "marketer", **choice: str) -> Tokens:
        """The tokens of an assistant that a user has connected."""
        flow = Flow(self, self.register())
        return flow.exchange(flow.code(self.browser(role), **choice))

    def lists_tools(self, token: str) -> int:
        """The status of a request with a token."""
        return self.ask("POST", "/mcp", json=LIST_TOOLS, headers={"authorization": f"Bearer {token}"}).status_code


@dataclass
class Browser:
    """One signed-in browser without JavaScript."""

    world: OAuthWorld
    token: str

    def get(self, path: str) -> httpx2.Response:
        """A page."""
        return self.world.ask("GET", path, headers=self._headers)

    def post(self, path: str, fields: Mapping[str, str] | list[tuple[str, str]], site: str = "same-origin") -> Any:
        """A form."""
        body = urlencode(list(fields.items()) if isinstance(fields, Mapping) else fields)
        headers = {**self._headers, "sec-fetch-site": site, "content-type": "application/x-www-form-urlencoded"}
        return self.world.ask("POST", path, content=body, headers=headers)

    @property
    def _headers(self) -> dict[str, str]:
        return {"cookie": f"__Host-hub={self.token}", "accept": "text/html"}

    def decide(self, address: str, decision: str = "allow", **more: str) -> dict[str, str]:
        """What the program gets after the user has decided on the page at `address`."""
        page = self.get(address)
        assert page.status_code == 200, page.text[:3000]
        answer = self.post("/oauth/authorize", [*hidden(page.text), ("decision", decision), *more.items()])
        assert answer.status_code == 303, answer.text[:3000]
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def hidden(page: str) -> list[tuple[str, str]]:
    """The hidden fields of a page's form."""
    return [
        (name, html.unescape(value))
        for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    ]


@dataclass
class Tokens:
    """What a program got, and how it goes on."""

    flow: Flow
    access: str
    refresh: str
    document: dict[str, Any]

    def renewed(self) -> Tokens:
        """The tokens that follow."""
        return self.flow.tokens(self.flow.send(grant_type="refresh_token", refresh_token=self.refresh))


@dataclass
class Flow:
    """The way of one program to its tokens; each part can be changed."""

    world: OAuthWorld
    client: str
    redirect: str = CALLBACK
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def request(self, **changes: str | None) -> str:
        """The address to which the program sends a browser."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        fields = {
            "response_type": "code", "client_id": self.client, "redirect_uri": self.redirect, "state": "s t@te",
            "resource": f"{HUB}/mcp", "code_challenge": challenge, "code_challenge_method": "S256", **changes,
        }  # fmt: skip
        return f"/oauth/authorize?{urlencode({name: value for name, value in fields.items() if value is not None})}"

    def code(self, browser: Browser, **choice: str) -> str:
        """The code that the program gets if the user allows it."""
        return browser.decide(self.request(), **choice)["code"]

    def send(self, **fields: str) -> httpx2.Response:
        """A request for tokens."""
        return self.world.ask("POST", "/oauth/token", data={"client_id": self.client, **fields})

    def exchange(self, code: str, **changes: str) -> Tokens:
        """The tokens of a code."""
        return self.tokens(self.try_code(code, **changes))

    def try_code(self, code: str, **changes: str) -> httpx2.Response:
        """The answer to a code."""
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect,
                  "code_verifier": self.verifier, "resource": f"{HUB}/mcp", **changes}  # fmt: skip
        return self.send(**fields)

    def tokens(self, answer: httpx2.Response) -> Tokens:
        """Those of an answer."""
        assert answer.status_code == 200, answer.text
        document = answer.json()
        return Tokens(self, document["access_token"], document["refresh_token"], document)
