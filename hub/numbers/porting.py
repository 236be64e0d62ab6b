"""Porting numbers: an order is stored before it is placed, placed once, and tracked until it has ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from sqlmodel import Session, col, select

from hub.contracts.disclosure import Disclosed
from hub.contracts.ports import PortOrder, PortRequest, PortStatus
from hub.errors import CannotDo, NotSupported, PluginFailure, Rejected, RetryLater, RingfenceError
from hub.hookspecs import PortHooks
from hub.model import Account, Tracker, TrackingNumber
from hub.model.ports import FINAL_PORT_STATUSES, UNKNOWN, PortOrderRow
from hub.numbers.ownership import keep_bought
from hub.runtime import Hub
from hub.store import audit


class NotOrdered(RingfenceError):
    """A port was not ordered, or the outcome is unknown; the message says what to do."""


BY_HAND = "by-hand-"
"""The beginning of the id of an order that a person places at a carrier whose API takes none."""


@dataclass(frozen=True)
class PortFor:
    """Whose numbers an order brings, and from where. `tracker_id`: the tracker that gets them, if it was chosen."""

    account_id: str | None = None
    tracker_id: str | None = None
    losing_carrier: str = ""


def carriers_for_ports(hub: Hub) -> list[str]:
    """The carriers to which numbers can be brought: by their API, or by hand with the hub's guidance."""
    plugins = hub.plugins
    return [
        name
        for name, each in plugins.connectors.items()
        if each.manifest.ports_by_hand or plugins.implements(name, PortHooks.order_port)
    ]


def is_by_hand(order_id: str | None) -> bool:
    """Whether a person places and follows the order."""
    return (order_id or "").startswith(BY_HAND)


def order_port(hub: Hub, connector: str, request: PortRequest, actor: str, whose: PortFor = PortFor()) -> PortOrder:
    """Place one order, with the fields that the plugin's manifest declares. After a time-out, check the carrier's
    list instead of ordering again. For a carrier without such an API the order is kept with what a person must do; nothing is
    sent, and nothing of the request but the numbers is kept."""
    row_id = _write_down(hub, connector, request, whose)
    if not hub.plugins.implements(connector, PortHooks.order_port):
        guide = hub.plugins.connectors[connector].manifest.ports_by_hand
        order = PortOrder(order_id=f"{BY_HAND}{row_id}", numbers=request.numbers, status="draft", detail=guide)
        return _keep_placed(hub, row_id, order, actor, f"{', '.join(request.numbers)} to {connector}, by hand")
    handed = handed_over(hub, connector, request)
    try:
        order = hub.plugins.call(connector, PortHooks.order_port, handed.value)
    except (RetryLater, PluginFailure) as error:
        order = _found_after(hub, connector, request, error)
    except RingfenceError as error:
        _refused(hub, row_id, str(error))
        raise NotOrdered(str(error)) from None
    given = ", ".join(sorted(handed.categories))
    return _keep_placed(hub, row_id, order, actor, f"{', '.join(request.numbers)} to {connector}; sent: {given}")


def _keep_placed(hub: Hub, row_id: str, order: PortOrder, actor: str, what: str) -> PortOrder:
    with hub.store.writing() as session:
        row = session.get(PortOrderRow, row_id)
        assert row is not None
        _keep(hub, session, row, order)
        session.flush()
        audit.note(session, hub.clock(), actor, "numbers.port", order.order_id, what)
    return order


def move_by_hand(hub: Hub, row_id: str, status: str, actor: str) -> None:
    """A person says how far an order is that they placed at the carrier themselves."""
    if status not in get_args(PortStatus):
        raise CannotDo(f"{status} is not the state of an order; write one of {', '.join(get_args(PortStatus))}.")
    with hub.store.writing() as session:
        row = session.get(PortOrderRow, row_id)
        if row is None or not is_by_hand(row.order_id):
            raise CannotDo("This order is the carrier's to report; hub numbers ports asks it.")
        if row.status in FINAL_PORT_STATUSES:
            raise CannotDo("This order has ended; make a new one.")
        row.status, row.detail, row.reported_at = status, "", hub.clock()
        session.add(row)
        audit.note(session, hub.clock(), actor, "numbers.port.move", row.order_id or row.id, status)


