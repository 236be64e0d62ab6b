"""What each test would put together anew is put together once a test process: compiled statements, the schema's statements,
the patterns of routes, the list of trusted certificates, and the event loop of test clients; the templates of pages once a
run. Passwords are hashed cheaply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

import starlette.routing
from anyio.from_thread import BlockingPortal, start_blocking_portal
from argon2 import PasswordHasher
from httpx2._transports import default
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Connection, Dialect, Engine, event, text
from sqlalchemy.util import LRUCache
from starlette.testclient import TestClient

from hub.access.sign_in import passwords
from hub.store import schema
from hub.web.pages import templates

_KEPT: dict[tuple[str, str], tuple[Dialect, LRUCache[Any, Any]]] = {}
_TABLES: list[str] = []
_OPEN = ExitStack()
librarys_hasher = passwords._hasher


def share(folder: Path) -> None:
    """From now on, until `end`. What the processes of a run share is in `folder`."""
    event.listen(Engine, "engine_connect", _share_statements)
    schema._create = _once(schema._create)
    default.create_ssl_context = cache(default.create_ssl_context)
    starlette.routing.compile_path = cache(starlette.routing.compile_path)
    passwords._hasher = _cheap_hasher  # type: ignore[assignment]
    kept = folder / "templates"
    kept.mkdir(exist_ok=True)
    templates.environment().bytecode_cache = FileSystemBytecodeCache(str(kept))
    TestClient._portal_factory = _one_event_loop  # type: ignore[method-assign]


def end() -> None:
    """End the event loop of test clients."""
    _OPEN.close()


def _share_statements(connection: Connection) -> None:
    """All engines of one kind of database use the dialect of the first that connected, and one cache.

    SQLAlchemy keeps what it compiled by engine and by dialect. Compiling took a third of the time of a test of the flow.
    """
    engine: Any = connection.engine
    kind = (engine.dialect.name, engine.dialect.driver)
    dialect, cache = _KEPT.setdefault(kind, (engine.dialect, LRUCache(4_000)))
    engine.dialect = connection.dialect = dialect
    engine._compiled_cache = cache


def _once(create: Callable[[Connection], None]) -> Callable[[Connection], None]:
    """SQLAlchemy writes the statements of the first empty SQLite database; the others get the same."""

    def replay(connection: Connection) -> None:
        if connection.dialect.name != "sqlite":
            create(connection)
        elif not _TABLES:
            create(connection)
            found = connection.execute(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"))
            _TABLES.extend(found.scalars())
        else:
            execute = cast(Any, connection.connection.driver_connection).execute  # SQLAlchemy doubles their cost
            for statement in _TABLES:
                execute(statement)
            newest = schema.revisions()[-1]
            told = {"newest": newest, "oldest": f"{newest}: {newest}"}
            connection.execute(text("INSERT INTO alembic_version VALUES (:newest, :oldest)"), told)

    return replay


@cache
def _cheap_hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@cache
def _portal() -> BlockingPortal:
    return _OPEN.enter_context(start_blocking_portal())


@contextmanager
def _one_event_loop(client: TestClient) -> Iterator[BlockingPortal]:
    """As in a running hub, requests share an event loop and its threads; a test client starts one for each request."""
    yield client.portal or _portal()
