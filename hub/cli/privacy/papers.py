"""`hub privacy processors`, `record` and `notice`: documents made from the data map."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from hub.cli.support.lists import Listing, listing, minutes
from hub.cli.support.output import CONFIG, ConfigFile, plain
from hub.config.models import Config
from hub.platform.clock import utc_now
from hub.platform.id_words import words_of
from hub.privacy.datamap import DataMap, draw
from hub.privacy.datamap.notice import SIGNAL_NAMES, notice_blocks
from hub.privacy.datamap.papers import Processor, processors, record_of_processing
from hub.privacy.datamap.recipients import recipients_of
from hub.privacy.datamap.versions import in_use_since, note_recipients, versions
from hub.privacy.datamap.versions import notices as announcements
from hub.queries.lookup import known
from hub.startup.database import open_store
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.web.privacy.opt_outs import SignalPolicy


@listing
def list_processors(
    notices: Annotated[
        bool, typer.Option("--notices", help="Show what was added, changed and removed, and when.")
    ] = False,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List every recipient of data and what an erasure reaches there, or with --notices every addition, change and removal
    since the hub was set up.

    The current declarations of config.yaml are stored first, so the list includes a change made a minute ago.
    """
    with _drawn(config, noting=True) as (session, loaded, chart):
        rows = versions(session)
    if notices:
        found = announcements(rows)
        return Listing(
            "Changes, newest first", found,
            (("when (UTC)", minutes("at")), "change", "recipient", "connector",
             ("what", lambda each: plain("; ".join(each.details))))
        )  # fmt: skip
    listed = list(processors(chart, recipients_of(loaded), in_use_since(rows)))
    return Listing(
        "Who gets data", listed,
        ("recipient", ("role", lambda each: words_of(each.role)), "regions", "transfer",
         ("categories", lambda each: "\n".join(each.categories)), ("for (! sale or sharing)", _uses), ("kept there", "kept"),
         ("erases a person", lambda each: plain(f"{'yes' if each.erases else 'no'}: {'; '.join(each.deletion)}")),
         "since")
    )  # fmt: skip


def _uses(each: Processor) -> str:
    return "\n".join(f"{use} !" if use in each.sale_or_sharing else use for use in each.uses)


def record(config: ConfigFile = CONFIG) -> None:
    """Print the record of processing activities (GDPR Art. 30) in Markdown."""
    with _drawn(config) as (_, loaded, chart):
        typer.echo("\n".join(record_of_processing(chart, loaded)))


def notice(
    company: Annotated[str, typer.Argument(help="The company, by its name in config.yaml.")],
    config: ConfigFile = CONFIG,
) -> None:
    """Print blocks of text for one company's privacy statement, in Markdown. Let a person read them before publication."""
    loaded = read_config(config, sandbox=True)
    known(company, [each.name for each in loaded.companies], "company")
    (section,) = [each for each in loaded.companies if each.name == company]
    with open_hub(loaded) as opened:
        home, signal_policy = opened.directory.current().companies[company], SignalPolicy(opened.hub)
        heeded = [name for kind, name in SIGNAL_NAMES.items() if signal_policy.signal(home, kind)]
        with opened.hub.store.reading() as session:
            chart = draw(session, loaded, utc_now())
    typer.echo("\n".join(notice_blocks(chart, loaded, section, heeded)))


@contextmanager
def _drawn(path: Path, *, noting: bool = False) -> Iterator[tuple[Session, Config, DataMap]]:
    loaded = read_config(path, sandbox=True)
    with open_store(loaded) as store:
        if noting:
            with store.writing() as session:
                note_recipients(session, loaded.connectors, utc_now())
        with store.reading() as session:
            yield session, loaded, draw(session, loaded, utc_now())
