"""Statements are compiled once a test process, not once a test: every test opens engines of its own for the same SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.util import LRUCache

_KEPT: dict[tuple[str, str], tuple[Dialect, LRUCache[Any, Any]]] = {}


def share_compiled_statements() -> None:
    """From now on, all engines of one kind of database use the dialect of the first that connected, and one cache.

    SQLAlchemy keeps what it compiled by engine and by dialect. Compiling took a third of the time of a test of the flow.
    """
    event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    engine: Any = connection.engine
    kind = (engine.dialect.name, engine.dialect.driver)
    dialect, cache = _KEPT.setdefault(kind, (engine.dialect, LRUCache(4_000)))
    engine.dialect = connection.dialect = dialect
    engine._compiled_cache = cache
