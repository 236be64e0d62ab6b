"""`hub privacy verify` and `hub privacy ledger`: walk the consent ledger, and list it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.chains import noted_end, tell_reports
from hub.cli.printing import (
    CONFIG,
    AsJson,
    CannotDo,
    ConfigFile,
    coloured,
    echo_json,
    moment,
    plain,
    say,
    table,
)

if TYPE_CHECKING:
    from sqlmodel import Session

    from hub.config.models import Config

OneCompany = Annotated[str | None, typer.Option(help="Only this company, by its name in config.yaml.", metavar="NAME")]


def register(privacy: typer.Typer) -> None:
    """Add the commands to `hub privacy`."""
    privacy.command("verify")(verify)
    privacy.command("ledger")(ledger)


def verify(
    company: OneCompany = None,
    head: Annotated[
        list[str] | None,
        typer.Option(help="An end that was noted elsewhere before, of the company named.", metavar="POSITION:HASH"),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Walk the consent ledger and name the first record that was changed, dropped, swapped, inserted or cut off.

    Each sound end is signed anew. Ends with status 1 where something was found. Note the printed ends somewhere else: who can
    replace the whole database can replace the signed ends in it too.
    """
    from hub.assembly import utc_now
    from hub.opening import open_store, read_config
    from hub.privacy.ledger import sign_heads
    from hub.privacy.ledger import verify as walk
    from hub.store.keyfile import keyring_of

    loaded = read_config(config, sandbox=True)
    noted = tuple(noted_end(each, "hub privacy verify") for each in head or ())
    if noted and company is None:
        raise CannotDo("An end belongs to one company; add --company NAME.")
    keyring = keyring_of(loaded.hub)
    with open_store(loaded) as store:
        with store.reading() as session:
            names = _companies(session, loaded, company)
            reports = {name: walk(session, keyring, company_id, noted) for company_id, name in names.items()}
        sound = [each for each, name in names.items() if reports[name].sound and reports[name].records]
        if sound and keyring:
            with store.writing() as session:
                sign_heads(session, keyring, utc_now(), sound)
    tell_reports(reports, owner="company", link="record", as_json=as_json)


def ledger(
    company: OneCompany = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest records.")] = 50,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List the newest records of the consent ledger; people are named by their ids."""
    from sqlmodel import col, select

    from hub.model import ConsentEntry
    from hub.opening import open_store, read_config

    loaded = read_config(config, sandbox=True)
    with open_store(loaded) as store, store.reading() as session:
        names = _companies(session, loaded, company)
        newest = (
            select(ConsentEntry)
            .where(col(ConsentEntry.company_id).in_(names))
            .order_by(col(ConsentEntry.recorded_at).desc(), col(ConsentEntry.id).desc())
            .limit(limit)
        )
        rows = list(session.exec(newest))
    if as_json:
        echo_json([{"company": names[row.company_id], **row.model_dump()} for row in rows])
        return
    if not rows:
        say("The ledger holds no record yet.")
        return
    table(
        "Newest first; a record is never changed, a later one takes its place",
        ("company", "record", "recorded (UTC)", "state", "use", "basis", "by", "person", "evidence"),
        (
            (plain(names[row.company_id]), str(row.position), moment(row.recorded_at), coloured(row.state), plain(row.use),
             plain(row.basis), plain(row.channel), plain(row.person_id), plain(row.evidence))
            for row in rows
        ),
    )  # fmt: skip


def _companies(session: Session, config: Config, wanted: str | None) -> dict[str, str]:
    """Id → name, of all companies or of the one that is wanted."""
    from sqlmodel import select

    from hub.cli.finding import known
    from hub.model import Company

    if wanted is not None:
        known(wanted, [each.name for each in config.companies], "company")
    rows = session.exec(select(Company.id, Company.name).order_by(Company.name)).all()
    return {company_id: name for company_id, name in rows if wanted in (None, name)}
