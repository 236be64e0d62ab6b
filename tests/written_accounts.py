"""Databases of SQLite in which the accounts of a test hub stand already: writing them takes longer than the rest of its start.

The second hub with the same accounts at the same time gets a copy of the database of the first. Hubs of one test never have
the same rows: what one takes from the other by mistake would not be noticed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from hub.config.models import Config
from hub.platform.clock import Clock
from hub.plugin_host.captured import captured
from hub.store.dialects import database_file
from hub.store.engine import Store

_untouched: dict[Path, int] = {}
"""Files that nobody has opened since they were made, with the time of their last change."""
_asked: set[str] = set()
_copies: dict[str, Path] = {}
_given: set[str] = set()
"""Copies that a hub of the running test has, or had."""
_open: list[str] = []
"""Copies of hubs that are open, for many tests perhaps."""


def forget_test() -> None:
    """A new test begins."""
    _given.clear()


def note_untouched(file: Path) -> None:
    """A migrated, empty database was made."""
    _untouched[file] = file.stat().st_mtime_ns


class AccountsOf:
    """The accounts of one configuration, in the database of one hub."""

    def __init__(self, config: Config, clock: Clock, written_from: object) -> None:
        file = database_file(config.hub.database)
        untouched = file is not None and _untouched.pop(file, None) == file.stat().st_mtime_ns
        self._has_copy = False
        self._file = file if untouched and not file.with_name(f"{file.name}-wal").exists() else None
        names = [company.name for account in config.accounts for company in account.companies]
        read = [captured(config, name, {}) for name in names]
        keys = [key.get_secret_value() for key in config.hub.secret_keys]
        self._key = repr((written_from, read, keys, clock()))

    def are_there(self) -> bool:
        """Whether they are, by a copy of another database. To be asked before the hub opens its own."""
        if self._file is None or self._key not in _copies or self._key in _given or self._key in _open:
            return False
        shutil.copyfile(_copies[self._key], self._file)
        self._give()
        return True

    def write(self, store: Store, write: Callable[[], None]) -> None:
        """Write them, and keep a copy if a second hub asks for them."""
        write()
        if self._file is None or self._key in _copies:
            return
        if self._key not in _asked:
            _asked.add(self._key)
            return
        with store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        _copies[self._key] = Path(shutil.copy(self._file, self._file.with_suffix(".accounts")))
        self._give()

    def end(self) -> None:
        """The hub is closed."""
        if self._has_copy:
            _open.remove(self._key)

    def _give(self) -> None:
        self._has_copy = True
        _given.add(self._key)
        _open.append(self._key)
