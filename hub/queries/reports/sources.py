"""What each source brought, over several companies, from the roll-ups of the reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from hub.model import Company
from hub.reports.report import reports_within


@dataclass(frozen=True)
class SourceCount:
    """A source with its medium, like `google / cpc`, and its calls."""

    source: str
    calls: int


def calls_by_source(session: Session, companies: Iterable[Company], first: date, last: date) -> list[SourceCount]:
    """Calls by source of a range of days, the most first. Each call counts for the touch before it (last touch)."""
    counts: dict[str, int] = {}
    for report in reports_within(session, list(companies), "source", "last", first, last):
        for line in report.lines:
            if calls := int(line.number("calls")):
                counts[line.value or ""] = counts.get(line.value or "", 0) + calls
    return [SourceCount(*each) for each in sorted(counts.items(), key=lambda each: (-each[1], each[0]))]
