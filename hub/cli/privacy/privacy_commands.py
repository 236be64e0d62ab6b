"""`hub privacy`: shows and proves how people's data is treated; each group of commands has its own file."""

from __future__ import annotations

import typer

from hub.cli.privacy import (
    ask,
    authority,
    conflicts,
    ledger,
    map,
    no_contact,
    opt_outs,
    papers,
    request,
    retention,
    rules,
)

commands = typer.Typer(help="Show and prove how people's data is treated.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to `hub`."""
    app.add_typer(commands, name="privacy")
    ask.register(commands)
    authority.register(commands)
    conflicts.register(commands)
    ledger.register(commands)
    map.register(commands)
    no_contact.register(commands)
    opt_outs.register(commands)
    papers.register(commands)
    request.register(commands)
    retention.register(commands)
    rules.register(commands)