def handed_over(hub: Hub, connector: str, request: PortRequest) -> Disclosed[PortRequest]:
    """The order for the carrier's plugin, and the data categories in it."""
    return hub.refusals.disclose(hub.plugins.connectors[connector], request, "order_port")


def refresh(hub: Hub, connector: str) -> list[PortOrderRow]:
    """Ask the carrier for the state of all orders and store it, including orders placed elsewhere; newest first. A carrier
    that cannot be asked has those that people keep."""
    if not hub.plugins.implements(connector, PortHooks.list_ports):
        return recorded(hub, [connector])
    listed = hub.plugins.call(connector, PortHooks.list_ports)
    with hub.store.writing() as session:
        rows, only = _rows(session, connector), _only_account(session)
        for order in listed:
            row = _row_of(rows, order)
            if row is None:
                row = PortOrderRow(connector=connector, account_id=only, ordered_at=hub.clock())
                rows.append(row)
            _keep(hub, session, row, order)
    return recorded(hub, [connector])


def refresh_open(hub: Hub, connector: str) -> Counter[str]:
    """Update the open orders; returns counts by their new state. Without open orders the carrier is not asked."""
    before = {row.id for row in recorded(hub, [connector]) if row.status not in FINAL_PORT_STATUSES}
    if not before:
        return Counter()
    return Counter(row.status for row in refresh(hub, connector) if row.id in before)


def recorded(hub: Hub, connectors: Iterable[str]) -> list[PortOrderRow]:
    """The stored orders, newest first."""
    query = select(PortOrderRow).where(col(PortOrderRow.connector).in_(list(connectors)))
    with hub.store.reading() as session:
        return list(session.exec(query.order_by(col(PortOrderRow.ordered_at).desc(), col(PortOrderRow.id).desc())))


def _write_down(hub: Hub, connector: str, request: PortRequest, whose: PortFor) -> str:
    """A row for the order, before it is placed; NotOrdered if an order for these numbers is open."""
    with hub.store.writing() as session:
        for row in _rows(session, connector):
            if row.status not in FINAL_PORT_STATUSES and set(row.numbers) & set(request.numbers):
                raise NotOrdered(
                    f"An order for one of these numbers is already in progress ({row.order_id or 'its outcome is not known'}"
                    "); see hub numbers ports."
                )
        made = PortOrderRow(
            connector=connector,
            account_id=whose.account_id or _only_account(session),
            tracker_id=whose.tracker_id,
            losing_carrier=whose.losing_carrier[:100],
            numbers=list(request.numbers),
            ordered_at=hub.clock(),
        )
        session.add(made)
        return made.id


def _found_after(hub: Hub, connector: str, request: PortRequest, error: RingfenceError) -> PortOrder:
    """The order as the carrier lists it, after an order of unknown outcome."""
    unknown = "Whether the order was placed is unknown; check with hub numbers ports before you order again."
    try:
        listed = hub.plugins.call(connector, PortHooks.list_ports)
    except RingfenceError:
        raise NotOrdered(f"{error} {unknown}") from None
    mine = [
        each for each in listed if set(each.numbers) == set(request.numbers) and each.status not in FINAL_PORT_STATUSES
    ]
    if not mine:
        raise NotOrdered(f"{error} {unknown}")
    return mine[0]


def _refused(hub: Hub, row_id: str, reason: str) -> None:
    with hub.store.writing() as session:
        row = session.get(PortOrderRow, row_id)
        assert row is not None
        row.status, row.detail, row.reported_at = "rejected", reason[:500], hub.clock()
        session.add(row)


