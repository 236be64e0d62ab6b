"""The gateway's journal: calls, recordings, reports that the hub has not taken, and documents to repeat, in one SQLite file.

Every change is on disk when its await returns. One thread does all of it, so that sound never waits for a disk.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from plugins.carriers.sip.engine.interface import Leg

Result = TypeVar("Result")
Change = tuple[str, Sequence[Any]]
"""A statement with its values."""
SCHEMA = """
create table if not exists leg (
  sid text primary key, parent_call_sid text, direction text not null, "from" text not null, "to" text not null,
  caller_name text, status text not null, start_time text not null, end_time text, duration text,
  callback text not null default '', answered_time text, failure text);
create index if not exists leg_start on leg (start_time);
create index if not exists leg_open on leg (sid) where end_time is null;
create table if not exists recording (
  sid text primary key, call_sid text not null, source text not null, channels integer not null, status text not null,
  start_time text not null, date_updated text not null, duration text, callback text not null);
create index if not exists recording_call on recording (call_sid);
create table if not exists report (id integer primary key autoincrement, url text not null, form text not null);
create table if not exists document (
  point text not null, hour integer not null, body text not null, at text not null, primary key (point, hour));
create table if not exists placed (key text primary key, sid text not null, at text not null);
create table if not exists signalling (
  sid text primary key, sip_call_id text not null, code integer, post_dial real);
create index if not exists signalling_call on signalling (sip_call_id);
create table if not exists message (sip_call_id text primary key, at text not null, packets blob not null);
create table if not exists dialog (sid text primary key, dialog text not null);
create trigger if not exists leg_over after update of end_time on leg when new.end_time is not null
  begin delete from dialog where sid = new.sid; end;
create table if not exists fact (name text primary key, value text not null);
"""


class Journal:
    """The open file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = folder / "gateway.db"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._db = self._thread.submit(self._open).result()

    def _open(self) -> sqlite3.Connection:
        os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
        opened = sqlite3.connect(self._file, isolation_level=None)
        opened.row_factory = sqlite3.Row
        opened.executescript(f"pragma journal_mode=wal; pragma synchronous=full; pragma secure_delete=on; {SCHEMA}")
        return opened

    async def write(self, *changes: Change) -> None:
        """Make all changes in one transaction. A started one is finished, even if the wait is cancelled."""
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, self._write, changes))

    async def read(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """The rows of a query."""

        def rows() -> list[dict[str, Any]]:
            return [dict(row) for row in self._db.execute(statement, values)]

        return await self._in_thread(rows)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _write(self, changes: Sequence[Change]) -> None:
        self._db.execute("begin immediate")
        try:
            for statement, values in changes:
                self._db.execute(statement, values)
            self._db.execute("commit")
        except BaseException:
            self._db.execute("rollback")
            raise

    def close(self) -> None:
        """Finish what was begun, and close."""
        self._thread.submit(self._db.close).result()
        self._thread.shutdown()


def answered(sid: str, at: str, leg: Leg, **more: str) -> tuple[Change, Change]:
    """A leg was answered; with what ends it if this process dies."""
    row = insert("dialog", {"sid": sid, "dialog": leg.dialog()})
    return update("leg", sid, {"answered_time": at, **more}), (f"{row[0]} on conflict do nothing", row[1])


def insert(table: str, values: dict[str, Any]) -> Change:
    """A new row."""
    names, marks = ", ".join(f'"{name}"' for name in values), ", ".join("?" * len(values))
    return f"insert into {table} ({names}) values ({marks})", tuple(values.values())  # noqa: S608 - our own names


def update(table: str, sid: str, values: dict[str, Any]) -> Change:
    """Other values of the row with this id."""
    changed = ", ".join(f'"{name}" = ?' for name in values)
    return f"update {table} set {changed} where sid = ?", (*values.values(), sid)  # noqa: S608 - our own names
