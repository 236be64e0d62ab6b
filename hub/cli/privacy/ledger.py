"""`hub privacy ledger`: list the consent ledger; `hub privacy verify` is hub.cli.support.journal_report."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import Session, col, select

from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, plain
from hub.config.models import Config
from hub.model import Company, ConsentEntry
from hub.queries.lookup import known
from hub.startup.database import open_store
from hub.startup.reading import read_config

OneCompany = Annotated[str | None, typer.Option(help="Only this company, by its name in config.yaml.", metavar="NAME")]


@listing
def ledger(
    company: OneCompany = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest records.")] = 50,
    config: ConfigFile = CONFIG,
) -> Listing:
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
    return Listing(
        "Newest first; records are never changed, later ones replace them", rows,
        (("company", lambda row: plain(names[row.company_id or ""])), ("recorded (UTC)", "recorded_at"), "state", "use",
         "basis", ("by", "channel"), ("person", "person_id"), "evidence"),
        data=lambda row: {"company": names[row.company_id or ""], **row.model_dump()},
        nothing="The ledger has no records yet."
    )  # fmt: skip


def _companies(session: Session, config: Config, wanted: str | None) -> dict[str, str]:
    """Id → name, of all companies or of the named one."""
    if wanted is not None:
        known(wanted, [each.name for each in config.companies], "company")
    rows = session.exec(select(Company.id, Company.name).order_by(Company.name)).all()
    return {company_id: name for company_id, name in rows if wanted in (None, name)}
