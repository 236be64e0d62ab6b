"""What a batch of calls costs in statements: each is far dearer than a row more in one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from testbed import TestHub

from hub.flow.inbox import fold_inbox
from hub.flow.pipeline import process
from hub.model import Call

CALLERS = [f"+1213555{number:04}" for number in range(100, 116)]
MOST_OF_NEW, MOST_OF_KNOWN = 32, 41
"""Statements that a batch may take: of people who call for the first time, and of people who called before."""


def test_calls_that_come_together_share_their_statements_and_a_new_caller_has_no_past_to_look_up(
    lite_hub: Callable[..., TestHub],
) -> None:
    stage = lite_hub()
    stage.hub.plugins.refresh_recordings()  # as the watcher does when a hub starts
    few, many = taken(stage, CALLERS[:3]), taken(stage, CALLERS[3:])
    assert len(many) == len(few) <= MOST_OF_NEW, len(few)
    stage.clock.advance(seconds=3_600)
    known = taken(stage, CALLERS[:12])
    assert len(few) < len(known) <= MOST_OF_KNOWN, len(known)


def taken(stage: TestHub, callers: list[str]) -> list[str]:
    """The statements of one batch of calls, from their claim to their last commit."""
    for caller in callers:
        stage.call_in(stage.visit().number, caller, process=False)
    while fold_inbox(stage.hub, stage.directory):
        pass
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(stage.hub.store.engine, "before_cursor_execute", note)
    assert process(stage.hub, stage.directory, Call) == len(callers)
    event.remove(stage.hub.store.engine, "before_cursor_execute", note)
    return statements
