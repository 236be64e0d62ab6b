"""Real processes take a changed config.yaml: no webhook is refused, and each call keeps the flow that it began with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from commands import CliRunner
from sqlmodel import select

from benchmarks.followed_calls import FollowedCalls
from hub.cli import app
from hub.model import CallStep, ConfigProcess, ConfigVersion
from hub.proof.chaos.environment import Environment, set_stage
from hub.proof.chaos.hub_process import HubProcess
from hub.store.engine import Store

pytestmark = pytest.mark.soak

CHANGES = 3


def change(stage: Environment, edit: Callable[[dict[str, Any]], object]) -> None:
    """Save config.yaml with an edit, as an editor does."""
    document = json.loads(stage.config.read_text())
    edit(document)
    saved = stage.config.with_suffix(".new")
    saved.write_text(json.dumps(document, indent=2))
    saved.replace(stage.config)


def greet(stage: Environment, words: str) -> None:
    change(stage, lambda all: all["accounts"][0]["companies"][0]["route"].update(greeting=words))


def until(condition: Callable[[], bool], seconds: float = 40.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def versions(store: Store) -> list[int | None]:
    """What each process runs."""
    with store.reading() as session:
        return list(session.exec(select(ConfigProcess.version)))


def test_no_webhook_is_refused_while_the_configuration_changes(tmp_path: Path) -> None:
    with set_stage(tmp_path) as stage:
        hub, calls, store = HubProcess(stage), FollowedCalls(stage, threads=4, per_second=10), Store(stage.database)
        try:
            hub.start()
            hub.wait_until_ready()
            calls.start()
            for number in range(2, CHANGES + 2):
                greet(stage, f"Lakeside Plumbing, greeting {number}.")
                assert until(lambda number=number: versions(store) == [number]), (
                    number,
                    versions(store),
                    hub.log.read_text()[-3000:],
                )  # type: ignore[misc]
            calls.stop()
            assert hub.stop()
            # A machine without a free processor answers some webhooks 503 (too late), with or without a change.
            assert calls.refused.keys() <= {"503"}, calls.refused
            assert "Traceback" not in hub.log.read_text()
            with store.reading() as session:
                steps = session.exec(select(CallStep.carrier_call_id, CallStep.flow_version)).all()
                assert set(calls.placed) <= {call for call, _ in steps}, "a call left no step"
            assert len({version for _, version in steps}) > 1, "all calls came before the first change"
            led = {(call, version) for call, version in steps}
            assert len(led) == len({call for call, _ in led}), "a call was led by two versions"
            assert versions(store) == [], "the process took its row with it"
        finally:
            hub.end()
            store.close()


@contextmanager
def process(stage: Environment, role: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "hub.cli", role, "--config", str(stage.config)]
    with subprocess.Popen(command, env=dict(stage.environ), stderr=subprocess.DEVNULL) as started:
        try:
            yield started
        finally:
            started.send_signal(signal.SIGTERM)
            try:
                started.wait(timeout=60)
            except subprocess.TimeoutExpired:
                started.kill()
                raise AssertionError(f"hub {role} did not end within 60 s of SIGTERM") from None


def test_a_web_process_and_a_worker_take_a_version_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with set_stage(tmp_path) as stage, process(stage, "web") as web, process(stage, "worker") as worker:
        store = Store(stage.database)

        def runs(number: int) -> bool:
            assert web.poll() is None and worker.poll() is None
            return tmp_path.joinpath("chaos.db").exists() and versions(store) == [number, number]

        assert until(lambda: (tmp_path / "chaos.db").exists()) and until(lambda: _is_migrated(store))
        assert until(lambda: runs(1)), versions(store)
        greet(stage, "Good day.")
        assert until(lambda: runs(2)), versions(store)

        change(stage, lambda all: all.update(unknown=1))
        assert until(lambda: _refused(store) == 1)
        change(stage, lambda all: all.pop("unknown"))

        for name, value in stage.environ.items():
            monkeypatch.setenv(name, value)
        said = CliRunner().invoke(app, ["reload", "--config", str(stage.config)])
        assert said.exit_code == 0, said.output
        assert "2 of 2 running processes have version" in said.output
        newest = max(each or 0 for each in versions(store))
        os.kill(worker.pid, signal.SIGHUP)
        # The watcher of the file may read it once more than the command and the signal do.
        assert until(lambda: any(runs(newest + more) for more in (1, 2))), (
            f"SIGHUP reads the file again: {versions(store)}"
        )
        with store.reading() as session:
            assert {each.role for each in session.exec(select(ConfigProcess))} == {"web", "worker"}
        store.close()


def _is_migrated(store: Store) -> bool:
    from hub.store.schema import current, revisions

    return current(store) == revisions()[-1]


def _refused(store: Store) -> int:
    with store.reading() as session:
        return len(session.exec(select(ConfigVersion.id).where(ConfigVersion.state == "refused")).all())
