"""`hub audit`: read the audit log, verify the journal, and export both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session, col, select

from hub.access.scope import scope_of_operator
from hub.access.users import names_of
from hub.cli.lists.reading import Since, Until
from hub.cli.support.audit_note import note
from hub.cli.support.files import new_file
from hub.cli.support.journal_report import OneAccount, chains_of, verify
from hub.cli.support.lists import Listing, listing
from hub.cli.support.options import since as since_when
from hub.cli.support.options import until as until_when
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, counted, echo_json, plain, say
from hub.cli.support.tables import UUID, short_ids
from hub.model import AuditEntry, JournalEntry
from hub.platform.clock import utc_now
from hub.queries.audit import AuditFilter, ids_of_name, iterate_audit
from hub.queries.lookup import typed
from hub.startup.database import open_store, read_outline
from hub.startup.reading import read_config
from hub.store.encryption.keyfile import keyring_of
from hub.store.journal import sign_ends

commands = typer.Typer(
    help="Read, verify and export the audit log: manual actions, and every reading of personal data.",
    no_args_is_help=True,
)
commands.command("verify")(verify)


@commands.command("list")
@listing
def list_entries(
    account: OneAccount = None,
    subject: Annotated[
        str | None, typer.Option(help="Only entries about the row with this id, or the end of it.", metavar="ID")
    ] = None,
    who: Annotated[str | None, typer.Option(help="Only what this user did, or another actor.", metavar="NAME")] = None,
    action: Annotated[
        str | None, typer.Option(help="Only this action, like users.add; users. for a whole area.", metavar="ACTION")
    ] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Maximum number listed, newest first.")] = 50,
    config: ConfigFile = CONFIG,
) -> Listing:
    """List the newest entries."""
    now = utc_now()
    with open_store(read_outline(config)) as store, store.reading() as session:
        chains = chains_of(session, account)
        where: list[Any] = [col(AuditEntry.chain).in_(chains)]
        if subject is not None:
            where.append(col(AuditEntry.subject).endswith(typed(subject), autoescape=True))
        actors = (typed(who), *ids_of_name(session, typed(who))) if who else ()
        wanted = AuditFilter(
            since=since_when(since, now), until=until_when(until, now), actors=actors, action=action and typed(action)
        )
        rows = list(iterate_audit(session, scope_of_operator(), wanted, limit, *where))
        names = names_of(session, {row.actor for row in rows})
    short = short_ids(each for row in rows for each in UUID.findall(f"{row.subject} {row.detail}"))

    def shortened(text: str | None) -> str:
        return plain(UUID.sub(lambda each: short(each[0]), text or ""))

    return Listing(
        counted(len(rows), "record"), rows,
        (("account", lambda row: plain(chains[row.chain])), ("at (UTC)", "at"),
         ("who", lambda row: plain(names.get(row.actor, row.actor))), ("what", "action"),
         ("of", lambda row: shortened(row.subject)), ("detail", lambda row: shortened(row.detail))),
        data=lambda row: {"account": chains[row.chain], **row.model_dump()}, nothing="There are no entries yet.",
        optional=("account",)
    )  # fmt: skip


@commands.command()
def sign(as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Sign the current end of each chain of the journal; the worker does it once a day."""
    loaded = read_config(config, sandbox=True)
    with open_store(loaded) as store:
        ends = sign_ends(store, keyring_of(loaded.hub), utc_now())
        with store.reading() as session:
            names = chains_of(session, None)
    if as_json:
        echo_json([{"account": names[end.chain], **asdict(end)} for end in ends])
        return
    for end in ends:
        say(f"Signed {plain(names[end.chain])}: entry {end.position}:{end.hash}")
    if not ends:
        say("All entries are already signed.")


@commands.command()
def export(file: Path, account: OneAccount = None, config: ConfigFile = CONFIG) -> None:
    """Write the entries and the journal of their accounts to a new file, one JSON object per line. The export is audited."""
    with open_store(read_outline(config)) as store:
        with store.writing() as session:
            chains = chains_of(session, account)
            for chain in sorted(chains):
                note(session, utc_now(), "audit.export", chain)
        with new_file(file) as stream, store.reading() as session:
            count = 0
            for line in _lines(session, chains):
                stream.write(json.dumps(line, default=str, sort_keys=True).encode() + b"\n")
                count += "actor" in line
    say(f"Wrote {plain(file)}: {counted(count, 'record')}.")


def _lines(session: Session, chains: dict[str, str]) -> Iterator[dict[str, Any]]:
    for chain, name in chains.items():
        entries = select(AuditEntry).where(AuditEntry.chain == chain).order_by(col(AuditEntry.at), col(AuditEntry.id))
        for row in session.exec(entries.execution_options(yield_per=500)):
            yield {"account": name, **row.model_dump()}
        links = select(JournalEntry).where(JournalEntry.chain == chain).order_by(col(JournalEntry.position))
        for link in session.exec(links.execution_options(yield_per=500)):
            yield {"account": name, **link.model_dump()}
