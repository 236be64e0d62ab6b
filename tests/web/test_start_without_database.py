"""A process starts while its database is away, takes calls, and works normally when the database comes."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from served import serving_app
from web_edge import BUSINESS, CALLER, CONFIG, WAV, Edge

from hub.errors import ConfigError
from hub.serving.process import HubProcess, Role, open_process
from hub.startup.reading import read_config
from hub.testing import FrozenClock


@contextmanager
def process(path: Path, role: Role = "run") -> Iterator[tuple[HubProcess, Edge]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with open_process(path, read_config(path), role, alone=True) as opened:
            opened.opened.hub.store.outage.patience = 30.0
            with serving_app(opened.running.app, listener), httpx2.Client(base_url=address, timeout=30) as client:
                opened.begin()
                yield opened, Edge(opened.opened, FrozenClock(opened.opened.hub.clock()), client)


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "hello.wav").write_bytes(WAV)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path / "config.yaml"


def test_a_hub_starts_without_its_database_and_takes_calls(path: Path, tmp_path: Path) -> None:
    database, away = tmp_path / "ringfence.db", tmp_path / "away.db"
    with process(path, "web"):
        until((tmp_path / "ringfence.db.copy").exists)
    assert (tmp_path / "ringfence.db.copy").stat().st_mode & 0o777 == 0o600
    assert b"Lakeside" not in (tmp_path / "ringfence.db.copy").read_bytes()
    database.rename(away)
    database.mkdir()
    with process(path) as (opened, edge):
        assert edge.operation.get("/readyz").json()["status"] == "degraded"
        call_id, _ = next(placed for _ in range(5) if (placed := edge.place("1"))[1][1:])
        assert opened.running.version == 0
        database.rmdir()
        away.rename(database)
        until(lambda: opened.running.version > 0 and opened.running.current.worker is not None)
        until(lambda: any(call["carrier_call_id"] == call_id and call["answered_by"] for call in edge.calls()))
        call = next(each for each in edge.calls() if each["carrier_call_id"] == call_id)
        assert (call["caller_number"], call["answered_by"], call["recording_id"]) == (CALLER, BUSINESS, None)
        until(lambda: edge.operation.get("/readyz").json()["status"] == "ok")


def test_a_damaged_database_file_is_named_with_what_to_do_and_a_good_one_in_its_place_ends_it(
    path: Path, tmp_path: Path
) -> None:
    database, good = tmp_path / "ringfence.db", tmp_path / "good.db"
    with process(path, "web"):
        until((tmp_path / "ringfence.db.copy").exists)
    database.rename(good)
    database.write_bytes(bytes(4_096) + good.read_bytes()[4_096:])
    with process(path, "web") as (opened, edge):
        until(lambda: "hub restore" in " ".join(edge.operation.get("/readyz").json().get("reasons", ())))
        until(lambda: edge.client.get("/companies").status_code == 503)
        assert "file of this hub is damaged" in edge.client.get("/companies").text
        good.replace(database)
        until(lambda: opened.running.version > 0)
        until(lambda: edge.operation.get("/readyz").json()["status"] == "ok")


def test_without_a_copy_of_its_directory_a_hub_says_why_it_does_not_start(path: Path, tmp_path: Path) -> None:
    (tmp_path / "ringfence.db").mkdir()
    with pytest.raises(ConfigError, match="The database does not answer"), process(path):
        pass
