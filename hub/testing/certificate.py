"""Runs the suite of a plugin's kind and keeps the results, for `hub certify`."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import pickle
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pluggy import HookimplMarker

from hub.contracts.connector import Connector
from hub.errors import PluginFailure
from hub.plugin_host.inspection.explained import crash_text
from hub.plugin_host.packages.certificate_file import VendorExchanges
from hub.testing import SUITE_OF_KIND
from hub.testing.asking import TooSlow, crashes
from hub.testing.exchanges import exchange_folder, held_against
from hub.testing.promises import Promise, has_cases, promise, sentence
from hub.testing.samples import KEY

if TYPE_CHECKING:
    import pytest

pytest_hook = HookimplMarker("pytest")
"""pytest's own marker, so that this module can be imported where pytest is not installed."""
TEST = """
import sys
from pathlib import Path
from hub.testing import {suite}

class TestPlugin({suite}):
    connector_class = getattr(sys.modules[{module!r}], {name!r})
    exchanges = {exchanges}
"""
Verdict = Literal["proved", "failed", "does not apply", "does not apply (declared)", "not tried"]
DECLARED = "declared: "
"""The reason of a skipped test begins with this if the plugin itself says that it does not do what is promised."""
PROMISE_SECONDS = 120
"""A promise that takes longer fails, whatever it waits for."""
WORTH_SHARING = 20
"""So many promises take longer than the start of another process's stand-in."""
SLOW_HOOKS = 2
"""After so many hooks that would miss their deadlines, nothing else is tried."""
ENDED = "The plugin ended the process in which it was to be certified."
Progress = Callable[[int, int, str], None]
NOT_NEEDED = (
    "cacheprovider",
    "unraisableexception",
    "threadexception",
    "junitxml",
    "doctest",
    "pastebin",
    "legacypath",
    "unittest",
    "logging",
    "recwarn",
    "faulthandler",
    "stepwise",
    "setuponly",
    "setupplan",
)
"""Parts of pytest whose work nobody sees here; that of one, several collections of garbage, takes longer than a promise."""


@dataclass(frozen=True)
class Proof:
    """One promise of the suite: a sentence, whether it holds, and if not, what was found; `meaning` explains it, `place` is
    where the documentation does."""

    promise: str
    verdict: Verdict
    detail: str = ""
    meaning: str = ""
    place: str = ""


@dataclass(frozen=True)
class Certificate:
    """All promises of a plugin's kind, in the suite's order."""

    plugin: str
    kind: str
    version: str
    proofs: tuple[Proof, ...]
    vendor: VendorExchanges = VendorExchanges()
    """The vendor's exchanges that hold."""

    @property
    def passed(self) -> bool:
        """Whether at least one promise applies and all that apply hold."""
        return any(proof.verdict == "proved" for proof in self.proofs) and not self.failed()

    def failed(self) -> tuple[Proof, ...]:
        """The promises that do not hold."""
        return tuple(proof for proof in self.proofs if proof.verdict == "failed")

    def causes(self) -> Mapping[str, tuple[Proof, ...]]:
        """What was found, each with the promises that fail for it, the most frequent first."""
        found: dict[str, list[Proof]] = {}
        for proof in self.failed():
            found.setdefault(KEY.sub("…", proof.detail), []).append(proof)
        return {cause: tuple(held) for cause, held in sorted(found.items(), key=lambda each: -len(each[1]))}


def certify(
    connector_class: type[Connector],
    progress: Progress = lambda done, total, promise: None,
    only: str = "",
    exchanges: Path | None = None,
    *,
    may_fork: bool = False,
) -> Certificate:
    """Run the suite of the plugin's kind on it, in this process; nothing is printed. `progress` is called before each promise
    with the number of those done, of all, and its sentence. With `only`, the promises whose sentence holds that text.
    `exchanges` is a folder of the vendor's exchanges; that beside the plugin, if None. With `may_fork` a fork of this process
    tries every second promise at the same time, if the process has no thread yet."""
    manifest = connector_class.manifest
    given = exchanges or exchange_folder(connector_class)
    test = TEST.format(
        suite=SUITE_OF_KIND[manifest.kind],
        module=connector_class.__module__,
        name=connector_class.__qualname__,
        exchanges=f"Path({str(given.absolute())!r})" if given else None,
    )
    listener = _Listener(progress, only.casefold(), may_fork)
    with tempfile.TemporaryDirectory() as folder, _alone():
        file = Path(folder) / f"test_certify_{manifest.name}.py"
        file.write_text(test, encoding="utf-8")
        (Path(folder) / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        options = [
            "-c",
            f"{folder}/pytest.ini",
            "--rootdir",
            folder,
            "--import-mode=importlib",
            "--tb=line",  # of a failure only its message is kept; for more, pytest parses each module of the traceback
            *(f"-pno:{each}" for each in NOT_NEEDED),
        ]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), listener.shared():
            importlib.import_module("pytest").main([*options, "--capture=sys", str(file)], plugins=[listener])
    proofs = tuple(listener.results())
    vendor = held_against(connector_class, given, {each.promise for each in proofs if each.verdict == "proved"})
    return Certificate(manifest.name, manifest.kind, manifest.version, proofs, vendor)


