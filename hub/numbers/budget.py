"""What the numbers of an account, or of one of its companies, cost a month, and the most that they may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import true
from sqlmodel import Session, col, func, select

from hub.contracts.values import Money
from hub.errors import CannotDo, NotFound
from hub.model import Account, Company, NumberPurchase, Tracker, TrackingNumber
from hub.store import audit

MAX_CAP = Decimal(1_000_000)


@dataclass(frozen=True)
class NumberBudget:
    """The numbers of an account or a company that cost something: in use, at rest, and ordered."""

    count: int
    costs: Mapping[str, Decimal]
    """Currency → the sum of the known prices a month."""
    unpriced: int
    """Numbers whose price no carrier has reported."""
    cap: Money | None
    whose: str = "All numbers"

    def after(self, price: Money) -> Money:
        """What the numbers cost with another one, in its currency."""
        return Money(self.costs.get(price.currency, Decimal()) + price.amount, price.currency)

    def refusal(self, price: Money | None) -> str | None:
        """Why a number of this price may not be bought, as one sentence; None if it may."""
        if self.cap is None:
            return None
        if price is None:
            return (
                f"Its price is not known, so the cap of {written(self.cap)} a month cannot be kept; nothing was bought."
            )
        if price.currency != self.cap.currency:
            return f"Its price is in {price.currency} and the cap in {self.cap.currency}; change the cap first."
        after = self.after(price)
        if after.amount > self.cap.amount:
            most = written(self.cap)
            return f"{self.whose} would cost {written(after)} a month, more than the cap of {most}; nothing was bought."
        return None


def written(money: Money) -> str:
    """40.00 USD."""
    return f"{money.amount:,.2f} {money.currency}"


def budget_of(session: Session, account_id: str, *, company_id: str | None = None, lock: bool = False) -> NumberBudget:
    """The numbers and the cap of the account, or of one of its companies. With `lock` no other purchase of the account is
    decided before the transaction ends."""
    query = select(Account).where(Account.id == account_id)
    account = session.exec(query.with_for_update() if lock else query).one()
    number = TrackingNumber
    priced = func.sum(number.monthly_price)
    company = session.get_one(Company, company_id) if company_id is not None else None
    only_ours = Company.account_id == account_id if company is None else Company.id == company.id
    trackers = select(Tracker.id).where(Tracker.company_id == company_id)
    ours = (
        select(number.price_currency, func.count(), func.count(col(number.monthly_price)), priced)
        .join(Tracker, col(Tracker.id) == number.tracker_id)
        .join(Company, col(Company.id) == Tracker.company_id)
        .where(
            only_ours,
            col(number.released_at).is_(None),
            col(number.retired_at).is_(None) | col(number.standing).is_distinct_from("not at the carrier"),
        )
        .group_by(col(number.price_currency))
    )
    ordered = (
        select(
            NumberPurchase.price_currency,
            func.count(),
            func.count(col(NumberPurchase.monthly_price)),
            func.sum(NumberPurchase.monthly_price),
        )
        .where(
            NumberPurchase.account_id == account_id,
            col(NumberPurchase.state).in_(["asked", "unknown"]),
            true() if company is None else col(NumberPurchase.tracker_id).in_(trackers),
        )
        .group_by(col(NumberPurchase.price_currency))
    )
    count, known, costs = 0, 0, dict[str, Decimal]()
    for currency, rows, with_price, total in [*session.exec(ours), *session.exec(ordered)]:
        count, known = count + rows, known + with_price
        if currency and total is not None:
            costs[currency] = costs.get(currency, Decimal()) + Decimal(total)
    capped = company or account
    cap = Money(capped.number_cap, capped.cap_currency) if capped.number_cap and capped.cap_currency else None
    whose = f"The numbers of {company.title}" if company else "All numbers"
    return NumberBudget(count, costs, count - known, cap, whose)


def set_cap(
    session: Session, account_id: str, cap: Money | None, actor: str, now: datetime, *, company_id: str | None = None
) -> None:
    """Set or lift the most that the numbers of the account, or of one of its companies, may cost a month; what is owned
    already stays."""
    if cap is not None and not 0 < cap.amount <= MAX_CAP:
        raise CannotDo(f"The cap is more than 0 and at most {MAX_CAP:,} a month.")
    row = session.get(Company, company_id) if company_id is not None else session.get(Account, account_id)
    if row is None or (isinstance(row, Company) and row.account_id != account_id):
        raise NotFound("Not found")
    row.number_cap, row.cap_currency = (cap.amount, cap.currency) if cap else (None, None)
    session.add(row)
    audit.note(session, now, actor, "numbers.cap", row.id, written(cap) if cap else "lifted")
