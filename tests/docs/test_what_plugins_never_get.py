"""The table of what no plugin gets is true: no hook hands over a field of a category that the table does not allow it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.contracts.categories import CATEGORIES
from hub.contracts.facts import Caller
from hub.contracts.values import personal_fields
from hub.hookspecs import PERSONAL_VALUES

PAGE = Path(__file__).parents[2] / "docs" / "write-a-plugin.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("## What you will never get\n")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in SECTION.splitlines() if line.startswith("| ")
][1:]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_hook_hands_over_only_what_the_table_says(row: list[str]) -> None:
    _, _, category, only_in = row
    assert category.strip("`") in CATEGORIES
    hooks = {hook for hook, value in PERSONAL_VALUES.items() if category.strip("`") in personal_fields(value).values()}
    assert hooks == set(re.findall(r"`(\w+)`", only_in))


def test_the_table_is_there() -> None:
    assert len(ROWS) == 10


def test_a_look_up_never_has_an_address() -> None:
    assert set(personal_fields(Caller)) == {"phone_number", "caller_name", "email_domain"}
