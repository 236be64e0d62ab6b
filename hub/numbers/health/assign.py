"""Gives a number that a carrier lists, or whose calls come here, to a tracker."""

from __future__ import annotations

from sqlmodel import select

from hub.contracts.values import Money
from hub.errors import CannotDo
from hub.hookspecs import NumberHooks
from hub.model import Company, Tracker, TrackingNumber
from hub.numbers.ownership import keep_bought, setup_of
from hub.numbers.rest.rules import MOVE_REST, may_move
from hub.runtime import Hub
from hub.store import audit


def assign_number(
    hub: Hub, number: str, connector: str, company: Company, tracker: Tracker, price: Money | None, actor: str
) -> None:
    """Point a number of a carrier here, if its plugin can do that, and give it to a tracker of that carrier.

    RingfenceError if the carrier does not do it, for example because the number is not in its account; CannotDo if another
    tracker has the number.
    """
    if tracker.carrier != connector:
        raise CannotDo("Choose a tracker of the carrier that has the number.")
    with hub.store.reading() as session:
        row = session.exec(select(TrackingNumber).where(TrackingNumber.number == number)).first()
        if row is not None and row.retired_at is None:
            raise CannotDo("Another tracker has this number already; hub numbers list shows it.")
        if row is not None and not may_move(session, row, tracker.id, hub.clock()):
            raise CannotDo(f"It rests for {MOVE_REST.days} days after it left its last tracker; end its rest first.")
    if hub.plugins.implements(connector, NumberHooks.configure_number):
        setup = setup_of(hub.config, connector, number, label=f"{company.title}: {tracker.name}")
        hub.plugins.call(connector, NumberHooks.configure_number, setup)
    with hub.store.writing() as session:
        keep_bought(session, tracker.id, number, price, hub.clock())
        session.flush()
        audit.note(
            session, hub.clock(), actor, "numbers.assign", number, f"{company.name}/{tracker.name} at {connector}"
        )
