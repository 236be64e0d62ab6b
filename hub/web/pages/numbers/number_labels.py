"""How the pages of numbers write states, trackers, places and amounts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from hub.contracts.prefixes import longest_name
from hub.contracts.titles import came_from, titled
from hub.contracts.values import Money
from hub.platform.formats import clock_time, day_of, money
from hub.queries.numbers.number_list import NumberEntry, NumberRow
from hub.queries.numbers.ports import PortView
from hub.web.pages.request import PageRequest

STATES: Mapping[str, tuple[str, str]] = {
    "in_use": ("good", "In use"),
    "quiet": ("warn", "Quiet"),
    "resting": ("held", "Resting"),
    "elsewhere": ("bad", "Points elsewhere"),
    "absent": ("bad", "Not at the carrier"),
}
PORT_STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("warn", "Waits for a signature"),
    "submitted": ("", "Sent"),
    "action_required": ("warn", "Sent back"),
    "scheduled": ("good", "Date set"),
    "ported": ("good", "Moved"),
    "rejected": ("bad", "Refused"),
    "cancelled": ("", "Cancelled"),
    "unknown": ("warn", "Outcome unknown"),
}
PORT_NEXT: Mapping[str, str] = {
    "draft": "The carrier waits for documents or a signature before it begins.",
    "submitted": "The old carrier checks it; that takes some days. Keep paying it.",
    "action_required": "A carrier asks for something.",
    "rejected": "The carrier refused it.",
    "cancelled": "The numbers stay at the old carrier.",
    "unknown": "The carrier's answer never came. Ask the carriers; it is not ordered again.",
}
PORT_MOVES = (
    ("draft", "Not sent yet"),
    ("submitted", "Sent"),
    ("action_required", "Sent back"),
    ("scheduled", "Date set"),
    ("ported", "Moved"),
    ("rejected", "Refused"),
    ("cancelled", "Cancelled"),
)
"""How far an order may be that a person placed at the carrier."""
REASONS: Mapping[str, str] = {
    "removed": "config.yaml no longer names it",
    "moved": "config.yaml names it for another tracker",
    "by_hand": "taken out of use",
}
"""Why a number rests."""
ENDING: Mapping[bool, str] = {
    True: "The other tracker gets it at once. Who noted it before then counts for that tracker, though it did not bring them.",
    False: "It may be given back at once. Who noted it before then reaches nobody, or a stranger.",
}
"""What ending the rest does to late callers, by whether another tracker waits for the number."""
NORTH_AMERICA = "1"


def amount(price: Money | None) -> str:
    """$1.15; a dash if it is not known."""
    return money(price.amount, price.currency) if price else money(None, None)


def shown_source(row: NumberRow) -> str:
    """Where its callers come from: by visit, or the tracker's source."""
    if row.type == "session":
        return "by visit"
    if row.for_signals:
        return "visitors with a privacy signal"
    return came_from(row.source, row.medium) if row.source else "–"


def flow_words(page: PageRequest, row: NumberRow) -> str:
    """The call flow as people say it: a route of config.yaml has no name of its own."""
    if row.flow is None or row.flow == "route" or row.flow.startswith("route-"):
        return "route"
    company = next((each.name for each in page.companies if each.id == row.company_id), None)
    flows = next((each.flows for each in page.hub.config.companies if each.name == company), ())
    return next((each.title for each in flows if each.name == row.flow and each.title), titled("flow", row.flow))


@lru_cache(maxsize=4096)
def place_of(number: str) -> str | None:
    """Chicago, IL: the place of a North American number; None elsewhere, and if the prefix names none."""
    if not number.startswith("+1"):
        return None
    found = longest_name("geodata", NORTH_AMERICA, number[1:])
    return found[1] if found and len(found[0]) > 1 else None


def port_state(order: PortView) -> tuple[str, str]:
    """The state of a port order, as a kind and a word."""
    if order.by_hand and order.status == "draft":
        return "warn", "Yours to order"
    return PORT_STATES.get(order.status, ("", order.status))


def port_next(page: PageRequest, order: PortView) -> str:
    """What comes next of a port order: the carrier's own words if it gave some."""
    if order.status == "scheduled" and order.ports_at:
        day, time = day_of(order.ports_at, page.zone), clock_time(order.ports_at, page.zone)
        return f"Moves on {day} at {time}; calls go on without a gap."
    if order.status == "ported":
        return "In use." if order.in_use else "It is at your carrier now. Put it to use; then end the old contract."
    return order.detail or PORT_NEXT.get(order.status, "")


def carrier_name(page: PageRequest, connector: str) -> str:
    """The carrier as people know it, such as Twilio; the connector's own name if it is not in config.yaml anymore."""
    found = page.hub.plugins.connectors.get(connector)
    return found.manifest.recipient.name.removesuffix(" Inc.").removesuffix(",") if found else connector


def why_of(page: PageRequest, entry: NumberEntry) -> str | None:
    """What a reader needs beside the state of one entry."""
    row = entry.first
    match entry.state:
        case "resting" if row.rest_ends is not None:
            reason = f"{REASONS[row.rest_reason]}; " if row.rest_reason else ""
            if row.rest_ends <= page.now:
                return f"{reason}may be given back"
            until = day_of(row.rest_ends, page.zone)
            return (
                f"{reason}rests until {until}"
                if row.rest_reason == "moved"
                else f"{reason}may be given back on {until}"
            )
        case "quiet":
            return f"no call for {entry.quiet_days} days"
        case "elsewhere":
            return "its calls do not come here"
        case "absent":
            return f"{carrier_name(page, row.carrier)} does not list it"
        case _ if entry.last_call_at is None:
            return "no call yet"
        case _:
            return None
