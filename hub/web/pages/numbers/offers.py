"""What carriers offer for the trackers of a user, and what buying it would bring."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hub.contracts.numbers import NumberOffer, NumberQuery
from hub.contracts.prefixes import names_by_prefix
from hub.contracts.values import Money
from hub.errors import CannotDo, RingfenceError
from hub.hookspecs import NumberHooks
from hub.model import Company, Tracker
from hub.numbers import buying
from hub.numbers.budget import budget_of
from hub.platform.formats import money
from hub.web.pages.numbers import number_labels
from hub.web.pages.numbers.budget import read_amount
from hub.web.pages.request import PageRequest

NORTH_AMERICA = "1"
MAX_CODES = 3
"""Area codes that one search asks the carrier for."""
AREA_CODE = re.compile(r"\d{2,5}")


def area_codes(text: str) -> list[str | None]:
    """The area codes of what a person typed: a code, a place such as Chicago or Illinois, or nothing (any).

    CannotDo if no North American place has this name.
    """
    wanted = text.strip().lower()
    if not wanted:
        return [None]
    digits = re.sub(r"[^\d]", "", wanted)
    if digits and AREA_CODE.fullmatch(digits) and not re.search(r"[a-z]", wanted):
        return [digits]
    found: Counter[str] = Counter()
    for prefix, name in names_by_prefix("geodata", NORTH_AMERICA).items():
        if len(prefix) >= 4 and name.lower().startswith(wanted):
            found[prefix[1:4]] += 1000 if len(prefix) == 4 else 1
    if not found:
        raise CannotDo("No place in North America has this name; write an area code, like 312.")
    return [code for code, _ in found.most_common(MAX_CODES)]


OFFERS = 20
MAX_AT_ONCE = 20
KINDS = {"local": "Local", "toll_free": "Toll-free", "mobile": "Mobile"}


@dataclass(frozen=True)
class Choice:
    """A tracker that can get numbers."""

    company: Company
    tracker: Tracker

    @property
    def key(self) -> str:
        """`company/tracker`, as the URL names it."""
        return f"{self.company.name}/{self.tracker.name}"

    @property
    def title(self) -> str:
        """Lakeside Plumbing, pool website."""
        return f"{self.company.title}, {'pool ' if self.tracker.type == 'session' else ''}{self.tracker.shown_name}"


def trackers_of(page: PageRequest) -> list[Choice]:
    """The trackers of the user's companies that can get numbers, by company and name."""
    found = [
        Choice(company, each) for company in page.companies for each in page.directory.trackers.get(company.id, ())
    ]
    return sorted(found, key=lambda each: (each.company.title, each.tracker.type != "session", each.tracker.name))


def chosen_tracker(page: PageRequest, key: str | None) -> Choice | None:
    """The tracker of a `company/tracker`; None if it is not the user's."""
    return next((each for each in trackers_of(page) if each.key == key), None)


def most_of(text: str, errors: dict[str, str]) -> Money | None:
    """The price limit that a person typed; a mistake stands in `errors`."""
    try:
        return read_amount(text, "USD")
    except CannotDo as refused:
        errors["most"] = str(refused)
        return None


def search_offers(
    page: PageRequest,
    carrier: str,
    country: str,
    query: Mapping[str, str],
    errors: dict[str, str],
    most: Money | None = None,
) -> list[NumberOffer]:
    """What a carrier offers, as `area`, `contains` and `kind` of the query want it; its error stands in `errors`."""
    contains = "".join(each for each in query.get("contains", "") if each.isdecimal() or each == "*")[:12]
    kind = query.get("kind", "local")
    try:
        codes = area_codes(query.get("area", ""))
        if not page.hub.plugins.implements(carrier, NumberHooks.search_numbers):
            raise CannotDo(
                f"{number_labels.carrier_name(page, carrier)} sells no numbers here; buy there, then add it below."
            )
        found: dict[str, NumberOffer] = {}
        for code in codes:
            wanted = NumberQuery(
                country=country,
                kind=kind if kind in KINDS else "local",  # type: ignore[arg-type]
                area_code=code,
                contains=contains or None,
                limit=OFFERS,
            )
            offers = page.hub.plugins.call(carrier, NumberHooks.search_numbers, wanted)
            found.update(
                (each.number, each)
                for each in offers
                if _affordable(each, most) and each.number not in page.directory.lines
            )
    except RingfenceError as error:
        errors["area"] = str(error)
        return []
    return list(found.values())[:OFFERS]


def offers_of(page: PageRequest, choice: Choice, ticked: Sequence[str], errors: dict[str, str]) -> list[NumberOffer]:
    """The ticked numbers as the carrier offers them now: a second search may list others."""
    try:
        carrier, country = choice.tracker.carrier, choice.company.country
        found = [buying.find_offer(page.hub, carrier, number, country) for number in ticked]
    except RingfenceError as error:
        errors["area"] = str(error)
        return []
    if None in found:
        errors["numbers"] = "Some of the numbers are not on offer anymore; the others are below."
    return [each for each in found if each is not None]


def _affordable(offer: NumberOffer, most: Money | None) -> bool:
    price = offer.monthly_price
    return most is None or (price is not None and price.currency == most.currency and price.amount <= most.amount)


def consequence_of(page: PageRequest, choice: Choice, offers: Sequence[NumberOffer]) -> dict[str, object]:
    """What buying these numbers brings, in words; `refused` if the cap forbids it."""
    with page.hub.store.reading() as session:
        budget = budget_of(session, page.user.account_id)
    prices = [offer.monthly_price for offer in offers]
    known = [price for price in prices if price]
    currencies = {price.currency for price in known}
    total = (
        Money(sum((price.amount for price in known), Decimal()), known[0].currency) if len(currencies) == 1 else None
    )
    whole = total if len(known) == len(prices) else None
    after = money(budget.after(total).amount, total.currency) if total else None
    most = money(budget.cap.amount, budget.cap.currency) if budget.cap else None
    size = sum(line.tracker.id == choice.tracker.id for line in page.directory.lines.values()) + len(offers)
    return {
        "count": len(offers),
        "price": number_labels.amount(whole) if whole else None,
        "after": after,
        "unpriced": budget.unpriced,
        "most": most,
        "refused": budget.refusal(whole),
        "carrier": number_labels.carrier_name(page, choice.tracker.carrier),
        "size": size,
    }
