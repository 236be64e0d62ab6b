"""Import a file of costs, and remove imported ones: in one transaction, with an audit entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, delete, tuple_
from sqlmodel import Session, col, select

from hub.errors import CannotDo
from hub.model import Account, Company, CostRow
from hub.model.columns import new_id
from hub.sources.costs.cost_file import CostEntry, CostFileError, read_cost_file
from hub.store import audit
from hub.store.rows import count_changed, write_rows

AUDIT_IMPORT, AUDIT_REMOVE = "costs.import", "costs.remove"
MAX_DAYS_A_QUERY = 500
Place = tuple[str | None, date, str]
"""What an import replaces: company, day, source."""


@dataclass(frozen=True)
class Imported:
    """What an import did, or would do."""

    lines: int
    first: date
    last: date
    totals: dict[str, Decimal]
    """By currency."""
    replaced: int
    """How many lines of earlier imports it took the place of."""
    unchanged: bool
    """Whether the same was known already, so that nothing was written."""
    for_account: int
    """How many lines belong to no single company."""


def import_costs(
    session: Session,
    account: Account,
    companies: Sequence[Company],
    content: bytes,
    actor: str,
    now: datetime,
    default: Company | None = None,
    whole_account: bool = True,
    check: bool = False,
) -> Imported:
    """Import a file for an account; with `check` only say what would be done.

    The lines of a day and a source take the place of those that were imported before for the same company. A line without a
    company belongs to `default`, to the only company, or with `whole_account` to the account. All or nothing: CostFileError.
    """
    ids = {company.name: company.id for company in companies}
    entries = read_cost_file(content, list(ids), (now + timedelta(hours=14)).date())
    only = default.id if default else companies[0].id if len(companies) == 1 else None
    owners = {entry.line: ids[entry.company] if entry.company else only for entry in entries}
    problems = [*_pulled_already(session, account, entries, owners)]
    if not whole_account:
        problems += [f"line {line}: name the company" for line, owner in owners.items() if owner is None]
    if problems:
        raise CostFileError(problems)
    rows = [_row(account, owners[entry.line], entry, now) for entry in entries]
    places = {(row.company_id, row.day, row.source) for row in rows}
    known = _imported(session, account, places)
    unchanged = Counter(map(_values, known)) == Counter(map(_values, rows))
    first, last = min(entry.day for entry in entries), max(entry.day for entry in entries)
    if not unchanged and not check:
        for start in range(0, len(known), MAX_DAYS_A_QUERY):
            gone = [row.id for row in known[start : start + MAX_DAYS_A_QUERY]]
            session.execute(delete(CostRow).where(col(CostRow.id).in_(gone)))
        write_rows(session, CostRow, rows)
        detail = f"{len(rows)} lines, {first} to {last}, {len(known)} replaced"
        audit.note(session, now, actor, AUDIT_IMPORT, default.id if default else account.id, detail)
    totals: Counter[str] = Counter()
    for entry in entries:
        totals[entry.currency] += entry.amount  # type: ignore[assignment]
    money = {currency: Decimal(amount) for currency, amount in sorted(totals.items())}
    for_account = sum(owner is None for owner in owners.values())
    return Imported(len(rows), first, last, money, len(known), unchanged, for_account)


def remove_costs(
    session: Session,
    account: Account,
    company: Company | None,
    source: str,
    first: date,
    last: date,
    actor: str,
    now: datetime,
) -> int:
    """Remove imported costs of a source; without a company those of the account and of all its companies. Returns how many."""
    conditions: list[ColumnElement[bool]] = [
        col(CostRow.connector).is_(None),
        col(CostRow.account_id) == account.id,
        col(CostRow.source) == source.strip().casefold(),
        col(CostRow.day).between(first, last),
    ]
    if company is not None:
        conditions.append(col(CostRow.company_id) == company.id)
    removed = count_changed(session, delete(CostRow).where(*conditions))
    if not removed:
        raise CannotDo("No imported costs of this source are known from these days; see hub costs list.")
    subject = company.id if company else account.id
    audit.note(session, now, actor, AUDIT_REMOVE, subject, f"{removed} lines, {first} to {last}")
    return removed


def _row(account: Account, company_id: str | None, entry: CostEntry, now: datetime) -> CostRow:
    return CostRow(
        id=new_id(),
        account_id=account.id,
        company_id=company_id,
        day=entry.day,
        source=entry.source,
        medium=entry.medium,
        campaign=entry.campaign,
        amount=entry.amount,
        currency=entry.currency,
        clicks=entry.clicks,
        impressions=entry.impressions,
        saved_at=now,
    )


def _values(row: CostRow) -> tuple[object, ...]:
    return (row.company_id, row.day, row.source, row.medium, row.campaign, Decimal(row.amount), row.currency, row.clicks,
            row.impressions)  # fmt: skip


def _imported(session: Session, account: Account, places: set[Place]) -> list[CostRow]:
    """The rows of earlier imports at these places."""
    found: list[CostRow] = []
    days = sorted({(day, source) for _, day, source in places})
    for start in range(0, len(days), MAX_DAYS_A_QUERY):
        some = tuple_(col(CostRow.day), col(CostRow.source)).in_(days[start : start + MAX_DAYS_A_QUERY])
        mine = (col(CostRow.account_id) == account.id, col(CostRow.connector).is_(None))
        rows = session.exec(select(CostRow).where(*mine, some).order_by(col(CostRow.id)))
        found += [row for row in rows if (row.company_id, row.day, row.source) in places]
    return found


def _pulled_already(
    session: Session, account: Account, entries: Sequence[CostEntry], owners: Mapping[int, str | None]
) -> Iterator[str]:
    """The lines that a connector reports already: they would be counted twice."""
    row: Any = CostRow
    first, last = min(entry.day for entry in entries), max(entry.day for entry in entries)
    pulled: Any = select(row.day, row.source, row.campaign, row.company_id, row.connector).distinct()  # type: ignore[call-overload]
    pulled = pulled.where(row.account_id == account.id, row.connector.is_not(None), row.day.between(first, last))
    known: dict[tuple[date, str, str], dict[str | None, str]] = {}
    for day, source, campaign, company_id, connector in session.execute(pulled):
        for name in {(campaign or "").casefold(), ""}:
            known.setdefault((day, source, name), {})[company_id] = connector
    for entry in entries:
        by, owner = known.get((entry.day, entry.source, (entry.campaign or "").casefold()), {}), owners[entry.line]
        same = next(
            (name for company_id, name in by.items() if None in (company_id, owner) or company_id == owner), None
        )
        if same is not None:
            yield f"line {entry.line}: the connector {same} reports this cost already; remove the line"
