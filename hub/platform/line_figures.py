"""The figures of a line of one's own, as a trunk's operator calls them: what each means, and how it is shown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LineFigure:
    """One figure: its title for people, what it means, and its unit."""

    title: str
    help: str
    unit: str = ""

    def shown(self, value: float) -> str:
        """A value for people."""
        if self.unit == "%":
            return f"{value:.0%}"
        return f"{value:.1f} s" if self.unit else f"{value:,.0f}"


LINE_FIGURES: Mapping[str, LineFigure] = {
    "active_calls": LineFigure("Calls under way", "Legs of calls that are under way."),
    "ports_in_use": LineFigure("Sound ports in use", "UDP ports for sound that calls use now."),
    "ports": LineFigure("Sound ports", "UDP ports for sound, as rtp_ports says."),
    "answer_seizure_ratio": LineFigure(
        "Phones that answered (ASR)", "Share of the phones that rang in the last hour and were answered.", "%"
    ),
    "average_call_seconds": LineFigure(
        "Average call (ACD)", "Average seconds of calls answered in the last hour.", "s"
    ),
    "post_dial_delay_seconds": LineFigure(
        "Until it rings (PDD)", "Average seconds from an INVITE of ours to ringing, in the last hour.", "s"
    ),
    "refused_calls": LineFigure(
        "INVITEs not taken", "INVITEs that were refused or dropped since the gateway has started."
    ),
}
"""In the order in which they are shown."""


def known_figures(figures: object) -> dict[str, float]:
    """The figures that we know, in their order, without what is not a number."""
    given = figures if isinstance(figures, Mapping) else {}
    return {
        name: float(given[name])
        for name in LINE_FIGURES
        if isinstance(given.get(name), int | float) and math.isfinite(given[name])
    }
