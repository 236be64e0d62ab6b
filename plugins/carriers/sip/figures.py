"""The trunk's figures over all its gateways, and when too few phones answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MIN_PHONES, MIN_USUAL = 10, 30
"""Fewer phones say nothing: of the last hour, and of the week before."""
USUAL_ASR = 0.4
"""What is usual on a trunk without a week of its own; phones of people answer two calls of five at least."""
FALL = 0.5
"""Below this share of what is usual, something is wrong with the trunk rather than with the people."""
SHOWN = ("active_calls", "ports_in_use", "ports", "refused_calls")


def counts_of(health: Mapping[str, Any]) -> dict[str, float]:
    """The counts of one gateway's health."""
    given = health.get("figures")
    counts = given.items() if isinstance(given, dict) else ()
    return {name: value for name, value in counts if isinstance(value, int | float) and math.isfinite(value)}


def figures_of(counts: Mapping[str, float]) -> dict[str, float]:
    """The figures that the hub shows; one without a call to compute it from is left out."""
    shown = {name: counts[name] for name in SHOWN if name in counts}
    for name, total, number in (
        ("answer_seizure_ratio", "answered", "phones"),
        ("average_call_seconds", "talked", "talks"),
        ("post_dial_delay_seconds", "post_dial", "dialed"),
    ):
        if counts.get(number):
            shown[name] = counts.get(total, 0) / counts[number]
    return shown


def fallen(counts: Mapping[str, float]) -> str:
    """A sentence if far fewer phones answer than usual; it ends when they answer again, or after a quiet hour."""
    rang, answered, usual_rang = (counts.get(name, 0) for name in ("phones", "answered", "usual_phones"))
    usual = counts.get("usual_answered", 0) / usual_rang if usual_rang >= MIN_USUAL else USUAL_ASR
    if rang < MIN_PHONES or answered / rang >= FALL * usual:
        return ""
    return (
        f"only {answered / rang:.0%} of {rang:.0f} calls to phones were answered in the last hour, usually {usual:.0%} (ASR); "
        "look at the SIP codes of failed calls, and ask the operator of the trunk"
    )
