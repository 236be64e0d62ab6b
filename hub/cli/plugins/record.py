"""`hub record CONNECTOR`: keep what a live connector and its vendor say, with everything personal and secret replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.support.audit_note import actor
from hub.cli.support.output import CONFIG, ConfigFile, Sandboxed, counted, moment, plain, say
from hub.config.durations import parse_span
from hub.connecting.recording import begin_recording, end_recording
from hub.errors import CannotDo
from hub.queries.lookup import known
from hub.startup.opening import open_hub
from hub.startup.reading import read_config


def record(
    name: Annotated[str, typer.Argument(help="A connector's name in config.yaml.", metavar="CONNECTOR")],
    into: Annotated[
        Path | None, typer.Option("--into", metavar="DIR", help="The folder for the files, on each machine of the hub.")
    ] = None,
    during: Annotated[str, typer.Option("--for", metavar="TIME", help="It ends after this time, at most 1d.")] = "1h",
    count: Annotated[int, typer.Option("--count", help="It ends after so many requests, at most 1,000.")] = 100,
    off: Annotated[bool, typer.Option("--off", help="End the recording now.")] = False,
    sandbox: Sandboxed = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Keep what a connector and its vendor say to each other, as files for `hub certify --exchanges`.

    Off until you turn it on, and it ends automatically. Names, numbers, texts, addresses, ids and secrets are replaced by
    fictional ones before anything is written. Read the files before you send them to anyone.
    """
    if off == (into is not None):
        raise CannotDo("Give --into DIR to begin a recording, or --off to end it.")
    try:
        span = parse_span(during)
    except ValueError as error:
        raise CannotDo(f"--for: {error}.") from None
    loaded = read_config(config, sandbox=sandbox)
    known(name, loaded.connectors, "connector")
    with open_hub(loaded) as opened:
        if into is None:
            ended = end_recording(opened.hub, name, actor())
            say(f"The recording of {plain(name)} has ended." if ended else f"{plain(name)} is not recorded.")
            return
        row = begin_recording(opened.hub, name, into.absolute(), span, count, actor())
    say(
        f"[yellow]●[/yellow] {plain(name)} is recorded into {plain(row.folder)} until {moment(row.until)} UTC, at most "
        f"{counted(count, 'request')}. To end it sooner: [bold]hub record {plain(name)} --off[/bold]"
    )
