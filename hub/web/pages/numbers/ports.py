"""`/numbers/ports/…`: bring numbers from another carrier, follow the orders, correct, cancel, put the numbers to use."""

from __future__ import annotations

import re
from datetime import date

from starlette.responses import Response

from hub.contracts.phones import phone_number
from hub.contracts.ports import PortRequest
from hub.errors import CannotDo, NotFound, RingfenceError
from hub.model.columns import new_id
from hub.numbers import porting
from hub.numbers.pointing import point_here
from hub.queries.numbers.ports import PortView, port_order, port_orders
from hub.web.pages.guard import Page
from hub.web.pages.numbers import words
from hub.web.pages.numbers.offers import Choice, chosen_tracker, trackers_of
from hub.web.pages.request import PageRequest

MAX_BILL_BYTES = 10 * 1024 * 1024
MAX_NUMBERS = 100
MUST = {
    "business_name": "The losing carrier compares it with its records.",
    "authorized_person": "Somebody must sign the letter.",
    "email": "The letter is sent there.",
    "street": "As it stands on the bill.",
    "city": "As it stands on the bill.",
    "region": "As it stands on the bill.",
    "postal_code": "As it stands on the bill.",
}
TEXTS = (*MUST, "losing_carrier", "account_number", "country", "wanted_on", "numbers")


def new(page: PageRequest) -> Response:
    """The form; with `again` for the numbers of an earlier order."""
    values = {"country": "US"}
    again = page.query.get("again")
    if again:
        with page.session() as session:
            order = port_order(session, page.scope, again)
        choice = next((each for each in trackers_of(page) if each.tracker.id == order.tracker_id), None)
        values |= {"numbers": "\n".join(order.numbers), "losing_carrier": order.losing_carrier}
        values |= {"for": choice.key} if choice else {}
    return _form(page, values, {})


def place(page: PageRequest) -> Response:
    """Order the port; what is missing or refused stands beside the form."""
    values = {name: page.value(name) for name in (*TEXTS, "for")}
    errors = {name: why for name, why in MUST.items() if not values[name]}
    choice = chosen_tracker(page, values["for"])
    if choice is None or choice.tracker.carrier not in _able(page):
        errors["for"] = "Choose a tracker whose carrier can bring numbers."
    numbers = _numbers(values["numbers"], errors)
    wanted_on = _day(values["wanted_on"], errors)
    bill = page.files.get("bill", b"")
    if bill and (not bill.startswith(b"%PDF-") or len(bill) > MAX_BILL_BYTES):
        errors["bill"] = "The bill is a PDF of at most 10 MB."
    if errors or choice is None:
        return _form(page, values, errors)
    request = PortRequest(
        key=new_id(),
        numbers=tuple(numbers),
        **{name: values[name] for name in MUST},
        country=values["country"].upper() or "US",
        account_number=values["account_number"],
        pin=page.value("pin") or None,
        wanted_on=wanted_on,
        bill=bill,
    )
    whose = porting.PortFor(page.user.account_id, choice.tracker.id, values["losing_carrier"])
    try:
        porting.order_port(page.hub, choice.tracker.carrier, request, page.user.id, whose)
    except RingfenceError as refused:
        return _form(page, values, {"form": str(refused)})
    return page.redirect(page.link("/numbers") + "#ports", "Ordered. Keep paying the old carrier until it has moved.")


def look(page: PageRequest) -> Response:
    """Ask the carriers how the orders stand."""
    silent = []
    for connector in _able(page):
        try:
            porting.refresh(page.hub, connector)
        except RingfenceError:
            silent.append(words.carrier_name(page, connector))
    if silent:
        raise CannotDo(f"{' and '.join(silent)} did not answer. Try again later.")
    return page.redirect(page.link("/numbers") + "#ports", "The orders are as the carriers report them now.")


def cancel(page: PageRequest) -> Response:
    """Cancel an order."""
    porting.cancel_port(page.hub, _order(page).id, page.user.id)
    return page.redirect(page.link("/numbers") + "#ports", "The order is cancelled; the numbers stay where they are.")


