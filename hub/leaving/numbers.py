"""The numbers of a company that ends: each is given back to its carrier, handed over, or reported as not settled."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from hub.errors import RingfenceError
from hub.hookspecs import NumberHooks
from hub.model import CompanyEnd, Tracker, TrackingNumber
from hub.numbers.rest.rest_actions import give_up, release_number
from hub.runtime import Hub

RELEASED, HANDED_OVER, BY_HAND, REUSED, UNKNOWN = "released", "handed_over", "by_hand", "used_by_another", "unknown"
"""What became of a number. `by_hand`: the carrier has no way to take it back; `used_by_another`: config.yaml names it for
another company; `unknown`: the carrier refused it or did not answer, and it is tried again."""
SETTLED = (RELEASED, HANDED_OVER, BY_HAND, REUSED)


def settle_numbers(hub: Hub, end: CompanyEnd, actor: str) -> dict[str, Any]:
    """Give up every number that is not settled yet. Returns number → {carrier, outcome, note} of those that were tried. What
    a carrier did and did not report is found in its list of numbers."""
    with hub.store.reading() as session:
        rows = _open_numbers(session, end)
    return {number: {"carrier": carrier, **_settle(hub, end, number, carrier, actor)} for number, carrier in rows}


def _open_numbers(session: Session, end: CompanyEnd) -> list[tuple[str, str]]:
    query = (
        select(TrackingNumber.number, Tracker.carrier)
        .join(Tracker, col(Tracker.id) == col(TrackingNumber.tracker_id))
        .where(Tracker.company_id == end.company_id, col(TrackingNumber.released_at).is_(None))
        .order_by(col(TrackingNumber.number))
    )
    return [(number, carrier) for number, carrier in session.exec(query)]


def _settle(hub: Hub, end: CompanyEnd, number: str, carrier: str, actor: str) -> dict[str, str]:
    if any(number in tracker.numbers for company in hub.config.companies for tracker in company.trackers):
        return {"outcome": REUSED, "note": "config.yaml names it for another company."}
    if number in end.hand_over:
        give_up(hub, number, actor, "numbers.hand_over", carrier)
        return {"outcome": HANDED_OVER, "note": f"It is still at {carrier}; order the port at the new carrier."}
    if carrier not in hub.plugins.with_hook(NumberHooks.release_number):
        give_up(hub, number, actor, "numbers.detach", carrier)
        return {"outcome": BY_HAND, "note": f"{carrier} cannot take numbers back by its API; cancel it there."}
    try:
        release_number(hub, number, actor, early=True)
    except RingfenceError as error:
        return _looked_up(hub, number, carrier, actor, str(error))
    return {"outcome": RELEASED, "note": ""}


def _looked_up(hub: Hub, number: str, carrier: str, actor: str, reason: str) -> dict[str, str]:
    """Whether a carrier that refused or did not answer still has the number."""
    try:
        owned = {each.number for each in hub.plugins.call(carrier, NumberHooks.list_numbers)}
    except RingfenceError:
        return {"outcome": UNKNOWN, "note": reason}
    if number in owned:
        return {"outcome": UNKNOWN, "note": f"It is still at {carrier}: {reason}"}
    give_up(hub, number, actor, "numbers.release", carrier)
    return {"outcome": RELEASED, "note": f"{carrier} no longer lists it."}
