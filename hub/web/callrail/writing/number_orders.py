"""Numbers that a client orders with a tracker: only below the cap that a person has set for the account."""

from __future__ import annotations

from dataclasses import dataclass

from hub.contracts.numbers import NumberOffer, NumberQuery
from hub.errors import CannotDo
from hub.hookspecs import NumberHooks
from hub.model import Company, Tracker
from hub.numbers.budget import budget_of
from hub.numbers.buying import find_offer
from hub.numbers.purchases import purchase
from hub.web.callrail.not_taken import NO_CAP
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.writing.members import Body, flag_in, number_in, object_in, text_in

MAX_POOL = 50


@dataclass(frozen=True)
class Order:
    """How many numbers of which kind a client wants."""

    count: int = 0
    exact: str | None = None
    area_code: str | None = None
    toll_free: bool = False


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


def offers_for(request: CallRailRequest, carrier: str, country: str, order: Order) -> list[NumberOffer]:
    """The numbers to buy, at the prices that the carrier asks now. 403 without a cap; CannotDo if there are too few."""
    if not order.count:
        return []
    with request.hub.store.reading() as session:
        budget = budget_of(session, request.scope.user.account_id)
    if budget.cap is None:
        raise NO_CAP.refusal()
    plugins = request.hub.plugins
    can = all(plugins.implements(carrier, each) for each in (NumberHooks.search_numbers, NumberHooks.buy_number))
    if not can:
        raise CannotDo(f"The connector {carrier!r} sells no numbers; send your own as tracking_numbers.")
    if order.exact:
        offer = find_offer(request.hub, carrier, order.exact, country)
        found = [offer] if offer else []
    else:
        query = NumberQuery(
            country=country,
            kind="toll_free" if order.toll_free else "local",
            area_code=order.area_code,
            limit=order.count + len(request.directory.lines),
        )
        found = list(plugins.call(carrier, NumberHooks.search_numbers, query))
    found = [each for each in found if each.number not in request.directory.lines][: order.count]
    if len(found) < order.count:
        raise CannotDo("The carrier offers no such number now; choose another area code.")
    for each in found:
        refusal = budget.refusal(each.monthly_price)
        if refusal:
            raise CannotDo(refusal)
    return found


def buy_all(request: CallRailRequest, company: Company, tracker: Tracker, offers: list[NumberOffer]) -> None:
    """Buy the numbers for a tracker, in the user's name. NotBought says which one was not, and why."""
    for each in offers:
        purchase(request.hub, company, tracker, each.number, each.monthly_price, request.scope.user.id)
    assert request.tools is not None
    request.tools.directory.refresh()
