"""`hub` loads what a command needs when the command runs."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
import typer.main
from typer.testing import CliRunner

from hub.cli import app, application
from hub.cli.command_list import GROUPS, SUMMARIES, to_load


def test_help_loads_neither_database_nor_web_framework_nor_plugins() -> None:
    seen = (
        "import sys, hub.cli; hub.cli.application(()); print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stdout
    for heavy in ("sqlalchemy", "fastapi", "alembic", "pydantic", "phonenumbers", "plugins", "rich", "httpx2"):
        assert f"'{heavy}'" not in loaded


def test_the_help_of_a_group_loads_none_of_its_commands() -> None:
    for words in (["privacy"], ["privacy", "request", "--help"], ["deliveries", "--help"]):
        seen = (
            f"import sys, hub.cli; hub.cli.application(hub.cli.to_load({words}), {words}); print(sorted(sys.modules))"
        )
        loaded = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stdout
        ours = {name for name in ast.literal_eval(loaded) if name.startswith(("hub.", "plugins."))}
        assert len(ours) <= 6 and "'sqlalchemy'" not in loaded and "'pydantic'" not in loaded, ours


def test_the_help_of_a_group_is_the_same_whether_its_commands_are_loaded_or_not() -> None:
    groups = [(name,) for name, listed in SUMMARIES.items() if isinstance(listed, dict)]
    inner = [(name, each) for (name,) in groups for each, listed in SUMMARIES[name].items() if isinstance(listed, dict)]
    for words in (*groups, *inner):
        light, whole = (CliRunner().invoke(each, [*words, "--help"]).stdout for each in (application((), words), app))
        assert light == whole and len(light.splitlines()) > 5


def test_a_command_is_loaded_unless_only_a_listing_is_asked_for() -> None:
    listings = ([], ["--help"], ["privacy"], ["privacy", "--help"], ["privacy", "request"], ["nonsense"])
    assert [to_load(words) for words in listings] == [[]] * len(listings)
    commands = (["privacy", "map"], ["privacy", "map", "--help"], ["calls"], ["calls", "--help"], ["privacy", "--json"])
    assert [to_load(words) for words in commands] == [[words[0]] for words in commands]


def test_help_shows_the_commands_in_groups_of_which_none_is_long() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert {name: each.rich_help_panel for name, each in commands.items()} == {
        name: group for group, names in GROUPS.items() for name in names
    }
    assert max(map(len, GROUPS.values())) <= 10
    printed = CliRunner().invoke(application(()), ["--help"]).stdout
    at = [printed.index(title) for title in GROUPS]
    assert at == sorted(at) and printed.index("Numbers") < printed.index("pools ") < printed.index("Privacy")


@pytest.mark.soak
def test_a_command_loads_the_modules_of_no_other_command() -> None:
    seen = "import sys, hub.cli; hub.cli.application(['texts']); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stdout
    assert "'hub.cli.texts.text_commands'" in loaded and "'hub.cli.deliveries'" not in loaded


def test_a_command_is_whole_whatever_was_loaded_before() -> None:
    alone = typer.main.get_command(application(["report"])).commands["report"]  # type: ignore[attr-defined]
    assert "costs" in alone.commands
