"""A plugin that hangs, lies, exits, eats memory or prints secrets harms only itself: a real hub with all of them at once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import psutil
import pytest
from sqlmodel import select

from hub.model import ConnectorState, Delivery
from hub.plugin_host.discovery import discover
from hub.proof.chaos.check import at_rest, balance
from hub.proof.chaos.environment import Environment, set_stage
from hub.proof.chaos.evil_plugins import SECRET, VARIABLE, add_to, write_plugins
from hub.proof.chaos.hub_process import HubProcess
from hub.proof.chaos.load import Callers
from hub.serving.addresses import OPERATION_PORTS_ABOVE
from hub.store.engine import Store

pytestmark = pytest.mark.soak

CALLS = 8
MAX_GROWTH_BYTES = 60_000_000
"""How much more memory the hub itself may hold after the calls than before; the evil plugin takes a gigabyte."""
REST_SECONDS = 45.0


@dataclass
class Played:
    """What a hub with evil plugins did, after it has stopped."""

    problems: list[str]
    is_clean: bool
    growth: int
    log: str
    ready: dict[str, object]
    answers: dict[str, int]
    paused: dict[str, str]
    delivered: set[str]
    core_limit: tuple[int, int]

    @property
    def tracebacks(self) -> str:
        """The lines of the log around each traceback."""
        lines = self.log.splitlines()
        starts = [at for at, line in enumerate(lines) if "Traceback (most recent call last)" in line]
        return "\n".join(line for at in starts for line in lines[max(0, at - 2) : at + 40])


@contextmanager
def evil_stage(folder: Path) -> Iterator[Environment]:
    with set_stage(folder) as stage:
        plugins = write_plugins(folder / "plugins")
        document = json.loads(stage.config.read_text())
        document["hub"]["plugin_dirs"] = [str(folder / "plugins")]
        add_to(document, plugins)
        stage.config.write_text(json.dumps(document))
        yield replace(stage, environ={**stage.environ, VARIABLE: SECRET})


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    with evil_stage(tmp_path_factory.mktemp("evil")) as stage:
        process, callers = HubProcess(stage), Callers(stage, seed=1)
        try:
            process.start()
            process.wait_until_ready()
            yield play(stage, process, callers)
        finally:
            callers.abandon()
            process.end()


def play(stage: Environment, process: HubProcess, callers: Callers) -> Played:
    hub = psutil.Process(process._process)
    before = hub.memory_info().rss
    callers.call(CALLS)
    with httpx2.Client(base_url=stage.address, timeout=10, trust_env=False) as client:
        answers = {
            name: client.post(f"/webhooks/{name}", content=name.encode()).status_code
            for name in ("hang_in_verify", "hang_in_answer")
        }
        callers.finish()
        store, until = Store(stage.database), time.monotonic() + REST_SECONDS
        while not at_rest(store, callers) and time.monotonic() < until:
            time.sleep(0.2)
        address = httpx2.URL(stage.address)
        operation = address.copy_with(port=(address.port or 0) + OPERATION_PORTS_ABOVE)
        while (ready := client.get(operation.copy_with(path="/readyz")).json())["status"] != "degraded":
            if time.monotonic() > until:
                break
            time.sleep(0.2)
    growth, core_limit = hub.memory_info().rss - before, hub.rlimit(psutil.RLIMIT_CORE)
    is_clean = process.stop()
    report = balance(stage, store, callers, faults=0, log=process.log, clean=is_clean, deaths=0)
    with store.reading() as session:
        paused = {row.connector: row.reason or "" for row in session.exec(select(ConnectorState)) if row.paused_at}
        delivered = {row.connector for row in session.exec(select(Delivery)) if row.state == "delivered"}
    store.close()
    log = process.log.read_text(errors="replace")
    return Played(report.problems(), is_clean, growth, log, ready, answers, paused, delivered, core_limit)


def test_all_good_calls_are_done_and_the_hub_lives_and_stops_in_time(played: Played) -> None:
    assert played.problems == [], played.tracebacks
    assert played.is_clean
    assert played.delivered == {"network", "crm"}, "what the silent judge held up was sent when it answered"


def test_a_plugin_whose_process_dies_again_and_again_is_disabled_and_a_person_is_told(played: Played) -> None:
    assert "os_exit" in played.paused and "ended" in played.paused["os_exit"]
    assert played.ready["status"] == "degraded"
    assert played.paused.keys() & {"network", "crm", "carrier"} == set()


def test_a_carrier_that_hangs_has_its_own_webhooks_refused_and_its_ringing_calls_answered(played: Played) -> None:
    assert played.answers == {"hang_in_verify": 503, "hang_in_answer": 200}


def test_the_memory_that_a_plugin_takes_is_not_the_hubs(played: Played) -> None:
    assert played.growth < MAX_GROWTH_BYTES


def test_the_hub_writes_no_core_file(played: Played) -> None:
    assert played.core_limit == (0, 0)


def test_what_a_plugin_prints_is_in_the_log_without_its_secret_and_without_the_callers_number(played: Played) -> None:
    assert "plugin printed" in played.log and SECRET not in played.log
    assert "55501" not in played.log


def test_a_plugin_that_exits_at_import_is_listed_as_broken_with_the_reason(tmp_path: Path) -> None:
    write_plugins(tmp_path, ["exit_at_import"])
    assert "SystemExit" in discover([tmp_path]).broken["exit_at_import"]
