"""A full disk: the hub takes in nothing more, ends what is under way with its reserve, says so, and recovers alone."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.backup.archive import ArchiveWriter
from hub.errors import CannotDo
from hub.platform.disk import Disk, Space
from hub.store.encryption.keyring import Keyring

MB = 1_000_000


@dataclass
class FakeDisk:
    """A disk of 10 GB of which `used` bytes are taken by others."""

    folder: Path
    used: int = 0
    size: int = 10_000 * MB

    def free(self, folder: Path) -> int:
        return self.size - self.used - sum(each.stat().st_blocks * 512 for each in folder.iterdir())

    def open(self, reserve: int = 8 * MB) -> Disk:
        return Disk(self.folder, reserve, free=self.free, total=lambda folder: self.size)


def test_the_reserve_takes_real_blocks_is_released_when_the_disk_is_full_and_comes_back_alone(tmp_path: Path) -> None:
    fake = FakeDisk(tmp_path)
    disk = fake.open()
    assert disk.look() == Space.ENOUGH
    held = tmp_path / "disk.reserve"
    assert held.stat().st_blocks * 512 >= 8 * MB, "not sparse"
    fake.used = fake.size - 8 * MB - 3 * MB
    assert (disk.look(), disk.short, disk.full) == (Space.SHORT, True, False)
    fake.used += 2 * MB
    assert disk.look() == Space.FULL
    assert fake.free(tmp_path) >= 8 * MB, "what is under way may use it"
    assert fake.open().look() == Space.FULL, "so says another process, or a restart"
    since = disk.full_since()
    assert since is not None
    assert abs((datetime.now(UTC) - since).total_seconds()) < 60
    fake.used -= 2 * MB
    assert disk.look() == Space.FULL, "the whole reserve fits only with a margin"
    fake.used -= 5 * MB
    assert disk.look() == Space.ENOUGH
    assert held.stat().st_size == 8 * MB
    assert disk.full_since() is None
    assert [each.name for each in tmp_path.iterdir()] == ["disk.reserve"]


def test_a_small_disk_gives_a_twentieth_and_a_hub_that_wants_no_reserve_watches_nothing(tmp_path: Path) -> None:
    fake = FakeDisk(tmp_path, size=100 * MB)
    disk = fake.open(256 * MB)
    disk.look()
    assert (tmp_path / "disk.reserve").stat().st_size == 5 * MB
    assert disk.warning() is not None
    none = Disk(tmp_path, 0, free=lambda folder: 0)
    assert (none.look(), none.warning(), none.reserve) == (Space.ENOUGH, None, None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_disk_that_is_really_full_is_found_before_a_write_fails(tmp_path: Path) -> None:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", str(tmp_path).encode(), b"tmpfs", 0, b"size=20m"):
        pytest.skip("this container may not mount a disk")
    try:
        disk = Disk(tmp_path, 256 * MB)
        assert disk.look() == Space.ENOUGH
        with (tmp_path / "others").open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, 20 * 1024 * 1024 - disk.size - 100_000)
        assert disk.look() == Space.FULL
        (tmp_path / "paid for by the reserve").write_bytes(b"x" * 900_000)
        (tmp_path / "others").unlink()
        assert disk.look() == Space.ENOUGH
    finally:
        libc.umount2(str(tmp_path).encode(), 2)


def test_a_backup_ends_before_it_fills_the_disk(tmp_path: Path) -> None:
    keyring = Keyring([base64.b64encode(b"k" * 32).decode()])
    with (
        pytest.raises(CannotDo, match="nearly full"),
        ArchiveWriter(tmp_path / "b", keyring, "data", 1 << 60) as archive,
    ):
        archive.rows("call", [{"id": "1"}])
    assert not list(tmp_path.iterdir())
