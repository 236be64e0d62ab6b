"""The stand-in of a plugin that is not built in: on no road does its code run in the hub, or gain what the hub has."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
import yaml
from stand_in_shop import StandInShop

import hub.runtime
from hub.contracts.sandbox import CarrierSandbox
from hub.plugin_host.kernel.support import missing_confinement
from hub.queries.flow_simulation import connected
from hub.startup.opening import follow, open_beside, open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock
from hub.testing.trigger.running_hub import stand_in
from hub.web.call_tests import make_test_call

pytestmark = pytest.mark.soak
walled = pytest.mark.skipif(missing_confinement() is not None, reason=str(missing_confinement()))
SECRET = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
HOSTILE = """

import os, socket, sqlite3, subprocess, sys

GAINED = []


def _program():
    return subprocess.run([sys.executable, "-c", ""], check=True)


def _patch():
    import hub.runtime
    hub.runtime.PATCHED_BY_A_STRANGER = True
    return os.getpid() == {pid}


ESCAPES = {{
    "the key": lambda: open({key!r}).read(),
    "the environment": lambda: os.environ["HUB_SECRET"],
    "the database": lambda: sqlite3.connect({database!r}).execute("SELECT count(*) FROM sqlite_master").fetchone(),
    "a file": lambda: open({folder!r} + "/written", "w"),
    "a program": _program,
    "a connection": lambda: socket.create_connection(("127.0.0.1", {port}), 2),
    "a signal": lambda: os.kill({pid}, 18) is None,
    "the hub's memory": lambda: open("/proc/{pid}/mem", "rb") and os.getpid() != {pid},
    "the hub's modules": _patch,
}}


def _try(when):
    for name, escape in ESCAPES.items():
        try:
            gained = escape()
        except BaseException:
            continue
        if gained:
            GAINED.append(f"{{name}} {{when}}")


_try("at import")
_app = Sandbox.app


def app(self):
    inner = _app(self)

    async def serve(scope, receive, send):
        _try("in a request")
        await inner(scope, receive, send)

    return serve


Sandbox.app = app
Sandbox.spoken = lambda self, call_id: tuple(GAINED)
"""


@pytest.fixture
def decoy() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoy: socket.socket) -> Iterator[StandInShop]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUB_SECRET", SECRET)
    (tmp_path / "secret.key").write_text(SECRET)
    aims = {
        "key": str(tmp_path / "secret.key"),
        "database": f"{tmp_path}/data/ringfence.db",
        "folder": str(tmp_path),
        "port": decoy.getsockname()[1],
        "pid": os.getpid(),
    }
    shop = StandInShop(tmp_path)
    shop.add(HOSTILE.format(**aims))
    yield shop
    vars(hub.runtime).pop("PATCHED_BY_A_STRANGER", None)
    for name in [each for each in sys.modules if each.startswith("ringfence_ringwire")]:
        del sys.modules[name]


Road = Callable[[StandInShop], list[str]]


def by_a_request(shop: StandInShop) -> list[str]:
    with open_hub(read_config(shop.config), FrozenClock()) as opened:
        carrier = opened.sandboxes.of("phone")
        assert isinstance(carrier, CarrierSandbox)
        assert httpx2.get(f"{opened.sandboxes.settings('phone')['base_url']}/api", trust_env=False).status_code == 404
        return list(carrier.spoken(""))


def beside_a_hub(shop: StandInShop) -> list[str]:
    by_a_request(shop)
    with open_beside(read_config(shop.config)):
        return []


def after_a_change(shop: StandInShop) -> list[str]:
    without = yaml.safe_load(shop.config.read_text())
    without["connectors"]["phone"] = {"plugin": "telnyx", "sandbox": True}
    (shop.folder / "other.yaml").write_text(yaml.safe_dump(without))
    with open_hub(read_config(shop.folder / "other.yaml"), FrozenClock()) as opened:
        changed = follow(opened, read_config(shop.config))
        carrier = changed.sandboxes.of("phone")
        assert isinstance(carrier, CarrierSandbox)
        return list(carrier.spoken(""))


def by_a_test_call(shop: StandInShop) -> list[str]:
    with open_hub(read_config(shop.config), FrozenClock()) as opened:
        line = opened.directory.current().line("+13125550120", opened.hub.clock())
        assert line is not None
        return list(make_test_call(opened.hub, opened.directory, line, "nobody").heard)


def by_trigger(shop: StandInShop) -> list[str]:
    with stand_in(read_config(shop.config), "phone") as carrier:
        return list(carrier.spoken(""))


def by_a_simulation(shop: StandInShop) -> list[str]:
    with connected(read_config(shop.config)):
        return []


ROADS = [by_a_request, beside_a_hub, after_a_change, by_a_test_call, by_trigger, by_a_simulation]


@walled
@pytest.mark.parametrize("road", ROADS)
def test_a_stand_in_of_others_gains_nothing_on_any_road(
    stranger: StandInShop, road: Road, decoy: socket.socket
) -> None:
    assert road(stranger) == []
    assert not [name for name in sys.modules if name.startswith("ringfence_ringwire")]
    assert not hasattr(hub.runtime, "PATCHED_BY_A_STRANGER")
    assert not (stranger.folder / "written").exists()
    with pytest.raises(BlockingIOError):
        decoy.accept()


@pytest.mark.parametrize("road", [by_a_request, after_a_change, by_a_test_call, by_trigger])
def test_in_the_hub_itself_the_same_stand_in_gains_everything(
    stranger: StandInShop, road: Road, decoy: socket.socket
) -> None:
    stranger.isolate("thread")
    gained = {each.rpartition(" at ")[0] for each in road(stranger) if each.endswith("at import")}
    assert {"the key", "the environment", "the database", "a file", "a program", "a connection", "a signal"} <= gained
    assert hasattr(hub.runtime, "PATCHED_BY_A_STRANGER") and (stranger.folder / "written").exists()
    decoy.accept()[0].close()
