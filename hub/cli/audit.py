"""`hub audit`: read the audit log, sign the ends of its chains, verify them, and hand them over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.chains import noted_end, tell_reports
from hub.cli.printing import CONFIG, AsJson, CannotDo, ConfigFile, counted, echo_json, moment, plain, say, table

if TYPE_CHECKING:
    from sqlmodel import Session

commands = typer.Typer(
    help="Read, verify, sign and export the audit log: who did what by hand, and who read what of a person.",
    no_args_is_help=True,
)
OneAccount = Annotated[
    str | None, typer.Option(help="Only this account; `hub` is the chain of what belongs to none.", metavar="NAME")
]


def register(app: typer.Typer) -> None:
    """Add the commands to `hub`."""
    app.add_typer(commands, name="audit")


@commands.command("list")
def list_entries(
    account: OneAccount = None,
    subject: Annotated[str | None, typer.Option(help="Only what was done to the row of this id.", metavar="ID")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The most that are listed, newest first.")] = 50,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List the newest entries."""
    from sqlmodel import col, select

    from hub.access.users import names_of
    from hub.cli.finding import typed
    from hub.model import AuditEntry
    from hub.opening import open_store, read_config

    with open_store(read_config(config, sandbox=True)) as store, store.reading() as session:
        chains = _chains(session, account)
        query = select(AuditEntry).where(col(AuditEntry.chain).in_(chains))
        if subject is not None:
            query = query.where(AuditEntry.subject == typed(subject))
        rows = session.exec(query.order_by(col(AuditEntry.at).desc(), col(AuditEntry.id).desc()).limit(limit)).all()
        names = names_of(session, {row.actor for row in rows})
    if as_json:
        echo_json([{"account": chains[row.chain], **row.model_dump()} for row in rows])
        return
    if not rows:
        say("Nothing is written down yet.")
        return
    table(
        counted(len(rows), "record"),
        ("account", "entry", "at (UTC)", "who", "what", "of", "detail"),
        (
            (plain(chains[row.chain]), str(row.position), moment(row.at), plain(names.get(row.actor, row.actor)),
             plain(row.action), plain(row.subject), plain(row.detail))
            for row in rows
        ),
    )  # fmt: skip


@commands.command()
def verify(
    account: OneAccount = None,
    head: Annotated[
        list[str] | None,
        typer.Option(help="An end that was noted elsewhere before, of the account named.", metavar="POSITION:HASH"),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Walk the audit log and name the first entry that was changed, dropped, swapped, inserted or cut off.

    Ends with status 1 where something was found. Note the printed ends somewhere else: who can replace the whole database
    can replace the signed ends in it too.
    """
    from hub.opening import open_store, read_config
    from hub.store.audit import BOOK
    from hub.store.chain import walk
    from hub.store.keyfile import keyring_of

    loaded = read_config(config, sandbox=True)
    noted = tuple(noted_end(each, "hub audit verify") for each in head or ())
    if noted and account is None:
        raise CannotDo("An end belongs to one account; add --account NAME.")
    keyring = keyring_of(loaded.hub)
    with open_store(loaded) as store, store.reading() as session:
        reports = {
            name: walk(session, BOOK, keyring, chain, noted) for chain, name in _chains(session, account).items()
        }
    tell_reports(reports, owner="account", link="entry", as_json=as_json, signed=True)


@commands.command()
def sign(as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Sign where each chain ends now; the worker does it once a day."""
    from hub.assembly import utc_now
    from hub.opening import open_store, read_config
    from hub.store.audit import BOOK
    from hub.store.chain import sign_heads
    from hub.store.keyfile import keyring_of

    loaded = read_config(config, sandbox=True)
    with open_store(loaded) as store:
        with store.writing() as session:
            heads = sign_heads(session, BOOK, keyring_of(loaded.hub), utc_now())
        with store.reading() as session:
            names = _chains(session, None)
    if as_json:
        echo_json([{"account": names[head.chain], **head.model_dump()} for head in heads])
        return
    for head in heads:
        say(f"Signed {plain(names[head.chain])}: entry {head.position}:{head.hash}")
    if not heads:
        say("Every end is signed already.")


@commands.command()
def export(file: Path, account: OneAccount = None, config: ConfigFile = CONFIG) -> None:
    """Write the entries and the signed ends to a new file, one JSON object a line, for a check elsewhere; this is noted too."""
    import json

    from hub.assembly import utc_now
    from hub.cli.auditing import note
    from hub.cli.recordings import new_file
    from hub.opening import open_store, read_config

    with open_store(read_config(config, sandbox=True)) as store:
        with store.writing() as session:
            chains = _chains(session, account)
            for chain in sorted(chains):
                note(session, utc_now(), "audit.export", chain)
        with new_file(file) as stream, store.reading() as session:
            count = 0
            for line in _lines(session, chains):
                stream.write(json.dumps(line, default=str, sort_keys=True).encode() + b"\n")
                count += "position" in line and "actor" in line
    say(f"Wrote {plain(file)}: {counted(count, 'record')}.")


def _lines(session: Session, chains: dict[str, str]) -> Iterator[dict[str, Any]]:
    from sqlmodel import col, select

    from hub.model import AuditEntry, AuditHead, AuditStart

    for chain, name in chains.items():
        start = session.get(AuditStart, chain)
        if start is not None:
            yield {"account": name, "ended": True, **start.model_dump()}
        entries = select(AuditEntry).where(AuditEntry.chain == chain).order_by(col(AuditEntry.position))
        for row in session.exec(entries.execution_options(yield_per=500)):
            yield {"account": name, **row.model_dump()}
        for head in session.exec(select(AuditHead).where(AuditHead.chain == chain).order_by(col(AuditHead.position))):
            yield {"account": name, **head.model_dump()}


def _chains(session: Session, wanted: str | None) -> dict[str, str]:
    """Chain → what people call it, of all accounts or of the one that is wanted."""
    from sqlmodel import select

    from hub.cli.finding import typed
    from hub.model import HUB_CHAIN, Account

    named = {HUB_CHAIN: HUB_CHAIN} | dict(session.exec(select(Account.id, Account.name).order_by(Account.name)).all())
    if wanted is None:
        return named
    found = {chain: name for chain, name in named.items() if name == typed(wanted)}
    if not found:
        raise CannotDo(f"There is no such account; choose one of {', '.join(named.values())}.")
    return found
