"""A plugin that does what no plugin may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hub.proof.chaos.faults.fault import Fault, Scene


@contextmanager
def _play(scene: Scene) -> Iterator[None]:
    scene.stage.evil_file.touch()
    try:
        yield
    finally:
        scene.stage.evil_file.unlink()


FAULT = Fault(
    name="evil-plugin",
    does="A plugin in its own process ends that process, raises what is no Exception, hangs, spins and takes 1 GB.",
    ends="It behaves again; its process may stay disabled.",
    play=_play,
    needs="evil",
)
