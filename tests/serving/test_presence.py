"""Each process says which version it runs, and is forgotten when it does not say so any more."""

from __future__ import annotations

from collections.abc import Callable

from testbed import TestHub

from hub.model import ConfigProcess
from hub.plugin_host.sandboxes import RunningSandboxes
from hub.reload.versions import living
from hub.serving.presence import Presence
from hub.serving.running_hub import RunningHub
from hub.startup.opening import Opened


def test_a_process_is_seen_until_it_ends_or_is_silent(hub: Callable[..., TestHub]) -> None:
    stage = hub()
    running = RunningHub(
        Opened(stage.hub, stage.live, RunningSandboxes({}, frozenset())), 7, make_edge=None, working=False
    )
    web, worker = Presence(running, "web", "p1"), Presence(running, "worker", "p2")
    for each in (web, worker):
        each.beat()

    def seen() -> list[tuple[str, int | None]]:
        with stage.hub.store.reading() as session:
            return [(each.role, each.version) for each in living(session, stage.clock())]

    assert sorted(seen()) == [("web", 7), ("worker", 7)]
    assert all(row.memory_bytes for row in stage.rows(ConfigProcess))
    assert {row.key_ids for row in stage.rows(ConfigProcess)} == {stage.hub.keyring.newest}
    worker.end()
    assert seen() == [("web", 7)]
    stage.clock.advance(seconds=30)
    assert seen() == []
    stage.clock.advance(minutes=20)
    Presence(running, "run", "p3").beat()
    assert [row.role for row in stage.rows(ConfigProcess)] == ["run"], "the silent one is forgotten"
    running.close()
