"""Runs the suite of a plugin's kind and keeps the results, for `hub certify`."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from hub.contracts.connector import Connector
from hub.testing import SUITE_OF_KIND

TEST = """
import sys
from hub.testing import {suite}

class TestPlugin({suite}):
    connector_class = getattr(sys.modules[{module!r}], {name!r})
"""
Verdict = Literal["proved", "failed", "does not apply"]


@dataclass(frozen=True)
class Proof:
    """One promise of the suite: a sentence, whether it holds, and if not, what was found."""

    promise: str
    verdict: Verdict
    detail: str = ""


@dataclass(frozen=True)
class Certificate:
    """All promises of a plugin's kind, in the suite's order."""

    plugin: str
    kind: str
    version: str
    proofs: tuple[Proof, ...]

    @property
    def passed(self) -> bool:
        """Whether at least one promise applies and all that apply hold."""
        return any(proof.verdict == "proved" for proof in self.proofs) and not self.failed()

    def failed(self) -> tuple[Proof, ...]:
        """The promises that do not hold."""
        return tuple(proof for proof in self.proofs if proof.verdict == "failed")


def certify(connector_class: type[Connector]) -> Certificate:
    """Run the suite of the plugin's kind on it, in this process; nothing is printed."""
    manifest = connector_class.manifest
    test = TEST.format(
        suite=SUITE_OF_KIND[manifest.kind], module=connector_class.__module__, name=connector_class.__qualname__
    )
    listener = _Listener()
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
            "-p",
            "no:cacheprovider",
        ]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            pytest.main([*options, "--capture=sys", str(file)], plugins=[listener])
    return Certificate(manifest.name, manifest.kind, manifest.version, tuple(listener.proofs.values()))


@dataclass
class _Listener:
    """A pytest plugin that keeps each test's outcome; an error before or after a test counts as its failure."""

    proofs: dict[str, Proof] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        known = self.proofs.get(report.nodeid)
        if report.failed:
            self.proofs[report.nodeid] = Proof(_sentence(report.nodeid), "failed", _last_words(report))
        elif known is None and report.skipped:
            self.proofs[report.nodeid] = Proof(_sentence(report.nodeid), "does not apply", _why_skipped(report))
        elif known is None and report.when == "call":
            self.proofs[report.nodeid] = Proof(_sentence(report.nodeid), "proved")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.proofs[report.nodeid] = Proof("The suite can be run", "failed", _last_words(report))


def _sentence(nodeid: str) -> str:
    """`…::test_a_dry_run_counts_nothing[x]` as "A dry run counts nothing (x)"."""
    name, _, case = nodeid.rpartition("::")[2].partition("[")
    text = name.removeprefix("test_").replace("_", " ").capitalize()
    return f"{text} ({case.rstrip(']')})" if case else text


def _last_words(report: Any) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else str(report.longrepr)
    return text.strip().splitlines()[0].removeprefix("AssertionError: ") if text.strip() else "it failed"


def _why_skipped(report: pytest.TestReport) -> str:
    return str(report.longrepr[2]).removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""


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
