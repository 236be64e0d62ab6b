"""The names of the entries in a backup's file, and what refuses a file in which somebody changed them."""

from __future__ import annotations

import hashlib
import stat
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from zipfile import ZIP_STORED, ZipInfo

from hub.store.blob_store import is_path

MANIFEST = "manifest"
FILES = "recordings"
"""The folder of files that are stored below a path; the other folders hold the chunks of a table each."""


def chunk_name(table: str, number: int) -> str:
    """The name of a table's chunk."""
    return f"{table}/{number:08}"


def names_in(table: str, names: Sequence[str]) -> list[str]:
    """The names of one folder, in the order of the file."""
    return [name for name in names if name.startswith(f"{table}/")]


def strange_entry(entries: Sequence[ZipInfo], tables: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The name of an entry that no backup with these tables has, or that is missing; None if all are as written.

    Nothing of the file may be used before: a name may lead out of the storage, stand twice, or be of a link or a compressed
    entry, which a backup never holds.
    """
    names = Counter(entry.filename for entry in entries)
    expected = {chunk_name(table, number) for table, count in tables.items() if table != FILES
                for number in range(count["chunks"])} | {MANIFEST}  # fmt: skip
    files = {name for name in names if name.startswith(f"{FILES}/") and is_path(name.removeprefix(f"{FILES}/"))}
    for entry in entries:
        plain = entry.compress_type == ZIP_STORED and not entry.flag_bits & 1 and entry.orig_filename == entry.filename
        mode = entry.external_attr >> 16
        regular = not stat.S_IFMT(mode) or stat.S_ISREG(mode)
        if not plain or not regular or names[entry.filename] > 1 or entry.filename not in expected | files:
            return entry.orig_filename
    return min(expected - names.keys(), default=None)


class Digest:
    """A hash over the names and contents of a table's entries; one byte more or less anywhere gives another."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, name: str, data: bytes) -> None:
        """Add the next entry."""
        written = name.encode()
        self._hash.update(len(written).to_bytes(8, "big") + written + len(data).to_bytes(8, "big"))
        self._hash.update(data)

    def hex(self) -> str:
        """The hash so far."""
        return self._hash.hexdigest()
