"""The new plugins of all kinds, freshly written and imported: the smallest plugins that keep every promise."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from proving import FORMS, Tame

from hub.testing import FrozenClock
from hub.testing.scaffold import write_plugin


@pytest.fixture(scope="session")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Tame]]:
    """Form → plugin, with its stand-in running."""
    tame = {}
    folders = [str(tmp_path_factory.mktemp("new") / form) for form in FORMS]
    sys.path[:0] = folders
    for (form, module), folder in zip(FORMS.items(), folders, strict=True):
        kind, _, one_file = form.partition("_")
        write_plugin(kind, f"tame_{form}", Path(folder), package=not one_file)
        importlib.invalidate_caches()
        name = f"Tame{form.title().replace('_', '')}"
        connector_class = getattr(importlib.import_module(module), name)
        clock, stand_in = FrozenClock(), connector_class.sandbox_class()
        tame[form] = Tame(connector_class, stand_in(clock) if stand_in else None, clock)
        if sandbox := tame[form].sandbox:
            sandbox.start()
    yield tame
    for sandbox in filter(None, (each.sandbox for each in tame.values())):
        sandbox.stop()
    sys.path[:] = [place for place in sys.path if place not in folders]
