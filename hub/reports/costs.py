"""What was spent, and what it brought: costs matched with the lines of a report, by source or by campaign.

Every cost is in exactly one line: in that of its calls, or in a line of its own if no call came from it. Amounts of two
currencies are never added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from hub.model import Company, CostRow
from hub.reports.report import Line, sum_of
from hub.reports.tally import MAX_DIMENSION_CHARACTERS

By = Literal["source", "campaign"]
ORGANIC = ("organic", "referral", "none", "direct")
"""Media that cost nothing."""
RATIOS = ("per_call", "per_lead", "per_customer", "on_spend")
ZERO = Decimal(0)
BASES = ("calls", "leads", "customers", "won")
"""What the ratios rest on."""


class Spent(NamedTuple):
    """The sum of the costs of one campaign in one currency."""

    source: str
    medium: str
    """Empty if it is not known."""
    campaign: str | None
    campaign_id: str | None
    visit_campaign: str | None
    currency: str
    amount: Decimal
    clicks: int = 0
    impressions: int = 0


def spent_between(session: Session, whose: ColumnElement[bool], first: date, last: date) -> list[Spent]:
    """The costs of a range of days that a condition selects."""
    return [Spent(*each) for _, *each in _sums(session, whose, first, last)]


def spent_by_company(
    session: Session, companies: Iterable[Company], first: date, last: date
) -> dict[str | None, list[Spent]]:
    """Company → its costs of a range of days, without those that belong to the whole account."""
    found: dict[str | None, list[Spent]] = {}
    whose = col(CostRow.company_id).in_([company.id for company in companies])
    for company_id, *each in _sums(session, whose, first, last):
        found.setdefault(company_id, []).append(Spent(*each))
    return found


def _sums(session: Session, whose: ColumnElement[bool], first: date, last: date) -> Iterable[Any]:
    row = CostRow
    campaign = (row.company_id, row.source, row.medium, row.campaign, row.campaign_id, row.visit_campaign, row.currency)
    sums = (func.sum(row.amount), func.sum(row.clicks), func.sum(row.impressions))
    query = select(*campaign, *sums).where(whose, col(row.day).between(first, last)).group_by(*campaign)  # type: ignore[call-overload]
    return session.execute(query)


@dataclass(frozen=True)
class Return:
    """What one currency's costs brought: the calls, leads and customers of the lines whose cost is known in it, of a line all
    that it has. `won` is None if these customers paid in other currencies only."""

    cost: Decimal
    calls: Decimal
    leads: Decimal
    customers: Decimal
    won: Decimal | None

    def __add__(self, other: Return) -> Return:
        won = [each.won for each in (self, other) if each.won is not None]
        return Return(
            self.cost + other.cost,
            self.calls + other.calls,
            self.leads + other.leads,
            self.customers + other.customers,
            sum(won, ZERO) if won else None,
        )

    @property
    def per_call(self) -> Decimal | None:
        """The cost of a call; None without calls."""
        return _ratio(self.cost, self.calls)

    @property
    def per_lead(self) -> Decimal | None:
        """The cost of a lead."""
        return _ratio(self.cost, self.leads)

    @property
    def per_customer(self) -> Decimal | None:
        """The cost of a customer."""
        return _ratio(self.cost, self.customers)

    @property
    def on_spend(self) -> Decimal | None:
        """What customers bought for each unit of cost; None if it is not known in this currency."""
        return None if self.won is None else _ratio(self.won, self.cost)

    def figures(self) -> dict[str, Decimal | None]:
        """Everything by its name in files and APIs."""
        ratios = {name: getattr(self, name) for name in RATIOS}
        return {"cost": self.cost, **ratios, **{f"{name}_with_cost": getattr(self, name) for name in BASES}}


@dataclass(frozen=True)
class CostLine:
    """What one source or campaign cost and brought."""

    value: str | None
    """None for contacts without a campaign, and for costs without one."""
    credits: Line
    spent: tuple[Spent, ...] = ()
    values: tuple[str, ...] = ()
    """The campaigns or sources of the contacts in it."""
    spend_of: str = ""
    """The source of costs that name no campaign, like `google / cpc`."""
    returns: Mapping[str, Return] = field(default_factory=dict)
    """By currency."""

    @property
    def names(self) -> tuple[str, ...]:
        """The network's own names of the campaigns, if they are others."""
        names = dict.fromkeys(each.campaign for each in self.spent if each.campaign)
        return tuple(name for name in names if name != self.value)

    @property
    def clicks(self) -> int:
        """Clicks on its ads."""
        return sum(each.clicks for each in self.spent)

    @property
    def impressions(self) -> int:
        """How often its ads were shown."""
        return sum(each.impressions for each in self.spent)


def match_costs(lines: Sequence[Line], spent: Sequence[Spent], by: By) -> list[CostLine]:
    """The lines of a report with their costs, and a line for each cost without any; the most expensive first."""
    names = _Names()
    keys = _source_keys(lines, spent) if by == "source" else [names.join(_campaign_words(each)) for each in spent]
    credits: dict[str | None, list[Line]] = {}
    for line in lines:
        credits.setdefault(None if line.value is None else names.known(line.value), []).append(line)
    costs: dict[str, list[Spent]] = {}
    unnamed: dict[str, list[Spent]] = {}
    for key, each in zip(keys, spent, strict=True):
        (costs.setdefault(names.known(key), []) if key else unnamed.setdefault(_source(each), [])).append(each)
    found = [_line(each[0].value, each, costs.pop(key, []) if key else []) for key, each in credits.items()]
    found += [_line(_name(theirs[0], by), [], theirs) for theirs in costs.values()]
    found += [replace(_line(None, [], theirs), spend_of=source) for source, theirs in unnamed.items()]
    currencies = _currencies(found)
    return sorted(
        found, key=lambda line: [-line.returns[each].cost if each in line.returns else 0 for each in currencies]
    )


