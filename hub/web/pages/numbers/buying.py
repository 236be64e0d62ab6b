"""`/numbers/buy`: search the carrier's offer, see what it will cost, buy; and orders whose outcome is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response

from hub.contracts.numbers import NumberOffer
from hub.contracts.phones import phone_number
from hub.errors import CannotDo, RingfenceError
from hub.numbers import buying
from hub.numbers.purchases import owned, purchase, settle
from hub.platform.formats import phone
from hub.web.pages.guard import Page
from hub.web.pages.numbers import number_labels
from hub.web.pages.numbers.offers import (
    KINDS,
    MAX_AT_ONCE,
    Choice,
    chosen_tracker,
    consequence_of,
    most_of,
    offers_of,
    search_offers,
    trackers_of,
)
from hub.web.pages.request import PageRequest


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
    outcomes = [bought(page, choice, number, agreed.get(number, "")) for number in numbers]
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


def bought(page: PageRequest, choice: Choice, number: str, agreed: str) -> Outcome:
    """Buy one number for a tracker at the monthly price that a person agreed to, as the form wrote it."""
    try:
        wanted = phone_number(number)
        if wanted is None:
            raise CannotDo("That is not a phone number.")
        if owned(page.hub, choice.tracker, wanted) is None:
            offer = buying.find_offer(page.hub, choice.tracker.carrier, wanted, choice.company.country)
            if offer is None:
                raise CannotDo("The carrier does not offer it anymore.")
            if str(offer.monthly_price or "") != agreed:
                raise CannotDo(
                    f"Its price is now {number_labels.amount(offer.monthly_price)} a month. Look at it again first."
                )
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
    most = most_of(query.get("most", ""), errors)
    ticked = list(dict.fromkeys(page.request.query_params.getlist("number")))[:MAX_AT_ONCE]
    reviewed = bool(choice and ticked) and query.get("review") == "yes"
    offers: list[NumberOffer] | None = None
    if choice and "area" in query and "most" not in errors:
        offers = (
            offers_of(page, choice, ticked, errors)
            if reviewed
            else search_offers(page, choice.tracker.carrier, choice.company.country, query, errors, most)
        )
    if offers and not ticked and query.get("count", "").isdecimal():
        ticked = [offer.number for offer in offers[: int(query["count"])]]
    return page.render(
        "numbers_buy.html",
        422 if errors else status,
        title="Buy a number",
        words=number_labels,
        choices=choices,
        choice=choice,
        kinds=KINDS,
        offers=offers,
        ticked=ticked,
        reviewed=reviewed,
        consequence=consequence_of(page, choice, offers) if choice and reviewed and offers else None,
        can={"voice": "calls", "sms": "texts", "mms": "pictures"},
        errors=errors,
    )


PAGES = (
    Page("/numbers/buy", search, action="configure"),
    Page("/numbers/buy", buy, action="configure", method="POST"),
    Page("/numbers/orders/{order_id}/look", look_again, action="configure", method="POST"),
)
