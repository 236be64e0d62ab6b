"""`hub` loads what a command needs when the command runs."""

from __future__ import annotations

import subprocess
import sys

import typer.main
from typer.testing import CliRunner

from hub.cli import app, application
from hub.cli.command_list import COMMANDS, GROUPS


def test_help_loads_neither_database_nor_web_framework_nor_plugins() -> None:
    seen = (
        "import sys, hub.cli; hub.cli.application(()); print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stdout
    for heavy in ("sqlalchemy", "fastapi", "alembic", "pydantic", "phonenumbers", "plugins", "rich", "httpx"):
        assert f"'{heavy}'" not in loaded


def test_the_listing_says_of_each_command_what_its_own_help_says() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    told = {name: " ".join((each.help or "").partition("\n\n")[0].split()) for name, each in commands.items()}
    listed = {name: summary for name, (_, summary) in COMMANDS.items()}
    assert told == listed and set(told) == set(COMMANDS)


def test_help_shows_the_commands_in_groups_of_which_none_is_long() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert {name: each.rich_help_panel for name, each in commands.items()} == {
        name: group for group, names in GROUPS.items() for name in names
    }
    assert max(map(len, GROUPS.values())) <= 10
    printed = CliRunner().invoke(application(()), ["--help"]).stdout
    at = [printed.index(title) for title in GROUPS]
    assert at == sorted(at) and printed.index("Numbers") < printed.index("pools ") < printed.index("Privacy")


def test_a_command_loads_the_modules_of_no_other_command() -> None:
    seen = "import sys, hub.cli; hub.cli.application(['texts']); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stdout
    assert "'hub.cli.texts.text_commands'" in loaded and "'hub.cli.deliveries'" not in loaded


def test_a_command_is_whole_whatever_was_loaded_before() -> None:
    alone = typer.main.get_command(application(["report"])).commands["report"]  # type: ignore[attr-defined]
    assert "costs" in alone.commands
