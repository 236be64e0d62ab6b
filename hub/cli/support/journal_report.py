"""`hub privacy verify`, also `hub audit verify`: check the journal and report what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

import typer
from sqlmodel import Session, select

from hub.cli.support.output import CONFIG, AsJson, ConfigFile, counted, echo_json, plain, say
from hub.errors import CannotDo
from hub.model import HUB_CHAIN, Account
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.privacy.journal_check import check_journal
from hub.queries.lookup import typed
from hub.startup.database import open_store
from hub.startup.reading import read_config
from hub.store.encryption.keyfile import keyring_of
from hub.store.journal.verify import Report

OneAccount = Annotated[
    str | None,
    typer.Option(help="Only this account; `hub` is the chain of entries without an account.", metavar="NAME"),
]


NOT_NOTED = (
    "[yellow]Ends are noted nowhere outside this database[/yellow]: set hub.tombstones, or keep the ends below "
    "in another place."
)


def verify(
    account: OneAccount = None,
    head: Annotated[
        list[str] | None,
        typer.Option(
            help="An end of the named account that was printed earlier and kept elsewhere.", metavar="POSITION:HASH"
        ),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Check the journal and report the first entry that was changed, dropped, swapped, inserted, cut off or left unsigned.

    It covers consent records, decisions, disclosures, stops, recording notices, legal holds, privacy requests with their
    proofs and certificates, and the audit log. If all chains are intact, every end is
    signed again. Exits with status 1 if something is wrong. Keep the printed ends in another place: a person who can
    replace the whole database can replace the signed ends in it too.
    """
    loaded = read_config(config, sandbox=True)
    ends = [noted_end(each) for each in head or ()]
    if ends and account is None:
        raise CannotDo("A chain end belongs to one account; add --account NAME.")
    keyring = keyring_of(loaded.hub)
    with open_store(loaded) as store:
        if store.ends_file is None and not as_json:
            say(NOT_NOTED)
        with store.reading() as session:
            names = chains_of(session, account)
        reports = check_journal(store, keyring, utc_now(), dict.fromkeys(names, ends) if ends else None)
    # A fault in the hub's own chain concerns every account: it holds the proof of chains that have ended.
    request = names if account is not None else reports
    shown = {
        chain for chain, report in reports.items() if chain in request or (chain == HUB_CHAIN and not report.sound)
    }
    _tell({names.get(chain, chain): reports[chain] for chain in reports if chain in shown}, as_json)


def noted_end(text: str) -> tuple[int, str]:
    """Position and hash of an end as `hub privacy verify` prints it; CannotDo if the format is wrong."""
    found = re.fullmatch(r"(\d{1,9}):([0-9a-f]{64})", text)
    if found is None:
        raise CannotDo("Write a chain end as hub privacy verify prints it: POSITION:HASH.")
    return int(found[1]), found[2]


def chains_of(session: Session, wanted: str | None) -> dict[str, str]:
    """Chain → its name for people, of all accounts or of the named one."""
    named = {HUB_CHAIN: HUB_CHAIN} | dict(session.exec(select(Account.id, Account.name).order_by(Account.name)).all())
    if wanted is None:
        return named
    found = {chain: name for chain, name in named.items() if name == typed(wanted)}
    if not found:
        raise CannotDo(f"There is no such account; choose one of {', '.join(named.values())}.")
    return found


def _tell(reports: Mapping[str, Report], as_json: bool) -> None:
    if as_json:
        echo_json(
            [
                {
                    "account": name,
                    **only("sound", "entries", "rows", "ended", "head", "signed_to")(report),
                    "position": report.finding.position if report.finding else None,
                    "found": report.finding.kind if report.finding else None,
                    "reason": report.finding.reason if report.finding else None,
                }
                for name, report in reports.items()
            ]
        )
    for name, report in reports.items() if not as_json else ():
        if report.finding is None:
            ended = f", {report.ended:,} ended with their life" if report.ended else ""
            say(
                f"[green]sound[/green] {plain(name)}: {counted(report.rows, 'record')}{ended}, "
                f"signed to {report.signed_to}, end {report.entries}:{report.head}"
            )
        else:
            found = report.finding
            say(f"[red]{found.kind}[/red] {plain(name)} at entry {found.position}: {plain(found.reason)}")
    if not all(report.sound for report in reports.values()):
        raise typer.Exit(1)
