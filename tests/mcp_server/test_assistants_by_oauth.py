"""Hosted assistants connect by OAuth 2.1: the official client as an oracle, and what an attacker may try."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx2
import postgres
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from event_loops import in_a_thread
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata
from oauth_world import CALLBACK, HUB, Flow, OAuthWorld
from sqlmodel import select
from testbed import NORTH_SHARED, TestHub, open_stage

from hub.access.assistants.grants import ACCESS_LIFETIME, GRANT_LIFETIME, REFRESH_LIFETIME
from hub.access.companies import limit_to_companies
from hub.access.sign_in.expired import delete_expired
from hub.access.users import disable
from hub.model import AssistantGrant, AssistantToken, AuditEntry, User
from hub.plugin_host.public_post import Answer
from hub.testing import FrozenClock
from hub.web.oauth import documents

Factory = Callable[..., TestHub]


@pytest.fixture
def world(databases: Path) -> Iterator[OAuthWorld]:
    with open_stage(f"sqlite:///{postgres.sqlite_copy(databases)}", FrozenClock()) as stage:
        yield OAuthWorld.of(stage)


class Memory:
    """What the official client remembers."""

    tokens: Any = None
    client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info


class OfficialClient:
    """The MCP package's own client with its OAuth flow; the user decides in a browser."""

    def __init__(self, world: OAuthWorld, role: str, document: str | None = None, **choice: str) -> None:
        self.world, self.browser, self.memory, self.document = world, world.browser(role), Memory(), document
        self.choice = choice
        self.answer: dict[str, str] = {}
        self.asked = ""

    def call(self, tool: str, **given: Any) -> Any:
        """The answer of a tool."""

        async def go_to(address: str) -> None:
            self.asked = address
            parts = urlsplit(address)
            self.answer = self.browser.decide(f"{parts.path}?{parts.query}", **self.choice)

        async def came_back() -> AuthorizationCodeResult:
            return AuthorizationCodeResult(**{name: self.answer.get(name, "") for name in ("code", "state", "iss")})

        metadata = OAuthClientMetadata.model_validate({"redirect_uris": [CALLBACK], "client_name": "Oracle"})
        provider = OAuthClientProvider(
            f"{HUB}/mcp", metadata, self.memory, go_to, came_back, client_metadata_url=self.document
        )

        async def called() -> Any:
            transport = httpx2.ASGITransport(self.world.app)
            async with (
                httpx2.AsyncClient(transport=transport, base_url=HUB, auth=provider) as http,
                Client(streamable_http_client(f"{HUB}/mcp", http_client=http)) as client,
            ):
                return (await client.call_tool(tool, given)).structured_content

        return in_a_thread(called())


def test_the_official_client_connects_by_itself_and_reads_masked(world: OAuthWorld) -> None:
    call = world.stage.call_in(caller_name="Maria Ruiz")
    client = OfficialClient(world, "marketer")
    listed = client.call("list_calls")
    assert [each["id"] for each in listed["contacts"]] == [call.id]
    assert "Maria" not in json.dumps(listed)
    asked = dict(parse_qsl(urlsplit(client.asked).query))
    assert (asked["resource"], asked["scope"], asked["code_challenge_method"]) == (f"{HUB}/mcp", "read", "S256")
    assert client.answer["iss"] == HUB and client.answer["state"] == asked["state"]
    assert client.memory.tokens.expires_in == ACCESS_LIFETIME.total_seconds()
    first = client.memory.tokens.access_token
    world.stage.clock.advance(seconds=ACCESS_LIFETIME.total_seconds() + 1)
    client.asked = ""
    client.memory.tokens.expires_in = -1
    assert client.call("list_calls")["count"] == 1
    assert client.memory.tokens.access_token != first


def test_connections_live_and_end_on_both_databases(hub: Factory) -> None:
    world = OAuthWorld.of(hub())
    tokens = world.connected("owner").renewed()
    assert world.lists_tools(tokens.access) == 200
    stolen = tokens.flow.send(grant_type="refresh_token", refresh_token=tokens.renewed().refresh)
    assert stolen.status_code == 200
    assert tokens.flow.send(grant_type="refresh_token", refresh_token=tokens.refresh).status_code == 400
    assert world.lists_tools(tokens.access) == 401
    assert delete_expired(world.stage.hub.store, world.stage.clock()) == 0
    world.stage.clock.advance(days=31)
    delete_expired(world.stage.hub.store, world.stage.clock())
    assert world.stage.rows(AssistantToken) == []


