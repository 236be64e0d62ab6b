"""`hub mcp`: an assistant starts the command and talks to it over standard input and output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import pytest
from cli_shop import Shop
from event_loops import in_a_thread
from example_upgrade import release
from mcp import Client, StdioServerParameters
from typer.testing import Result

from hub.store import Store

Refusal = Callable[[Result], str]


def key_of(shop: Shop, *words: str) -> str:
    shop.run("users", "add", "maria", "--role", "owner")
    return shop.run("users", "key", "maria", *words).stdout.strip()


@pytest.mark.soak
def test_an_assistant_lists_calls_over_standard_input_and_output(shop: Shop) -> None:
    (call_id,) = shop.play()
    file = shop.folder / "config.yaml"
    file.write_text(
        file.read_text().replace("\nconversions:", "\n  second: {plugin: twilio, sandbox: true}\nconversions:")
    )
    key = key_of(shop)
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "hub.cli", "mcp", "--config", str(file)],
        env={**os.environ, "RINGFENCE_API_KEY": key},
    )

    async def asked() -> Any:
        async with Client(server) as client:
            return [
                (await client.call_tool(tool, {})).structured_content for tool in ("list_calls", "connector_status")
            ]

    calls, status = in_a_thread(asked())
    assert [each["id"] for each in calls["contacts"]] == [call_id]
    assert {each["name"] for each in status["connectors"]} >= {"phone", "ads", "second"}


def test_a_missing_or_wrong_key_ends_the_command_with_a_sentence(
    shop: Shop, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.opened():
        pass
    monkeypatch.delenv("RINGFENCE_API_KEY", raising=False)
    assert "`hub users key NAME` makes one" in refusal(shop.run("mcp"))
    monkeypatch.setenv("RINGFENCE_API_KEY", "ctk_0123456789abcdef_" + "x" * 43)
    assert "unknown, expired or revoked" in refusal(shop.run("mcp"))
    release(monkeypatch)
    assert "run `hub upgrade`" in refusal(shop.run("mcp"))
    store = Store(shop.database)
    with store.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0038'")
    store.close()
    assert "start with an empty database" in refusal(shop.run("mcp"))


def test_a_key_gets_the_scope_by_name_and_no_other(shop: Shop, refusal: Refusal) -> None:
    with shop.opened():
        pass
    assert key_of(shop, "--scope", "personal_data").startswith("ctk_")
    assert "is no scope of a key" in refusal(shop.run("users", "key", "maria", "--scope", "everything"))
    entries = shop.json("audit", "list")
    assert any(each["detail"].endswith(" personal_data") for each in entries if each["action"] == "users.key")
