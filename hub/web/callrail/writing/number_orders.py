"""Numbers that a client orders with a tracker: only below the cap that a person has set for the account."""

from __future__ import annotations

from hub.contracts.numbers import NumberOffer
from hub.errors import CannotDo
from hub.model import Company, Tracker
from hub.numbers import purchases
from hub.numbers.purchases import Order, purchase
from hub.web.callrail.not_taken import NO_CAP
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.writing.members import Body, flag_in, number_in, object_in, text_in

MAX_POOL = 50


def order_in(body: Body, kind: str, country: str) -> Order:
    """What `tracking_number` and `pool_size` ask for; nothing if neither is given."""
    wanted = object_in(body, "tracking_number")
    size = text_in(body, "pool_size")
    if size is not None and not (size.isdecimal() and 1 <= int(size) <= MAX_POOL):
        raise CannotDo(f"pool_size must be 1 to {MAX_POOL}.")
    if not wanted and size is None:
        return Order()
    area, exact = text_in(wanted, "area_code"), number_in(wanted, "local", country)
    if area is not None and not area.isdecimal():
        raise CannotDo("area_code must be digits, like 312.")
    count = int(size) if size and kind == "session" else 1
    return Order(count, exact, area, bool(flag_in(wanted, "toll_free")))


def offers_for(request: CallRailRequest, carrier: str, company: Company, order: Order) -> list[NumberOffer]:
    """The numbers to buy, at the prices that the carrier asks now. 403 without a cap; CannotDo if there are too few."""
    try:
        return purchases.offers_for(request.hub, company, carrier, order, request.directory.lines)
    except purchases.NoCap:
        raise NO_CAP.refusal() from None


def buy_all(request: CallRailRequest, company: Company, tracker: Tracker, offers: list[NumberOffer]) -> None:
    """Buy the numbers for a tracker, in the user's name. NotBought says which one was not, and why."""
    for each in offers:
        purchase(request.hub, company, tracker, each.number, each.monthly_price, request.scope.user.id)
    assert request.tools is not None
    request.tools.directory.refresh()