def test_a_program_may_be_known_by_the_address_of_its_document(
    world: OAuthWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://assistant.example.net/client.json"
    document = {"client_id": address, "client_name": "Google", "redirect_uris": [CALLBACK]}
    fetched: list[str] = []

    class Web:
        def fetch(self, url: str, headers: object, most: int) -> tuple[Answer, bytes]:
            fetched.append(url)
            return Answer(200, None), json.dumps(document).encode()

    monkeypatch.setattr(documents, "READER", Web())
    client = OfficialClient(world, "marketer", address)
    assert client.call("list_companies")["companies"]
    assert fetched == [address], "its document is read one time in an hour"
    page = world.browser("marketer").get(Flow(world, address).request()).text
    assert "<q>Google</q>" in page and "its own page at assistant.example.net" in page
    document["client_id"] = "https://other.example.net/client.json"
    world.stage.clock.advance(hours=2)
    assert "is not about this program" in world.browser("marketer").get(Flow(world, address).request()).text
    inside = "https://127.0.0.1/client.json"
    monkeypatch.undo()
    assert "does not say which program" in world.browser("marketer").get(Flow(world, inside).request()).text


def test_the_documents_say_what_the_hub_does_and_are_of_the_standards_form(world: OAuthWorld) -> None:
    resource = world.ask("GET", "/.well-known/oauth-protected-resource/mcp").json()
    assert resource == world.ask("GET", "/.well-known/oauth-protected-resource").json()
    assert (resource["resource"], resource["authorization_servers"]) == (f"{HUB}/mcp", [HUB])
    server = world.ask("GET", "/.well-known/oauth-authorization-server").json()
    AuthorizationServerMetadata(server).validate()
    assert server["issuer"] == HUB and server["code_challenge_methods_supported"] == ["S256"]
    answer = world.ask("POST", "/mcp", json={})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == (
        f'Bearer resource_metadata="{HUB}/.well-known/oauth-protected-resource/mcp", scope="read"'
    )
    wrong = world.ask("POST", "/mcp", json={}, headers={"authorization": "Bearer cta_x"})
    assert wrong.status_code == 401 and 'error="invalid_token"' in wrong.headers["www-authenticate"]


def test_the_page_says_who_gets_what_and_cannot_be_framed(world: OAuthWorld) -> None:
    name = "Claude\u202e \x07by <b>Google</b>" + "x" * 100
    flow = Flow(world, world.register(client_name=name))
    answer = world.browser("marketer").get(flow.request(scope="read personal_data"))
    page = answer.text
    assert "Its answers go to assistant.example.net" in page and "Lakeside" in page
    assert "<q>Claude by &lt;b&gt;Google&lt;/b&gt;xxx" in page and "\u202e" not in page
    assert "only an owner can allow that" in page and 'name="personal_data"' not in page
    assert (
        answer.headers["x-frame-options"] == "DENY"
        and "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    )
    assert "form-action 'self' https://assistant.example.net;" in answer.headers["content-security-policy"]
    local = Flow(world, world.register("http://127.0.0.1:8765/back"), "http://127.0.0.1:9999/back")
    assert "a program on your own computer" in world.browser("marketer").get(local.request()).text


def test_personal_data_is_masked_unless_an_owner_chooses_otherwise(world: OAuthWorld) -> None:
    world.stage.call_in(caller_name="Maria Ruiz")
    shown = OfficialClient(world, "owner", personal_data="yes").call("list_calls")
    assert "Maria Ruiz" in json.dumps(shown)
    owner = OfficialClient(world, "owner", personal_data="yes")
    assert "Maria Ruiz" in json.dumps(owner.call("list_calls"))
    with world.stage.hub.store.writing() as session:
        session.get_one(User, world.users["owner"].id).role = "marketer"
    assert "Maria" not in json.dumps(owner.call("list_calls")), "who is no owner any more shows nothing in clear"
    masked = OfficialClient(world, "marketer", personal_data="yes").call("list_calls")
    assert "Maria" not in json.dumps(masked), "a form that a page did not offer counts for nothing"
    entries = [
        (row.action, row.detail.split()[-1]) for row in world.stage.rows(AuditEntry) if row.action.startswith("assis")
    ]
    assert entries == [("assistants.allow", each) for each in ("personal_data", "personal_data", "read")]


def test_an_owner_of_some_companies_connects_for_these_alone_and_masked(world: OAuthWorld) -> None:
    world.stage.call_in(NORTH_SHARED, caller_name="Maria Ruiz")
    mine = world.stage.call_in(caller_name="Maria Ruiz")
    with world.stage.hub.store.writing() as session:
        limit_to_companies(session, session.get_one(User, world.users["owner"].id), ["lakeside"])
    page = world.browser("owner").get(Flow(world, world.register()).request()).text
    assert "Lakeside" in page and "Northgate" not in page and 'name="personal_data"' not in page
    listed = OfficialClient(world, "owner", personal_data="yes").call("list_calls")
    assert [each["id"] for each in listed["contacts"]] == [mine.id] and "Maria" not in json.dumps(listed)


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example.com/"},
        {"redirect_uri": f"{CALLBACK}/../x"},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": f"{CALLBACK}?a=b"},
        {"redirect_uri": None},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": 'https://ev\u00edl.example.com/"><b>'},
        {"client_id": "mcp_unknown"},
        {"client_id": None},
        {"response_type": "token"},
        {"response_type": None},
        {"code_challenge": None},
        {"code_challenge": "short"},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"resource": "https://other.example.com/mcp"},
        {"resource": f"{HUB}/api/v1"},
        {"state": "x" * 3000},
    ],
)
def test_a_request_that_does_not_fit_is_a_page_and_leads_nowhere(world: OAuthWorld, changes: dict[str, Any]) -> None:
    flow = Flow(world, world.register())
    answer = world.browser("marketer").get(flow.request(**changes))
    assert answer.status_code == 422 and "location" not in answer.headers
    assert '="https://evil' not in answer.text and "<b>" not in answer.text
    assert world.stage.rows(AssistantGrant) == []


