"""`hub privacy ledger`: list the consent ledger; `hub privacy verify` is hub.cli.support.journal_report."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import Session, col, select

from hub.cli.support.journal_report import verify
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, colored, echo_json, moment, plain, say
from hub.cli.support.tables import table
from hub.config.models import Config
from hub.model import Company, ConsentEntry
from hub.queries.lookup import known
from hub.startup.opening import open_store, read_config

OneCompany = Annotated[str | None, typer.Option(help="Only this company, by its name in config.yaml.", metavar="NAME")]


def register(privacy: typer.Typer) -> None:
    """Add the commands to `hub privacy`."""
    privacy.command("verify")(verify)
    privacy.command("ledger")(ledger)


def ledger(
    company: OneCompany = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest records.")] = 50,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List the newest records of the consent ledger; people are named by their ids."""
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
        echo_json([{"company": names[row.company_id or ""], **row.model_dump()} for row in rows])
        return
    if not rows:
        say("The ledger has no records yet.")
        return
    table(
        "Newest first; records are never changed, later ones replace them",
        ("company", "recorded (UTC)", "state", "use", "basis", "by", "person", "evidence"),
        (
            (plain(names[row.company_id or ""]), moment(row.recorded_at), colored(row.state), plain(row.use),
             plain(row.basis), plain(row.channel), plain(row.person_id), plain(row.evidence))
            for row in rows
        ),
    )  # fmt: skip


def _companies(session: Session, config: Config, wanted: str | None) -> dict[str, str]:
    """Id → name, of all companies or of the named one."""
    if wanted is not None:
        known(wanted, [each.name for each in config.companies], "company")
    rows = session.exec(select(Company.id, Company.name).order_by(Company.name)).all()
    return {company_id: name for company_id, name in rows if wanted in (None, name)}
