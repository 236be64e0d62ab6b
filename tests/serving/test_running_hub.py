"""One process takes a new version: new requests at once, old ones to their end, and nothing that it counts is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest
from config_on_disk import open_config_stage
from event_loops import in_a_thread
from structlog.testing import capture_logs
from testbed import TestHub

import hub.serving.running_hub as running_hub
from hub.config.edit import Change
from hub.errors import ConfigError
from hub.model import ConfigProcess, ConfigVersion
from hub.plugin_host.sandboxes import RunningSandboxes
from hub.serving.presence import Presence
from hub.serving.running_hub import RunningHub
from hub.serving.watcher import STILL_ENDING, Watcher
from hub.startup.opening import Opened
from hub.testing import FrozenClock
from hub.web.app import WebEdge, WebProcess

TITLE = ("accounts", "agency", "companies", "lakeside", "title")


class SlowEdge:
    """An edge whose requests end when the test lets them."""

    def __init__(self, opened: Opened) -> None:
        self.title = opened.hub.config.companies[0].title
        self.go_on = asyncio.Event()
        self.told: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.go_on.wait()
        await send(self.title)

    def start(self) -> None:
        self.told.append("started")

    def retire(self) -> None:
        self.told.append("retired")

    def close(self) -> None:
        self.told.append("closed")


@pytest.fixture
def stage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    with open_config_stage(sqlite_url, clock, tmp_path) as opened:
        yield opened


Process = tuple[RunningHub, Watcher]


@pytest.fixture
def process_of(stage: TestHub, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Process]:
    """This process, with an edge of the test; its watcher looks when the test says so."""
    monkeypatch.setattr(running_hub, "SETTLE_SECONDS", 0.0)

    def make(make_edge: Callable[[Opened], Any] | None = SlowEdge) -> Process:
        assert stage.config_file is not None
        opened = Opened(stage.hub, stage.live, RunningSandboxes({}, frozenset()))
        running = RunningHub(opened, 1, make_edge=make_edge, working=False)
        return running, Watcher(stage.config_file, running, Presence(running, "web"), lambda: stage.clock().timestamp())

    return make


def save(stage: TestHub, former: str, new: str) -> None:
    assert stage.config_file is not None
    path = stage.config_file.path
    text = path.read_text()
    assert former in text
    path.write_text(text.replace(former, new))


async def served(running: RunningHub) -> str:
    """The answer to one request."""
    answers: list[str] = []

    async def send(answer: str) -> None:
        answers.append(answer)

    await running.app({"type": "http"}, None, send)  # type: ignore[arg-type]
    return answers[0]


def test_a_request_is_served_by_the_version_that_it_began_with(
    stage: TestHub, process_of: Callable[..., Process]
) -> None:
    async def scene() -> tuple[str, str]:
        running, watcher = process_of()
        before: Any = running.current.edge
        slow = asyncio.create_task(served(running))
        await asyncio.sleep(0)
        save(stage, "title: Lakeside", "title: Lakeside Plumbing")
        watcher.look()
        assert running.version == 1, "a file that was just saved may be half written"
        watcher.look()
        after: Any = running.current.edge
        assert (running.version, before.told, after.told) == (2, ["started", "retired"], ["started"])
        after.go_on.set()
        new = await served(running)
        before.go_on.set()
        old = await slow
        await asyncio.to_thread(running.close)
        assert before.told == ["started", "retired", "closed"]
        return old, new

    assert in_a_thread(scene()) == ("Lakeside", "Lakeside Plumbing")


def test_many_changes_wait_for_former_hubs_that_still_end_and_the_newest_is_taken_then(
    stage: TestHub, process_of: Callable[..., Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_hub, "MAX_FORMER", 1)

    async def scene() -> None:
        running, watcher = process_of()
        first: Any = running.current.edge
        slow = asyncio.create_task(served(running))
        await asyncio.sleep(0)
        for before, after in pairwise(("Lakeside", "Lakeside 2", "Lakeside 3", "Lakeside 4")):
            save(stage, f"title: {before}\n", f"title: {after}\n")
            watcher.look()
            watcher.look()
        assert running.version == 2, "the first one has not ended"
        assert stage.one(ConfigProcess).trouble == STILL_ENDING
        first.go_on.set()
        await slow
        async with asyncio.timeout(10):
            while running.has_too_many:
                await asyncio.sleep(0.01)
        watcher.look()
        assert running.version == 4, "what was between is left out"
        assert stage.one(ConfigProcess).trouble == ""
        await asyncio.to_thread(running.close)

    in_a_thread(scene())


def test_a_bad_file_is_noted_once_and_the_version_goes_on_until_it_is_mended(
    stage: TestHub, process_of: Callable[..., Process]
) -> None:
    running, watcher = process_of(None)
    save(stage, "carrier: carrier", "carrier: nobody")
    for _ in range(4):
        watcher.look()
    assert running.version == 1
    assert len(stage.rows(ConfigVersion, state="refused")) == 1
    save(stage, "carrier: nobody", "carrier: carrier")
    save(stage, "title: Lakeside", "title: Lakeside Plumbing")
    watcher.look()
    watcher.look()
    assert running.version == 2
    running.close()


def test_an_edit_of_another_process_is_taken_from_the_database(
    stage: TestHub, process_of: Callable[..., Process]
) -> None:
    running, watcher = process_of(None)
    file = stage.config_file
    assert file is not None
    file.applied = lambda number: None
    file.apply(file.propose([Change(TITLE, "Lakeside Plumbing")]), None)
    watcher.look()
    assert running.current.opened.hub.config.companies[0].title == "Lakeside Plumbing"
    assert running.current.opened.hub.store is stage.hub.store
    assert stage.one(ConfigProcess).version == 2
    running.close()


def test_settings_of_the_start_are_kept_until_the_next_one(stage: TestHub, process_of: Callable[..., Process]) -> None:
    running, watcher = process_of(None)
    save(stage, "hub:\n", "hub:\n  listen: 127.0.0.1:9999\n")
    save(stage, "https://calls.example.com", "https://phones.example.com")
    watcher.look()
    watcher.look()
    now = running.current.opened.hub.config.hub
    assert (running.version, now.listen, str(now.public_url)) == (2, "127.0.0.1:8080", "https://phones.example.com/")
    running.close()


def test_a_version_that_this_process_cannot_take_is_tried_again_each_minute_until_its_cause_is_gone(
    stage: TestHub, process_of: Callable[..., Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    running, watcher = process_of(None)
    file = stage.config_file
    assert file is not None
    file.applied = lambda number: None
    file.apply(file.propose([Change(TITLE, "Lakeside Plumbing")]), None)
    tries: list[str] = []

    def check(text: str) -> Any:
        tries.append(text)
        raise ConfigError("this machine lacks a variable.")

    with monkeypatch.context() as lacking, capture_logs() as logs:
        lacking.setattr(file, "check", check)
        watcher.look()
        stage.clock.advance(seconds=59)
        watcher.look()
        assert (running.version, len(tries)) == (1, 1)
        stage.clock.advance(seconds=1)
        watcher.look()
        assert (running.version, len(tries)) == (1, 2)
    assert [each["version"] for each in logs if each["log_level"] == "error"] == [2], (
        "the same cause is logged one time"
    )
    process = stage.one(ConfigProcess)
    assert (process.version, process.trouble) == (1, "this machine lacks a variable.")
    stage.clock.advance(seconds=60)
    watcher.look()
    process = stage.one(ConfigProcess)
    assert (process.version, process.trouble) == (2, "")
    running.close()


def test_the_counts_of_wrong_passwords_outlive_a_change(stage: TestHub, process_of: Callable[..., Process]) -> None:
    web = WebProcess(stage.hub)
    running, watcher = process_of(lambda opened: WebEdge(opened.hub, opened.directory, web))

    def ask_to_sign_in() -> None:
        async def ask() -> httpx2.Response:
            assert running.current.edge is not None
            transport = httpx2.ASGITransport(running.current.edge)
            async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.get("/sign-in")

        assert in_a_thread(ask()).status_code == 200

    ask_to_sign_in()
    throttle = web.counters.of("sign-ins", dict)
    save(stage, "title: Lakeside", "title: Lakeside Plumbing")
    watcher.look()
    watcher.look()
    assert running.version == 2
    ask_to_sign_in()
    assert web.counters.of("sign-ins", dict) is throttle and type(throttle).__name__ == "Throttle"
    running.close()
    assert running.current.edge is not None
    running.current.edge.close()
    web.close()


def test_sandboxes_run_on_while_their_connectors_stay(clock: FrozenClock) -> None:
    from hub.plugin_host.discovery import discover
    from hub.plugin_host.sandboxes import start_sandboxes

    classes = discover().classes
    with start_sandboxes({"phone": classes["twilio"], "crm": classes["hubspot"]}, clock) as sandboxes:
        phone, crm = sandboxes.of("phone"), sandboxes.of("crm")
        sandboxes.join({"phone": classes["twilio"], "crm": classes["salesforce"]}, clock)
        assert sandboxes.of("phone") is phone and sandboxes.of("crm") is not crm
        sandboxes.keep_only({"phone"})
        assert list(sandboxes) == ["phone"]
