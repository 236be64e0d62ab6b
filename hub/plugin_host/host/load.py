"""Import a plugin's connector class, from an installed package or from a single file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import sysconfig
import traceback
from operator import attrgetter
from pathlib import Path
from typing import Any

from hub.contracts.connector import Connector
from hub.plugin_host.host.messages import Origin

LIBRARY = sysconfig.get_path("stdlib")


def load_class(origin: Origin) -> Any:
    """The class at an origin; raises whatever the plugin's code raises."""
    if origin.file is not None:
        return class_in_file(origin.file)
    if origin.folder is not None and str(origin.folder) not in sys.path:
        sys.path.insert(0, str(origin.folder))
    return attrgetter(origin.name)(importlib.import_module(origin.module))


def class_in_file(file: Path) -> type[Connector]:
    """The only connector class of a one-file plugin."""
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


def why_no_connector(name: str, loaded: object) -> str | None:
    """Why a loaded object cannot be the plugin of this name; None if it can."""
    if not (isinstance(loaded, type) and issubclass(loaded, Connector)):
        return "it is not a subclass of hub.api.Connector"
    if not hasattr(loaded, "manifest") or not hasattr(loaded, "Settings"):
        return "it lacks a manifest or Settings"
    if loaded.manifest.name != name:
        return f"its manifest is named {loaded.manifest.name!r}"
    return None


def place_in_plugin(error: BaseException) -> str:
    """` at file.py:line` of the plugin's own code that cannot be imported; empty if it is not in that code."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" at {Path(error.filename).name}:{error.lineno}"
    ours = Path(__file__).parents[2]
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<")
        and "site-packages" not in frame.filename
        and not Path(frame.filename).is_relative_to(ours)
        and not Path(frame.filename).is_relative_to(LIBRARY)
    ]
    return f" at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
