"""The database accepts and never answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hub.proof.chaos.faults.fault import Fault, Scene


@contextmanager
def _play(scene: Scene) -> Iterator[None]:
    with scene.stage.postgres_server.frozen():
        yield


FAULT = Fault(
    name="db-freeze",
    does="PostgreSQL and all its connections stand still (SIGSTOP): they accept, and never answer.",
    ends="They go on (SIGCONT).",
    play=_play,
    needs="postgres",
    is_outage=True,
)