def _rows(session: Session, connector: str) -> list[PortOrderRow]:
    return list(session.exec(select(PortOrderRow).where(PortOrderRow.connector == connector)))


def _row_of(rows: Sequence[PortOrderRow], order: PortOrder) -> PortOrderRow | None:
    """Our row of an order: by the carrier's id, or the one of unknown outcome with the same numbers."""
    for row in rows:
        if row.order_id == order.order_id:
            return row
    for row in rows:
        if row.status == UNKNOWN and row.order_id is None and set(row.numbers) == set(order.numbers):
            return row
    return None


def _keep(hub: Hub, session: Session, row: PortOrderRow, order: PortOrder) -> None:
    """Store what the carrier reports now. An order that has ended does not change."""
    if row.status in FINAL_PORT_STATUSES:
        return
    row.order_id, row.numbers = order.order_id, list(order.numbers)
    row.status, row.detail, row.ports_at = order.status, order.detail[:500], order.ports_at
    row.reported_at = hub.clock()
    session.add(row)


def forget_unplaced(hub: Hub, row_id: str, actor: str) -> None:
    """Close an order of unknown outcome after a person has confirmed that it does not exist at the carrier."""
    with hub.store.writing() as session:
        row = session.get(PortOrderRow, row_id)
        if row is None or row.status != UNKNOWN:
            raise Rejected("That is no order of unknown outcome; hub numbers ports lists them.")
        row.status, row.detail = "cancelled", "Someone found that it was never placed."
        session.add(row)
        audit.note(session, hub.clock(), actor, "numbers.port", row_id, "found not to be placed")


def cancel_port(hub: Hub, row_id: str, actor: str) -> None:
    """Cancel an order that has not ended; one that has ended stays as it is. RingfenceError if the carrier refuses."""
    with hub.store.reading() as session:
        row = session.get(PortOrderRow, row_id)
    if row is None or row.order_id is None:
        raise CannotDo("That order is not at the carrier yet; look for it there first.")
    if row.status in FINAL_PORT_STATUSES:
        return
    if is_by_hand(row.order_id):
        return move_by_hand(hub, row_id, "cancelled", actor)
    if not hub.plugins.implements(row.connector, PortHooks.cancel_port):
        raise NotSupported("This carrier's plugin cannot cancel an order; cancel it at the carrier.")
    hub.plugins.call(row.connector, PortHooks.cancel_port, row.order_id)
    with hub.store.writing() as session:
        row = session.get(PortOrderRow, row_id)
        assert row is not None
        row.status, row.detail, row.reported_at = "cancelled", "", hub.clock()
        session.add(row)
        audit.note(session, hub.clock(), actor, "numbers.port.cancel", row.order_id or row.id, ", ".join(row.numbers))


def use_ported(hub: Hub, row_id: str, tracker: Tracker, actor: str) -> list[str]:
    """Give the numbers of a finished order to a tracker; returns those that are new. Pointing them here is another step."""
    with hub.store.writing() as session:
        row = session.get(PortOrderRow, row_id)
        if row is None or row.status != "ported":
            raise CannotDo("The numbers have not moved yet.")
        owned = session.exec(
            select(TrackingNumber.number).where(
                col(TrackingNumber.number).in_(row.numbers), col(TrackingNumber.retired_at).is_(None)
            )
        ).all()
        new = [number for number in row.numbers if number not in owned]
        for number in new:
            keep_bought(session, tracker.id, number, None, hub.clock())
            session.flush()
            audit.note(
                session, hub.clock(), actor, "numbers.use", number, f"{tracker.name} at {tracker.carrier}, ported"
            )
        return new


def _only_account(session: Session) -> str | None:
    """The account of a hub that has one; None if it has several."""
    accounts = session.exec(select(Account.id).limit(2)).all()
    return accounts[0] if len(accounts) == 1 else None
