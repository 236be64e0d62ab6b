"""`/numbers/buy`: search the carrier's offer, see what it will cost, buy; and orders whose outcome is not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from starlette.responses import Response

from hub.contracts.numbers import NumberOffer, NumberQuery
from hub.contracts.phones import phone_number
from hub.contracts.values import Money
from hub.errors import CannotDo, RingfenceError
from hub.hookspecs import NumberHooks
from hub.model import Company, Tracker
from hub.numbers import buying
from hub.numbers.budget import budget_of
from hub.numbers.purchases import owned, purchase, settle
from hub.web.pages.formats import money, phone
from hub.web.pages.guard import Page
from hub.web.pages.numbers import words
from hub.web.pages.numbers.budget import read_amount
from hub.web.pages.numbers.places import area_codes
from hub.web.pages.request import PageRequest

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
        return f"{self.company.title}, {'pool ' if self.tracker.type == 'session' else ''}{self.tracker.name}"


@dataclass(frozen=True)
class Outcome:
    """What came of one number of an order."""

    number: str
    state: Literal["bought", "refused", "unknown"]
    detail: str = ""


def search(page: PageRequest) -> Response:
    """The search, its offers, and the numbers that were ticked with what they will cost."""
    return _page(page)


def buy(page: PageRequest) -> Response:
    """Buy the ticked numbers at the prices that the form showed."""
    choice = chosen_tracker(page, page.value("for"))
    numbers = list(dict.fromkeys(page.form.get("number", ())))[:MAX_AT_ONCE]
    if choice is None or not numbers:
        return _page(page, 422, error="Tick at least one number.")
    agreed = dict(each.rpartition("=")[::2] for each in page.form.get("price", ()))
    outcomes = [_bought(page, choice, number, agreed.get(number, "")) for number in numbers]
    page.context.directory.refresh()
    if all(each.state == "bought" and not each.detail for each in outcomes):
        what = phone(outcomes[0].number) if len(outcomes) == 1 else f"{len(outcomes)} numbers"
        return page.redirect(page.link("/numbers", tracker=choice.tracker.name, each="yes"), f"Bought: {what}.")
    return page.render(
        "numbers_bought.html", 422, title="Not all numbers were bought", choice=choice, outcomes=outcomes
    )


def look_again(page: PageRequest) -> Response:
    """Ask the carrier whether an order of unknown outcome was fulfilled."""
    state = settle(page.hub, page.user.account_id, page.path("order_id"), page.user.id)
    page.context.directory.refresh()
    notice = "The number was bought and is in use." if state == "bought" else "The number was not bought."
    return page.redirect(page.link("/numbers"), notice)


def trackers_of(page: PageRequest) -> list[Choice]:
    """The trackers of the user's companies that can get numbers, by company and name."""
    found = [
        Choice(company, each) for company in page.companies for each in page.directory.trackers.get(company.id, ())
    ]
    return sorted(found, key=lambda each: (each.company.title, each.tracker.type != "session", each.tracker.name))


def chosen_tracker(page: PageRequest, key: str | None) -> Choice | None:
    """The tracker of a `company/tracker`; None if it is not the user's."""
    return next((each for each in trackers_of(page) if each.key == key), None)


def _bought(page: PageRequest, choice: Choice, number: str, agreed: str) -> Outcome:
    try:
        wanted = phone_number(number)
        if wanted is None:
            raise CannotDo("That is not a phone number.")
        if owned(page.hub, choice.tracker, wanted) is None:
            offer = buying.find_offer(page.hub, choice.tracker.carrier, wanted, choice.company.country)
            if offer is None:
                raise CannotDo("The carrier does not offer it anymore.")
            if str(offer.monthly_price or "") != agreed:
                raise CannotDo(f"Its price is now {words.amount(offer.monthly_price)} a month. Look at it again first.")
            price = offer.monthly_price
        else:
            price = None
        found = purchase(page.hub, choice.company, choice.tracker, wanted, price, page.user.id)
    except buying.OutcomeNotKnown as error:
        return Outcome(number, "unknown", str(error))
    except RingfenceError as error:
        return Outcome(number, "refused", str(error))
    trouble = f"Its calls do not come here yet: {found.trouble}" if found.trouble else ""
    return Outcome(wanted, "bought", trouble)


def _page(page: PageRequest, status: int = 200, error: str | None = None) -> Response:
    query = page.query
    choices = trackers_of(page)
    choice = chosen_tracker(page, query.get("for") or page.value("for")) or next(
        (each for each in choices if page.company in (None, each.company)), None
    )
    errors: dict[str, str] = {"numbers": error} if error else {}
    most = _most(query.get("most", ""), errors)
    ticked = list(dict.fromkeys(page.request.query_params.getlist("number")))[:MAX_AT_ONCE]
    reviewed = bool(choice and ticked) and query.get("review") == "yes"
    offers: list[NumberOffer] | None = None
    if choice and "area" in query and "most" not in errors:
        offers = _present(page, choice, ticked, errors) if reviewed else _offers(page, choice, most, errors)
    if offers and not ticked and query.get("count", "").isdecimal():
        ticked = [offer.number for offer in offers[: int(query["count"])]]
    return page.render(
        "numbers_buy.html",
        422 if errors else status,
        title="Buy a number",
        words=words,
        choices=choices,
        choice=choice,
        kinds=KINDS,
        offers=offers,
        ticked=ticked,
        reviewed=reviewed,
        consequence=_consequence(page, choice, offers) if choice and reviewed and offers else None,
        can={"voice": "calls", "sms": "texts", "mms": "pictures"},
        errors=errors,
    )


def _most(text: str, errors: dict[str, str]) -> Money | None:
    try:
        return read_amount(text, "USD")
    except CannotDo as refused:
        errors["most"] = str(refused)
        return None


def _offers(page: PageRequest, choice: Choice, most: Money | None, errors: dict[str, str]) -> list[NumberOffer]:
    """What the tracker's carrier offers; an error of the carrier stands on the page."""
    query, carrier = page.query, choice.tracker.carrier
    contains = "".join(each for each in query.get("contains", "") if each.isdecimal() or each == "*")[:12]
    kind = query.get("kind", "local")
    try:
        codes = area_codes(query.get("area", ""))
        if not page.hub.plugins.implements(carrier, NumberHooks.search_numbers):
            raise CannotDo(f"{words.carrier_name(page, carrier)} sells no numbers here; buy there, then add it below.")
        found: dict[str, NumberOffer] = {}
        for code in codes:
            wanted = NumberQuery(
                country=choice.company.country,
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


def _present(page: PageRequest, choice: Choice, ticked: Sequence[str], errors: dict[str, str]) -> list[NumberOffer]:
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


def _consequence(page: PageRequest, choice: Choice, offers: Sequence[NumberOffer]) -> dict[str, object]:
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
        "price": words.amount(whole) if whole else None,
        "after": after,
        "unpriced": budget.unpriced,
        "most": most,
        "refused": budget.refusal(whole),
        "carrier": words.carrier_name(page, choice.tracker.carrier),
        "size": size,
    }


PAGES = (
    Page("/numbers/buy", search, action="configure"),
    Page("/numbers/buy", buy, action="configure", method="POST"),
    Page("/numbers/orders/{order_id}/look", look_again, action="configure", method="POST"),
)