def test_another_site_cannot_answer_for_the_user(world: OAuthWorld) -> None:
    flow, browser = Flow(world, world.register()), world.browser("marketer")
    fields = [*parse_qsl(urlsplit(flow.request()).query), ("decision", "allow")]
    for site in ("cross-site", "same-site"):
        assert browser.post("/oauth/authorize", fields, site).status_code == 403
    assert world.ask("GET", f"{flow.request()}&decision=allow").headers["location"].startswith("/sign-in?next=")
    assert browser.get(f"{flow.request()}&decision=allow").status_code == 200
    assert world.stage.rows(AssistantGrant) == []


def test_the_user_signs_in_first_and_again_after_half_an_hour(world: OAuthWorld) -> None:
    flow, browser = Flow(world, world.register()), world.browser("marketer")
    world.stage.clock.advance(minutes=31)
    for answer in (
        browser.get(flow.request()),
        browser.post("/oauth/authorize", [*parse_qsl(urlsplit(flow.request()).query), ("decision", "allow")]),
    ):
        target = dict(parse_qsl(urlsplit(answer.headers["location"]).query))["next"]
        assert answer.status_code == 303 and target == flow.request(), "and comes back to the same request"
        assert quote("s t@te", safe="") in target.replace("+", "%20")
    assert world.stage.rows(AssistantGrant) == []


def test_a_refusal_goes_to_the_program_with_the_name_of_the_hub(world: OAuthWorld) -> None:
    flow = Flow(world, world.register())
    answer = world.browser("marketer").decide(flow.request(), "deny")
    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "s t@te", HUB)
    assert world.stage.rows(AssistantGrant) == []


def test_a_code_works_once_shortly_and_for_its_own_program_alone(world: OAuthWorld) -> None:
    flow, browser = Flow(world, world.register()), world.browser("marketer")
    code = flow.code(browser)
    other = Flow(world, world.register(), verifier=flow.verifier)
    assert other.try_code(code).json()["error"] == "invalid_grant"
    tokens = flow.exchange(code)
    assert world.lists_tools(tokens.access) == 200
    assert flow.try_code(code).json()["error"] == "invalid_grant"
    assert world.lists_tools(tokens.access) == 401, "a code that comes again was copied, so its tokens end"
    assert [row.action for row in world.stage.rows(AuditEntry)][-1] == "assistants.copied"
    late = flow.code(browser)
    world.stage.clock.advance(seconds=61)
    assert flow.try_code(late).json()["error"] == "invalid_grant"
    for changes in (
        {"code_verifier": "x" * 64},
        {"redirect_uri": CALLBACK + "/x"},
        {"resource": "https://b.example.com/mcp"},
    ):
        assert flow.try_code(flow.code(browser), **changes).status_code == 400, changes
    tried = flow.code(browser)
    assert flow.try_code(tried, code_verifier="y" * 64).status_code == 400
    assert flow.try_code(tried).status_code == 400, "a code cannot be tried with many verifiers"


def test_a_refresh_token_is_exchanged_once_and_a_copy_ends_the_connection(world: OAuthWorld) -> None:
    first = world.connected()
    second = first.renewed()
    assert world.lists_tools(second.access) == 200
    third = second.renewed()
    stolen = first.flow.send(grant_type="refresh_token", refresh_token=second.refresh)
    assert stolen.json()["error"] == "invalid_grant"
    assert world.lists_tools(third.access) == 401
    assert third.flow.send(grant_type="refresh_token", refresh_token=third.refresh).json()["error"] == "invalid_grant"
    mine = world.connected()
    other = Flow(world, world.register())
    assert other.send(grant_type="refresh_token", refresh_token=mine.refresh).status_code == 400
    wide = mine.flow.send(grant_type="refresh_token", refresh_token=mine.refresh, scope="read personal_data")
    assert wide.json()["error"] == "invalid_scope", "nobody widens what the user allowed"


