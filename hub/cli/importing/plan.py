"""`hub import plan`: the switch-over plan, made from what was imported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.support.output import CONFIG, ConfigFile, Sandboxed, plain, say
from hub.errors import CannotDo
from hub.importing.switch_plan import switch_plan
from hub.importing.switch_text import switch_text
from hub.platform.clock import utc_now
from hub.startup.database import open_store
from hub.startup.reading import read_config


def plan(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file.", metavar="FILE")
    ] = None,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Print the plan for the switch-over as Markdown: which numbers to port in which order, how both run side by side, what to
    check each day, which papers a port needs. Each run makes it from today's traffic and port orders."""
    checked = read_config(config, sandbox=sandbox)
    with open_store(checked) as store, store.reading() as session:
        text = switch_text(switch_plan(session, checked, utc_now()))
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotDo(f"{output} cannot be written ({error.strerror}).") from None
    say(f"Wrote {plain(output)}.")
