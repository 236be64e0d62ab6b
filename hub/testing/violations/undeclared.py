"""Notices when a plugin's code reads a personal field that its manifest does not declare. A hub empties the field, so what the
plugin makes of it never holds anything."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Set
from pathlib import Path
from typing import Any

from hub.contracts.connector import Connector
from hub.contracts.values import personal_fields
from hub.hookspecs import PERSONAL_VALUES
from hub.testing.violations.refusals import note

_NOTICING: dict[tuple[str, str], type] = {}
"""By the hook and the plugin's code."""


def read_by_plugin(connector: Connector, hook: str, argument: Any) -> Any:
    """An argument of a hook whose undeclared personal fields are noted when the plugin's own code reads them; other code, such
    as `dataclasses.replace`, may."""
    if isinstance(argument, list):
        return [read_by_plugin(connector, hook, each) for each in argument]
    value_type: Any = PERSONAL_VALUES.get(hook)
    if value_type is None or not isinstance(argument, value_type):
        return argument
    flow = connector.manifest.flow(hook)
    undeclared = personal_fields(value_type).keys() - {share.field for share in (flow.shares if flow else ())}
    file = Path(inspect.getfile(type(connector)))
    code = str(file.parent if file.name == "__init__.py" else file)
    kind = hook, code
    if kind not in _NOTICING:
        _NOTICING[kind] = _noticing(hook, value_type, undeclared, code)
    seen: Any = object.__new__(_NOTICING[kind])
    for field in dataclasses.fields(argument):
        object.__setattr__(seen, field.name, getattr(argument, field.name))
    return seen


def _noticing(hook: str, value_type: Any, undeclared: Set[str], code: str) -> type:
    """A class like `value_type` that notes when code of the files `code` reads one of the fields."""

    def __getattribute__(self: Any, name: str) -> Any:
        if name in undeclared and sys._getframe(1).f_code.co_filename.startswith(code):
            note(f"read {name} in {hook}, which its manifest does not declare")
        return value_type.__getattribute__(self, name)

    return type(value_type.__name__, (value_type,), {"__slots__": (), "__getattribute__": __getattribute__})
