"""`hub privacy map`: which recipient gets which data, as declared and as seen, and what is stored here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from hub.cli.support.output import CONFIG, ConfigFile, counted, moment, plain, say
from hub.cli.support.tables import table
from hub.contracts.titles import readable
from hub.errors import CannotDo
from hub.platform.clock import utc_now
from hub.platform.id_words import words_of
from hub.privacy.datamap import DataMap, draw
from hub.privacy.datamap.page import html
from hub.privacy.datamap.trust import HANDED_OVER
from hub.startup.database import open_store
from hub.startup.reading import read_config


def data_map(
    format: Annotated[Literal["table", "html", "json"], typer.Option(help="How to write it.")] = "table",
    out: Annotated[Path | None, typer.Option(help="The file to write; the screen by default.", metavar="FILE")] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Show the data map: categories, recipients, regions and purposes, declared and seen, and the hub's own storage.

    It is made from the manifests of the connectors in config.yaml and from the disclosures. Exits with status 1 if data
    was sent that no manifest ever declared, or if a recipient changed within 30 days.
    """
    if out is not None and format == "table":
        raise CannotDo("A table cannot be written to a file; add --format html.")
    loaded = read_config(config, sandbox=True)
    with open_store(loaded) as store, store.reading() as session:
        chart = draw(session, loaded, utc_now())
    if format == "table":
        show(chart)
    elif out is None:
        typer.echo(write(chart, format))
    else:
        out.write_text(write(chart, format), encoding="utf-8")
        say(f"Written to {plain(out)}.")
    if chart.problems():
        raise typer.Exit(1)


def write(chart: DataMap, format: str) -> str:
    """The map as text."""
    if format == "json":
        return json.dumps(chart.as_data(), default=str, indent=2, ensure_ascii=False)
    return html(chart)


def show(chart: DataMap) -> None:
    """Print the map."""

    rows = (
        (plain(flow.recipient), words_of(flow.role), ", ".join(flow.regions), readable(flow.category),
         readable(flow.use), flow.transform, plain(flow.connector), f"{flow.seen.count:,}" if flow.seen else "0",
         moment(flow.seen.last if flow.seen else None, seconds=False))
        for flow in chart.flows
        if flow.leaves
    )  # fmt: skip
    # Several hooks may get the same data for the same use.
    table(
        "Who gets what",
        ("recipient", "role", "regions", "category", "for", "as", "through", "sent", "last (UTC)"),
        dict.fromkeys(rows),
    )
    stored = sorted({readable(each.category) for each in chart.storage if each.rows})
    say(f"Stored here: {', '.join(stored) or 'nothing yet'}; how long: hub privacy retention.")
    for each in chart.refusals:
        what = "to the undeclared host" if each.kind == "host" else "the undeclared field"
        say(
            f"Kept from {plain(each.connector)}: {what} {plain(each.name)}, {counted(each.count, 'time')}, last {each.last}."
        )
    for sentence in chart.problems():
        say(f"[red]{plain(sentence)}[/red]")
    if not chart.problems():
        say(f"[green]{HANDED_OVER}[/green]")
    say(plain(chart.rests_on))
