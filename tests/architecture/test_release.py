"""`make release`: two builds of one commit are the same to the byte, and nothing is tagged without a key."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A commit of this checkout's files, by somebody without a key."""
    copy = tmp_path / "checkout"
    run(tmp_path, "git", "clone", "--quiet", str(ROOT), str(copy))
    (copy / ".ci" / "release.py").write_bytes((ROOT / ".ci" / "release.py").read_bytes())
    run(copy, "git", "add", "--all")
    by = ("-c", "user.name=Pat", "-c", "user.email=pat@example.com")
    run(copy, "git", *by, "commit", "--quiet", "--allow-empty", "--message", "Release")
    return copy


def run(folder: Path, *words: str, umask: int = -1) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return subprocess.run(
        words, cwd=folder, env=environment, umask=umask, capture_output=True, text=True, timeout=250, check=False
    )


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_two_builds_in_two_folders_are_the_same_to_the_byte(checkout: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "copy"
    run(tmp_path, "git", "clone", "--quiet", str(checkout), str(other))
    for folder, to, umask in ((checkout, "one", 0o022), (other, "two", 0o077)):
        script = [sys.executable, ".ci/release.py", str(tmp_path / to), "--unsigned", "--without-sbom"]
        done = run(folder, *script, umask=umask)
        assert done.returncode == 0, done.stderr
    names = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert [name.rpartition(".")[2] for name in names] == ["SHA256SUMS", "whl", "gz"]
    assert [
        name for name in names if (tmp_path / "one" / name).read_bytes() != (tmp_path / "two" / name).read_bytes()
    ] == []


@pytest.mark.soak
def test_without_a_key_nothing_is_built_or_tagged(checkout: Path, tmp_path: Path) -> None:
    refused = run(checkout, sys.executable, ".ci/release.py", str(tmp_path / "made"))
    assert refused.returncode == 1 and "Git has no key to sign the tag with" in refused.stderr
    assert not (tmp_path / "made").exists() and not run(checkout, "git", "tag").stdout
