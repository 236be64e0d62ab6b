"""A backup's file in which somebody changed a name is refused before anything is written, wherever the name leads."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from zipfile import ZipInfo

import pytest
from canaries import KEEPING, Canaries, seed
from hypothesis import given
from hypothesis import strategies as st
from testbed import CALLER, TestHub, make_config

from hub.backup.archive import ArchiveReader
from hub.backup.entries import MANIFEST, strange_entry
from hub.backup.restore import restore
from hub.backup.save import DATA, save, save_keys
from hub.errors import ConfigError
from hub.runtime import Hub
from hub.startup.assembly import assemble
from hub.store.blob_store import BlobStore, is_path

OUTSIDE = ["../../stolen", "/etc/stolen", "..", "2026/../../stolen", "C:\\stolen", "C:stolen", "a\\..\\b", ".hidden", "a//b",
           "a/", "", "a\x01b", "2026/11/" + "a" * 300]  # fmt: skip
PIECES = st.sampled_from(
    ["..", ".", "/", "\\", "C:", "\0", "a", "2026", "~", " ", "", "recordings", "%2e%2e", "．．", "\n"]
)
Edit = Callable[[ZipInfo, bytes], list[tuple[ZipInfo, bytes]]]


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub], tmp_path: Path) -> TestHub:
    """A hub with one recorded call, and its backups."""
    journal = tmp_path / "erased.tombstones"
    made = lite_hub(connectors=KEEPING, recordings={"storage": str(tmp_path / "shelf")}, tombstones=str(journal))
    journal.touch()
    seed(made, Canaries("zq7", CALLER), "CA-one")
    save(made.hub, tmp_path / "data")
    save_keys(made.hub, tmp_path / "keys")
    return made


@pytest.fixture
def new(stage: TestHub, tmp_path: Path) -> Iterator[Hub]:
    """An empty hub in a folder of its own."""
    inner = tmp_path / "new"
    inner.mkdir()
    config = make_config(
        f"sqlite:///{inner / 'new.db'}", connectors=KEEPING, recordings={"storage": str(inner / "shelf")},
        tombstones=str(tmp_path / "erased.tombstones"),
    )  # fmt: skip
    hub = assemble(config, stage.clock)
    yield hub
    hub.close()


def alter(file: Path, edit: Edit) -> None:
    """Write a backup's file anew, each entry as `edit` returns it."""
    draft = file.with_name("draft")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(draft, "w") as altered:
        for entry in old.infolist():
            for info, data in edit(entry, old.read(entry)):
                altered.writestr(info, data)
    draft.replace(file)


def renamed(path: str) -> Edit:
    """Gives the recording another name."""

    def edit(entry: ZipInfo, data: bytes) -> list[tuple[ZipInfo, bytes]]:
        info = ZipInfo(f"recordings/{path}") if entry.filename.startswith("recordings/") else entry
        return [(info, data)]

    return edit


def with_more(info: ZipInfo, data: bytes = b"more") -> Edit:
    """Adds an entry."""
    return lambda entry, old: [(entry, old), (info, data)] if entry.filename == MANIFEST else [(entry, old)]


def link() -> ZipInfo:
    made = ZipInfo("recordings/2026/11/link.sealed")
    made.external_attr = (stat.S_IFLNK | 0o777) << 16
    return made


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_altered_backup_is_refused_before_anything_is_written(new: Hub, tmp_path: Path) -> None:
    file = tmp_path / "data"
    whole = shutil.copyfile(file, tmp_path / "whole")
    before = sorted(tmp_path.rglob("*"))
    edits = [*map(renamed, OUTSIDE), renamed("2026/11/another.sealed"), with_more(ZipInfo("recordings/2026/11/new.sealed")),
             with_more(ZipInfo(MANIFEST)), with_more(ZipInfo("call/00000007")), with_more(ZipInfo("secrets/key")),
             with_more(link())]  # fmt: skip
    for edit in edits:
        shutil.copyfile(whole, file)
        alter(file, edit)
        with pytest.raises(ConfigError, match=r"altered|damaged|not a complete|another key"):
            restore(new, file, tmp_path / "keys")
        assert sorted(tmp_path.rglob("*")) == before
    shutil.copyfile(whole, file)
    restore(new, file, tmp_path / "keys")
    assert len(list((tmp_path / "new" / "shelf").rglob("*.sealed"))) == 1


def test_a_backup_of_another_format_is_left_to_the_version_that_made_it(
    stage: TestHub, new: Hub, tmp_path: Path
) -> None:
    file = tmp_path / "data"
    manifest = {**ArchiveReader(file, stage.hub.keyring, DATA).manifest, "format": 1}
    sealed = stage.hub.keyring.encrypt(json.dumps(manifest).encode(), f"backup/{DATA}/{MANIFEST}")
    alter(file, lambda entry, data: [(entry, sealed if entry.filename == MANIFEST else data)])
    with pytest.raises(ConfigError, match="another version of Ringfence"):
        restore(new, file, tmp_path / "keys")


@given(st.lists(PIECES, max_size=8).map("".join))
def test_a_path_stays_below_the_storage_on_every_system(text: str) -> None:
    if is_path(text):
        for kind in (PurePosixPath, PureWindowsPath):
            assert not kind(text).is_absolute() and not kind(text).anchor and ".." not in kind(text).parts
        assert "\0" not in text and "\n" not in text


@given(st.lists(PIECES, max_size=8).map("".join), st.integers(0, 3))
def test_no_entry_is_taken_that_no_backup_has(name: str, chunks: int) -> None:
    written = [ZipInfo(MANIFEST), *(ZipInfo(f"call/{number:08}") for number in range(chunks))]
    tables = {"call": {"chunks": chunks}, "recordings": {"chunks": 1}}
    assert strange_entry(written, tables) is None
    known = name.startswith("recordings/") and is_path(name.removeprefix("recordings/"))
    assert (strange_entry([*written, ZipInfo(name)], tables) is None) is known
    assert not chunks or strange_entry(written[:-1], tables) == f"call/{chunks - 1:08}"


def test_the_storage_itself_writes_reads_and_deletes_nothing_outside(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path / "shelf"), {})
    (tmp_path / "secret").write_bytes(b"key")
    for act in (
        lambda: store.write("../secret", b"x"),
        lambda: store.read("../secret"),
        lambda: store.delete("../secret"),
    ):
        with pytest.raises(ConfigError, match="out of the storage"):
            act()
    assert (tmp_path / "secret").read_bytes() == b"key"
