"""The files of `hub demo`: a copy of config.yaml with a place of its own for everything, made again for each run."""

from __future__ import annotations

import shutil
import socket
import sqlite3
from pathlib import Path

from sqlalchemy import inspect

from hub.config.edit import REMOVED, Change, edited
from hub.config.loading import read_text
from hub.config.models import Config
from hub.errors import ConfigError
from hub.platform.loopback import free_port
from hub.proof.demo.line.played_day import always_open
from hub.proof.demo.line.settings import Ports, over_line
from hub.startup.reading import read_config
from hub.store.encryption.keyfile import key_file, keyring_of
from hub.store.engine import Store, explained
from hub.store.tombstones import FILE_ENDING

DEMO_MARKER = "demo"


def demo_file(config: Path, line: Ports | None, leave: bool, database: str | None) -> tuple[Path, Path]:
    """A copy of the file beside it, with a free port and its own recordings, which it keeps for two weeks: the pages of the
    demo edit the copy. A `line` takes all calls, at any hour of the day. Also the file of its SQLite database."""
    loaded = read_config(config, sandbox=True)
    if not loaded.hub.database.startswith("sqlite:///"):
        raise ConfigError(
            "hub demo never plays into the database of a hub; set hub.database to sqlite:///data/ringfence.db, and name an "
            "empty PostgreSQL database with --database."
        )
    file = Path(loaded.hub.database.removeprefix("sqlite:///"))
    _make_room(file)
    port = free_port() if leave else _port(int(loaded.hub.listen.rpartition(":")[2]))
    changes: tuple[Change, ...] = (
        Change(("hub", "listen"), f"127.0.0.1:{port}"),
        Change(("hub", "public_url"), f"http://127.0.0.1:{port}"),
        Change(("recordings", "storage"), str(_audio_of(file))),
        Change(("recordings", "options"), REMOVED),
        Change(("recordings", "keep"), "14d"),
    )
    if database is not None:
        changes += _elsewhere(loaded, file, database)
    text = edited(read_text(config), changes)
    if line is not None:
        text = edited(always_open(text, loaded), over_line(loaded, line, _gateway_of(file)))
    copied = config.with_name(f"{config.stem}.demo{config.suffix}")
    copied.write_text(text, encoding="utf-8")
    return copied, file


def _elsewhere(loaded: Config, file: Path, database: str) -> tuple[Change, ...]:
    """The rows are in a server's database; what SQLite has beside its file stays there."""
    if not database.startswith("postgresql"):
        raise ConfigError("--database takes the address of a PostgreSQL database; without it the demo plays on SQLite.")
    keyring_of(loaded.hub)  # makes the key if there is none
    key = key_file(loaded.hub)
    return (
        Change(("hub", "database"), database),
        Change(("hub", "tombstones"), str(file.with_suffix(FILE_ENDING).absolute())),
        *([Change(("hub", "secret_keys"), [f"${{file:{key.absolute()}}}"])] if key else []),
    )


def refuse_full(loaded: Config) -> None:
    """Raise ConfigError if the database of the demo has tables already."""
    store = Store(loaded.hub.database, lambda: keyring_of(loaded.hub))
    try:
        with explained():
            full = inspect(store.engine).get_table_names()
    finally:
        store.close()
    if full:
        raise ConfigError(
            "The database of --database is not empty, and the demo starts with an empty one; create another."
        )


def papers_of(file: Path) -> Path:
    """The folder of what the demo writes for people."""
    return file.with_name(f"{file.name}-papers")


def _audio_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-recordings")


def _gateway_of(file: Path) -> Path:
    return file.with_name(f"{file.name}-gateway")


def _make_room(file: Path) -> None:
    """Delete the database of an earlier demo; refuse to delete any other database."""
    if not file.exists():
        return

    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        try:
            marked = connection.execute(
                "SELECT 1 FROM connector_note WHERE connector = 'hub' AND name = ?", (DEMO_MARKER,)
            ).fetchone()
            empty = not connection.execute("SELECT 1 FROM inbox LIMIT 1").fetchone()
        except sqlite3.Error:
            marked, empty = None, False
    connection.close()
    if not marked and not empty:
        raise ConfigError(
            f"{file} is not a demo database, and the demo starts with an empty one; move it or use another --config."
        )
    for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        each.unlink(missing_ok=True)
    sandboxes = file.with_name(f"{file.name}-sandbox")
    for folder in (_audio_of(file), papers_of(file), sandboxes, _gateway_of(file)):
        shutil.rmtree(folder, ignore_errors=True)


def _port(wanted: int) -> int:
    """The port that is wanted, or one that is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
    return wanted
