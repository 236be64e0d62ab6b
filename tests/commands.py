"""The `hub` command, put together once a test process: typer would build its hundred commands anew for each call."""

from __future__ import annotations

from functools import cache

import typer.main
import typer.testing
from typer.testing import CliRunner

from hub.cli import application

get_command = typer.testing._get_command = cache(typer.main.get_command)
application_of = cache(lambda group: application([group]))
"""The command with one of its groups alone."""

__all__ = ["CliRunner", "application_of", "get_command"]
