"""The file of a backup: encrypted chunks of rows, audio files, and a manifest with their counts and hashes."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from hub.backup.entries import FILES, MANIFEST, Digest, chunk_name, names_in, strange_entry
from hub.errors import CannotDo, ConfigError
from hub.model.columns import new_id
from hub.platform.disk import free_bytes
from hub.store.encryption.keyring import Keyring

FORMAT = 2


class NotWhole(ConfigError):
    """The file is damaged, truncated, altered, or not a backup."""


class ArchiveWriter:
    """Writes one file atomically: it gets its name after the manifest is written and everything is on disk.

    Each chunk is compressed JSON lines, encrypted with the hub's keyring and bound to its place in this backup. Memory
    holds one chunk, plus a few bytes per entry name. It ends with CannotDo before the disk has less than `keep_free` bytes.
    """

    def __init__(self, file: Path, keyring: Keyring, kind: str, keep_free: int = 0) -> None:
        self.id, self._keep_free = new_id(), keep_free
        self._file, self._keyring, self._kind = file, keyring, kind
        self._draft = file.with_name(f".{file.name}.draft")
        self._counts: dict[str, dict[str, Any]] = {}
        self._hashes: dict[str, Digest] = {}
        try:
            self._stream = os.fdopen(os.open(self._draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")
        except OSError as error:
            raise ConfigError(
                f"{file} cannot be written ({error.strerror}); name a file in a folder that you can write to."
            ) from None
        self._zip = zipfile.ZipFile(self._stream, "w", zipfile.ZIP_STORED, allowZip64=True)

    def __enter__(self) -> ArchiveWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._zip.close()
            self._stream.close()
            self._draft.unlink(missing_ok=True)

    def rows(self, table: str, rows: Sequence[object]) -> None:
        """One chunk of a table."""
        count = self._entry(table)
        lines = "\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
        name = chunk_name(table, count["chunks"])
        sealed = self._keyring.encrypt(
            zlib.compress(lines.encode("utf-8", "surrogatepass")), f"backup/{self.id}/{name}"
        )
        self._write(table, name, sealed)
        count["rows"] += len(rows)

    def file(self, path: str, data: bytes) -> None:
        """Add one file that is already encrypted."""
        self._entry(FILES)["rows"] += 1
        self._write(FILES, f"{FILES}/{path}", data)

    def finish(self, manifest: dict[str, object]) -> dict[str, Any]:
        """Write the manifest and give the file its name; returns the manifest."""
        for table, count in self._counts.items():
            count["sha256"] = self._hashes[table].hex()
        content = {**manifest, "format": FORMAT, "kind": self._kind, "id": self.id, "tables": self._counts}
        plain = json.dumps(content, separators=(",", ":")).encode()
        self._zip.writestr(MANIFEST, self._keyring.encrypt(plain, f"backup/{self._kind}/{MANIFEST}"))
        self._zip.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        self._draft.replace(self._file)
        folder = os.open(self._file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return content

    def _entry(self, table: str) -> dict[str, Any]:
        self._hashes.setdefault(table, Digest())
        return self._counts.setdefault(table, {"rows": 0, "chunks": 0})

    def _write(self, table: str, name: str, data: bytes) -> None:
        if self._keep_free and free_bytes(self._file.parent) - len(data) < self._keep_free:
            raise CannotDo(
                f"The disk of {self._file} is nearly full, so no backup was written; name a file on another disk, or make "
                "space."
            )
        self._zip.writestr(name, data)
        self._hashes[table].add(name, data)
        self._counts[table]["chunks"] += 1


class ArchiveReader:
    """Reads one file; `manifest` says what is in it. NotWhole if it is damaged; ConfigError if its key is missing."""

    def __init__(self, file: Path, keyring: Keyring, kind: str) -> None:
        self._file, self._keyring = file, keyring
        try:
            self._zip = zipfile.ZipFile(file)
            sealed = self._zip.read(MANIFEST)
        except OSError as error:
            raise ConfigError(f"{file} cannot be read ({error.strerror}).") from None
        except (zipfile.BadZipFile, KeyError, RuntimeError, EOFError, zlib.error):
            raise NotWhole(f"{file} is not a complete Ringfence backup; use another copy of it.") from None
        try:
            plain = keyring.decrypt(sealed, f"backup/{kind}/{MANIFEST}")
        except ConfigError as error:
            if keyring.knows(sealed):
                raise NotWhole(
                    f"{file} is not a complete backup of {kind}; use the right file, or another copy."
                ) from None
            raise ConfigError(f"{file} was made with another key. {error}") from None
        self.manifest: dict[str, Any] = json.loads(plain)
        if self.manifest["format"] != FORMAT:
            raise ConfigError(f"{file} was made by another version of Ringfence; restore it with that one.")
        if strange := strange_entry(self._zip.infolist(), self.manifest["tables"]):
            raise NotWhole(f"{file} was altered: {strange:.100} is not as a backup has it. Use another copy of it.")

    @property
    def id(self) -> str:
        """The backup's."""
        return str(self.manifest["id"])

    def check(self) -> None:
        """Read the whole file; NotWhole if a byte differs from what was written, or something is missing."""
        for table, count in self.manifest["tables"].items():
            digest, names = Digest(), self._names(table)
            for name in names:
                digest.add(name, self._read(name))
            if len(names) != count["chunks"] or digest.hex() != count["sha256"]:
                raise NotWhole(f"{self._file} is damaged at {table}; use another copy of it.")

    def rows(self, table: str) -> Iterator[list[Any]]:
        """The chunks of a table, in the order they were written."""
        for name in self._names(table):
            sealed = self._read(name)
            try:
                plain = self._keyring.decrypt(sealed, f"backup/{self.id}/{name}")
            except ConfigError:
                raise NotWhole(f"{self._file} is damaged at {table}; use another copy of it.") from None
            text = zlib.decompress(plain).decode("utf-8", "surrogatepass")
            yield [json.loads(line) for line in text.split("\n")]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Each file's path and bytes."""
        for name in self._names(FILES):
            yield name.removeprefix(f"{FILES}/"), self._read(name)

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def _names(self, table: str) -> list[str]:
        return names_in(table, self._zip.namelist())

    def _read(self, name: str) -> bytes:
        try:
            return self._zip.read(name)
        except (zipfile.BadZipFile, OSError, EOFError):
            raise NotWhole(f"{self._file} is damaged at {name.partition('/')[0]}; use another copy of it.") from None
