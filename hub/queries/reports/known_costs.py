"""Which costs are known: by connector or import, source and company, with their days and sums."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from hub.model import Company, CostRow


@dataclass(frozen=True)
class KnownCosts:
    """The costs of one source and company in one currency."""

    connector: str | None
    """None if they were imported."""
    source: str
    company: str | None
    """None if they belong to the whole account."""
    currency: str
    first: date
    last: date
    rows: int
    total: Decimal


def known_costs(session: Session, first: date | None = None, last: date | None = None) -> list[KnownCosts]:
    """All costs that are known from a range of days."""
    row: Any = CostRow
    company: Any = Company
    names = (row.connector, row.source, company.name, row.currency)
    query = select(*names, func.min(row.day), func.max(row.day), func.count(), func.sum(row.amount))
    query = query.outerjoin(company, company.id == row.company_id)
    query = query.where(row.day >= (first or date.min), row.day <= (last or date.max))
    found = [KnownCosts(*each) for each in session.execute(query.group_by(*names))]
    return sorted(found, key=lambda each: (each.connector or "", each.source, each.company or "", each.currency))
