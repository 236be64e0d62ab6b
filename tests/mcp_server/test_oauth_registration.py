"""Anybody may register a program, so little is believed of it, and little is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import postgres
import pytest
from oauth_world import CALLBACK, HUB, Flow, OAuthWorld
from testbed import open_stage

from hub.access.assistants.clients import MAX_UNUSED_CLIENTS, is_redirect_of
from hub.access.sign_in.expired import delete_expired
from hub.model import Account, AssistantGrant, AssistantToken, OAuthClient
from hub.testing import FrozenClock


@pytest.fixture
def world(databases: Path) -> Iterator[OAuthWorld]:
    with open_stage(f"sqlite:///{postgres.sqlite_copy(databases)}", FrozenClock()) as stage:
        yield OAuthWorld.of(stage)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        [],
        {"redirect_uris": []},
        {"redirect_uris": "https://a.example.com"},
        {"redirect_uris": [7]},
        {"redirect_uris": ["http://a.example.com/"]},
        {"redirect_uris": ["https://a.example.com/#x"]},
        {"redirect_uris": ["https://user@a.example.com/"]},
        {"redirect_uris": ["https:///x"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": ["https://a.example.com/\n"]},
        {"redirect_uris": ["http://127.0.0.1.evil.example.com/"]},
        {"redirect_uris": ["https://a.example.com/" + "x" * 600]},
        {"redirect_uris": [CALLBACK] * 11},
        {"redirect_uris": [CALLBACK, "cursor://x"]},
    ],
)
def test_a_program_registers_https_or_its_users_own_machine_only(world: OAuthWorld, metadata: Any) -> None:
    answer = world.ask("POST", "/oauth/register", json=metadata)
    assert answer.status_code == 400 and answer.json()["error"] in ("invalid_redirect_uri", "invalid_client_metadata")
    assert world.stage.rows(OAuthClient) == []


def test_a_redirect_address_fits_exactly_but_for_the_port_of_the_users_own_machine() -> None:
    client = OAuthClient(id="x", name="x", redirect_uris=["http://127.0.0.1:1/cb", CALLBACK], made_at=FrozenClock()())
    assert is_redirect_of(client, "http://127.0.0.1:4711/cb") and is_redirect_of(client, CALLBACK)
    for wrong in ("http://127.0.0.1:4711/other", "http://localhost:1/cb", "https://127.0.0.1:1/cb", CALLBACK + "/",
                  "https://assistant.example.net:444/callback", "http://127.0.0.1:1/cb?x=1", "http://[bad/cb"):  # fmt: skip
        assert not is_redirect_of(client, wrong), wrong


def test_registrations_are_few_small_and_swept(world: OAuthWorld) -> None:
    large = {"redirect_uris": [CALLBACK], "client_name": "x" * 20_000}
    assert world.ask("POST", "/oauth/register", json=large).status_code == 413
    kept = world.connected()
    oldest = world.register()
    world.stage.clock.advance(minutes=1)
    about = {"name": "x", "redirect_uris": [CALLBACK], "made_at": world.stage.clock()}
    world.stage.add(*(OAuthClient(id=f"mcp_{each}", **about) for each in range(MAX_UNUSED_CLIENTS - 1)))
    world.stage.clock.advance(minutes=1)
    newest = world.register()
    left = {row.id for row in world.stage.rows(OAuthClient)}
    assert len(left) == MAX_UNUSED_CLIENTS + 1 and {kept.flow.client, newest} <= left and oldest not in left
    world.stage.clock.advance(days=1)
    delete_expired(world.stage.hub.store, world.stage.clock())
    assert [row.id for row in world.stage.rows(OAuthClient)] == [kept.flow.client]
    statuses = [
        world.ask("POST", "/oauth/register", json={}, headers={"x-forwarded-for": "8.8.8.8"}).status_code
        for _ in range(110)
    ]
    assert statuses[-1] == 429


def test_what_is_over_is_deleted(world: OAuthWorld) -> None:
    flow, browser = Flow(world, world.register()), world.browser("marketer")
    flow.code(browser)
    tokens = world.connected()
    world.stage.clock.advance(days=1)
    delete_expired(world.stage.hub.store, world.stage.clock())
    assert len(world.stage.rows(AssistantGrant)) == 1, "a code that nobody came for is no connection"
    assert [row.kind for row in world.stage.rows(AssistantToken)] == ["refresh"]
    assert tokens.renewed().access
    world.stage.clock.advance(days=200)
    delete_expired(world.stage.hub.store, world.stage.clock())
    assert world.stage.rows(AssistantGrant) == [] == world.stage.rows(AssistantToken)


def test_without_the_setting_or_without_tls_there_is_no_such_road(databases: Path) -> None:
    for changes, url in (({"mcp": False}, HUB), ({}, "http://calls.example.com")):
        with open_stage(f"sqlite:///{postgres.sqlite_copy(databases)}", FrozenClock(), public_url=url) as stage:
            world = OAuthWorld.of(stage, **changes)
            for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"):
                assert world.ask("GET", path).status_code == 404, (changes, url)
            assert world.ask("POST", "/oauth/register", json={"redirect_uris": [CALLBACK]}).status_code in (404, 405)
            assert stage.one(Account, name="agency").assistants_off_at is None
