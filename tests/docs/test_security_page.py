"""The page on security names files that exist, and says something about every requirement of levels 1 and 2."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
LEVELS_1_AND_2 = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4, "3.4": 6,
    "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12,
    "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2,
    "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2,
    "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1,
    "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5,
    "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}  # fmt: skip
"""Section → how many of its requirements are of levels 1 and 2; these come first in every section. Source: ASVS 5.0.0."""
STATES = {"met", "in part", "not met", "no such thing"}
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| V")]


def numbers(written: str) -> list[str]:
    """The single requirements in a cell such as `V1.1.1, V1.2.6–8`."""
    found = []
    for section, first, last in re.findall(r"V(\d+\.\d+)\.(\d+)(?:–(\d+))?", written):
        found += [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    return found


def test_every_requirement_has_one_row_with_a_state_and_a_reason() -> None:
    named = [number for requirements, state, why in ROWS for number in numbers(requirements) if state in STATES and why]
    wanted = [f"{section}.{number}" for section, count in LEVELS_1_AND_2.items() for number in range(1, count + 1)]
    assert sorted(named) == sorted(wanted)


def test_every_file_that_the_page_names_exists() -> None:
    files = re.findall(r"`((?:hub|plugins|tests|docs|requirements)/[\w/.*-]+)`|\]\(([\w/.-]+)\)", PAGE)
    named = [file or f"docs/{link}" for file, link in files]
    assert len(named) > 80
    assert [file for file in named if not list(ROOT.glob(file))] == []
