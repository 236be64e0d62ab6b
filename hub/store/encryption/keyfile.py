"""The hub's keyring: from config.yaml, or from a key file beside the database, which is made once."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import structlog
from sqlalchemy.exc import ArgumentError

from hub.config.models import HubSection
from hub.errors import ConfigError
from hub.model.columns import new_id
from hub.store.dialects import database_file, is_in_memory
from hub.store.encryption.keyring import Keyring, new_key

KEY_FILE_NAME = "secret.key"
ENCRYPTED = {
    "person_key": "SELECT 1 FROM person_key WHERE wrapped IS NOT NULL LIMIT 1",
    "stored_secret": "SELECT 1 FROM stored_secret LIMIT 1",
    "user_secret": "SELECT 1 FROM user_secret LIMIT 1",
    "push_subscription": "SELECT 1 FROM push_subscription LIMIT 1",
}
"""Tables with data under the hub's key, and a query for a row of them."""


def keyring_of(settings: HubSection) -> Keyring:
    """The keys of `hub: secret_keys:`. If there are none and the database is a file, the key in `secret.key` beside it, made
    at the first start and readable only by the hub's user. A database in memory gets a key that is not stored.

    ConfigError if there are no keys and the database is a server: all hubs on it must share one key, so a file beside one of
    them cannot work.
    """
    if settings.secret_keys:
        return Keyring([key.get_secret_value() for key in settings.secret_keys])
    try:
        database = database_file(settings.database)
    except ArgumentError:
        return Keyring([])  # Store reports what is wrong with it
    if database is None:
        return Keyring([new_key()] if is_in_memory(settings.database) else [])
    file = database.with_name(KEY_FILE_NAME)
    _make(file, database)
    return Keyring([_read(file)])


def key_file(settings: HubSection) -> Path | None:
    """The path of the hub's own key file, if it uses one."""
    database = None if settings.secret_keys else database_file(settings.database)
    return database.with_name(KEY_FILE_NAME) if database else None


def _make(file: Path, database: Path) -> None:
    """Write a new key atomically; an existing file, or one that another process is making, stays. ConfigError if `database`
    already contains data that another key encrypted."""
    if file.exists():
        return
    _refuse_second_key(file, database)
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{KEY_FILE_NAME}.{new_id()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
            stream.write(new_key() + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, file)
        structlog.get_logger(__name__).warning(
            "key file made; keep a copy of it, separate from the database backups", file=str(file)
        )
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written ({error.strerror}); allow the hub's user to write there, or set hub.secret_keys."
        ) from None
    finally:
        draft.unlink(missing_ok=True)


def _refuse_second_key(file: Path, database: Path) -> None:
    """ConfigError if the database contains data that the missing key encrypted. Another process may have made the key since."""
    if not database.is_file() or not database.stat().st_size:
        return
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=rw", uri=True, timeout=30)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table, query in ENCRYPTED.items():
            if table in tables and connection.execute(query).fetchone():
                if file.exists():
                    return
                raise ConfigError(
                    f"{file} is missing, and {database.name} contains data that only this key opens; restore the file from "
                    "your copy, or set hub.secret_keys to the key."
                )


def _read(file: Path) -> str:
    try:
        if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise ConfigError(f"{file} can be read by others than the hub's user; run chmod 600 {file}.")
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{file} cannot be read; allow the hub's user to read it, or set hub.secret_keys.") from None
