"""The new plugins of all kinds, freshly written and imported: the smallest plugins that keep every promise."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping

import pytest
from proving import Tame

from hub.testing import FrozenClock
from hub.testing.scaffold import write_plugin

KINDS = ("ads", "carrier", "consent", "crm", "enrichment", "transcription")


@pytest.fixture(scope="session")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Tame]]:
    """Kind → plugin, with its stand-in running."""
    tame = {}
    folders = [str(tmp_path_factory.mktemp("new") / kind) for kind in KINDS]
    sys.path[:0] = folders
    for kind, folder in zip(KINDS, folders, strict=True):
        write_plugin(kind, f"tame_{kind}", tmp_path_factory.getbasetemp().joinpath(folder))
        importlib.invalidate_caches()
        connector_class = getattr(importlib.import_module(f"ringfence_tame_{kind}"), f"Tame{kind.capitalize()}")
        clock, stand_in = FrozenClock(), connector_class.sandbox_class()
        tame[kind] = Tame(connector_class, stand_in(clock) if stand_in else None, clock)
        if sandbox := tame[kind].sandbox:
            sandbox.start()
    yield tame
    for sandbox in filter(None, (each.sandbox for each in tame.values())):
        sandbox.stop()
    sys.path[:] = [place for place in sys.path if place not in folders]
