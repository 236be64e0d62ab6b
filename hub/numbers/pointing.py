"""What the carriers hold for our numbers: point their webhooks here, and note how each number stands there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select

from hub.errors import CannotDo
from hub.hookspecs import NumberHooks
from hub.model import TrackingNumber
from hub.numbers.directory import Directory, Line
from hub.numbers.ownership import Side, compare, setup_of
from hub.runtime import Hub
from hub.store import audit


def point_here(hub: Hub, line: Line, actor: str) -> None:
    """Point the webhooks and the fallback of one of our numbers at this hub. Repeating it changes nothing; RingfenceError if
    the carrier does not do it."""
    number, carrier = line.number.number, line.tracker.carrier
    if carrier not in hub.plugins.connectors:
        raise CannotDo(f"Its carrier {carrier!r} is not in config.yaml.")
    label = f"{line.company.title}: {line.tracker.name}"
    hub.plugins.call(carrier, NumberHooks.configure_number, setup_of(hub.config, carrier, number, label))
    with hub.store.writing() as session:
        row = session.exec(select(TrackingNumber).where(TrackingNumber.number == number)).first()
        if row is not None:
            row.standing, row.checked_at = "well", hub.clock()
            session.add(row)
        audit.note(session, hub.clock(), actor, "numbers.configure", number, carrier)


def check_carriers(hub: Hub, directory: Directory, carriers: Sequence[str]) -> list[Side]:
    """Compare our numbers with the carriers' lists, and note for each how it stands there. A carrier that does not answer
    changes nothing and says why in its `trouble`."""
    sides = compare(hub, directory, carriers)
    # Of a number that two carriers list, what its own carrier says counts.
    every = [each for side in sides if side.trouble is None for each in side.numbers]
    found = {each.number: each for each in sorted(every, key=lambda each: each.line is not None)}
    with hub.store.writing() as session:
        for row in session.exec(select(TrackingNumber).where(col(TrackingNumber.released_at).is_(None))):
            seen = found.get(row.number)
            if seen is not None:
                row.standing = "well" if seen.line is None else seen.standing
                row.checked_at = hub.clock()
                price = seen.owned.monthly_price if seen.owned else None
                if price is not None:
                    row.monthly_price, row.price_currency = price.amount, price.currency
            session.add(row)
    return sides
