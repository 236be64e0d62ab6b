"""Storage for encrypted audio: a folder, or any storage that fsspec supports, such as S3 and compatible services."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.errors import ConfigError, RetryLater
from hub.model.columns import new_id
from hub.platform.private_files import open_private

PATH = re.compile(r"[\w-][\w.-]*(?:/[\w-][\w.-]*)*", re.ASCII)
MAX_PATH_CHARACTERS = 200


def is_path(text: str) -> bool:
    """Whether a text is a path below the storage on every system: no part begins with a dot, none is empty."""
    return len(text) <= MAX_PATH_CHARACTERS and PATH.fullmatch(text) is not None


class BlobStore:
    """Files by their path below `storage`, a folder or an fsspec address (`s3://bucket/prefix`); each is written once,
    atomically.

    `options` are those of the fsspec file system; a folder needs no such library. RetryLater if the storage does not answer;
    ConfigError if its library is missing, or a path would leave the storage.
    """

    def __init__(self, storage: str, options: Mapping[str, object]) -> None:
        self._storage, self._options = storage, options
        self._opened: tuple[Any, str] | None = None

    def write(self, path: str, data: bytes) -> None:
        """Write a file, replacing an existing one; on a local disk it survives a power cut after this returns."""
        with self._reaching(path) as (files, root):
            if files is not None:
                files.pipe_file(f"{root}/{path}", data)
                return
            file = Path(root, path)
            draft = file.with_name(f".{file.name}.draft")
            with os.fdopen(open_private(draft, os.O_WRONLY | os.O_TRUNC), "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(file)
            folder = os.open(file.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file as stored now; None if it does not exist."""
        with self._reaching(path) as (files, root):
            try:
                if files is None:
                    return Path(root, path).read_bytes()
                files.invalidate_cache()
                return bytes(files.cat_file(f"{root}/{path}"))
            except FileNotFoundError:
                return None

    def delete(self, path: str) -> None:
        """Delete a file; a missing file is ignored."""
        with self._reaching(path) as (files, root):
            try:
                if files is None:
                    return Path(root, path).unlink()
                files.invalidate_cache()
                files.rm_file(f"{root}/{path}")
            except FileNotFoundError:
                return

    def check(self) -> None:
        """Write, read and delete a file of a few bytes; RetryLater or ConfigError if that fails."""
        path, data = f"probe/{new_id()}", b"is anybody there?"
        self.write(path, data)
        read = self.read(path)
        self.delete(path)
        if read != data:
            raise RetryLater("The storage of recordings returned something other than what was written.")

    @contextmanager
    def _reaching(self, path: str) -> Iterator[tuple[Any, str]]:
        if not is_path(path):
            raise ConfigError("A file's path leads out of the storage of recordings.")
        try:
            if self._opened is None:
                self._opened = self._open()
            yield self._opened
        except (ConfigError, RetryLater):
            raise
        except Exception as error:  # noqa: BLE001 - each storage has errors of its own
            raise RetryLater(f"The storage of recordings does not answer ({type(error).__name__}).") from None

    def _open(self) -> tuple[object, str]:
        if "://" not in (folder := self._storage.removeprefix("file://")):
            return None, str(Path(folder).expanduser())
        try:
            from fsspec.core import url_to_fs

            files, root = url_to_fs(self._storage, **self._options)
        except ImportError:
            raise ConfigError(
                "The library for recordings.storage is missing; for s3:// install the extra s3: "
                "`hub docs deploy/one-machine#extras` says how."
            ) from None
        except (ValueError, TypeError):
            raise ConfigError(
                "recordings.storage is not an address that fsspec supports; write a folder or s3://bucket/prefix, and check "
                "recordings.options."
            ) from None
        return files, str(root).rstrip("/")
