"""The `hub` command; one module per command, loaded when that command runs."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Container, Iterable, Mapping
from importlib import import_module
from typing import Any

import typer

from hub.cli.command_list import COMMANDS, GROUPS, SUMMARIES, to_load
from hub.errors import RingfenceError
from hub.platform.private_files import create_private_files

COLLECT_AFTER = 100_000
"""New objects of a command before Python's collector looks for cycles; `hub run` sets what it needs once it has started.
While a command is imported nothing is looked for: that makes up to half a million objects, none of which can go."""


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = made = application(COMMANDS)
    return made


def application(names: Iterable[str], listed: Container[str] = ()) -> typer.Typer:
    """`hub` with these commands; of the others it has only what a listing shows, also of the commands in the groups that are
    to be `listed`."""
    app = typer.Typer(
        name="hub",
        help="Ringfence: the open, self-hosted call-tracking hub.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode="markdown",
    )
    for name in names:
        owner, *others = COMMANDS[name]
        place, _, function = owner.partition(":")
        made, *_ = (import_module(each if each.startswith("hub.") else f"hub.cli.{each}") for each in (place, *others))
        if function:
            app.command(name)(getattr(made, function))
        else:
            app.add_typer(made.commands, name=name)
    loaded = {each.name: each for each in app.registered_commands} | {each.name: each for each in app.registered_groups}
    for group, commands in GROUPS.items():
        for name in commands:
            if name in loaded:
                loaded[name].rich_help_panel = group
            else:
                summary = SUMMARIES[name]
                _list(app, name, summary if isinstance(summary, str) or name in listed else summary[""], group)
    return app


def _list(app: typer.Typer, name: str, summary: str | Mapping[str, Any], panel: str | None = None) -> None:
    """Add a command of which only the summary is known, or a group of such commands."""
    if isinstance(summary, str):
        app.command(name, help=summary, rich_help_panel=panel)(_not_loaded)
        return
    group = typer.Typer(help=summary[""], no_args_is_help=True)
    for each, inner in summary.items():
        if each:
            _list(group, each, inner)
    app.add_typer(group, name=name, rich_help_panel=panel)


def _not_loaded() -> None:
    """Stands for a command that is only listed."""


def main() -> None:
    """The entry point: one of our own errors prints its sentence and exits with status 2, without a traceback."""
    create_private_files()
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # else pydantic reads every package's metadata
    try:
        command = application(to_load(sys.argv[1:]), sys.argv[1:2])
        if "--help" not in sys.argv:
            import_module("hub.platform.logs").configure("warning")  # to stderr, scrubbed; a help page need not load it
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER)
        gc.enable()
        command()
    except RingfenceError as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        sys.exit(2)
    finally:
        gc.freeze()  # nothing is left that the end of the process need look at
