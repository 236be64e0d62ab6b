"""What each test would put together anew is put together once a test process: compiled statements, the schema's statements,
the patterns of routes, the list of trusted certificates, and the event loop of test clients; the templates of pages once a
run. Passwords are hashed cheaply."""

from __future__ import annotations

import gc
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from inspect import CO_COROUTINE
from pathlib import Path
from typing import Any, cast

import pluggy
import postgres
import starlette.routing
from anyio.from_thread import BlockingPortal, start_blocking_portal
from argon2 import PasswordHasher
from httpx2._transports import default
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Connection, Dialect, Engine, event, text
from sqlalchemy.util import LRUCache
from starlette.testclient import TestClient

from hub.access.sign_in import passwords
from hub.startup import database, opening
from hub.store import schema
from hub.store.engine import Store
from hub.web.pages import templates

_KEPT: dict[tuple[str, str], tuple[Dialect, LRUCache[Any, Any]]] = {}
_TABLES: list[str] = []
_OPEN = ExitStack()
YOUNG_OBJECTS = 100_000
librarys_hasher = passwords._hasher


def share(folder: Path) -> None:
    """From now on, until `end`. What the processes of a run share is in `folder`."""
    event.listen(Engine, "engine_connect", _share_statements)
    for opener in (opening, database):
        opener.upgrade = _on_a_copy(folder, opener.upgrade)  # type: ignore[attr-defined]
    opening.COLLECT_AFTER = YOUNG_OBJECTS
    schema._create = _once(schema._create)
    default.create_ssl_context = cache(default.create_ssl_context)
    starlette.routing.compile_path = cache(starlette.routing.compile_path)
    starlette.routing.is_async_callable = _is_async(starlette.routing.is_async_callable)
    pluggy._caller.HookSpec = _by_name(pluggy._caller.HookSpec)  # type: ignore[attr-defined]
    passwords._hasher = _cheap_hasher  # type: ignore[assignment]
    kept = folder / "templates"
    kept.mkdir(exist_ok=True)
    templates.environment().bytecode_cache = FileSystemBytecodeCache(str(kept))
    TestClient._portal_factory = _one_event_loop  # type: ignore[method-assign]


def collect_rarely() -> None:
    """Walk new objects for garbage when there are many; a hub that is opened would set a tenth of this."""
    gc.set_threshold(YOUNG_OBJECTS, 20, 1_000)


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


def _on_a_copy(folder: Path, upgrade: Callable[..., bool]) -> Callable[..., bool]:
    """A hub that is opened on an SQLite file which is not there yet gets a copy of the migrated one."""

    def copied(store: Store, *told: Any) -> bool:
        file = Path(store.url.database or ":memory:")
        if store.is_sqlite and file.name != ":memory:" and os.access(file.parent, os.W_OK) and not file.exists():
            draft = file.with_name(f".{uuid.uuid4().hex}")
            draft.write_bytes(postgres.sqlite_template(folder))
            with suppress(FileExistsError):  # another process was faster
                os.link(draft, file)
            draft.unlink()
        return upgrade(store, *told)

    return copied


def _is_async(look: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Each of the three hundred pages of a hub is asked."""
    return lambda endpoint: (
        bool(getattr(getattr(endpoint, "__code__", None), "co_flags", 0) & CO_COROUTINE) or look(endpoint)
    )


def _by_name(specification: Callable[..., Any]) -> Callable[..., Any]:
    """Each hub, and each run of a suite by `certify`, specifies the same hooks."""
    known: dict[Any, Any] = {}

    def found(namespace: Any, name: str, options: Any) -> Any:
        if (namespace, name) not in known:
            known[namespace, name] = specification(namespace, name, options)
        return known[namespace, name]

    return found


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
