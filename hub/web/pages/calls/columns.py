"""The columns of the list that users choose, and the words for what is in them."""

from __future__ import annotations

from collections.abc import Mapping

from hub.access.permissions import Action
from hub.web.pages.request import PageRequest

COLUMNS: dict[str, tuple[str, Action | None]] = {
    "company": ("Company", None),
    "source": ("Source", None),
    "landing_page": ("Landing page", None),
    "tracker": ("Tracker", None),
    "agent": ("Answered by", None),
    "lead": ("Lead", None),
    "recording": ("Recording", "recordings"),
    "consent": ("Consent", None),
    "sent": ("Sent", "deliveries"),
}
"""Name in the URL → heading, and what a user must be permitted to do to see it."""
DEFAULT_COLUMNS = ("source", "lead", "sent")
FITTING = frozenset({"company", *DEFAULT_COLUMNS})
"""The columns whose widths fit beside each other at 1,200 px; with others the table scrolls sideways."""
OUTCOMES = {
    "answered": ("good", "Answered"),
    "missed": ("bad", "Missed"),
    "voicemail": ("warn", "Voicemail"),
    "abandoned": ("", "Abandoned"),
    "live": ("live", "In progress"),
}
"""Outcome of a call → kind of state, and word."""
KINDS = {"call": "Call", "text": "Text", "form": "Form"}
LEADS = {
    "new": ("", "New"),
    "qualified": ("good", "Qualified"),
    "booked": ("good", "Booked"),
    "not_a_lead": ("", "Not a lead"),
}
SENT = {
    "rejected": ("bad", "rejected"),
    "held": ("held", "held"),
    "waiting": ("", "waiting"),
    "delivered": ("good", "delivered"),
    "unverifiable": ("", "accepted (unverifiable)"),
    "unmatched": ("", "not matched"),
}
"""State of deliveries → kind of state, and word; a row shows the first that it has: what needs somebody comes first."""
NEEDS_REASON = ("rejected", "held", "waiting")
RECORDINGS = {
    "yes": "Can be played",
    "no": "None",
    "waiting": "Being fetched",
    "refused": "Not kept: may not have been announced",
    "failed": "Could not be fetched",
    "gone": "Deleted",
}
CONSENT = {"allow": ("good", "Allowed"), "needs": ("held", "Needs consent"), "deny": ("held", "Not allowed")}


def worst_of(states: Mapping[str, int]) -> str | None:
    """The state of deliveries to be shown: that which needs somebody most; None without any."""
    return next((each for each in SENT if each in states), None)


def allowed_columns(page: PageRequest) -> dict[str, str]:
    """The columns that the user may choose: name → heading."""
    return {
        name: heading
        for name, (heading, action) in COLUMNS.items()
        if (action is None or page.may(action)) and (name != "company" or len(page.companies) > 1)
    }


def chosen_columns(page: PageRequest) -> tuple[str, ...]:
    """The columns that the URL names; the usual ones if it names none."""
    allowed = allowed_columns(page)
    named = {each for value in page.request.query_params.getlist("columns") for each in value.split(",")}
    wanted = named or {*DEFAULT_COLUMNS, *(() if page.company else ("company",))}
    return tuple(name for name in allowed if name in wanted)