def paid_by_company(
    lines: Sequence[CostLine], parts: Iterable[Sequence[CostLine]], of_account: Sequence[Spent]
) -> list[CostLine]:
    """Lines over several companies, in which calls, leads and customers count only for companies that know their cost.

    `parts` are the lines of each company. A cost of the whole account counts for all companies, so it leaves its line as it is.
    """
    place = {value: index for index, line in enumerate(lines) for value in line.values}
    brought: dict[tuple[int, str], Return] = {}
    for line in (each for part in parts for each in part if each.values):
        for currency, each in line.returns.items():
            key = place[line.values[0]], currency
            brought[key] = brought[key] + each if key in brought else each
    shared = {id(each) for each in of_account}
    found = []
    for index, line in enumerate(lines):
        whole = {each.currency for each in line.spent if id(each) in shared}
        nothing = {
            currency: replace(each, calls=ZERO, leads=ZERO, customers=ZERO, won=ZERO)
            for currency, each in line.returns.items()
        }
        returns = {
            currency: each
            if currency in whole
            else replace(brought.get((index, currency), nothing[currency]), cost=each.cost)
            for currency, each in line.returns.items()
        }
        found.append(replace(line, returns=returns))
    return found


def total_of(lines: Sequence[CostLine]) -> CostLine:
    """All lines as one. Calls, leads and customers count for a currency if their line has a cost in it."""
    returns: dict[str, Return] = {}
    for line in lines:
        for currency, each in line.returns.items():
            other = returns.get(currency)
            returns[currency] = each if other is None else each + other
    spent = tuple(each for line in lines for each in line.spent)
    return CostLine(
        None,
        sum_of([line.credits for line in lines]),
        spent,
        returns={each: returns[each] for each in _currencies(lines)},
    )


def _line(value: str | None, credits: Sequence[Line], spent: Sequence[Spent]) -> CostLine:
    line = credits[0] if len(credits) == 1 else replace(sum_of(credits), value=value)
    values = tuple(each.value for each in credits if each.value)
    if not spent:
        return CostLine(value, line, (), values)
    costs: dict[str, Decimal] = {}
    for each in spent:
        costs[each.currency] = costs.get(each.currency, Decimal(0)) + each.amount
    calls, leads, customers = (line.number(name) for name in ("calls", "leads", "customers"))
    won = line.won
    returns = {
        currency: Return(cost, calls, leads, customers, won.get(currency, None if won else Decimal(0)))
        for currency, cost in sorted(costs.items())
    }
    return CostLine(value, line, tuple(spent), values, returns=returns)


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole if whole else None


def _currencies(lines: Iterable[CostLine]) -> list[str]:
    """The currencies, that of the most lines first."""
    counts: dict[str, int] = {}
    for line in lines:
        for currency in line.returns:
            counts[currency] = counts.get(currency, 0) + 1
    return sorted(counts, key=lambda currency: (-counts[currency], currency))


def _source(each: Spent) -> str:
    return " / ".join(filter(None, (each.source, each.medium)))[:MAX_DIMENSION_CHARACTERS]


def _name(each: Spent, by: By) -> str | None:
    return _source(each) if by == "source" else each.campaign or each.campaign_id or each.visit_campaign


def _source_keys(lines: Sequence[Line], spent: Sequence[Spent]) -> list[str]:
    """The source and medium of each cost. Without a medium it is that of the source's calls, if only one is paid for."""
    if all(each.medium for each in spent):
        return [_source(each) for each in spent]
    media: dict[str, list[str]] = {}
    for line in lines:
        source, _, medium = (line.value or "").casefold().rpartition(" / ")
        media.setdefault(source, []).append(medium)
    keys = []
    for each in spent:
        known = media.get(each.source.casefold(), [])
        paid = [medium for medium in known if medium not in ORGANIC] or known
        medium = each.medium or (paid[0] if len(paid) == 1 else "")
        keys.append(_source(each._replace(medium=medium)))
    return keys


def _campaign_words(each: Spent) -> list[str]:
    words = (each.visit_campaign, each.campaign, each.campaign_id)
    return [word[:MAX_DIMENSION_CHARACTERS] for word in words if word]


class _Names:
    """Names that stand for one thing: a campaign's name in links, its name at the network, and its id (disjoint sets)."""

    def __init__(self) -> None:
        self._next: dict[str, str] = {}

    def known(self, name: str) -> str:
        """The one name that stands for a name and all that were joined with it."""
        name = name.casefold()
        while (following := self._next.get(name, name)) != name:
            name = following
        return name

    def join(self, names: Sequence[str]) -> str:
        """Let several names stand for one thing; returns one of them, empty if there is none."""
        first, *others = [self.known(name) for name in names] or [""]
        for other in others:
            if self.known(other) != self.known(first):
                self._next[self.known(other)] = self.known(first)
        return first
