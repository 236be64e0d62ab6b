"""`make release`: two builds of one commit are the same to the byte, and nothing is tagged without a key."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n- A change.\n\n## [0.0.1] - 2026-01-02\n\n- The first.\n"
BY = ("-c", "user.name=Pat", "-c", "user.email=pat@example.com")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A commit of this checkout's files, by somebody without a key."""
    copy = tmp_path / "checkout"
    run(tmp_path, "git", "clone", "--quiet", "--no-tags", str(ROOT), str(copy))
    (copy / ".ci" / "release.py").write_bytes((ROOT / ".ci" / "release.py").read_bytes())
    run(copy, "git", "add", "--all")
    run(copy, "git", *BY, "commit", "--quiet", "--allow-empty", "--message", "Release")
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


@pytest.mark.soak
def test_the_changelog_gets_the_day_of_its_version_before_that_is_tagged(checkout: Path, tmp_path: Path) -> None:
    (log := checkout / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    project = (checkout / "pyproject.toml").read_text(encoding="utf-8")
    (number,) = re.findall(r'^version = "(.+)"$', project, re.MULTILINE)
    (made := tmp_path / "made").mkdir()
    (made / "of-before").touch()

    def release() -> str:
        run(checkout, "git", *BY, "commit", "--quiet", "--allow-empty", "--all", "--message", "Release")
        return run(checkout, sys.executable, ".ci/release.py", str(made)).stderr

    run(checkout, "git", "config", "user.signingkey", "of-pat")
    assert f"CHANGELOG.md now says that {number} is of " in release()
    dated = log.read_text(encoding="utf-8")
    heading = rf"## \[Unreleased\]\n\n## \[{number}\] - \d{{4}}-\d\d-\d\d\n\n- A change\.\n\n## \[0\.0\.1\]"
    assert re.search(heading, dated)
    assert f"{made} is not empty" in release(), "the changelog is right"
    log.write_text(dated.replace("[Unreleased]\n", "[Unreleased]\n\n- A later one.\n"), encoding="utf-8")
    assert f"lines that are newer than {number}" in release()
    log.write_text(CHANGELOG.replace("- A change.\n\n", ""), encoding="utf-8")
    assert "no line below ## [Unreleased]" in release()
