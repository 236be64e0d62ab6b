"""Discover plugins: installed ones by their entry points, and single files in the customer's folders."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from hub.contracts.connector import Connector

GROUP = "ringfence.plugins"
LIBRARY = sysconfig.get_path("stdlib")


@dataclass(frozen=True)
class Catalog:
    """The installed plugins: the connector class of each, and why others could not be loaded."""

    classes: Mapping[str, type[Connector]] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)


def discover(plugin_dirs: Sequence[Path] = ()) -> Catalog:
    """Every installed plugin: the entry points of the group `ringfence.plugins`, and the files of `plugin_dirs`; a
    single file may stand for a folder.

    Each is loaded separately; one that fails is listed as broken with the reason, and the others still work.
    """
    classes: dict[str, type[Connector]] = {}
    broken: dict[str, str] = {}

    def add(name: str, load: Callable[[], Any]) -> None:
        try:
            loaded = load()
            reason = _why_no_connector(name, loaded)
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything while it is imported, SystemExit too
            reason = f"it cannot be imported ({type(error).__name__}{_place(error)}: {error})"
        if reason:
            broken[name] = reason
        elif name in classes:
            broken[name] = "two installed plugins have this name; remove one"
        else:
            classes[name] = loaded

    for entry_point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        add(entry_point.name, entry_point.load)
    for folder in plugin_dirs:
        for file in [folder] if folder.is_file() else sorted(folder.glob("*.py")):
            add(file.stem, partial(_class_in_file, file))
    return Catalog(classes, broken)


def _place(error: BaseException) -> str:
    """` at file.py:line` of the plugin's own code that cannot be imported; empty if it is not in that code."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" at {Path(error.filename).name}:{error.lineno}"
    ours = Path(__file__).parents[1]
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<")
        and "site-packages" not in frame.filename
        and not Path(frame.filename).is_relative_to(ours)
        and not Path(frame.filename).is_relative_to(LIBRARY)
    ]
    return f" at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""


def _why_no_connector(name: str, loaded: Any) -> str | None:
    if not (isinstance(loaded, type) and issubclass(loaded, Connector)):
        return "it is not a subclass of hub.api.Connector"
    if not hasattr(loaded, "manifest") or not hasattr(loaded, "Settings"):
        return "it lacks a manifest or Settings"
    if loaded.manifest.name != name:
        return f"its manifest is named {loaded.manifest.name!r}"
    return None


def _class_in_file(file: Path) -> type[Connector]:
    module_name = f"ringfence_plugin_{file.stem}"
    spec = importlib.util.spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Connector) and value.__module__ == module_name
    ]
    if len(found) != 1:
        raise ImportError(f"{file.name} must hold exactly one subclass of Connector, found {len(found)}")
    return found[0]
