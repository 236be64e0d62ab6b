"""The file of ends: where each chain of the journal ended, noted outside the database, one signed line of JSON at a time.

It stands beside the journal of tombstones. A chain that was shortened, or that is gone with all others, contradicts it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session as AnySession

from hub.config.models import HubSection
from hub.platform.private_files import open_private
from hub.store.encryption.keyring import JOURNAL, Keyring
from hub.store.engine import STORE
from hub.store.journal.entries import BEGUN
from hub.store.journal.evidence import CANONICAL
from hub.store.journal.keys import JournalKeys
from hub.store.tombstones import journal_of

log = structlog.get_logger(__name__)
FILE_ENDING = ".ends"
Ends = Mapping[str, tuple[int, str]]
"""Chain → its last position, and the hash of the entry there."""


def ends_file_of(settings: HubSection) -> Path | None:
    """The path of the file of ends: beside the journal of tombstones; None if the hub has none."""
    journal = journal_of(settings)
    return None if journal is None else journal.with_suffix(FILE_ENDING)


def note_ends(file: Path | None, keyring: Keyring, at: datetime, ends: Ends, **more: object) -> None:
    """Note where chains end now. A file that cannot be written is an error in the log: what it lacks is noted with the next
    signature."""
    if file is None or not (ends or more):
        return
    line: dict[str, object] = {"at": at.isoformat(), "ends": {chain: list(end) for chain, end in ends.items()}, **more}
    line["public_key"], line["signature"] = keyring.sign_publicly(JOURNAL, _signed(line))
    try:
        descriptor = open_private(file, os.O_RDWR | os.O_APPEND)
        try:
            # A line that a crash cut off must not spoil the next one.
            size = os.fstat(descriptor).st_size
            torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, (b"\n" if torn else b"") + json.dumps(line).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        log.error("ends of the journal are not noted outside the database", file=str(file), reason=error.strerror)


def note_restored(file: Path | None, keyring: Keyring, at: datetime, ends: Ends, backup_id: str) -> None:
    """Note that a backup was restored, and where its chains end. What was noted behind these ends no longer counts."""
    note_ends(file, keyring, at, ends, restored=backup_id)


def read_ends(file: Path | None, keys: JournalKeys) -> tuple[dict[str, dict[int, str]], int | None]:
    """Chain → positions with their hashes as noted, without those that a restore explains; and the number of the first line
    that the hub did not write, if there is one."""
    noted: dict[str, dict[int, str]] = {}
    for number, line in _lines(file):
        signature, public_key = str(line.pop("signature", "")), str(line.pop("public_key", ""))
        if not keys.signed(JOURNAL, _signed(line), public_key, signature):
            return noted, number
        if "restored" in line:
            for chain, positions in noted.items():
                last = line["ends"].get(chain, (0, ""))[0]
                noted[chain] = {position: each for position, each in positions.items() if position <= last}
        for chain, (position, digest) in line["ends"].items():
            # What was noted first counts: a chain that is begun again is not the noted one.
            noted.setdefault(chain, {}).setdefault(position, digest)
    return noted, None


def _lines(file: Path | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines with their numbers; one that a crash cut off says nothing."""
    if file is None or not file.exists():
        return
    with file.open(encoding="utf-8", errors="replace") as stream:
        for number, text in enumerate(stream, start=1):
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict):
                yield number, line


def _signed(line: Mapping[str, object]) -> bytes:
    return CANONICAL.encode(["ends", line]).encode()


@event.listens_for(AnySession, "after_commit")
def _after_commit(session: AnySession) -> None:
    """Note the chains that the transaction began."""
    begun = session.info.pop(BEGUN, None)
    if begun:
        store = session.info[STORE]
        note_ends(store.ends_file, store.keyring, begun[-1].at, {row.chain: (row.position, row.hash) for row in begun})
