"""The first request for a page loads the pages, and the first call of a hook what its plugin needs, in threads."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from hub.errors import PluginFailure
from hub.hookspecs import SPECS
from hub.plugin_host.guard import Guard
from hub.web.app import DeferredApp


class SlowDisk(SourceFileLoader):
    """Reads the package when the other thread has begun to import its part."""

    looked: threading.Event
    go_on: threading.Event

    def create_module(self, spec: ModuleSpec) -> None:
        self.looked.set()
        self.go_on.wait(10)


class Finder:
    """Finds the package on the slow disk."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name != "library_under_way":
            return None
        return spec_from_file_location(name, self._file, loader=SlowDisk(name, str(self._file)))


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[SlowDisk]]:
    """Where a library is whose package imports its part, as many do."""
    package = tmp_path / "library_under_way"
    package.mkdir()
    (package / "__init__.py").write_text("import library_under_way.part")
    (package / "part.py").write_text("GREETING = 'good morning'")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", [Finder(package / "__init__.py"), *sys.meta_path])
    SlowDisk.looked, SlowDisk.go_on = threading.Event(), threading.Event()
    yield SlowDisk
    for name in [each for each in sys.modules if each.startswith("library_under_way")]:
        del sys.modules[name]


def meanwhile(disk: type[SlowDisk]) -> threading.Thread:
    """A thread that imports the part of the library while the package is loaded.

    Python takes the lock of the part, and then that of the package, whose loader has it; the package wants the part's."""

    def load() -> None:
        disk.looked.wait(10)
        threading.Timer(0.3, disk.go_on.set).start()
        importlib.import_module("library_under_way.part")

    thread = threading.Thread(target=load)
    thread.start()
    return thread


def greeting() -> str:
    return str(importlib.import_module("library_under_way").part.GREETING)


def test_a_page_is_answered_while_a_plugin_imports_the_same_library(disk: type[SlowDisk]) -> None:
    thread = meanwhile(disk)
    answer = TestClient(DeferredApp(lambda: PlainTextResponse(greeting()))).get("/")
    thread.join()
    assert (answer.status_code, answer.text) == (200, "good morning")


def test_a_plugin_that_imports_the_same_library_as_another_does_not_count_as_crashed(disk: type[SlowDisk]) -> None:
    thread = meanwhile(disk)
    guard = Guard("salesforce")
    assert guard.call("check_connection", greeting) == "good morning"
    thread.join()
    guard.close()


@pytest.mark.parametrize("hook", [name for name, spec in SPECS.items() if spec.once])
def test_a_hook_that_may_have_bought_or_sent_something_is_not_called_again(disk: type[SlowDisk], hook: str) -> None:
    sent: list[str] = []

    def send() -> str:
        sent.append("once")
        return greeting()

    thread = meanwhile(disk)
    guard = Guard("twilio")
    with pytest.raises(PluginFailure, match="_DeadlockError"):
        guard.call(hook, send)
    thread.join()
    guard.close()
    assert sent == ["once"]


def test_an_error_of_the_pages_themselves_is_raised() -> None:
    def pages() -> PlainTextResponse:
        raise RuntimeError("no pages")

    with pytest.raises(RuntimeError, match="no pages"):
        TestClient(DeferredApp(pages)).get("/")
