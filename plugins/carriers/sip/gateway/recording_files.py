"""Recordings on the gateway's disk: written in the clear while a call is on, then encrypted under a key of their own until the
hub has fetched them.

A sealed file is a row of chunks of AES-256-GCM. Its key follows from the shared secret and the recording's id, the nonce is the
chunk's number, and the last chunk is marked, so that no chunk can be changed, moved or cut off.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from plugins.carriers.sip.engine.wav import HEADER, repair

CHUNK_BYTES = 1 << 20
TAG_BYTES = 16
RESERVE_BYTES, LOW_BYTES = 1 << 20, 64 << 20
MORE, LAST = b"more", b"last"


class RecordingFiles:
    """The folder of recordings."""

    def __init__(self, folder: Path, secrets: Sequence[str]) -> None:
        self._folder, self._secrets = folder / "recordings", tuple(secrets)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._reserve = folder / "reserve"
        self.keep_reserve()

    def clear_path(self, sid: str) -> Path:
        """Where the engine writes a recording, in the clear, until it is sealed."""
        return self._folder / f"{sid}.wav"

    def seal(self, sid: str) -> bool:
        """Encrypt a finished recording and remove what is in the clear; whether there is sound in it. Raises OSError if it can
        be written nowhere; then `delete` it."""
        clear, sealed = self.clear_path(sid), self._folder / f"{sid}.sealed"
        if not clear.exists():
            return sealed.exists()
        if clear.stat().st_size <= HEADER:
            clear.unlink()
            return False
        key, part = AESGCM(_key(self._secrets[0], sid)), self._folder / f"{sid}.part"
        try:
            _encrypt(clear, part, os.O_CREAT | os.O_TRUNC, key)
            part.rename(sealed)
            clear.unlink()
        except OSError:
            # A full disk takes no copy. In its own place the file grows by a tag a chunk; the reserve is larger.
            part.unlink(missing_ok=True)
            self._reserve.unlink(missing_ok=True)
            _encrypt(clear, clear, 0, key)
            clear.rename(sealed)
        return True

    def keep_reserve(self) -> None:
        """Hold a little space, so that a recording can be encrypted when the disk is full."""
        try:
            with self._reserve.open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        except OSError:
            self._reserve.unlink(missing_ok=True)

    def is_disk_full(self) -> bool:
        """Whether there is hardly space for one more recording."""
        return shutil.disk_usage(self._folder).free < LOW_BYTES

    def read(self, sid: str) -> Iterator[bytes] | None:
        """The sound of a sealed recording, piece by piece; None if there is none, or no secret opens it."""
        path = self._folder / f"{sid}.sealed"
        for secret in self._secrets if path.exists() else ():
            key = AESGCM(_key(secret, sid))
            with contextlib.suppress(InvalidTag), path.open("rb") as source:
                number, chunk, last = next(_chunks(source, CHUNK_BYTES + TAG_BYTES))
                key.decrypt(_nonce(number), chunk, LAST if last else MORE)
                return _opened(path, key)
        return None

    def delete(self, sid: str) -> None:
        """Remove every trace of a recording; what is in the clear first."""
        for kind in ("wav", "part", "sealed"):
            (self._folder / f"{sid}.{kind}").unlink(missing_ok=True)

    def complete(self, sid: str) -> float:
        """Give the header the length that the file has, which a process that died could not write; the seconds of sound."""
        path = self.clear_path(sid)
        return repair(path) if path.exists() else 0.0

    def sweep(self, days: int) -> list[str]:
        """Delete what is older; returns the ids."""
        old = [each for each in self._folder.iterdir() if each.stat().st_mtime < time.time() - days * 86_400]
        for each in old:
            each.unlink(missing_ok=True)
        return sorted({each.name.partition(".")[0] for each in old})

    def count(self) -> int:
        """How many recordings are kept."""
        return sum(each.suffix == ".sealed" for each in self._folder.iterdir())


def _key(secret: str, sid: str) -> bytes:
    return HKDF(SHA256(), 32, b"ringfence sip recording", sid.encode()).derive(secret.encode())


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _chunks(source: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Number, content and whether it is the last of each chunk of a file."""
    number, chunk = 0, source.read(size)
    while chunk:
        following = source.read(size)
        yield number, chunk, not following
        number, chunk = number + 1, following


def _encrypt(source: Path, target: Path, flags: int, key: AESGCM) -> None:
    """Write the encrypted chunks. The target may be the source itself, because reading is one chunk ahead of writing."""
    with source.open("rb") as clear, os.fdopen(os.open(target, os.O_WRONLY | flags, 0o600), "wb") as out:
        for number, chunk, last in _chunks(clear, CHUNK_BYTES):
            out.write(key.encrypt(_nonce(number), chunk, LAST if last else MORE))
        out.flush()
        os.fsync(out.fileno())


def _opened(path: Path, key: AESGCM) -> Iterator[bytes]:
    with path.open("rb") as source:
        for number, chunk, last in _chunks(source, CHUNK_BYTES + TAG_BYTES):
            yield key.decrypt(_nonce(number), chunk, LAST if last else MORE)
