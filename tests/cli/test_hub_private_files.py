"""What the hub writes belongs to its user alone, whatever umask the command was started with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_shop import Shop
from commands import CliRunner

from hub.cli import app
from hub.config.loading import load_config
from hub.platform.private_files import open_to_others, tighten
from hub.plugin_host.discovery import discover
from hub.startup.assembly import private_paths
from hub.store.blob_store import BlobStore
from hub.store.journal.ends_file import ends_file_of
from hub.store.tombstones import journal_of


def hub(folder: Path, *arguments: str) -> str:
    """The output of the command, run as a process of its own whose umask lets everybody read."""
    command = [sys.executable, "-m", "hub.cli", *arguments]
    done = subprocess.run(command, cwd=folder, umask=0o022, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def open_paths(folder: Path) -> list[Path]:
    """All files and folders below a folder that group or others may use."""
    return open_to_others(sorted(folder.rglob("*")))


@pytest.mark.soak
def test_no_other_user_can_read_what_a_new_hub_writes(tmp_path: Path) -> None:
    hub(tmp_path, "init", "--yes", "--business", "plumber")
    hub(tmp_path, "check")
    hub(tmp_path, "backup", "saved.data", "--keys", "saved.keys")
    assert (tmp_path / "data" / "ringfence.db").exists() and (tmp_path / "saved.keys").exists()
    assert open_paths(tmp_path) == [tmp_path / ".env.example", tmp_path / "config.yaml"], "a container must read these"


def test_files_that_were_open_to_others_are_closed_at_the_next_start(shop: Shop) -> None:
    shop.play()
    database = shop.folder / "ringfence.db"
    config = load_config(shop.folder / "config.yaml", discover)
    wide = [path for path in private_paths(config) if path.is_file()]
    for path in wide:
        path.chmod(0o644)
    with shop.opened():
        assert open_to_others(wide) == []
        assert open_to_others([Path(f"{config.hub.database.removeprefix('sqlite:///')}-wal"), database]) == []
    assert wide


def test_a_folder_of_the_hub_that_was_open_to_others_is_closed_but_never_a_shared_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid)
    if folder.stat().st_uid == 0:
        tighten([folder])
        assert open_to_others([folder]) == [folder], "root's folders may be the system's"
        os.chown(folder, 1234, -1)
    tighten([folder])
    assert open_to_others([folder]) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder to somebody else")
def test_what_a_command_of_root_makes_belongs_to_the_hubs_own_user(shop: Shop) -> None:
    shop.play()
    config = load_config(shop.folder / "config.yaml", discover)
    journal, ends = journal_of(config.hub), ends_file_of(config.hub)
    assert journal is not None and ends is not None and not journal.exists(), "nobody was erased yet"
    ends.unlink(missing_ok=True)
    os.chown(journal.parent, 1234, 1234)
    assert shop.run("backup", "data", "--keys", "keys").exit_code == 0
    BlobStore(str(journal.parent / "audio"), {}).write("2026/11/voice.wav", b"RIFF")
    made = [journal, *(journal.parent / "audio").rglob("*")]
    assert {(each.stat().st_uid, each.stat().st_gid) for each in made} == {(1234, 1234)}
    assert not ends.exists() or ends.stat().st_uid == 1234


def test_hub_check_names_what_belongs_to_another_user_and_is_open(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.play()
    recordings = shop.folder / "data" / "recordings"
    recordings.mkdir(parents=True)
    recordings.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: recordings.stat().st_uid + 1)
    told = CliRunner().invoke(app, ["check", "--config", str(shop.folder / "config.yaml")]).stdout
    assert "data/recordings can be read or entered by other users of this machine" in told
    assert "chmod go= " in told
