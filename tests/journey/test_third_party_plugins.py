"""Five plugins that are not built in, one of each family: certified, installed from wheels, at work behind the walls."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import yaml
from third_party.played_day import configuration
from third_party.wheels import PLUGINS, build_wheel

from hub.platform.loopback import free_port
from hub.plugin_host.kernel.support import missing_confinement

pytestmark = pytest.mark.soak

HUB = (sys.executable, "-m", "hub.cli")
CALLS = 20
SHORT_LIFE = 20
"""In half seconds: a process that lives for less is not looked at."""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of each plugin."""
    folder = tmp_path_factory.mktemp("wheels")
    return {plugin: build_wheel(plugin, folder) for plugin in PLUGINS}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_each_keeps_all_promises_of_its_kind(plugin: str, wheels: dict[str, Path], tmp_path: Path) -> None:
    certified = _hub("certify", "--file", str(wheels[plugin]), folder=tmp_path)
    assert f"{plugin} keeps all its promises." in certified, certified


@pytest.mark.timeout(300)
def test_a_played_day_adds_up_with_a_plugin_of_each_family_that_is_not_built_in(
    wheels: dict[str, Path], tmp_path: Path
) -> None:
    document = configuration()
    address = f"127.0.0.1:{free_port()}"
    document["hub"] |= {"listen": address, "public_url": f"http://{address}"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    for plugin, wheel in wheels.items():
        assert f"{plugin} 1.0.0 of ringfence-{plugin} is installed." in _hub(
            "plugins", "add", str(wheel), folder=tmp_path
        )
    with (tmp_path / "printed").open("w") as printed:
        demo = psutil.Popen(
            [*HUB, "demo", "--exit", "--calls", str(CALLS), "--seed", "1"],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "240"},
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        with _watched_hosts(demo) as (seen, confined):
            ended = demo.wait(250)
    told = (tmp_path / "printed").read_text()
    assert ended == 0 and "Everything adds up." in told and "Traceback" not in told, told[-6_000:]
    if missing_confinement() is None:
        # A stand-in and a host for each, but for the host of the transcriber: nothing is transcribed while weeks are played.
        assert len(seen) >= 2 * len(PLUGINS) - 1 and confined and all(confined.values()), (seen, confined)
    database = sqlite3.connect(tmp_path / "data" / "ringfence.db")
    try:
        _each_did_its_work(database)
    finally:
        database.close()


def _hub(*arguments: str, folder: Path) -> str:
    """What a command prints."""
    run = subprocess.run(
        [*HUB, *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "240"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return run.stdout + run.stderr


@contextmanager
def _watched_hosts(hub: psutil.Popen) -> Iterator[tuple[Counter[int], dict[int, bool]]]:
    """How often each process of a plugin or a stand-in was seen, and of each that ran for some seconds whether the kernel
    filters its system calls. At the end of the demo each stand-in starts again for a moment."""
    confined: dict[int, bool] = {}
    seen: Counter[int] = Counter()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            for child in _children(hub):
                seen[child] += 1
                if seen[child] > SHORT_LIFE and (said := _is_confined(child)) is not None:
                    confined[child] = said

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen, confined
    finally:
        over.set()
        watcher.join()


def _children(hub: psutil.Popen) -> list[int]:
    try:
        running = hub.children(recursive=True)
    except psutil.Error:
        return []
    return [each.pid for each in running if _is_host(each)]


def _is_host(process: psutil.Process) -> bool:
    try:
        return "hub.plugin_host.host.child" in process.cmdline()
    except psutil.Error:  # it has ended since
        return False


def _is_confined(pid: int) -> bool | None:
    """None if it has ended since."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    values = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    if values["State"].startswith(("Z", "X")):
        return None
    return values["Seccomp"].strip() == "2" and values["NoNewPrivs"].strip() == "1"


def _each_did_its_work(database: sqlite3.Connection) -> None:
    """Each plugin has its part in the day, and the hub has it too."""
    calls = dict(database.execute("SELECT connector, count(*) FROM call GROUP BY connector"))
    assert set(calls) == {"twilio", "ringwire"} and sum(calls.values()) == CALLS, calls
    delivered = dict(
        database.execute("SELECT connector, count(*) FROM delivery WHERE state = 'delivered' GROUP BY connector")
    )
    assert delivered["pinwheel"] and delivered["dealdesk"] == calls["ringwire"] and delivered["ringwire"], delivered
    [facts] = database.execute("SELECT count(*) FROM fact WHERE source = 'whocalls'").fetchone()
    [transcripts] = database.execute("SELECT count(*) FROM transcript WHERE connector = 'hearwell'").fetchone()
    [recordings] = database.execute("SELECT count(*) FROM recording WHERE state = 'stored'").fetchone()
    assert facts and transcripts == recordings > 0, (facts, transcripts, recordings)
    late = dict(database.execute("SELECT connector, count(*) FROM call_step WHERE step = 'forward' GROUP BY connector"))
    assert "ringwire" not in late or "twilio" in late, "only a machine that is too busy for all makes it late"
