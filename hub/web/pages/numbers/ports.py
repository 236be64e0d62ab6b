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
from hub.web.forms.field import Field, Values
from hub.web.forms.form import Form
from hub.web.pages.guard import Page
from hub.web.pages.numbers import number_labels
from hub.web.pages.numbers.offers import chosen_tracker, trackers_of
from hub.web.pages.request import PageRequest

MAX_BILL_BYTES = 10 * 1024 * 1024
MAX_NUMBERS = 100
BILL = "As it stands on the bill."
FIELDS = (
    Field(name="numbers", label="Numbers, one a line", kind="phones", required=True, maximum=3_000,
          wrong="Write the numbers that you bring, one a line."),
    Field(name="losing_carrier", label="Old carrier", hint="For your own list", maximum=100),
    Field(name="wanted_on", label="Preferred day", hint="The carriers decide", kind="date"),
    Field(name="business_name", label="Account holder", required=True,
          wrong="The losing carrier compares it with its records."),
    Field(name="account_number", label="Account number"),
    Field(name="pin", label="Port-out PIN", hint="If the old carrier uses one; it is not kept", kind="secret"),
    Field(name="street", label="Street and house number", required=True, wrong=BILL),
    Field(name="city", label="City", required=True, wrong=BILL),
    Field(name="region", label="State", hint="Like IL", required=True, maximum=40, wrong=BILL),
    Field(name="postal_code", label="Postal code", required=True, maximum=20, wrong=BILL),
    Field(name="country", label="Country", hint="Like US", maximum=2),
    Field(name="bill", label="Latest bill, a PDF", kind="file", placeholder="application/pdf",
          hint="Not older than 30 days. Some carriers want none. It goes to the carrier and is not kept."),
    Field(name="authorized_person", label="Who signs it", required=True, wrong="Somebody must sign the letter."),
    Field(name="email", label="Their email address", kind="email", required=True, wrong="The letter is sent there."),
)  # fmt: skip
OF_THE_ACCOUNT = (
    "business_name", "authorized_person", "email", "street", "city", "region", "postal_code", "account_number",
)  # fmt: skip


def new(page: PageRequest) -> Response:
    """The form; with `again` for the numbers of an earlier order."""
    values = {"country": ["US"]}
    again = page.query.get("again")
    if again:
        with page.session() as session:
            order = port_order(session, page.scope, again)
        choice = next((each for each in trackers_of(page) if each.tracker.id == order.tracker_id), None)
        values |= {"numbers": ["\n".join(order.numbers)], "losing_carrier": [order.losing_carrier]}
        values |= {"for": [choice.key]} if choice else {}
    return _show(page, _form(page, values))


def place(page: PageRequest) -> Response:
    """Order the port; what is missing or refused stands beside the form."""
    form = _form(page, page.form)
    form.require()
    choice = chosen_tracker(page, form.value("for"))
    if choice is None or choice.tracker.carrier not in _able(page):
        form.errors["for"] = "Choose a tracker whose carrier can bring numbers."
    numbers = _numbers(form)
    wanted_on = _day(form)
    bill = page.files.get("bill", b"")
    if bill and (not bill.startswith(b"%PDF-") or len(bill) > MAX_BILL_BYTES):
        form.errors["bill"] = "The bill is a PDF of at most 10 MB."
    if form.is_refused or choice is None:
        return _show(page, form)
    request = PortRequest(
        key=new_id(),
        numbers=tuple(numbers),
        **{name: form.value(name) for name in OF_THE_ACCOUNT},
        country=form.value("country").upper() or "US",
        pin=form.value("pin") or None,
        wanted_on=wanted_on,
        bill=bill,
    )
    whose = porting.PortFor(page.user.account_id, choice.tracker.id, form.value("losing_carrier"))
    try:
        porting.order_port(page.hub, choice.tracker.carrier, request, page.user.id, whose)
    except RingfenceError as refused:
        form.problems.append(str(refused))
        return _show(page, form)
    return page.redirect(page.link("/numbers") + "#ports", "Ordered. Keep paying the old carrier until it has moved.")


def look(page: PageRequest) -> Response:
    """Ask the carriers how the orders stand."""
    silent = []
    for connector in _able(page):
        try:
            porting.refresh(page.hub, connector)
        except RingfenceError:
            silent.append(number_labels.carrier_name(page, connector))
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


def _numbers(form: Form) -> list[str]:
    written = filter(None, map(str.strip, re.split(r"[\n,;]+", form.value("numbers"))))
    numbers = list(dict.fromkeys(phone_number(each, "US") for each in written))
    if None in numbers:
        form.errors["numbers"] = "One of these is not a phone number; write one a line, like +1 312 555 0177."
    if len(numbers) > MAX_NUMBERS:
        form.errors["numbers"] = f"One order brings at most {MAX_NUMBERS} numbers."
    return [each for each in numbers if each]


def _day(form: Form) -> date | None:
    try:
        return date.fromisoformat(form.value("wanted_on")) if form.value("wanted_on") else None
    except ValueError:
        form.errors["wanted_on"] = "Write the day like 2026-12-01."
        return None


def _form(page: PageRequest, values: Values) -> Form:
    able = _able(page)
    trackers = tuple(
        (each.key, f"{each.title} ({number_labels.carrier_name(page, each.tracker.carrier)})")
        for each in trackers_of(page)
        if each.tracker.carrier in able
    )
    return Form((Field(name="for", label="They are for", kind="choice", choices=trackers, default=""), *FIELDS), values)


def _show(page: PageRequest, form: Form) -> Response:
    if not form["for"].choices and not form.is_refused:
        raise (
            NotFound("Not found")
            if not trackers_of(page)
            else CannotDo("None of your carriers' plugins can bring numbers; order the port at the carrier.")
        )
    return page.render("numbers_port.html", form.status, title="Bring a number", form=form)


PAGES = (
    Page("/numbers/ports/new", new, action="configure"),
    Page("/numbers/ports/new", place, action="configure", method="POST", max_bytes=MAX_BILL_BYTES + 100_000),
    Page("/numbers/ports/look", look, action="configure", method="POST"),
    Page("/numbers/ports/{order_id}/cancel", cancel, action="configure", method="POST"),
    Page("/numbers/ports/{order_id}/move", move, action="configure", method="POST"),
    Page("/numbers/ports/{order_id}/forget", forget, action="configure", method="POST"),
    Page("/numbers/ports/{order_id}/use", use, action="configure", method="POST"),
)