@dataclass(frozen=True)
class _OtherHalf:
    """A fork of this process for half of the promises: what both need is imported once."""

    process: int
    pipe: int

    @classmethod
    def forked(cls) -> _OtherHalf:
        reading, writing = os.pipe()
        process = os.fork()
        os.close(writing if process else reading)
        return cls(process, reading if process else writing)

    @property
    def is_here(self) -> bool:
        """Whether this is the fork."""
        return not self.process

    def tell(self, proofs: Mapping[str, Proof]) -> None:
        """Hand the proofs of the fork over, and end it without what its parent does at its own end."""
        with os.fdopen(self.pipe, "wb") as pipe:
            pickle.dump(proofs, pipe)
        os._exit(0)

    def proofs(self) -> Mapping[str, Proof]:
        """What the fork has found."""
        with os.fdopen(self.pipe, "rb") as pipe:
            sent = pipe.read()
        os.waitpid(self.process, 0)
        if not sent:
            raise PluginFailure(ENDED)
        found: Mapping[str, Proof] = pickle.loads(sent)  # noqa: S301 - a fork of this process wrote it
        return found


def _can_fork() -> bool:
    """Whether there is a processor for a fork, and no other thread, whose locks and work the fork would miss."""
    return (
        sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1 and len([*Path("/proc/self/task").iterdir()]) == 1
    )


@dataclass
class _Listener:
    """A pytest plugin that keeps each test's outcome; an error before or after a test counts as its failure."""

    progress: Progress
    only: str = ""
    may_fork: bool = False
    proofs: dict[str, Proof] = field(default_factory=dict)
    promises: dict[str, Promise] = field(default_factory=dict)
    slow: int = 0
    other: _OtherHalf | None = None

    def results(self) -> Iterator[Proof]:
        """A proof for each promise, also for those that were not tried."""
        yield from (proof for name, proof in self.proofs.items() if name not in self.promises)
        for name, made in self.promises.items():
            proof = self.proofs.get(name) or Proof(made.sentence, "not tried", "a hook is too slow")
            yield replace(proof, meaning=made.meaning, place=made.place)

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Try the promises in this process and in its fork, if there is one; the fork ends here. PluginFailure if it was ended
        before."""
        try:
            yield
        finally:
            if self.other and self.other.is_here:
                self.other.tell(self.proofs)
        if self.other:
            self.proofs |= self.other.proofs()

    def pytest_pycollect_makeitem(self, name: str, obj: Any) -> list[pytest.Item] | None:
        """Make no test that `only` leaves out, unless it has cases: to make all takes longer than to try one."""
        if not self.only or not name.startswith("test_") or has_cases(obj):
            return None
        return None if self.only in sentence(name).casefold() else []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = [item for item in items if self.only in _promise(item).sentence.casefold()]
        items[:] = sorted(kept, key=lambda item: "exchange" in getattr(item, "fixturenames", ()))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            self.promises[item.nodeid] = _promise(item)
        if self.may_fork and len(session.items) >= WORTH_SHARING and _can_fork():
            self.other = _OtherHalf.forked()
            # Each second one, so that the halves are the same each time and take about as long.
            last = len(session.items) - 1
            session.items[:] = session.items[(last - self.other.is_here) % 2 :: 2]
        suites: set[Any] = {getattr(item, "cls", None) for item in session.items}
        for suite in suites:
            suite.begin([item.name for item in session.items])

    @pytest_hook(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if not (self.other and self.other.is_here):
            made = self.promises[item.nodeid]
            self.progress(list(self.promises).index(item.nodeid), len(self.promises), made.sentence)
        with _limited(PROMISE_SECONDS):
            return (yield)

    def pytest_exception_interact(self, node: Any, call: pytest.CallInfo[Any]) -> None:
        for error in crashes(getattr(node, "stand_in", None))[:1]:
            broken = f"your stand-in raised {crash_text(error)}"
            self.proofs[node.nodeid] = replace(self.proofs[node.nodeid], detail=broken)
        if call.excinfo is not None and isinstance(call.excinfo.value, TooSlow):
            self.slow += 1
            if self.slow >= SLOW_HOOKS:
                node.session.shouldstop = "a hook is too slow"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        known, said = self.proofs.get(report.nodeid), self.promises[report.nodeid].sentence
        if report.failed:
            self.proofs[report.nodeid] = Proof(said, "failed", _last_words(report))
        elif known is None and report.skipped:
            why = str(report.longrepr[2]).removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
            verdict: Verdict = "does not apply (declared)" if why.startswith(DECLARED) else "does not apply"
            self.proofs[report.nodeid] = Proof(said, verdict, why.removeprefix(DECLARED))
        elif known is None and report.when == "call":
            self.proofs[report.nodeid] = Proof(said, "proved")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.proofs[report.nodeid] = Proof("The suite can be run", "failed", _last_words(report))


def _promise(item: pytest.Item) -> Promise:
    return promise(getattr(item, "function", None), item.name)


@contextlib.contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """Interrupt what takes longer, where the system has alarms and this is the main thread."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: Any) -> None:
        raise AssertionError(f"it was not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _last_words(report: Any) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = (crash.message if crash else str(report.longrepr)).strip()
    said = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    text = said[-1] if said else text
    words = re.sub(r"^(AssertionError|hub\.testing\.asking\.TooSlow): ", "", text.partition("\n")[0])
    return words or "it failed"


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Turn off the pytest plugins and options that are installed or set on this machine."""
    changed = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
    before = {name: os.environ.get(name) for name in (*changed, "PYTEST_CURRENT_TEST")}
    modules = set(sys.modules)
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        for name in [name for name in sys.modules if name not in modules and "test_certify_" in name]:
            del sys.modules[name]
