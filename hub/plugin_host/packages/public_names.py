"""The names of ours that a plugin may import, module by module."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache


@cache
def public_names() -> dict[str, dict[str, object]]:
    """The modules of `hub.api`, the package first, each with its names and what they stand for."""
    package = importlib.import_module("hub.api")
    parts = sorted(each.name for each in pkgutil.iter_modules(package.__path__, "hub.api."))
    modules = [package, *map(importlib.import_module, parts)]
    return {module.__name__: {name: getattr(module, name) for name in module.__all__} for module in modules}