def test_tokens_end_and_only_their_hashes_are_stored(world: OAuthWorld) -> None:
    tokens = world.connected()
    rows = [repr(row.model_dump()) for table in (AssistantGrant, AssistantToken) for row in world.stage.rows(table)]
    assert not any(secret in row for row in rows for secret in (tokens.access, tokens.refresh))
    world.stage.clock.advance(seconds=ACCESS_LIFETIME.total_seconds())
    assert world.lists_tools(tokens.access) == 401
    tokens = tokens.renewed()
    world.stage.clock.advance(seconds=REFRESH_LIFETIME.total_seconds())
    assert tokens.flow.send(grant_type="refresh_token", refresh_token=tokens.refresh).status_code == 400
    lasting = world.connected()
    for _ in range(int(GRANT_LIFETIME / timedelta(days=20))):
        world.stage.clock.advance(days=20)
        answer = lasting.flow.send(grant_type="refresh_token", refresh_token=lasting.refresh)
        if answer.status_code != 200:
            break
        lasting = lasting.flow.tokens(answer)
    assert answer.status_code == 400, "a connection ends, however often it is used"


def test_a_token_opens_nothing_but_its_own_server(world: OAuthWorld) -> None:
    tokens = world.connected("owner")
    for path in ("/api/v1/calls", "/v3/a.json"):
        answer = world.ask("GET", path, headers={"authorization": f"Bearer {tokens.access}"})
        assert answer.status_code == 401, path
    assert world.lists_tools(tokens.refresh) == 401
    with world.stage.hub.store.writing() as session:
        for grant in session.exec(select(AssistantGrant)):
            grant.resource = "https://elsewhere.example.com/mcp"
            session.add(grant)
    assert world.lists_tools(tokens.access) == 401


def test_a_user_who_loses_access_loses_the_assistants_too(world: OAuthWorld) -> None:
    tokens = world.connected("marketer")
    with world.stage.hub.store.writing() as session:
        disable(session, session.get_one(User, world.users["marketer"].id), world.stage.clock())
    assert world.lists_tools(tokens.access) == 401
    assert tokens.flow.send(grant_type="refresh_token", refresh_token=tokens.refresh).status_code == 400


def test_a_user_sees_and_ends_their_own_and_an_owner_all(world: OAuthWorld) -> None:
    of_owner, of_marketer = world.connected("owner"), world.connected("marketer")
    ids = {row.user_id: row.id for row in world.stage.rows(AssistantGrant)}
    marketer, owner = world.browser("marketer"), world.browser("owner")
    page = marketer.get("/assistants").text
    assert "assistant.example.net" in page and f"{HUB}/mcp" in page and ids[world.users["owner"].id] not in page
    assert marketer.post(f"/assistants/{ids[world.users['owner'].id]}/end", {}).status_code == 404
    assert world.lists_tools(of_owner.access) == 200
    assert marketer.post(f"/assistants/{ids[world.users['marketer'].id]}/end", {}).status_code == 303
    assert world.lists_tools(of_marketer.access) == 401
    assert of_marketer.flow.send(grant_type="refresh_token", refresh_token=of_marketer.refresh).status_code == 400
    assert marketer.post("/assistants/switch", {"assistants": "off"}).status_code == 403
    switched = owner.post("/assistants/switch", {"assistants": "off"})
    assert "1 connection ended" in switched.headers["set-cookie"].replace("%20", " ")
    assert world.lists_tools(of_owner.access) == 401
    flow = Flow(world, world.register())
    assert "turned off assistants" in marketer.get(flow.request()).text
    assert owner.post("/assistants/switch", {"assistants": "on"}).status_code == 303
    assert world.lists_tools(of_owner.access) == 401, "what has ended stays ended"
    assert flow.exchange(flow.code(marketer)).access
    actions = [row.action for row in world.stage.rows(AuditEntry) if row.action.startswith("assistants.")]
    assert actions.count("assistants.end") == 1 and actions.count("assistants.switch") == 2


def test_a_program_ends_its_own_connection_and_no_other(world: OAuthWorld) -> None:
    tokens = world.connected()
    for client, token in ((world.register(), tokens.access), (tokens.flow.client, "ctr_unknown")):
        answer = world.ask("POST", "/oauth/revoke", data={"client_id": client, "token": token})
        assert answer.status_code == 200, "which says nothing about the token"
    assert world.lists_tools(tokens.access) == 200
    given = {"client_id": tokens.flow.client, "token": tokens.refresh, "token_type_hint": "refresh_token"}
    assert world.ask("POST", "/oauth/revoke", data=given).status_code == 200
    assert world.lists_tools(tokens.access) == 401
