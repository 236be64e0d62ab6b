"""A stand-in's values as JSON and back. Reading runs no code: a class is looked up among the plugin's own dataclasses, and
its fields are set without a call of its constructor."""

from __future__ import annotations

import base64
import sys
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

KIND, CONTENT = "$", "is"
PLAIN = (str, int, float, bool, type(None))
SCALARS: Mapping[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "bytes": (bytes, lambda value: base64.b64encode(value).decode(), base64.b64decode),
    "datetime": (datetime, datetime.isoformat, datetime.fromisoformat),
    "date": (date, date.isoformat, date.fromisoformat),
    "timedelta": (
        timedelta,
        lambda value: [value.days, value.seconds, value.microseconds],
        lambda parts: timedelta(*parts),
    ),
    "Decimal": (Decimal, str, Decimal),
    "count": (count, lambda value: int(repr(value)[6:-1]), count),
}
SEQUENCES: Mapping[str, type] = {"tuple": tuple, "set": set, "frozenset": frozenset, "deque": deque}
MAPPINGS: Mapping[str, type] = {"dict": dict, "Counter": Counter}
_SCALAR_OF = {kind: (name, write) for name, (kind, write, _) in SCALARS.items()}
_SEQUENCE_OF = {kind: name for name, kind in SEQUENCES.items()}
_MAPPING_OF = {kind: name for name, kind in MAPPINGS.items()}


class Values:
    """The values of one plugin's stand-in; `home` is the package whose dataclasses may be among them, besides the hub's."""

    def __init__(self, home: str) -> None:
        self._home = home

    def is_own(self, value: object) -> bool:
        """Whether the class of a value is the plugin's or the hub's, not a library's."""
        return self._owns(type(value).__module__)

    def _owns(self, module: str) -> bool:
        return module.startswith("hub.") or f"{module}.".startswith(f"{self._home}.")

    def write(self, value: Any) -> Any:
        """What `json.dumps` accepts; TypeError for a value that cannot be stored, like a lock or a function."""
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is list:
            return [self.write(each) for each in value]
        if kind is dict and KIND not in value and all(type(key) is str for key in value):
            return {key: self.write(each) for key, each in value.items()}
        if kind in _SCALAR_OF:
            name, write = _SCALAR_OF[kind]
            return {KIND: name, CONTENT: write(value)}
        if kind in _SEQUENCE_OF:
            return {KIND: _SEQUENCE_OF[kind], CONTENT: [self.write(each) for each in value]}
        if kind in _MAPPING_OF:
            pairs = [[self.write(key), self.write(each)] for key, each in value.items()]
            return {KIND: _MAPPING_OF[kind], CONTENT: pairs}
        if is_dataclass(value) and self.is_own(value):
            held = {field.name: self.write(getattr(value, field.name)) for field in fields(value)}
            return {KIND: f"{kind.__module__}:{kind.__qualname__}", CONTENT: held}
        raise TypeError(f"{kind.__module__}.{kind.__qualname__} cannot be stored")

    def read(self, written: object) -> Any:
        """The value again; ValueError or another exception of its kind if it is not as `write` writes it."""
        if isinstance(written, list):
            return [self.read(each) for each in written]
        if not isinstance(written, dict):
            return written
        if KIND not in written:
            return {key: self.read(each) for key, each in written.items()}
        name, content = written[KIND], written[CONTENT]
        if name in SCALARS:
            return SCALARS[name][2](content)
        if name in SEQUENCES:
            return SEQUENCES[name](self.read(each) for each in content)
        if name in MAPPINGS:
            return MAPPINGS[name]({self.read(key): self.read(each) for key, each in content})
        return self._record(name, content)

    def _record(self, name: str, content: Mapping[str, object]) -> Any:
        module, _, qualified = name.partition(":")
        if not self._owns(module):
            raise ValueError(f"{name} is not a class of this stand-in")
        found: object = sys.modules[module]
        for part in qualified.split("."):
            found = vars(found)[part]
        if not isinstance(found, type) or not is_dataclass(found):
            raise ValueError(f"{name} is not a dataclass")
        record = found.__new__(found)
        for field in fields(found):
            object.__setattr__(record, field.name, self._field(field, content))
        return record

    def _field(self, field: Any, content: Mapping[str, object]) -> Any:
        if field.name in content:
            return self.read(content[field.name])
        if field.default is not MISSING:
            return field.default
        if field.default_factory is not MISSING:
            return field.default_factory()
        raise ValueError(f"{field.name} is missing")
