"""A scratch database and folder: made empty, used for one try, and deleted, also after a try that was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, ProgrammingError

from hub.errors import CannotDo
from hub.platform.disk import free_bytes
from hub.store.dialects import database_file, is_in_memory
from hub.store.engine import Store

PREFIX = "ringfence_scratch_"
FUNCTIONS = (
    "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
    "LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e' WHERE n.nspname = 'public' AND d.objid IS NULL"
)


@dataclass(frozen=True)
class Scratch:
    """An empty database, and an empty folder that only the hub's user may read."""

    database: str
    folder: Path


@contextmanager
def scratch(store: Store, parent: Path, database: str | None = None) -> Iterator[Scratch]:
    """A scratch of the same kind as `store`, in a new folder of `parent`; or the empty `database` (a URL), which is emptied
    again. CannotDo if it cannot be made, or if the database that was named is not empty."""
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(parent))
        if database is not None:
            yield Scratch(stack.enter_context(_named(database, store)), folder)
        elif database_file(store.url) is not None:
            yield Scratch(f"sqlite:///{folder / 'scratch.db'}", folder)
        else:
            yield Scratch(stack.enter_context(_created(store)), folder)


def refuse_full_disk(folder: Path, needed: int, kept_free: int) -> None:
    """CannotDo if a disk has no space for `needed` bytes beside those that are kept free."""
    free = free_bytes(folder) - kept_free
    if free < needed:
        raise CannotDo(
            f"The try needs about {needed / 1e6:,.0f} MB in {folder}, and {max(free, 0) / 1e6:,.0f} MB are free; name a folder "
            "on another disk with --folder."
        )


@contextmanager
def _folder(parent: Path) -> Iterator[Path]:
    """A folder that is locked while it is used; those of processes that were killed are removed first."""
    for left in parent.glob(f".{PREFIX}*"):
        with _locked(left) as mine:
            if mine:
                shutil.rmtree(left, ignore_errors=True)
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=parent))
    except OSError as error:
        raise CannotDo(
            f"No folder can be made in {parent} ({error.strerror}); name another one with --folder."
        ) from None
    with _locked(made):
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether the folder's lock is ours while the block runs."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


@contextmanager
def _created(store: Store) -> Iterator[str]:
    """A new database on the hub's server. An advisory lock says that it is in use; without one it is left over."""
    name = f"{PREFIX}{uuid4().hex[:12]}"
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _hold(connection, name)
        for left in connection.execute(text("SELECT datname FROM pg_database WHERE datname LIKE :like"),
                                       {"like": f"{PREFIX}%"}).scalars().all():  # fmt: skip
            if _hold(connection, left):
                connection.execute(text(f'DROP DATABASE IF EXISTS "{left}" WITH (FORCE)'))
        try:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        except ProgrammingError:
            raise CannotDo(
                "The hub's role may not create a database. Let an administrator make an empty one that the role owns (CREATE "
                "DATABASE ringfence_scratch OWNER …), and name it with --scratch postgresql+psycopg://…"
            ) from None
        try:
            yield store.url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def _hold(connection: Connection, name: str) -> bool:
    return bool(connection.execute(text("SELECT pg_try_advisory_lock(hashtext(:name))"), {"name": name}).scalar())


@contextmanager
def _named(database: str, store: Store) -> Iterator[str]:
    """A database that somebody made for the try."""
    try:
        url = make_url(database)
    except ArgumentError:
        raise CannotDo("--scratch is no database address; write postgresql+psycopg://user@host/name.") from None
    if is_in_memory(url) or database_file(url) is not None:
        raise CannotDo("--scratch names a database of PostgreSQL; for SQLite, name a folder with --folder.")
    if (url.host, url.port, url.database) == (store.url.host, store.url.port, store.url.database):
        raise CannotDo("--scratch names the hub's own database; name an empty one.")
    made = Store(database)
    try:
        with made.engine.connect() as connection:
            if inspect(connection).get_table_names():
                raise CannotDo("The database of --scratch is not empty; name an empty one.")
        try:
            yield database
        finally:
            _empty(made)
    finally:
        made.close()


def _empty(made: Store) -> None:
    """Drop all tables and functions of a database that was empty before."""
    with made.engine.begin() as connection:
        for table in inspect(connection).get_table_names():
            connection.execute(text(f'DROP TABLE IF EXISTS "{table}" CASCADE'))
        for function in connection.execute(text(FUNCTIONS)).scalars().all():
            connection.execute(text(f"DROP FUNCTION IF EXISTS {function} CASCADE"))
