"""Discover plugins: installed ones by their entry points, and single files in the customer's folders."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

from hub.contracts.connector import Connector
from hub.plugins.host.connector import hosted
from hub.plugins.host.load import load_class, why_no_connector
from hub.plugins.host.messages import Origin

GROUP = "ringfence.plugins"
DISTRIBUTION = "ringfence"
"""Its plugins are built in."""
LIBRARY = sysconfig.get_path("stdlib")


@dataclass(frozen=True)
class Catalog:
    """The installed plugins: the connector class of each, and why others could not be loaded."""

    classes: Mapping[str, type[Connector]] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)

    def isolated(self, plugin: str, isolation: str | None) -> type[Connector]:
        """A plugin's class as `isolation` wants it: `thread` is the class itself, `process` one whose hooks are called in a
        child process. None: built-in plugins run in threads, the others in processes."""
        connector_class, origin = self.classes[plugin], self.origins.get(plugin)
        if origin is None:
            return connector_class
        in_process = isolation == "process" or (isolation is None and not origin.built_in)
        return hosted(connector_class, origin) if in_process else connector_class


def discover(plugin_dirs: Sequence[Path] = ()) -> Catalog:
    """Every installed plugin: the entry points of the group `ringfence.plugins`, and the files of `plugin_dirs`; a
    single file may stand for a folder.

    Each is loaded separately; one that fails is listed as broken with the reason, and the others still work.
    """
    classes: dict[str, type[Connector]] = {}
    broken: dict[str, str] = {}
    origins: dict[str, Origin] = {}

    def add(name: str, origin: Origin) -> None:
        try:
            loaded = load_class(origin)
            reason = why_no_connector(name, loaded)
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything while it is imported, SystemExit too
            reason = f"it cannot be imported ({type(error).__name__}{_place(error)}: {error})"
        if reason:
            broken[name] = reason
        elif name in classes:
            broken[name] = "two installed plugins have this name; remove one"
        else:
            classes[name], origins[name] = loaded, origin

    for entry_point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        built_in = entry_point.dist is not None and entry_point.dist.name == DISTRIBUTION
        add(entry_point.name, Origin(module=entry_point.module, name=entry_point.attr, built_in=built_in))
    for folder in plugin_dirs:
        for file in [folder] if folder.is_file() else sorted(folder.glob("*.py")):
            add(file.stem, Origin(file=file))
    return Catalog(classes, broken, origins)


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
