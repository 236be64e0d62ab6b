"""Import a plugin's connector class, from an installed package or from a single file."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from operator import attrgetter
from pathlib import Path
from typing import Any

from hub.contracts.connector import Connector
from hub.plugin_host.host.messages import Origin
from hub.plugin_host.inspection.explained import NoPlugin


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
    if not found:
        raise NoPlugin(
            f"{file.name} holds no plugin: write `class {file.stem.title().replace('_', '')}(Connector):` with `manifest` and "
            "`Settings`, or move the file out of plugin_dirs"
        )
    if len(found) > 1:
        places = ", ".join(f"{each.__name__} in line {inspect.getsourcelines(each)[1]}" for each in found)
        raise NoPlugin(f"{file.name} must hold exactly one subclass of Connector and has {len(found)}: {places}")
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
