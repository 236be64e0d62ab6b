"""`hub listen`: one line for each thing that happens, from a second process, until Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from cli_shop import CALLER, Shop

from hub.access.scope import scope_of_operator
from hub.delivery.sync import sync as sync_now
from hub.platform.clock import utc_now
from hub.queries.activity.event_tail import KINDS, EventTail

pytestmark = pytest.mark.soak


@contextmanager
def listening(shop: Shop, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`hub listen` in a process of its own."""
    command = [sys.executable, "-m", "hub.cli", "listen", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=shop.folder, text=True, env=dict(os.environ), **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def test_a_call_and_its_conversion_are_printed_as_they_happen_and_ctrl_c_ends_it(shop: Shop) -> None:
    shop.clock.now = utc_now()
    with shop.opened():
        pass
    with listening(shop) as process, listening(shop, "--json", "--kind", "call", "--company", "north") as machine:
        for each in (process, machine):
            assert each.stderr is not None and "Listening" in each.stderr.readline()
        shop.play({})
        assert process.stdout is not None and machine.stdout is not None
        found = json.loads(machine.stdout.readline())
        assert (found["kind"], found["company"], found["number"]) == ("call", "north", "…47")
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=20)
    printed = "".join(lines) + rest
    assert process.returncode == 0 and "Traceback" not in said
    assert "from …47  answered  1:38" in printed and "pool" in printed and CALLER not in printed
    assert "conversion" in printed and "answered call, 40.00 USD" in printed and "to ads" in printed


def test_a_row_is_given_once_and_again_only_when_its_state_changes(shop: Shop) -> None:
    shop.clock.now = utc_now()
    with shop.opened() as opened:
        store = opened.hub.store
        companies = [each.id for each in opened.directory.current().companies.values()]
        tail = EventTail(scope_of_operator(), companies, KINDS, utc_now() - timedelta(seconds=1))
        shop.visit(opened)
        shop.call(opened)
        shop.work(opened)

        def look(later: int = 0) -> list[tuple[str, str]]:
            with store.reading() as session:
                return [(each.kind, each.state) for each in tail.look(session, utc_now() + timedelta(seconds=later))]

        assert sorted(look()) == [
            ("call", "answered"),
            ("conversion", "made"),
            ("delivery", "ready"),
            ("visit", "seen"),
        ]
        assert look() == []
        sync_now(opened.hub, opened.directory.current(), "ads", jitter=lambda longest: longest)
        assert look(60) == [("delivery", "delivered")], "it is older than a look goes back, and not over before"
        assert look(60) == []
