"""`hub dev FILE`: certify a one-file plugin and play a few calls with it, again at each save."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hub.cli.plugins.certify import CannotCertify, certify_saved, need_pytest
from hub.cli.plugins.saves import at_each_save
from hub.testing.exchanges.held_against import FOLDER

CALLS = 6
"""How many calls are played, unless `--calls` says it."""


def dev(
    file: Annotated[Path, typer.Argument(help="A one-file plugin; config.yaml beside it is what is played.")],
    calls: Annotated[
        int, typer.Option(min=0, max=1_000, help="How many calls to play each time; 0: only certify.")
    ] = CALLS,
) -> None:
    """Certify a one-file plugin and play a few calls with it against stand-ins, again at each save, until Ctrl+C."""
    if file.suffix != ".py" or not file.is_file():
        raise CannotCertify(
            f"{file} is not a one-file plugin; for a wheel there is `hub certify --file WHEEL --watch`."
        )
    need_pytest()
    console, config = Console(), file.with_name("config.yaml")

    def act() -> None:
        if certify_saved(console, file) and calls and config.is_file():
            _play(console, config, calls)

    at_each_save(console, [file, file.with_name(FOLDER), config], act)


def _play(console: Console, config: Path, calls: int) -> None:
    """Play a demo in a process of its own, which imports the plugin again."""
    command = ["demo", "--config", str(config), "--calls", str(calls), "--exit"]
    done = subprocess.run([sys.executable, "-P", "-m", "hub.cli", *command], check=False)  # noqa: S603 - our own
    if done.returncode:
        console.print(
            f"It ended with {done.returncode}; more: hub {' '.join(command)} --ledger", style="red", markup=False
        )
