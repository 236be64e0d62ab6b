"""Where an export is written: a folder, or a zip. Each file is hashed as it is written, and only the hub's user may read it."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol, Self

from hub.errors import CannotDo
from hub.queries.spreadsheets import csv_text


class Archive(Protocol):
    """A folder or a zip that is being written."""

    def open(self, name: str) -> Any:
        """A context manager of a binary file to write; one at a time."""


class FolderArchive:
    """Files in a new folder."""

    def __init__(self, path: Path) -> None:
        try:
            path.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            raise CannotDo(f"{path} exists already; name a new folder, or a file that ends in .zip.") from None
        self._path = path

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """A new file below the folder."""
        file = self._path / name
        file.parent.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            yield stream


class ZipArchive:
    """Files in one zip, which is written from front to back to `stream`; it need not be seekable."""

    def __init__(self, stream: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, allowZip64=True)

    @classmethod
    def at(cls, path: Path) -> Self:
        """A zip in a new file."""
        try:
            return cls(os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"))
        except FileExistsError:
            raise CannotDo(f"{path} exists already; name a new file.") from None

    @contextmanager
    def open(self, name: str) -> Iterator[Any]:
        """A new file in the zip."""
        with self._zip.open(name, "w", force_zip64=True) as stream:
            yield stream

    def finish(self) -> None:
        """Write the zip's list of files; the stream stays open."""
        self._zip.close()

    def close(self) -> None:
        """As `finish`, and close the stream."""
        stream = self._zip.fp
        self.finish()
        if stream is not None:
            stream.close()


class HashedFile:
    """One file of an export, hashed while it is written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._hash, self.size = stream, hashlib.sha256(), 0

    @property
    def sha256(self) -> str:
        """The hash of what was written."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Write the next bytes."""
        self._stream.write(data)
        self._hash.update(data)
        self.size += len(data)

    def write_rows(self, rows: Iterable[Iterable[object]]) -> None:
        """Write rows of a CSV; texts that a spreadsheet would compute begin with an apostrophe."""
        self.write(csv_text(rows).encode())


def described(name: str, written: HashedFile, **more: object) -> Mapping[str, object]:
    """A file's line of the manifest."""
    return {"name": name, **more, "bytes": written.size, "sha256": written.sha256}
