"""CHANGELOG.md goes with the version that is built."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CHANGELOG.md").read_text()
VERSIONS = re.findall(r"^## \[([\d.]+)\] - (\d{4}-\d\d-\d\d)$", TEXT, re.MULTILINE)


def test_the_newest_version_of_the_changelog_is_the_one_that_is_built() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert VERSIONS[0][0] == version


def test_versions_stand_with_their_day_from_the_newest_to_the_oldest() -> None:
    numbers = [tuple(map(int, version.split("."))) for version, _ in VERSIONS]
    days = [date.fromisoformat(day) for _, day in VERSIONS]
    assert numbers == sorted(set(numbers), reverse=True) and days == sorted(days, reverse=True)
    assert len(re.findall(r"^## ", TEXT, re.MULTILINE)) == len(VERSIONS) + TEXT.count("\n## [Unreleased]\n")


def test_changes_are_grouped_by_their_kind() -> None:
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)", TEXT, re.MULTILINE)) <= kinds
