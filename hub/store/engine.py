"""One database, SQLite or PostgreSQL: read sessions, and write sessions that commit atomically."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from hub.contracts.addresses import is_loopback
from hub.errors import ConfigError
from hub.platform.clock import Clock, utc_now
from hub.store.encryption.keyring import Keyring
from hub.store.outage import FILE_PATIENCE_SECONDS, PATIENCE_SECONDS, REPAIR, Outage, is_damaged
from hub.store.row_security import ALL_ACCOUNTS, COMPANIES, SETTING

SET_ACCOUNT = text(f"SELECT set_config('{SETTING}', :account, true), set_config('{COMPANIES}', :companies, true)")
BUSY_SECONDS = 30
"""How long a writer waits for SQLite's lock."""
WAL_RETRY_SECONDS = 0.02
PATIENT = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""libpq's settings for a server that vanishes without a word: a connection to it ends within half a minute."""

STORE = "store"
"""Key in the `info` of a writing session for its store."""
VERIFIED_TLS = ("verify-full", "verify-ca")
LIBPQ_SSLMODE = "prefer"
"""libpq's default: TLS if the server offers it, without checking which server it is. Source: PostgreSQL manual, 33.19."""


def weak_tls(url: URL) -> str | None:
    """The sslmode of a PostgreSQL on another machine, if it does not verify who answers; else None."""
    named = url.query.get("host", "")
    hosts = [each for each in (url.host, *([named] if isinstance(named, str) else named)) if each]
    if url.get_backend_name() != "postgresql" or all(host.startswith("/") or is_loopback(host) for host in hosts):
        return None
    mode = url.query.get("sslmode") or os.environ.get("PGSSLMODE") or LIBPQ_SSLMODE
    return None if mode in VERIFIED_TLS else str(mode)


