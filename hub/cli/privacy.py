"""`hub privacy`: what proves that people's data is treated as they were told; each part has a file of its own."""

from __future__ import annotations

import typer

from hub.cli import (
    privacy_ask,
    privacy_conflicts,
    privacy_ledger,
    privacy_map,
    privacy_opt_outs,
    privacy_papers,
    privacy_request,
    privacy_retention,
    privacy_rules,
)

commands = typer.Typer(help="Prove how people's data is treated.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to `hub`."""
    app.add_typer(commands, name="privacy")
    privacy_ask.register(commands)
    privacy_conflicts.register(commands)
    privacy_ledger.register(commands)
    privacy_map.register(commands)
    privacy_opt_outs.register(commands)
    privacy_papers.register(commands)
    privacy_request.register(commands)
    privacy_retention.register(commands)
    privacy_rules.register(commands)
