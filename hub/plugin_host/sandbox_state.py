"""A stand-in's state in a file beside the database, so that all processes of a hub see the same provider.

Before each request a stand-in takes over what other processes changed, and before its reply leaves, its own changes are in the
file. What every new stand-in of its class holds is not written, so a later version of the plugin may hold something else.
"""

from __future__ import annotations

import json
import marshal
import pickle
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from hub.contracts.sandbox import Sandbox
from hub.plugin_host.sandbox_file import Row, StateFile
from hub.plugin_host.sandbox_values import Values

__all__ = ["SandboxState"]

UNREADABLE = (sqlite3.DatabaseError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
REMOVED: Any = object()
ADDRESS = "http://sandbox.invalid"
"""Stands in the file for the address at which each process's own stand-in listens."""
Place = tuple[Any, ...]
"""The names of attributes and keys that lead from the stand-in to a container."""
log = structlog.get_logger(__name__)


@dataclass
class Container:
    """The fingerprints of a dict, or of the attributes of an object, as they are in the file: of all and of each one."""

    whole: int | None = None
    each: dict[Any, int | None] = field(default_factory=dict)


class SandboxState:
    """What one stand-in holds: its attributes, without `Sandbox.not_kept` and what cannot be stored, like threads and locks.

    It must listen already. The containers that a new stand-in of its class has are looked into; what is added to them later is
    stored as a whole.
    """

    def __init__(self, sandbox: Sandbox, path: Path) -> None:
        self._sandbox, self._file = type(sandbox)(sandbox.clock), StateFile(path)
        self._values = Values(type(sandbox).__module__.removesuffix(".sandbox"))
        self._lock = threading.RLock()
        self._depth = self._version = 0
        self._containers: dict[Place, Container] = {}
        self._elsewhere: set[Place] = set()
        """Where a container stands a second time."""
        self._warned: set[tuple[Place, object]] = set()
        self._find_containers((), self._sandbox, set())
        for place in self._containers:
            self._containers[place], _, _ = self._compare(place)
        self._sandbox = sandbox

    def open(self) -> None:
        """Take over what the file holds, and store what else the stand-in holds. A file that cannot be read is put aside,
        with a warning; ConfigError if there can be none."""
        with self._lock, self._file.opening():
            try:
                self._file.open()
                self._take_over()
            except UNREADABLE as error:
                aside = self._file.put_aside()
                log.warning(
                    "what a sandbox held cannot be read; the file was put aside and the sandbox starts empty",
                    file=str(aside),
                    error=type(error).__name__,
                )
                self._file.open()
        with self.turn():
            pass

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One request or change, while no other process serves one. A turn within a turn is a part of it."""
        with self._lock:
            self._depth += 1
            try:
                if self._depth > 1:
                    yield
                    return
                self._file.begin()
                try:
                    self._take_over()
                    yield
                finally:
                    self._store_changes()
            finally:
                self._depth -= 1

    def not_stored(self) -> list[str]:
        """The parts that each process has for itself because they cannot be stored."""
        found = [
            (place, name)
            for place, held in self._containers.items()
            for name, each in held.each.items()
            if each is None
        ]
        return [self._named(place, name) for place, name in found]

    # From the file and to it.

    def _take_over(self) -> None:
        version, rows = self._file.since(self._version)
        for place, name, value in [self._read(row) for row in rows]:
            inside = self._inside(place)
            if inside is None:
                continue
            if value is REMOVED:
                inside.pop(name, None)
            else:
                inside[name] = value
            known = self._containers.get(place)
            if known is not None:
                known.whole = None
                known.each[name] = self._fingerprint(value)
                if value is REMOVED:
                    del known.each[name]
        self._version = version

    def _read(self, row: Row) -> tuple[Place, Any, Any]:
        place, name, value = row
        return tuple(self._value(place)), self._value(name), REMOVED if value is None else self._value(value)

    def _value(self, text: str) -> Any:
        own = getattr(self._sandbox, "url", "") or ADDRESS
        return self._values.read(json.loads(text.replace(ADDRESS, own)))

    def _store_changes(self) -> None:
        found: dict[Place, Container] = {}
        rows: list[Row] = []
        try:
            for place in self._containers:
                found[place], changed, gone = self._compare(place)
                rows += [(*self._address(place, name), None) for name in gone]
                rows += self._written(place, changed)
            if rows:
                self._file.write(rows, self._version + 1)
        except BaseException:
            self._file.undo()
            raise
        self._file.end()
        self._containers = found
        self._version += bool(rows)

    def _written(self, place: Place, changed: Sequence[object]) -> Iterator[Row]:
        inside = self._inside(place) or {}
        for name in changed:
            try:
                yield *self._address(place, name), self._text(inside[name])
            except TypeError as error:
                if (place, name) not in self._warned:
                    self._warned.add((place, name))
                    part = self._named(place, name)
                    log.warning("other processes do not see a part of a sandbox", part=part, reason=str(error))

    @staticmethod
    def _named(place: Place, name: object) -> str:
        return ".".join(map(str, (*place, name)))

    def _address(self, place: Place, name: Any) -> tuple[str, str]:
        return self._text(list(place)), self._text(name)

    # The stand-in's attributes.

    def _find_containers(self, place: Place, value: object, met: set[int]) -> None:
        met.add(id(value))
        self._containers[place] = Container()
        inside = value if isinstance(value, dict) else vars(value)
        for name, held in list(inside.items()):
            if not self._is_container(held) or (not place and name in self._sandbox.not_kept):
                continue
            if id(held) in met:
                self._elsewhere.add((*place, name))
            else:
                self._find_containers((*place, name), held, met)

    def _is_container(self, value: object) -> bool:
        if isinstance(value, dict):
            return True
        made_of = getattr(type(value), "__dataclass_params__", None)
        return self._values.is_own(value) and hasattr(value, "__dict__") and not (made_of and made_of.frozen)

    def _inside(self, place: Place) -> dict[Any, Any] | None:
        """The container at a place as a dict; None if something else is there now."""
        value: object = self._sandbox
        for name in place:
            value = (value if isinstance(value, dict) else vars(value)).get(name)
            if not self._is_container(value):
                return None
        return value if isinstance(value, dict) else vars(value)

    def _compare(self, place: Place) -> tuple[Container, list[Any], list[Any]]:
        """A container as it is now, without the containers in it; which names changed, and which are gone."""
        before = self._containers[place]
        inside = list((self._inside(place) or {}).items())
        leaves = {name: value for name, value in inside if self._is_leaf(place, name, value)}
        whole = self._fingerprint(leaves)
        if whole is not None and whole == before.whole:
            return before, [], []
        now = Container(whole, {name: self._fingerprint(value) for name, value in leaves.items()})
        changed = [name for name, each in now.each.items() if each is not None and each != before.each.get(name)]
        return now, changed, [name for name in before.each if name not in now.each]

    def _is_leaf(self, place: Place, name: object, value: object) -> bool:
        if not place and name in self._sandbox.not_kept:
            return False
        below = (*place, name)
        return below not in self._elsewhere and not (below in self._containers and self._is_container(value))

    def _fingerprint(self, value: Any) -> int | None:
        """The same for the same value; None for one that cannot be stored. `pickle` only writes here, and reads nothing."""
        for write in (lambda: marshal.dumps(value, 2), lambda: pickle.dumps(value), lambda: self._text(value)):
            with suppress(Exception):  # a class may say by any exception that it cannot be pickled
                return hash(write())
        return None

    def _text(self, value: object) -> str:
        own = getattr(self._sandbox, "url", "") or ADDRESS
        return json.dumps(self._values.write(value)).replace(own, ADDRESS)
