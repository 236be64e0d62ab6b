"""The `hub` command; one module per command."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from hub.errors import RingfenceError

MODULES = (
    "init.commands",
    "trigger.commands",
    "serve",
    "reload",
    "demo",
    "check",
    "config",
    "secrets",
    "users.commands",
    "users.sign_in",
    "audit",
    "alerts",
    "backup",
    "calls.timeline",
    "calls.commands",
    "calls.marks",
    "inbox.commands",
    "inbox.quarantine",
    "deliveries",
    "recordings.commands",
    "texts",
    "plugins.sync",
    "numbers.commands",
    "numbers.pools",
    "flows",
    "snippet",
    "report",
    "costs.report",
    "costs.commands",
    "sources",
    "consent",
    "policy.commands",
    "privacy.commands",
    "plugins.connectors",
    "chaos",
    "plugins.new_plugin",
    "plugins.certify",
)

app = typer.Typer(
    name="hub",
    help="Ringfence: the open, self-hosted call-tracking hub.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
)
for module in MODULES:
    import_module(f"hub.cli.{module}").register(app)


def main() -> None:
    """The entry point: one of our own errors prints its sentence and exits with status 2, without a traceback."""
    try:
        app()
    except RingfenceError as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        sys.exit(2)
