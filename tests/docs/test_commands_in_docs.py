"""Every `hub …` that the documentation tells people to type is a command, with options that it has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from hub.cli import app

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "plugins").rglob("*.md")]
    if page.name != "cli.md" and page.parent.name != "adr"
]
"""cli.md is made from the commands; decisions may name commands that went."""
BLOCK = re.compile(r"^ *```(?:sh|bash|console)?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:[\w./-]*/)?hub [^`]+)`")
PREFIX = re.compile(r"^(?:\$ )?(?:docker compose exec \w+ |docker run .*ringfence |sudo -u \w+ |[\w./-]*/)?hub ")


@cache
def everything() -> Any:
    """`hub` with all its commands."""
    return get_command(app)


def typed(text: str) -> Iterator[str]:
    """The commands of one page, without "hub"."""
    blocks = [re.sub(r"\\\n *", " ", block) for block in BLOCK.findall(text)]
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    for each in [*lines, *INLINE.findall(text)]:
        if match := PREFIX.match(each):
            yield each[match.end() :].partition("#")[0].partition(" | ")[0].replace("…", "").strip()


def problem(command: str) -> str | None:
    """What is wrong with a command that somebody would type."""
    found = everything()
    words = shlex.split(command)
    while hasattr(found, "commands") and words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        inner = found.commands.get(words[0])
        if inner is None:
            return None if found.invoke_without_command else f"there is no hub {command}"
        found, words = inner, words[1:]
    known = {option for parameter in found.params for option in parameter.opts + parameter.secondary_opts} | {"--help"}
    unknown = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)} - known
    return f"hub {command}: no option {unknown}" if unknown else None


def test_a_command_with_a_typing_error_is_found() -> None:
    assert problem("numbers by NUMBER") and problem("numbers buy NUMBER --max-prise 2") and problem("numers buy")
    assert problem("numbers buy NUMBER --max-price '2 USD'") is None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_documentation_exist(page: Path) -> None:
    assert [told for command in typed(page.read_text()) if (told := problem(command))] == []
