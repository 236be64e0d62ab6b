"""`/numbers`: every number with its tracker, its calls, its cost and its state; pools as one row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from hub.model import NumberPurchase
from hub.numbers.budget import NumberBudget, budget_of
from hub.numbers.purchases import SETTLE_AFTER, open_orders
from hub.platform.formats import money
from hub.queries.numbers.health import count_wrong
from hub.queries.numbers.number_list import NumberEntry, NumberRow, entries, list_numbers
from hub.queries.numbers.signals_number import companies_without_signals_number
from hub.web.pages.guard import Page
from hub.web.pages.numbers import number_labels
from hub.web.pages.numbers.offers import Choice, trackers_of
from hub.web.pages.numbers.pools import pools_of
from hub.web.pages.numbers.ports import orders_of
from hub.web.pages.request import PageRequest

ROWS_PER_PAGE = 200
NEVER = datetime(1, 1, 1, tzinfo=UTC)
FILTERS = ("carrier", "source", "tracker", "q")
STATE_CHIPS = (("in_use", "In use"), ("resting", "Resting"), ("quiet", "No call for 30 days"), ("trouble", "Trouble"))
SORTS: dict[str, Callable[[NumberEntry], Any]] = {
    "number": lambda entry: entry.first.number,
    "last": lambda entry: entry.last_call_at or NEVER,
    "calls": lambda entry: entry.calls,
    "cost": lambda entry: entry.price.amount if entry.price else Decimal(-1),
}


def listing(page: PageRequest) -> Response:
    """The numbers of the chosen companies."""
    with page.session() as session:
        rows = list_numbers(session, page.scope, page.company_ids, page.now)
        wrong = count_wrong(session, page.scope, page.company_ids)
    filtered = [row for row in rows if _matches(row, page)]
    state, each = page.query.get("state"), page.query.get("each") == "yes"
    counts = {name: sum(_is(row, name) for row in filtered) for name, _ in STATE_CHIPS}
    shown = entries([row for row in filtered if state not in counts or _is(row, str(state))], each=each)
    sort = page.query.get("sort", "number").lstrip("-")
    sort = sort if sort in SORTS else "number"
    down = page.query.get("sort", "").startswith("-")
    shown.sort(key=SORTS[sort], reverse=down)
    first = max(0, int(page.query["from"])) if page.query.get("from", "").isdecimal() else 0
    return page.render(
        "numbers.html",
        title="Numbers",
        words=number_labels,
        rows=shown[first : first + ROWS_PER_PAGE],
        older=page.here(**{"from": first + ROWS_PER_PAGE}) if len(shown) > first + ROWS_PER_PAGE else None,
        newer=page.here(**{"from": first - ROWS_PER_PAGE or None}) if first else None,
        total=len(shown),
        owned=len(rows),
        chips=[(None, "All", len(filtered), page.here(state=None))]
        + [(name, label, counts[name], page.here(state=name)) for name, label in STATE_CHIPS if counts[name]],
        state=state if state in counts else None,
        filters={name: page.query[name] for name in FILTERS if page.query.get(name)},
        choices=_choices(page, rows),
        each=each,
        pooled=any(row.is_pooled for row in rows),
        sort=sort,
        sorts={name: page.here(sort=f"-{name}" if sort == name and not down else name) for name in SORTS},
        descending=down,
        titles={company.id: company.title for company in page.companies},
        names={company.id: company.name for company in page.companies},
        costs=costs_in_words(page, rows),
        wrong=wrong,
        orders=_orders(page),
        pools=pools_of(page),
        ports=orders_of(page),
        without_signals_number=_without_signals_number(page),
        port_choices=trackers_of(page),
        without=next((each for each in trackers_of(page) if _is_wanted(each, page)), None) if not shown else None,
    )


def _is_wanted(choice: Choice, page: PageRequest) -> bool:
    """Whether the list asks for this tracker alone."""
    return choice.tracker.name == page.query.get("tracker") and page.company in (None, choice.company)


def _without_signals_number(page: PageRequest) -> list[str]:
    """The titles of the shown companies that lack a number for privacy signals."""
    lacking = {section.name for section in companies_without_signals_number(page.hub.config)}
    shown = [page.company] if page.company is not None else page.companies
    return [company.title for company in shown if company.name in lacking]


def _orders(page: PageRequest) -> list[NumberPurchase]:
    """Orders whose outcome is not known, for those who may settle them; not those that are being placed right now."""
    if not page.may("configure"):
        return []
    with page.session() as session:
        orders = open_orders(session, page.user.account_id)
    return [each for each in orders if each.state == "unknown" or page.now - each.asked_at >= SETTLE_AFTER]


def costs_in_words(page: PageRequest, rows: Sequence[NumberRow]) -> str:
    """29 numbers for $32.05 of at most $40.00 a month. The cap is the account's, so it stands beside all its numbers."""
    if page.scope.companies is not None or page.company is not None:
        return _sentence(_budget_of_rows(rows))
    with page.hub.store.reading() as session:
        return _sentence(budget_of(session, page.user.account_id))


def _sentence(budget: NumberBudget) -> str:
    if not budget.count:
        return "No numbers yet."
    what = f"{budget.count:,} number{'s' if budget.count != 1 else ''}"
    sums = " and ".join(money(total, currency) for currency, total in sorted(budget.costs.items()))
    most = f" of at most {money(budget.cap.amount, budget.cap.currency)}" if budget.cap else ""
    if not sums:
        return f"{what}. No carrier has told yet what they cost{f'; at most{most[11:]} a month' if most else ''}."
    known = f" The cost of {budget.unpriced:,} is not known." if budget.unpriced else ""
    return f"{what} for {sums}{most} a month.{known}"


def _budget_of_rows(rows: Sequence[NumberRow]) -> NumberBudget:
    costs: dict[str, Decimal] = {}
    for row in rows:
        if row.price:
            costs[row.price.currency] = costs.get(row.price.currency, Decimal()) + row.price.amount
    return NumberBudget(len(rows), costs, sum(row.price is None for row in rows), None)


def _is(row: NumberRow, state: str) -> bool:
    if state == "trouble":
        return row.state in ("elsewhere", "absent")
    if state == "in_use":
        return row.state != "resting"
    return row.state == state


def _matches(row: NumberRow, page: PageRequest) -> bool:
    wanted = page.query
    if wanted.get("carrier") and row.carrier != wanted["carrier"]:
        return False
    if wanted.get("source") and number_labels.shown_source(row) != wanted["source"]:
        return False
    if wanted.get("tracker") and row.tracker != wanted["tracker"]:
        return False
    text = wanted.get("q", "").strip().lower()
    if not text:
        return True
    digits = "".join(character for character in text if character.isdecimal())
    texts = (
        row.tracker,
        row.tracker_title,
        row.source,
        row.medium,
        row.campaign,
        row.carrier,
        number_labels.place_of(row.number),
    )
    return bool(digits and digits in row.number) or any(
        text in (each or "").lower() for each in (*texts, number_labels.place_of(row.number))
    )


def _choices(page: PageRequest, rows: Sequence[NumberRow]) -> dict[str, dict[str, str]]:
    """The values of each filter with their titles."""
    found = {
        "carrier": {row.carrier: number_labels.carrier_name(page, row.carrier) for row in rows},
        "source": {title: title for title in map(number_labels.shown_source, rows)},
        "tracker": {row.tracker: row.tracker_title for row in rows},
    }
    return {name: dict(sorted(each.items(), key=lambda one: one[1].casefold())) for name, each in found.items()}


PAGES = (Page("/numbers", listing, action="setup"),)
