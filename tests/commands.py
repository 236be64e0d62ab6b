"""The `hub` command, put together once a test process: typer would build its hundred commands anew for each call."""

from __future__ import annotations

from functools import cache

import typer.testing
from typer.main import get_command
from typer.testing import CliRunner

typer.testing._get_command = cache(get_command)

__all__ = ["CliRunner"]
