"""Orders of numbers: stored before the carrier is asked, checked against the account's cap, placed once, settled later if
no answer came."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from hub.contracts.numbers import NumberOffer, NumberQuery, NumberSetup
from hub.contracts.values import Money
from hub.errors import CannotDo, NotFound, RingfenceError
from hub.hookspecs import NumberHooks
from hub.model import Company, NumberPurchase, Tracker, TrackingNumber
from hub.numbers import buying
from hub.numbers.budget import budget_of, written
from hub.numbers.ownership import keep_bought, points_here, setup_of
from hub.numbers.rest.rules import MOVE_REST, may_move
from hub.runtime import Hub
from hub.store import audit

SETTLE_AFTER = timedelta(minutes=2)
"""A carrier's list may lag behind a purchase; earlier than this, a number that is not in it may still be ours."""


@dataclass(frozen=True)
class Bought:
    """A number that is the tracker's now. `trouble`: why its webhooks do not point here yet; None if they do."""

    number: str
    provider_id: str
    trouble: str | None = None


def purchase(hub: Hub, company: Company, tracker: Tracker, number: str, price: Money | None, actor: str) -> Bought:
    """Buy a number for a tracker at the price that a person agreed to.

    NotBought says why it was not bought, or that the outcome is unknown; `OutcomeNotKnown` is the latter. A number that the
    tracker has already is not bought again.
    """
    already = owned(hub, tracker, number)
    if already is not None:
        return already
    order_id = _write_down(hub, company, tracker, number, price, actor)
    setup = setup_of(hub.config, tracker.carrier, number, label=f"{company.title}: {tracker.name}")
    try:
        found = buying.buy(hub, tracker.carrier, setup)
    except buying.OutcomeNotKnown as error:
        _end(hub, order_id, "unknown", str(error))
        raise
    except RingfenceError as error:
        _end(hub, order_id, "refused", str(error))
        raise buying.NotBought(str(error)) from None
    _keep(hub, order_id, actor)
    return Bought(number, found.provider_id, None if points_here(setup, found) else _pointed(hub, tracker, setup))


def owned(hub: Hub, tracker: Tracker, number: str) -> Bought | None:
    """The number if the tracker has it already; CannotDo if another tracker has it, or had it a short while ago."""
    with hub.store.reading() as session:
        row = session.exec(select(TrackingNumber).where(TrackingNumber.number == number)).first()
        if row is None or row.retired_at is not None:
            if row is not None and not may_move(session, row, tracker.id, hub.clock()):
                raise CannotDo(
                    f"People still call that number for its last tracker; another one may get it {MOVE_REST.days} days "
                    "after it left that."
                )
            return None
    if row.tracker_id != tracker.id:
        raise CannotDo("That number is already ours; hub numbers list shows its tracker.")
    return Bought(number, "")


def settle(hub: Hub, account_id: str, order_id: str, actor: str) -> str:
    """Ask the carrier whether an order of unknown outcome was fulfilled; returns the order's state now.

    While the carrier's list may lag, an order that is not in it stays open.
    """
    with hub.store.reading() as session:
        order = session.get(NumberPurchase, order_id)
        tracker = session.get(Tracker, order.tracker_id) if order else None
    if order is None or tracker is None or order.account_id != account_id:
        raise NotFound("Not found")
    if order.state not in ("asked", "unknown"):
        return order.state
    listed = hub.plugins.call(tracker.carrier, NumberHooks.list_numbers)
    if any(each.number == order.number for each in listed):
        _keep(hub, order_id, actor)
        return "bought"
    if hub.clock() - order.asked_at < SETTLE_AFTER:
        raise CannotDo("The carrier does not list the number yet. Look again in two minutes.")
    _end(hub, order_id, "refused", "The carrier does not list the number: it was not bought.")
    return "refused"


def settle_old(hub: Hub) -> None:
    """Settle the orders whose outcome has been unknown for a while, in the name of who placed them."""
    due = hub.clock() - SETTLE_AFTER
    with hub.store.reading() as session:
        query = select(NumberPurchase).where(
            col(NumberPurchase.state).in_(["asked", "unknown"]), col(NumberPurchase.asked_at) <= due
        )
        orders = list(session.exec(query))
    for order in orders:
        with suppress(RingfenceError):
            settle(hub, order.account_id, order.id, order.asked_by)