def move(page: PageRequest) -> Response:
    """Say how far an order is that a person placed at the carrier."""
    porting.move_by_hand(page.hub, _order(page).id, page.value("status"), page.user.id)
    return page.redirect(page.link("/numbers") + "#ports", "Noted.")


def forget(page: PageRequest) -> Response:
    """Close an order of unknown outcome that a person did not find at the carrier."""
    porting.forget_unplaced(page.hub, _order(page).id, page.user.id)
    return page.redirect(page.link("/numbers") + "#ports", "The order is closed; you can order again.")


def use(page: PageRequest) -> Response:
    """Give the numbers that have moved to their tracker, and point them here."""
    order = _order(page)
    key = page.value("for")
    choice = next(
        (each for each in trackers_of(page) if each.key == key or (not key and each.tracker.id == order.tracker_id)),
        None,
    )
    if choice is None or choice.tracker.carrier != order.connector:
        raise CannotDo("Choose a tracker of the carrier to which the numbers moved.")
    porting.use_ported(page.hub, order.id, choice.tracker, page.user.id)
    lines = page.context.directory.refresh().lines
    for number in order.numbers:
        if number in lines:
            point_here(page.hub, lines[number], page.user.id)
    return page.redirect(page.link("/numbers", tracker=choice.tracker.name, each="yes"), "The numbers are in use.")


def orders_of(page: PageRequest) -> list[PortView]:
    """The orders that the page of numbers lists."""
    with page.session() as session:
        return port_orders(session, page.scope)


def _order(page: PageRequest) -> PortView:
    with page.session() as session:
        return port_order(session, page.scope, page.path("order_id"))


def _able(page: PageRequest) -> list[str]:
    """The carriers of the user's trackers that can bring numbers."""
    mine = {each.tracker.carrier for each in trackers_of(page)}
    return [each for each in porting.carriers_for_ports(page.hub) if each in mine]


def _choices(page: PageRequest) -> list[Choice]:
    able = _able(page)
    return [each for each in trackers_of(page) if each.tracker.carrier in able]


def _numbers(text: str, errors: dict[str, str]) -> list[str]:
    found: list[str] = []
    for each in filter(None, re.split(r"[\n,;]+", text)):
        number = phone_number(each.strip(), "US")
        if number is None:
            errors["numbers"] = "One of these is not a phone number; write one a line, like +1 312 555 0177."
        elif number not in found:
            found.append(number)
    if not found and "numbers" not in errors:
        errors["numbers"] = "Write the numbers that you bring, one a line."
    if len(found) > MAX_NUMBERS:
        errors["numbers"] = f"One order brings at most {MAX_NUMBERS} numbers."
    return found


def _day(text: str, errors: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        errors["wanted_on"] = "Write the day like 2026-12-01."
        return None


def _form(page: PageRequest, values: dict[str, str], errors: dict[str, str]) -> Response:
    choices = _choices(page)
    if not choices and not errors:
        raise (
            NotFound("Not found")
            if not trackers_of(page)
            else CannotDo("None of your carriers' plugins can bring numbers; order the port at the carrier.")
        )
    return page.render(
        "numbers_port.html",
        422 if errors else 200,
        title="Bring a number",
        values=values,
        errors=errors,
        choices=choices,
        carriers={each.key: words.carrier_name(page, each.tracker.carrier) for each in choices},
    )


PAGES = (
    Page("/numbers/ports/new", new, action="configure"),
    Page("/numbers/ports/new", place, action="configure", method="POST", max_bytes=MAX_BILL_BYTES + 100_000),
    Page("/numbers/ports/look", look, action="configure", method="POST"),
    Page("/numbers/ports/{order_id}/cancel", cancel, action="configure", method="POST"),
    Page("/numbers/ports/{order_id}/move", move, action="configure", method="POST"),
    Page("/numbers/ports/{order_id}/forget", forget, action="configure", method="POST"),
    Page("/numbers/ports/{order_id}/use", use, action="configure", method="POST"),
)
