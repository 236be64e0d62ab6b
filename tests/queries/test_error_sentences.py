"""Errors in plain words: every event that the hub logs has its words, and what is counted names no person."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from testbed import CALLER

from hub import logs
from hub.error_counts import COUNTS, MAX_EVENT, MAX_KINDS, OTHER, ErrorCounts, ErrorKind
from hub.queries.status.sentences import SENTENCES

HUB = Path(__file__).parents[2] / "hub"
AT_A_COMMAND = {"cli", "demo", "chaos", "testing", "docs"}
"""Packages whose warnings somebody reads at a terminal."""


def logged_events() -> Iterator[tuple[str, str]]:
    """The events of warnings and errors in the hub's source, each with its file."""
    for file in HUB.rglob("*.py"):
        if file.relative_to(HUB).parts[0] in AT_A_COMMAND:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            named = ast.unparse(node.func)
            if named in ("log.warning", "log.error", "level", "COUNTS.note") and isinstance(node.args[0].value, str):
                yield node.args[0].value, str(file.relative_to(HUB))


def test_every_event_that_the_hub_logs_has_its_words() -> None:
    without = [(event, file) for event, file in logged_events() if event[:MAX_EVENT] not in SENTENCES]
    assert not without, "write what they mean in hub/queries/status/sentences.py"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[ErrorCounts]:
    before = structlog.get_config()
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    COUNTS.take()
    logs.configure()
    yield COUNTS
    COUNTS.take()
    structlog.configure(**before)


def test_only_constants_connectors_and_codes_are_counted(counted: ErrorCounts) -> None:
    log = structlog.get_logger("a")
    log.info("synced", connector="google")
    log.warning("hook late", connector="google", hook="upload_conversions", caller=CALLER)
    log.error("task failed", task="retention", error=f"call of {CALLER}")
    structlog.get_logger("plugin", plugin="x", connector="twilio").warning(f"no number {CALLER}")
    logging.getLogger("some.library").warning("cannot serve %s", CALLER)
    taken = counted.take()
    assert set(taken) == {
        ErrorKind("hook late", "google", "upload_conversions"),
        ErrorKind("task failed", "", ""),
        ErrorKind("plugin message", "twilio", ""),
        ErrorKind("library", "", "some.library"),
    }


def test_counts_are_bounded_and_survive_a_failed_write() -> None:
    counts = ErrorCounts()
    for number in range(MAX_KINDS + 5):
        counts.note(f"event {number}")
    taken = counts.take()
    assert len(taken) == MAX_KINDS + 1 and taken[ErrorKind(OTHER, "", "")].count == 5
    counts.note("event 1")
    counts.give_back({ErrorKind("event 1", "", ""): taken[ErrorKind("event 1", "", "")]})
    assert counts.take()[ErrorKind("event 1", "", "")].count == 2
