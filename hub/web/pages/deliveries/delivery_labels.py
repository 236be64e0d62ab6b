"""How pages say the state of a delivery."""

from __future__ import annotations

from collections.abc import Mapping

from hub.contracts.conversions import UNVERIFIABLE
from hub.model.states import DeliveryState
from hub.queries.lists.delivery_filter import DRIFT, NEEDS_YOU, SET_ASIDE

STATES: Mapping[str, tuple[str, str]] = {
    DeliveryState.READY: ("", "Ready"),
    DeliveryState.LEASED: ("", "Being sent"),
    DeliveryState.ACCEPTED: ("", "Accepted"),
    DeliveryState.DELIVERED: ("good", "Delivered"),
    UNVERIFIABLE: ("", "Accepted (unverifiable)"),
    DeliveryState.UNMATCHED: ("", "Not matched"),
    DeliveryState.HELD: ("held", "Held"),
    DeliveryState.REJECTED: ("bad", "Rejected"),
    DeliveryState.DEAD: ("bad", "Gave up"),
    DeliveryState.QUARANTINED: ("bad", "In quarantine"),
}
"""State → the kind of mark, and its word."""
RESULTS: Mapping[str, tuple[str, str]] = {
    "unknown": ("warn", "Sent, and no answer is known"),
    "untried": ("", "Given back before anything was sent"),
    "ready": ("", "Not taken yet; it is sent again"),
    "accepted": ("", "Taken; the result comes later"),
    "delivered": ("good", "Delivered"),
    UNVERIFIABLE: ("", "Taken; the network confirms nothing"),
    "unmatched": ("", "Taken, and not tied to an ad"),
    "rejected": ("bad", "Refused"),
    "dead": ("bad", "Not taken, and given up"),
}
"""Result of a try → the kind of mark, and its words."""
TABS = (
    (NEEDS_YOU, "Needs you"),
    (None, "All"),
    *(
        (state, STATES[state][1])
        for state in ("ready", "accepted", "delivered", UNVERIFIABLE, "unmatched", "held", "rejected", "dead")
    ),
    (SET_ASIDE, "Set aside"),
    (DRIFT, "Counted differently"),
)
KINDS = {"new": "", "restate": "changed value", "retract": "taken back"}
