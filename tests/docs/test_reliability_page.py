"""Every command by which the page about reliability proves a promise exists, with the options and faults that it names."""

from __future__ import annotations

import re
from pathlib import Path

from typer.main import get_command

from hub.cli import app
from hub.proof.chaos.faults import FAULTS
from hub.proof.cli.chaos import Faults

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text()


def test_the_page_proves_its_promises_with_commands_that_exist() -> None:
    options = {name for each in get_command(app).commands["chaos"].params for name in each.opts}  # type: ignore[attr-defined]
    commands = re.findall(r"`((?:hub chaos|pytest|python) [^`]+)`", PAGE)
    assert len(commands) > 10
    for command in commands:
        program, *words = command.split()
        if program == "hub":
            assert {word for word in words if word.startswith("--")} <= options, command
            if "--faults" in words:
                assert set(words[words.index("--faults") + 1].split(",")) <= FAULTS.keys(), command
        elif words[:2] == ["-m", "benchmarks"]:
            assert all((ROOT / "benchmarks" / f"{word}.py").exists() for word in words[2:]), command
        else:
            assert all((ROOT / word).exists() for word in words), command


def test_the_page_and_the_option_name_every_fault() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    assert listed == list(FAULTS)
    (option,) = Faults.__metadata__  # type: ignore[attr-defined]
    assert ", ".join(FAULTS) in option.help
