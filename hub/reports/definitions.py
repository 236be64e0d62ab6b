"""What each figure of the reports means: one title and one sentence, which every page, file, email and API uses.

A ratio is a sum divided by a sum, over the lines for which both are known, for a line and for a total alike: the cost of a
lead is the cost divided by the leads of the sources whose cost is known. `hub.reports.costs.Return` divides it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Shape = Literal["count", "percent", "duration", "money", "price"]
"""A price is money with its cents."""


@dataclass(frozen=True)
class Definition:
    """One figure. `name` is its key in files and APIs."""

    name: str
    title: str
    sentence: str
    shape: Shape = "count"
    one: str = ""
    """The word for a single one of it, if a ratio may be based on it."""
    per: str | None = None
    """The figure that it is divided by."""
    rests_on: str | None = None
    """The figure that a ratio rests on: how many leads with known cost a cost per lead is worked out from."""

    def basis(self, number: Decimal | None, *, total: bool = False) -> str:
        """What a ratio rests on: `12 leads`, in a total `12 leads with known cost`. Empty if it rests on nothing."""
        if self.rests_on is None or not number:
            return ""
        figure = DEFINITIONS[self.rests_on]
        counted = f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"
        words = f"{counted} {figure.one if number == 1 else figure.title.lower()}"
        return f"{words} with known cost" if total else words


_ONLY_KNOWN = (
    "Only sources and campaigns whose cost is known count; connect an ad network or import a file for the others."
)

DEFINITIONS: Mapping[str, Definition] = {
    each.name: each
    for each in (
        Definition("calls", "Calls", "Calls that reached a tracking number, without spam.", one="call"),
        Definition(
            "answered",
            "Answered",
            "Calls in which a person picked up, out of all calls. Voicemail does not count.",
            "percent",
            per="calls",
        ),
        Definition("missed", "Missed", "Calls that are over and that nobody picked up, voicemails included."),
        Definition(
            "answered_percent",
            "Answered, %",
            "How many of 100 calls a person picked up. Voicemail does not count.",
            "percent",
        ),
        Definition("talk_seconds", "Talk time", "How long the answered calls lasted together.", "duration"),
        Definition("average_talk_seconds", "Average talk", "Talk time per answered call.", "duration", per="answered"),
        Definition("voicemail", "Voicemails", "Missed calls in which the caller left a message."),
        Definition("first_time", "First-time callers", "Calls from people who had never called the company before."),
        Definition("texts", "Texts", "Texts that people sent, without spam."),
        Definition("forms", "Forms", "Forms that people sent, without spam."),
        Definition(
            "leads",
            "Leads",
            "Calls, texts and forms that were marked as qualified or booked, or that have a deal in the CRM and were not "
            "marked as not a lead. A lead counts on the day of the call, text or form.",
            one="lead",
        ),
        Definition(
            "customers", "Customers", "Leads that were marked as booked, or whose deal was won.", one="customer"
        ),
        Definition(
            "conversions", "Conversions", "Conversions of these calls, texts and forms that were not retracted."
        ),
        Definition(
            "amount",
            "Conversion value",
            "What these conversions are worth by their rules, as the ad networks hear it. What customers bought is Won.",
            "money",
        ),
        Definition(
            "won",
            "Won",
            "What these customers bought: their won deals, or without one the value that a user gave the lead.",
            "money",
        ),
        Definition("cost", "Cost", "What ads cost, as their network reports it or as it was imported.", "money"),
        Definition(
            "per_call",
            "Cost per call",
            f"Cost divided by the calls. {_ONLY_KNOWN}",
            "price",
            per="calls",
            rests_on="calls",
        ),
        Definition(
            "per_lead",
            "Cost per lead",
            f"Cost divided by the leads. {_ONLY_KNOWN}",
            "price",
            per="leads",
            rests_on="leads",
        ),
        Definition(
            "per_customer",
            "Cost per customer",
            f"Cost divided by the customers. {_ONLY_KNOWN}",
            "price",
            per="customers",
            rests_on="customers",
        ),
        Definition(
            "on_spend",
            "Return",
            f"Won divided by cost, both in one currency; at 100% the ads paid for themselves. {_ONLY_KNOWN}",
            "percent",
            per="cost",
            rests_on="customers",
        ),
        Definition("clicks", "Clicks", "Clicks on the ads, as the network counts them."),
        Definition("impressions", "Impressions", "How often the ads were shown, as the network counts it."),
        Definition("delivered", "Delivered", "Conversions of this time that an ad network confirmed."),
    )
}

CALL_RATIOS: Mapping[str, tuple[str, str, int]] = {
    "answered_percent": ("answered", "calls", 100),
    "average_talk_seconds": ("talk_seconds", "answered", 1),
}
"""Ratio → the figure that is divided, the one that it is divided by, and the factor."""


def call_ratios(number: Callable[[str], Decimal | int]) -> dict[str, Decimal | None]:
    """The ratios of some calls with one decimal, from a function that gives their figures; None for nothing to divide by."""
    return {
        name: round(factor * Decimal(number(part)) / whole, 1) if (whole := number(of)) else None
        for name, (part, of, factor) in CALL_RATIOS.items()
    }
