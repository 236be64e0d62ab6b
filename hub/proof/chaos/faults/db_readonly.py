"""The database takes no write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hub.proof.chaos.faults.fault import Fault, Scene


@contextmanager
def _play(scene: Scene) -> Iterator[None]:
    with scene.stage.postgres_server.read_only():
        yield


FAULT = Fault(
    name="db-readonly",
    does="PostgreSQL answers, and refuses every write, as a standby does after a failover.",
    ends="It takes writes again.",
    play=_play,
    needs="postgres",
    is_outage=True,
)
