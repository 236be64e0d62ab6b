"""Opt-outs that needed no proof, with how many numbers came from the same network."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.model import Company, OptOut
from hub.queries.lists.keyset import Page, Part, newest_first, page_of

MANY = 5
"""A network with this many numbers or more is busy: a family has fewer."""
MAX_NETWORKS = 20


@dataclass(frozen=True)
class OptOutShown:
    """One opt-out; number and network are known only by keyed hashes."""

    row: OptOut
    company: str
    """The company's name in config.yaml."""
    title: str
    numbers: int
    """Numbers that opted out from its network."""


@dataclass(frozen=True)
class BusyNetwork:
    """A network from which many numbers opted out of one company's sharing."""

    network: str
    title: str
    numbers: int
    last_at: datetime


def opt_outs_of(
    session: Session, companies: Collection[str], network: str | None, after: str | None, limit: int
) -> Page[OptOutShown]:
    """The opt-outs of some companies, newest first, of one network if it is given."""
    query = select(OptOut).where(col(OptOut.company_id).in_(companies))
    if network is not None:
        query = query.where(OptOut.network == network)
    found = page_of(session, [Part(query, newest_first(OptOut.id))], after, limit)
    return found.of(_shown(session, found.items))


def every_opt_out(session: Session, companies: Collection[str]) -> list[OptOutShown]:
    """All opt-outs of some companies, busiest network first."""
    rows = session.exec(select(OptOut).where(col(OptOut.company_id).in_(companies))).all()
    return sorted(_shown(session, rows), key=lambda each: (-each.numbers, each.company, each.row.network, each.row.id))


def busy_networks(session: Session, companies: Collection[str]) -> list[BusyNetwork]:
    """The networks with `MANY` numbers or more, busiest first."""
    numbers = func.count().label("numbers")
    counted = (
        select(OptOut.network, Company.title, numbers, func.max(col(OptOut.at)))
        .join(Company, col(Company.id) == col(OptOut.company_id))
        .where(col(OptOut.company_id).in_(companies), OptOut.subject == "number", OptOut.scope == "sharing")
        .group_by(col(OptOut.network), col(Company.title))
        .having(numbers >= MANY)
        .order_by(numbers.desc(), col(OptOut.network))
        .limit(MAX_NETWORKS)
    )
    return [BusyNetwork(*row) for row in session.execute(counted)]


def _shown(session: Session, rows: Collection[OptOut]) -> list[OptOutShown]:
    companies = {row.company_id for row in rows}
    called = select(Company.id, Company.name, Company.title).where(col(Company.id).in_(companies))
    names = {company_id: (name, title) for company_id, name, title in session.exec(called)}
    counted = (
        select(OptOut.company_id, OptOut.network, func.count())
        .where(
            col(OptOut.company_id).in_(companies),
            col(OptOut.network).in_({row.network for row in rows}),
            OptOut.subject == "number",
            OptOut.scope == "sharing",
        )
        .group_by(col(OptOut.company_id), col(OptOut.network))
    )
    numbers = {(company_id, network): count for company_id, network, count in session.execute(counted)}
    return [OptOutShown(row, *names[row.company_id], numbers.get((row.company_id, row.network), 0)) for row in rows]
