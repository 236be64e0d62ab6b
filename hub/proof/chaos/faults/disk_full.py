"""The disk of the database and the spool is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hub.proof.chaos.faults.fault import Fault, Scene
from hub.proof.chaos.small_disk import fill


@contextmanager
def _play(scene: Scene) -> Iterator[None]:
    file = fill(scene.stage.data)
    try:
        yield
    finally:
        file.unlink()


FAULT = Fault(
    name="disk-full",
    does="Another program fills the disk on which the hub's data is.",
    ends="That program's file is deleted.",
    play=_play,
    needs="disk",
)
