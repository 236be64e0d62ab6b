"""What numbers, texts and calls cost by month, as far as prices are known; the newest month first."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from hub.access.scope import AccessScope
from hub.config.models import Config
from hub.contracts.values import Money
from hub.model import Call, Company, NumberPurchase, TextMessage, Tracker, TrackingNumber

MONTHS = 3


@dataclass(frozen=True, kw_only=True)
class MonthSpending:
    """One calendar month of some companies. Sums are by currency; all but prices of numbers are estimates."""

    month: date
    numbers: dict[str, Decimal]
    """The monthly prices of today of the numbers that were held in the month."""
    held: int
    unpriced: int
    """Numbers whose price no carrier has reported."""
    bought: int
    """Numbers bought in the month."""
    texts: int
    text_costs: dict[str, Decimal]
    """By `text_price` of each company."""
    minutes: int
    """Minutes of calls, as seconds divided by 60."""
    call_costs: dict[str, Decimal]
    """By `minute_price` of config.yaml; empty without it."""

    @property
    def total(self) -> dict[str, Decimal]:
        """All of it that has a price."""
        found: dict[str, Decimal] = {}
        for part in (self.numbers, self.text_costs, self.call_costs):
            for currency, amount in part.items():
                found[currency] = found.get(currency, Decimal()) + amount
        return {currency: amount for currency, amount in sorted(found.items()) if amount}


def spending(
    session: Session,
    config: Config,
    scope: AccessScope | None,
    names: Collection[str],
    zone: ZoneInfo,
    now: datetime,
    months: int = MONTHS,
) -> list[MonthSpending]:
    """The last months of the companies of these names, in a time zone, this one included; without a scope for the operator."""
    companies = select(Company).where(col(Company.name).in_(list(names)))
    if scope is not None:
        companies = companies.where(col(Company.id).in_(scope.select(Company).with_only_columns(col(Company.id))))
    mine = list(session.exec(companies))
    numbers = session.exec(
        select(TrackingNumber)
        .join(Tracker, col(Tracker.id) == TrackingNumber.tracker_id)
        .where(col(Tracker.company_id).in_([each.id for each in mine]))
    ).all()
    return [_month(session, config, mine, numbers, *span) for span in _spans(now.astimezone(zone).date(), zone, months)]


def _spans(today: date, zone: ZoneInfo, months: int) -> Iterator[tuple[datetime, datetime]]:
    first = today.replace(day=1)
    for _ in range(months):
        following = (first + timedelta(days=32)).replace(day=1)
        yield datetime.combine(first, time(), zone), datetime.combine(following, time(), zone)
        first = (first - timedelta(days=1)).replace(day=1)


def _month(
    session: Session,
    config: Config,
    companies: Collection[Company],
    numbers: Collection[TrackingNumber],
    begin: datetime,
    end: datetime,
) -> MonthSpending:
    held = [each for each in numbers if _is_held(each, begin, end)]
    prices: dict[str, Decimal] = {}
    for each in held:
        if each.monthly_price is not None and each.price_currency:
            prices[each.price_currency] = prices.get(each.price_currency, Decimal()) + each.monthly_price
    text_price = {each.name: each.text_price for each in config.companies}
    texts, seconds, text_costs = 0, 0, dict[str, Decimal]()
    for company in companies:
        count = _count(session, TextMessage, TextMessage.at, company, begin, end, func.count())
        price = text_price.get(company.name)
        if count and price is not None:
            texts += count
            text_costs[price.currency] = text_costs.get(price.currency, Decimal()) + count * price.amount
        seconds += _count(
            session, Call, Call.started_at, company, begin, end, func.coalesce(func.sum(Call.duration), 0)
        )
    minutes, minute = -(-seconds // 60), config.numbers.minute_price
    bought = session.exec(
        select(func.count())
        .select_from(NumberPurchase)
        .join(Tracker, col(Tracker.id) == NumberPurchase.tracker_id)
        .where(
            col(Tracker.company_id).in_([each.id for each in companies]),
            NumberPurchase.state == "bought",
            NumberPurchase.asked_at >= begin,
            NumberPurchase.asked_at < end,
        )
    ).one()
    return MonthSpending(
        month=begin.date(),
        numbers=prices,
        held=len(held),
        unpriced=sum(each.monthly_price is None for each in held),
        bought=bought,
        texts=texts,
        text_costs=text_costs,
        minutes=minutes,
        call_costs=_cost(minute, minutes),
    )


def _is_held(number: TrackingNumber, begin: datetime, end: datetime) -> bool:
    """Whether a number was ours at any time of a month; one that came before the hub noted it counts for all."""
    came = number.came_at is None or number.came_at < end
    gone = number.released_at is not None and number.released_at < begin
    lost = number.retired_at is not None and number.standing == "not at the carrier" and number.retired_at < begin
    return came and not gone and not lost


def _count(session: Session, table: Any, at: Any, company: Company, begin: datetime, end: datetime, what: Any) -> int:
    return int(session.exec(select(what).where(table.company_id == company.id, at >= begin, at < end)).one())


def _cost(price: Money | None, count: int) -> dict[str, Decimal]:
    return {price.currency: count * price.amount} if price is not None and count else {}
