"""A process beside the hub outlives it, is found again, and is started again when it dies."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from testbed import TestHub

from hub.contracts.companions import CompanionProcess
from hub.serving.companions import STABLE_SECONDS, Companions, Holder, companion_of, holder, signal_to
from hub.store.companion_troubles import companion_troubles, note_companion
from hub.web.health import DEGRADED, companions_ending, readiness

PROGRAM = """
import fcntl, hashlib, json, os, signal, sys, time
text = sys.stdin.read()
wanted = json.loads(text)
held = os.open(wanted["lock"], os.O_CREAT | os.O_RDWR)
fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.signal(signal.SIGHUP, lambda *_: sys.exit(0))
version = hashlib.sha256(text.encode()).hexdigest()[:16]
os.write(held, json.dumps({"pid": os.getpid(), "version": version, "env": sorted(os.environ)}).encode())
time.sleep(60)
"""
DYING = 'import sys; print("one line"); print("\\nthe key hunter2-hunter2 of +13125550142 is wrong"); sys.exit(2)'
SECRET = [SecretStr("hunter2-hunter2")]
PATIENCE = 20.0


def process(folder: Path, version: str = "one", automatic: bool = True) -> CompanionProcess:
    """A companion that does nothing; what it reads decides its version."""
    lock = folder / "beside" / "it.lock"
    text = f'{{"lock": "{lock}", "version": "{version}"}}'
    return CompanionProcess(
        name="line",
        arguments=(sys.executable, "-I", "-c", PROGRAM),
        start=text,
        lock_file="beside/it.lock",
        automatic=automatic,
    )


class Beside:
    """A supervisor over a plugin that names one process, looked at by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.wanted = folder, process(folder)
        self.made: list[Companions] = []
        self.later = 0.0
        self.store: Any = SimpleNamespace(outage=SimpleNamespace(since="nothing is noted while the database is away"))

    @property
    def lock(self) -> Path:
        return self.folder / "beside" / "it.lock"

    def hub(self) -> Any:
        """As much of a hub as the supervisor reads; a new one each time, as after a reload."""
        entry = SimpleNamespace(in_sandbox=False)
        plugins = SimpleNamespace(
            with_hook=lambda hook: ["line"], implements=lambda name, hook: True, call=lambda *_: self.wanted
        )
        section = SimpleNamespace(listen="127.0.0.1:8080", database=f"sqlite:///{self.folder}/hub.db", spool=None)
        plugins.connectors = {"line": SimpleNamespace(name="line", settings=SECRET, services=SimpleNamespace(log=None))}
        return SimpleNamespace(
            config=SimpleNamespace(connectors={"line": entry}, hub=section, file=None, companies=()),
            plugins=plugins, store=self.store, clock=lambda: datetime.now(UTC),
        )  # fmt: skip

    def supervisor(self) -> Companions:
        current = self.hub()
        made = Companions(lambda: current, lambda: time.monotonic() + self.later)
        self.made.append(made)
        return made

    def until(self, supervisor: Companions, what: Callable[[Holder | None], bool]) -> Holder | None:
        """Let it look until the holder of the lock is as wanted."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            supervisor.look()
            found = holder(self.lock)
            if what(found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"the process is not as wanted: {holder(self.lock)}")


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Beside]:
    made = Beside(tmp_path)
    yield made
    signal_to(made.lock, signal.SIGKILL)
    for each in made.made:
        for known in each._known.values():
            if known.child is not None:
                known.child.kill()
                known.child.wait()


def running(found: Holder | None) -> bool:
    return found is not None and found.pid > 0


def test_it_is_started_with_none_of_the_hubs_variables_and_again_when_it_dies(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINE_SECRET", "made-up")
    supervisor = beside.supervisor()
    first = beside.until(supervisor, running)
    assert first is not None and "LINE_SECRET" not in beside.lock.read_text()
    assert "made-up" not in " ".join(beside.wanted.arguments) and "RINGFENCE_HUB_ADDRESS" in beside.lock.read_text()
    died = time.monotonic()
    signal_to(beside.lock, signal.SIGKILL)
    second = beside.until(supervisor, lambda found: running(found) and found != first)
    child = supervisor._known["line"]
    assert second is not None and second.pid != first.pid
    assert child.started_at - died < 2, "callers wait longer than two seconds for a new gateway"


@pytest.mark.soak
def test_one_that_dies_three_times_is_named_with_its_last_line_until_it_stays_up(
    beside: Beside, lite_hub: Callable[..., TestHub]
) -> None:
    hub = lite_hub().hub
    beside.store, works = hub.store, beside.wanted
    beside.wanted = replace(works, arguments=(sys.executable, "-I", "-c", DYING))
    supervisor = beside.supervisor()

    def look_until(named: bool) -> None:
        end = time.monotonic() + PATIENCE
        while bool(companions_ending(hub)) is not named and time.monotonic() < end:
            supervisor.look()
            time.sleep(0.05)

    with capture_logs() as lines:
        look_until(True)
    assert "ends again and again" in "".join(each["event"] for each in lines)
    reasons = readiness(hub)[0]["reasons"]
    with hub.store.reading() as session:
        shown = companion_troubles(session)["line"].detail
    assert (
        shown
        == "Its process ended 3 times right after its start. The last line that it wrote: the key *** of …42 is wrong"
    )
    assert reasons == [f"processes beside the hub that end again and again: line: {shown}"]
    beside.wanted = works
    supervisor.current = beside.hub
    beside.until(supervisor, running)
    beside.later = STABLE_SECONDS + 1
    look_until(False)
    assert companions_ending(hub) is None and companions_ending in DEGRADED


def test_a_hub_that_starts_again_finds_it_and_starts_no_second_one(beside: Beside) -> None:
    first = beside.until(beside.supervisor(), running)
    again = beside.supervisor()
    for _ in range(3):
        again.look()
    assert holder(beside.lock) == first and again._known["line"].child is None
    again.stop(end_them=False)
    assert holder(beside.lock) == first, "calls under way go on when the hub ends"
    again.stop(end_them=True)
    assert holder(beside.lock) is None, "Ctrl-C ends it too"


def test_changed_settings_end_it_at_an_idle_moment_and_it_comes_back_with_them(beside: Beside) -> None:
    supervisor = beside.supervisor()
    first = beside.until(supervisor, running)
    old = beside.wanted
    beside.wanted = CompanionProcess(
        name="line",
        arguments=old.arguments,
        start=old.start.replace('"one"', '"two"'),
        lock_file=old.lock_file,
    )
    supervisor.current = beside.hub
    second = beside.until(supervisor, lambda found: running(found) and found != first)
    assert second is not None and second.version == beside.wanted.version


def test_one_that_is_run_apart_or_no_longer_configured_is_left_alone_or_ended(beside: Beside) -> None:
    supervisor = beside.supervisor()
    beside.until(supervisor, running)
    beside.wanted = process(beside.folder, automatic=False)
    supervisor.current = beside.hub
    end = time.monotonic() + PATIENCE
    while holder(beside.lock) is not None and time.monotonic() < end:
        supervisor.look()
        time.sleep(0.05)
    assert holder(beside.lock) is None
    supervisor.look()
    assert holder(beside.lock) is None, "one that somebody else runs was started"
    assert companion_of(beside.hub(), "elsewhere") is None


def test_what_is_wrong_is_kept_since_it_began_and_forgotten_when_it_is_mended(
    lite_hub: Callable[..., TestHub],
) -> None:
    hub = lite_hub()
    began = hub.clock()
    note_companion(hub.hub.store, "line", "The trunk does not answer.", began)
    hub.clock.advance(minutes=3)
    note_companion(hub.hub.store, "line", "The gateway does not answer.", hub.clock())
    with hub.hub.store.reading() as session:
        (found,) = companion_troubles(session).values()
    assert (found.since, found.detail) == (began, "The gateway does not answer.")
    note_companion(hub.hub.store, "line", "", hub.clock())
    with hub.hub.store.reading() as session:
        assert companion_troubles(session) == {}
