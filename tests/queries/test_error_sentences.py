"""Errors in plain words: every event that the hub logs has its words, and what is counted names no person."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator

import pytest
import structlog
from parsed_tree import Module, each_module, violations
from testbed import CALLER

from hub.platform import logs
from hub.platform.error_counts import COUNTS, MAX_EVENT, MAX_KINDS, OTHER, ErrorCounts, ErrorKind
from hub.queries.status.sentences import SENTENCES

AT_A_COMMAND = {"cli", "demo", "chaos", "testing", "docs"}
"""Packages whose warnings somebody reads at a terminal."""


@each_module("hub")
def unexplained_events(module: Module) -> Iterator[str]:
    """The events of warnings and errors that have no words."""
    if AT_A_COMMAND & set(module.name.split(".")[1:2]):
        return
    for node in module.nodes:
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        named, event = ast.unparse(node.func), node.args[0].value
        logged = named in ("log.warning", "log.error", "level", "COUNTS.note") and isinstance(event, str)
        if logged and event[:MAX_EVENT] not in SENTENCES:
            yield module.at(node, f"write what {event!r} means in hub/queries/status/sentences.yaml")


def test_every_event_that_the_hub_logs_has_its_words() -> None:
    assert not (found := violations(unexplained_events)), found


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
