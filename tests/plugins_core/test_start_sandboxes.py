"""Stand-ins start together, one a connector, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from hub.api import Connector, PluginSettings
from hub.api.sandbox import HttpSandbox, Sandbox
from hub.errors import ConfigError
from hub.hookspecs import OperationHooks
from hub.plugin_host.sandboxes import start_sandboxes
from hub.plugin_host.stand_ins.shared_address import shared_address
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock

stopped: list[Sandbox] = []


class Echo(HttpSandbox):
    def settings(self) -> dict[str, Any]:
        return {"base_url": self.url}

    def app(self) -> Any:
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route

        return Starlette(routes=[Route("/", lambda request: PlainTextResponse(self.clock().isoformat()))])

    def stop(self) -> None:
        super().stop()
        stopped.append(self)


class Refusing(Sandbox):
    def start(self) -> None:
        raise OSError("no port is free")


class Calling(Connector):
    Settings = PluginSettings

    @classmethod
    def sandbox_class(cls) -> type[Sandbox] | None:
        return Echo


class Broken(Calling):
    @classmethod
    def sandbox_class(cls) -> type[Sandbox] | None:
        return Refusing


class Alone(Calling):
    @classmethod
    def sandbox_class(cls) -> type[Sandbox] | None:
        return None


def test_two_accounts_at_one_provider_have_a_stand_in_each() -> None:
    clock = FrozenClock()
    with start_sandboxes({"north": Calling, "south": Calling, "rules": Alone}, clock) as running:
        north, south = running.settings("north")["base_url"], running.settings("south")["base_url"]
        assert north != south
        assert httpx2.get(north, trust_env=False).text == clock().isoformat()
        assert list(running) == ["north", "south"]
        assert running.of("rules") is None and running.settings("rules") == {}
        with pytest.raises(KeyError):
            running.of("west")
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(north, trust_env=False)


def test_one_that_does_not_start_stops_the_others_and_is_named() -> None:
    stopped.clear()
    with pytest.raises(ConfigError, match="'bad' did not start"):
        start_sandboxes({"good": Calling, "bad": Broken})
    assert len(stopped) == 1


class Replacing(Calling):
    @classmethod
    def sandbox_class(cls) -> type[Sandbox] | None:
        return Newer


class Newer(Echo):
    """The stand-in of another plugin."""


def test_commands_find_the_stand_in_that_serves_a_connector_now(tmp_path: Path) -> None:
    clock = FrozenClock()
    with start_sandboxes({"north": Calling, "south": Calling}, clock, folder=tmp_path) as running:
        first = running.settings("north")["base_url"]
        assert shared_address(tmp_path, "north") == first
        running.join({"north": Replacing, "south": Calling}, clock)
        now = running.settings("north")["base_url"]
        assert now != first and shared_address(tmp_path, "north") == now
        running.keep_only(["south"])
        assert shared_address(tmp_path, "north") is None
        running.join({"north": Calling, "south": Calling}, clock)
        assert shared_address(tmp_path, "north") == running.settings("north")["base_url"]
    assert shared_address(tmp_path, "south") is None


def test_stand_ins_that_are_shared_later_are_found_too(tmp_path: Path) -> None:
    with start_sandboxes({"north": Calling}, FrozenClock()) as running:
        running.share(tmp_path)
        assert shared_address(tmp_path, "north") == running.settings("north")["base_url"]


@pytest.mark.parametrize(
    "settings",
    [
        "plugin: twilio, auth_token: '${env:OURS}', rest_key_sid: SK0123456789abcdef0123456789abcdef, "
        "rest_key_secret: '${env:OURS}', browser_phones: {anna: anna@example.com}",
        "plugin: twilio_lookup, rest_key_sid: SK0123456789abcdef0123456789abcdef, rest_key_secret: '${env:OURS}', "
        "daily_cap: 5, monthly_cap: 50",
    ],
)
def test_a_connector_with_a_key_of_production_runs_in_its_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    monkeypatch.setenv("OURS", "a secret of production")
    (tmp_path / "config.yaml").write_text(
        "hub: {public_url: 'https://calls.example.com', database: 'sqlite:///ringfence.db'}\n"
        f"connectors: {{ours: {{account_sid: AC0123456789abcdef0123456789abcdef, sandbox: true, {settings}}}}}\n"
        "accounts: [{name: agency, title: Agency, companies: [{name: lakeside, title: Lakeside}]}]\n"
    )
    with open_hub(read_config(tmp_path / "config.yaml"), FrozenClock()) as opened:
        assert opened.hub.plugins.call("ours", OperationHooks.check_connection).ok