@dataclass
class Suspect:
    """The row that this process handles alone, because processes have died of it (hub.store.quarantine)."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    table: Any = None
    row_id: str = ""
    token: str = ""
    working_since: datetime | None = None
    """When this process claimed for the first time."""


class Store:
    """The hub's database, by its SQLAlchemy URL. SQLite runs in WAL mode with `synchronous=FULL`."""

    def __init__(
        self,
        url: str,
        keyring: Callable[[], Keyring] = lambda: Keyring([]),
        ends_file: Path | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._make_keyring, self.clock = keyring, clock
        self.ends_file = ends_file
        """Where the ends of the journal are noted outside the database."""
        try:
            self.url = make_url(url)
        except ArgumentError:
            raise ConfigError(
                "hub.database is not a database address; write sqlite:///data/ringfence.db or "
                "postgresql+psycopg://user@host/name."
            ) from None
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url)
        self._of_accounts = self.engine if self.is_sqlite else _account_engine(self.url)
        self._turns = threading.RLock()
        self.outage = Outage(FILE_PATIENCE_SECONDS if self.is_sqlite else PATIENCE_SECONDS, of_file=self.is_sqlite)
        self._of_thread = threading.local()
        self.suspect = Suspect()
        self._writing = self.engine.execution_options(ringfence_write=True)

    @cached_property
    def keyring(self) -> Keyring:
        """The hub's keys, for the hashes and seals of the journal."""
        return self._make_keyring()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only session; it sees one state of the database."""
        with Session(self.engine, expire_on_commit=False, close_resets_only=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """As `reading`, but it keeps one snapshot until its end on PostgreSQL too, and blocks no other session."""
        level = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with Session(self.engine.execution_options(**level), expire_on_commit=False) as session:
            session.execute(text("SELECT 1 FROM alembic_version"))  # a snapshot starts with the first query
            yield session

    @contextmanager
    def reading_as(self, account_id: str, companies: Collection[str] | None = None) -> Iterator[Session]:
        """As `reading`, for one account, or for some of its companies: on PostgreSQL the database itself shows no other
        rows.

        Such sessions have their own connections, which see no rows until a transaction sets its account. So the account
        of an earlier transaction never applies to a later one.
        """
        with Session(self._of_accounts, expire_on_commit=False, close_resets_only=False) as session:
            if not self.is_sqlite:
                session.execute(SET_ACCOUNT, {"account": account_id, "companies": ",".join(companies or ())})
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A write session; its work is committed as a whole at the end, or not at all."""
        with self._turn(), Session(self._writing, expire_on_commit=False, info={STORE: self}) as session:
            yield session
            session.commit()

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """As `writing`, without a session: for prepared statements."""
        with self._turn(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Writers of one process take turns at SQLite's single write lock, and wake up immediately.

        SQLite itself retries after longer and longer pauses, up to a tenth of a second.
        """
        mine = self.is_sqlite and self._turns.acquire(timeout=BUSY_SECONDS)
        depth = getattr(self._of_thread, "writes", 0)
        self._of_thread.writes = depth + 1
        try:
            yield
        finally:
            self._of_thread.writes = depth
            if mine:
                self._turns.release()

    def ping(self) -> None:
        """Return if the server answers; an error of SQLAlchemy otherwise. SQLite is a file, which does not go away quietly."""
        if not self.is_sqlite:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("SELECT 1")

    @property
    def is_writing(self) -> bool:
        """Whether this thread is in a write transaction."""
        return getattr(self._of_thread, "writes", 0) > 0

    def close(self) -> None:
        """Close all connections."""
        self.outage.close()
        self.engine.dispose()
        if self._of_accounts is not self.engine:
            self._of_accounts.dispose()


def _sqlite_engine(url: Any) -> Engine:
    if url.database and url.database != ":memory:":
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"The folder {folder} cannot be created ({error.strerror}); create it, or name another in hub.database."
            ) from None
    arguments: dict[str, object] = {
        "connect_args": {"timeout": 30, "check_same_thread": False},
        "hide_parameters": True,
        "json_deserializer": _read_json,
    }
    if not url.database or url.database == ":memory:":
        arguments["poolclass"] = StaticPool
    else:
        arguments |= {"pool_size": 16, "max_overflow": 16}
    engine = create_engine(url, **arguments)
    if url.database and not url.database.startswith((":memory:", "file:")):
        event.listen(engine, "do_connect", _FirstLook(Path(url.database)))

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=30000")  # first, because the switch to WAL waits for other processes too
        switch_to_wal(cursor)
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")  # erased data must not stay in the file's free pages
        cursor.execute("PRAGMA cache_size=-16000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Any) -> None:
        # A writer takes the lock at once: upgrading a read lock later could fail with SQLITE_BUSY at any time.
        if connection.get_execution_options().get("ringfence_write"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:  # takes no lock and never fails, so that it needs nothing of SQLAlchemy, which takes longer than the rest
            connection.connection.driver_connection.execute("BEGIN")

    return engine


def _read_json(document: str) -> object:
    """Most documents are empty."""
    return {} if document == "{}" else [] if document == "[]" else json.loads(document)


class _FirstLook:
    """Before the first connection: make a missing file, and refuse one that cannot be the hub's database."""

    def __init__(self, file: Path) -> None:
        self._file, self._looked = file, False

    def __call__(self, dialect: object, record: object, arguments: object, options: object) -> None:
        if self._looked:
            return
        for path in (self._file.parent, self._file):
            if path.exists() and not os.access(path, os.W_OK):
                raise ConfigError(f"{path} cannot be written: {_why_not_writable(path)}.")
        if not self._file.exists():
            self._make()
        elif self._file.is_file() and not self._file.stat().st_size:
            raise ConfigError(
                f"The database {self._file} is an empty file, which the hub never leaves behind; restore a backup, or "
                "delete the file to begin with a new database."
            )
        self._looked = True

    def _make(self) -> None:
        """The file gets its name after it has a content, so that a crash leaves no empty one."""
        draft = self._file.with_name(f".{self._file.name}.{uuid4().hex}")
        try:
            with closing(sqlite3.connect(draft)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
            try:
                os.link(draft, self._file)
            except FileExistsError:
                pass  # another process was faster
            except OSError:  # a file system without hard links
                draft.rename(self._file)
        finally:
            draft.unlink(missing_ok=True)


def _why_not_writable(path: Path) -> str:
    read_only = os.statvfs(path).f_flag & os.ST_RDONLY
    return "its disk is mounted read-only" if read_only else "this user has no permission; change its owner or mode"


def switch_to_wal(cursor: Any) -> None:
    """Switch a new file to WAL. SQLite refuses at once, without its busy timeout, if two processes do so together: the
    one that is refused tries again. Source: sqlite.org/c3ref/busy_handler.html, on deadlocks."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(WAL_RETRY_SECONDS)


def _account_engine(url: object) -> Engine:
    """Connections that see no rows until a transaction sets its account, and then one snapshot of the database."""
    return _postgres_engine(url, account="", isolation_level="REPEATABLE READ")


def _postgres_engine(url: Any, account: str = ALL_ACCOUNTS, **options: object) -> Engine:
    given = {name: value for name, value in PATIENT.items() if name not in url.query}
    try:
        engine = create_engine(
            url,
            connect_args=given,
            pool_pre_ping=True,
            hide_parameters=True,
            pool_size=10,
            max_overflow=20,
            **options,
        )
    except ModuleNotFoundError:
        raise ConfigError(
            "hub.database names PostgreSQL but its driver is missing; install the extra postgres: "
            "`hub docs deploy/one-machine#extras` says how."
        ) from None

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        # Once per connection, so that the hub's own transactions have no extra cost.
        connection.execute("SELECT set_config(%s, %s, false)", (SETTING, account))
        connection.commit()

    return engine


class NoDatabase(ConfigError):
    """The database cannot be used now."""


@contextmanager
def explained() -> Iterator[None]:
    """Raise NoDatabase, in one sentence, if the database cannot be used; errors of wrong statements pass unchanged."""
    try:
        yield
    except DatabaseError as error:
        if type(error) not in (DatabaseError, OperationalError):
            raise
        raise NoDatabase(_explain(error)) from None


def _explain(error: DatabaseError) -> str:
    """One sentence for people on why the database does not answer; without its URL, which may contain a password."""
    words = str(error.orig).strip().splitlines()
    repair = f" If that is the right file, it is damaged: {REPAIR}." if is_damaged(error) else ""
    return f"The database does not answer ({words[0] if words else type(error.orig).__name__}); check hub.database.{repair}"
