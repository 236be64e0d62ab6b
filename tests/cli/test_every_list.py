"""Every command that lists something prints a table, JSON and CSV, by one printer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import typer.main
from cli_shop import Shop

from hub.cli import app

NOT_LISTS = {"hub listen"}
"""It prints what happens until it is stopped."""


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", {})
    if not inner or command.invoke_without_command:
        yield name, command
    for word, each in inner.items():
        yield from commands(each, f"{name} {word}")


def test_a_command_that_lists_offers_json_and_csv() -> None:
    without = {
        name
        for name, each in commands(typer.main.get_command(app), "hub")
        if (each.help or "").startswith("List ") or name.endswith(" list")
        if not {"--json", "--csv"} <= {option for parameter in each.params for option in parameter.opts}
    }
    assert without - NOT_LISTS == set(), "return a Listing and decorate the command with hub.cli.support.lists.listing"


def test_csv_has_what_json_has_and_no_formula(shop: Shop) -> None:
    shop.play()
    assert shop.run("blocks", "add", "+1900*", "--note", "=1+1").exit_code == 0
    (row,) = csv.DictReader(io.StringIO(shop.run("blocks", "list", "--show-personal", "--csv").stdout))
    (same,) = shop.json("blocks", "list", "--show-personal")
    assert row == {name: "" if value is None else str(value) for name, value in same.items()} | {
        "number": "'+1900*", "note": "'=1+1"
    }  # fmt: skip


def test_a_list_without_rows_prints_no_heading_as_csv(shop: Shop) -> None:
    assert shop.run("alerts", "list", "--csv").stdout == ""
    assert shop.json("alerts", "list") == []