def open_orders(session: Session, account_id: str) -> list[NumberPurchase]:
    """The account's orders whose outcome is not known, the oldest first."""
    query = select(NumberPurchase).where(
        NumberPurchase.account_id == account_id, col(NumberPurchase.state).in_(["asked", "unknown"])
    )
    return list(session.exec(query.order_by(col(NumberPurchase.id))))


def _write_down(hub: Hub, company: Company, tracker: Tracker, number: str, price: Money | None, actor: str) -> str:
    """The id of the order, stored in the transaction that compares it with the cap."""
    order = NumberPurchase(
        account_id=company.account_id,
        tracker_id=tracker.id,
        number=number,
        monthly_price=price.amount if price else None,
        price_currency=price.currency if price else None,
        asked_at=hub.clock(),
        asked_by=actor,
    )
    try:
        with hub.store.writing() as session:
            for whole in (None, company.id):
                budget = budget_of(session, company.account_id, company_id=whole, lock=whole is None)
                refusal = budget.refusal(price)
                if refusal:
                    raise buying.NotBought(refusal)
            session.add(order)
            session.flush()
            return order.id
    except IntegrityError:
        raise CannotDo("This number is being bought already; look at its outcome before you try again.") from None


def _keep(hub: Hub, order_id: str, actor: str) -> None:
    with hub.store.writing() as session:
        order = session.get(NumberPurchase, order_id)
        assert order is not None
        if order.state == "bought":
            return
        tracker = session.get(Tracker, order.tracker_id)
        assert tracker is not None
        order.state, order.detail, order.ended_at = "bought", "", hub.clock()
        price = Money(order.monthly_price, order.price_currency or "") if order.monthly_price is not None else None
        keep_bought(session, tracker.id, order.number, price, hub.clock())
        session.add(order)
        session.flush()
        company = session.get(Company, tracker.company_id)
        assert company is not None
        what = f"{company.name}/{tracker.name} at {tracker.carrier}, {written(price) if price else 'price not known'}"
        audit.note(session, hub.clock(), actor, "numbers.buy", order.number, what)


def _end(hub: Hub, order_id: str, state: str, detail: str) -> None:
    with hub.store.writing() as session:
        order = session.get(NumberPurchase, order_id)
        assert order is not None
        order.state, order.detail = state, detail[:500]
        order.ended_at = hub.clock() if state == "refused" else None
        session.add(order)


def _pointed(hub: Hub, tracker: Tracker, setup: NumberSetup) -> str | None:
    try:
        hub.plugins.call(tracker.carrier, NumberHooks.configure_number, setup)
    except RingfenceError as error:
        return str(error)
    return None


@dataclass(frozen=True)
class Order:
    """How many numbers of which kind a program wants."""

    count: int = 0
    exact: str | None = None
    area_code: str | None = None
    toll_free: bool = False


class NoCap(CannotDo):
    """No person has set what the account's numbers may cost."""


def offers_for(hub: Hub, company: Company, carrier: str, order: Order, known: Collection[str]) -> list[NumberOffer]:
    """The numbers to buy, at the prices that the carrier asks now; none that is `known`. NoCap without a cap; CannotDo if there
    are too few."""
    if not order.count:
        return []
    with hub.store.reading() as session:
        budget = budget_of(session, company.account_id)
    if budget.cap is None:
        raise NoCap(
            "Programs buy numbers only below a cap: set what the account's numbers may cost a month on the page Numbers, or "
            "with hub numbers cap."
        )
    plugins = hub.plugins
    can = all(plugins.implements(carrier, each) for each in (NumberHooks.search_numbers, NumberHooks.buy_number))
    if not can:
        raise CannotDo(f"The connector {carrier!r} sells no numbers; send your own.")
    if order.exact:
        offer = buying.find_offer(hub, carrier, order.exact, company.country)
        found = [offer] if offer else []
    else:
        query = NumberQuery(
            country=company.country,
            kind="toll_free" if order.toll_free else "local",
            area_code=order.area_code,
            limit=order.count + len(known),
        )
        found = list(plugins.call(carrier, NumberHooks.search_numbers, query))
    found = [each for each in found if each.number not in known][: order.count]
    if len(found) < order.count:
        raise CannotDo("The carrier offers no such number now; choose another area code.")
    for each in found:
        refusal = budget.refusal(each.monthly_price)
        if refusal:
            raise CannotDo(refusal)
    return found
