"""Housekeeping: each periodic job keeps its own interval and fails alone, beside the thread that takes calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from no_threads import no_new_threads
from sqlalchemy import event
from testbed import TestHub

import hub.worker.worker as loops
from hub.model import Call, FactRow, PageView, SyncSlot
from hub.platform.liveness import Liveness
from hub.platform.metrics import TASK_FAILURES
from hub.privacy.retention import sweep
from hub.worker import Worker
from hub.worker.housekeeping import Housekeeping, Job, periodic_jobs
from hub.worker.scheduler import Ticker

Factory = Callable[..., TestHub]


@dataclass
class House:
    """Housekeeping whose time stands still."""

    now: float = 1_000.0
    runs: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.liveness = Liveness(lambda: self.now)

    def with_jobs(self, *jobs: Job) -> Housekeeping:
        return Housekeeping(jobs, self.liveness, self.stopping, lambda: self.now)

    def job(self, name: str, every: float, fail: Callable[[], object] = lambda: None, drain: bool = False) -> Job:
        def run() -> object:
            self.runs.append(name)
            return fail()

        return Job(name, every, run, drain)

    def pass_time(self, housekeeping: Housekeeping, seconds: float, step: float = 1.0) -> list[str]:
        """The jobs that ran while `seconds` passed."""
        self.runs.clear()
        until = self.now + seconds
        while self.now < until:
            self.now += step
            finish(housekeeping)
        return self.runs


def finish(housekeeping: Housekeeping) -> None:
    for future in housekeeping.start_due():
        assert future.exception(timeout=10) is None


def failures(task: str, error: str) -> float:
    return TASK_FAILURES.labels(task, error)._value.get()  # type: ignore[no-any-return]


@pytest.fixture
def house() -> House:
    return House()


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error

    return fail


# A job


def test_each_job_runs_at_once_and_then_keeps_its_own_interval(house: House) -> None:
    housekeeping = house.with_jobs(house.job("often", 10), house.job("seldom", 60))
    finish(housekeeping)
    assert sorted(house.runs) == ["often", "seldom"]
    assert house.pass_time(housekeeping, 59).count("often") == 5
    assert "seldom" not in house.runs
    assert house.pass_time(housekeeping, 1) == ["often", "seldom"]


@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_a_job_that_raises_anything_fails_alone_and_is_counted(house: House, error: BaseException) -> None:
    housekeeping = house.with_jobs(house.job("bad", 60, raising(error)), house.job("good", 60))
    before = failures("bad", type(error).__name__)
    finish(housekeeping)
    assert house.pass_time(housekeeping, 300).count("good") == 5
    assert failures("bad", type(error).__name__) > before
    assert house.liveness.job_ages() == {"bad": 300, "good": 0}


def test_a_failed_job_is_tried_again_sooner_than_its_interval_and_ever_later(house: House) -> None:
    housekeeping = house.with_jobs(house.job("bad", 60, raising(ValueError())))
    finish(housekeeping)
    begun, tries = house.now, []
    while house.now < begun + 200:
        if house.pass_time(housekeeping, 1):
            tries.append(house.now - begun)
    assert tries == [5, 15, 35, 75, 135, 195], "5, 10, 20, 40, then 60 seconds apart"


def test_a_job_that_succeeds_again_is_back_at_its_interval(house: House) -> None:
    errors = [ValueError(), ValueError()]
    housekeeping = house.with_jobs(house.job("shaky", 60, lambda: raising(errors.pop())() if errors else None))
    finish(housekeeping)
    assert len(house.pass_time(housekeeping, 15)) == 2
    assert house.pass_time(housekeeping, 59) == []
    assert house.pass_time(housekeeping, 1) == ["shaky"]


def test_a_job_that_hangs_is_not_started_twice_and_keeps_no_other(house: House) -> None:
    go_on = threading.Event()
    housekeeping = house.with_jobs(house.job("hung", 10, lambda: go_on.wait(20)), house.job("good", 10))
    hung, good = housekeeping.start_due()
    good.result(timeout=10)
    assert house.pass_time(housekeeping, 60) == ["good"] * 6
    assert house.liveness.job_ages()["hung"] == 60
    go_on.set()
    hung.result(timeout=10)
    assert sorted(house.pass_time(housekeeping, 10)) == ["good", "hung"]


def test_a_job_with_much_to_do_goes_on_until_it_is_done(house: House) -> None:
    left = [3, 2, 1, 0]
    housekeeping = house.with_jobs(house.job("drains", 60, lambda: left.pop(0), drain=True))
    finish(housekeeping)
    assert left == [] and house.pass_time(housekeeping, 59) == []


def test_at_the_end_what_has_not_begun_is_dropped(house: House) -> None:
    go_on, begun = threading.Event(), threading.Semaphore(0)

    def hang() -> None:
        begun.release()
        go_on.wait(20)

    housekeeping = house.with_jobs(*(house.job(f"hung {number}", 10, hang) for number in range(5)))
    futures = housekeeping.start_due()
    for _ in range(4):
        assert begun.acquire(timeout=10)
    house.stopping.set()
    go_on.set()
    housekeeping.close(seconds=10)
    assert len(house.runs) == 4 and futures[4].cancelled() and not wait(futures[:4], timeout=10).not_done


# The hub's own


@contextmanager
def refused(stage: TestHub, words: str) -> Iterator[None]:
    """A database that fails at each statement with these words."""

    def refuse(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if words in statement:
            raise ValueError("broken")

    event.listen(stage.hub.store.engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(stage.hub.store.engine, "before_cursor_execute", refuse)


class BrokenVault:
    """A vault that destroys no key."""

    def __init__(self, vault: Any) -> None:
        self._vault = vault

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vault, name)

    def destroy_keys(self, *_: Any, **__: Any) -> NoReturn:
        raise SystemExit("the vault is broken")


def test_sweeps_go_on_while_another_job_fails(hub: Factory) -> None:
    stage, house = hub(), House()
    broken = replace(stage.hub, vault=BrokenVault(stage.hub.vault))  # type: ignore[arg-type]
    housekeeping = house.with_jobs(*periodic_jobs(broken, Ticker(broken)))
    for _ in range(3):
        at = stage.clock() - timedelta(seconds=1)
        stage.add(SyncSlot(connector="network", due_at=at, why="retry", state="done", finished_at=at))
        stage.clock.advance(days=3)
        house.pass_time(housekeeping, 60, step=60)
        assert stage.rows(SyncSlot, connector="network", why="retry") == []
    ages = house.liveness.job_ages()
    assert ages["destroy backup keys"] == 180
    assert [name for name, age in ages.items() if age == 180] == ["destroy backup keys"]


def test_a_table_that_fails_keeps_no_other_from_its_sweep(hub: Factory) -> None:
    stage = hub()
    stage.call_in(stage.visit().number or "")
    assert stage.rows(PageView) and stage.rows(FactRow)
    stage.clock.advance(days=2_000)
    with refused(stage, "DELETE FROM page_view"), pytest.raises(ValueError, match="broken"):
        sweep(stage.hub.store, stage.clock())
    assert stage.rows(PageView) and stage.rows(FactRow) == []
    sweep(stage.hub.store, stage.clock())
    assert stage.rows(PageView) == []


# The worker


class ShakyDirectory:
    """A directory that raises before it answers the flow thread."""

    def __init__(self, stage: TestHub, *errors: BaseException) -> None:
        self._live, self._errors = stage.live, list(errors)

    def current(self) -> Any:
        if self._errors and threading.current_thread().name == "flow":
            raise self._errors.pop()
        return self._live.current()


def until(it_is_so: Callable[[], bool]) -> None:
    """Wait for what a worker does by itself."""
    waiting = threading.Event()
    for _ in range(800):
        if it_is_so():
            return
        waiting.wait(0.02)
    raise AssertionError("the worker did not come to it")


def test_a_thread_of_the_worker_goes_on_whatever_a_turn_raises(
    lite_hub: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "BACK_OFF_SECONDS", 0.01)
    stage = lite_hub()
    stage.call_in(process=False)
    directory = ShakyDirectory(stage, SystemExit(), KeyboardInterrupt())
    worker = Worker(stage.hub, directory)  # type: ignore[arg-type]
    before = failures("flow", "SystemExit")
    worker.start()
    try:
        until(lambda: [call.state for call in stage.rows(Call)] == ["done"])
    finally:
        worker.stop()
    assert failures("flow", "SystemExit") == before + 1


def test_an_enricher_that_raises_system_exit_keeps_no_call_from_the_flow(hub: Factory) -> None:
    stage = hub()
    stage.index.script = [SystemExit(1)]
    assert stage.call_in().state == "done" and stage.index.script == []


def test_a_worker_tells_how_long_ago_each_thread_turned_and_each_job_succeeded(lite_hub: Factory) -> None:
    stage = lite_hub()
    worker = Worker(stage.hub, stage.live)
    assert stage.hub.liveness.thread_ages() == {}
    worker.start()
    try:
        assert set(stage.hub.liveness.thread_ages()) == {"flow", "recordings", "syncs", "housekeeping"}
        assert {"retention", "roll-ups", "privacy requests"} <= set(stage.hub.liveness.job_ages())
    finally:
        worker.stop()
    assert stage.hub.liveness.thread_ages() == {}, "a worker that was stopped is not stuck"


def test_a_job_for_which_the_system_gave_no_thread_runs_at_the_next_look(house: House) -> None:
    housekeeping = house.with_jobs(house.job("sweep", 10))
    with no_new_threads(), pytest.raises(RuntimeError):
        housekeeping.start_due()
    finish(housekeeping)
    assert house.runs == ["sweep"]
    housekeeping.close(5)
