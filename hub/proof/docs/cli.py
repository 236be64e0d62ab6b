"""docs/cli.md: every command of `hub` with its arguments and options."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import typer
import typer.core
import typer.main

from hub.cli import app
from hub.proof.docs.markdown import code, page, table

_command_of = cache(typer.main.get_command)


def cli_page() -> str:
    """The whole page."""
    return commands_page(app)


def summaries() -> str:
    """hub/cli/summaries.json: what the listings of `hub` and of its groups say, so that they load no command."""
    listed = {name: _summary(each) for name, each in _command_of(app).commands.items()}  # type: ignore[attr-defined]
    return json.dumps(listed, indent=1, ensure_ascii=False) + "\n"


def _summary(command: Any) -> Any:
    """The first paragraph of a command's help, or of a group that only lists commands its help and the summaries of these. A
    group that does something alone counts as a command: to show its options it is loaded."""
    text = inspect.cleandoc(command.help or "")
    if type(command) is not typer.core.TyperGroup or not command.no_args_is_help:
        return " ".join(text.partition("\n\n")[0].split())
    return {"": text, **{name: _summary(each) for name, each in command.commands.items()}}


def commands_page(app: typer.Typer) -> str:
    """The page of any Typer application with the name `hub`."""
    return page("# The `hub` command", *_command(_command_of(app), ("hub",)))


def _command(command: Any, names: tuple[str, ...]) -> Iterator[str]:
    """The blocks of a command and of its subcommands."""
    if len(names) > 1:
        yield f"## {' '.join(names)}"
    yield inspect.cleandoc(command.help or "").split("\f")[0]
    inner = {name: each for name, each in sorted(getattr(command, "commands", {}).items()) if not each.hidden}
    parameters = [each for each in command.params if not getattr(each, "hidden", False) and each.name != "help"]
    arguments = [each for each in parameters if each.param_type_name == "argument"]
    if not inner:
        words = [
            *names,
            *(_argument(each) for each in arguments),
            *(["[OPTIONS]"] if len(parameters) > len(arguments) else []),
        ]
        yield f"```\n{' '.join(words)}\n```"
    yield table(["", "Meaning", "Default"], [_row(each) for each in parameters])
    for name, each in inner.items():
        yield from _command(each, (*names, name))


def _argument(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name or "").strip("[]").upper()
    return name if parameter.required else f"[{name}]"


def _row(parameter: Any) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        spelled = code(_argument(parameter))
    else:
        flag = getattr(parameter, "is_flag", False)
        taken = "" if flag else f" {(parameter.metavar or parameter.name or '').upper()}"
        spelled = ", ".join(code(option + taken) for option in (*parameter.opts, *parameter.secondary_opts))
    default = parameter.default
    if parameter.required:
        shown = "required"
    elif isinstance(default, bool):
        shown = "on" if default else ""
    else:
        shown = "" if default is None or callable(default) or default in ((), [], "") else code(default)
    return spelled, parameter.help or "", shown
