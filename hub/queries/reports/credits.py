"""What sources, campaigns, keywords and landing pages brought over several companies, from the roll-ups of the reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from sqlmodel import Session

from hub.model import Company
from hub.reports.credits import Model
from hub.reports.report import Line, Report, reports_within, sum_of
from hub.reports.tally import Dimension


def credits_of(
    session: Session,
    companies: Iterable[Company],
    dimension: Dimension,
    model: Model,
    first: date,
    last: date,
    *,
    with_spam: bool = False,
) -> list[Line]:
    """One line per value, summed over companies; each company's days are those of its own time zone."""
    return joined_lines(reports_within(session, list(companies), dimension, model, first, last, with_spam=with_spam))


def joint_report(
    session: Session, companies: Sequence[Company], dimension: Dimension, model: Model, first: date, last: date
) -> Report:
    """One report of one or several companies; each company's days are those of its own time zone."""
    reports = reports_within(session, companies, dimension, model, first, last)
    zones = {each.time_zone for each in reports}
    return Report(
        company=", ".join(each.company for each in reports),
        time_zone=zones.pop() if len(zones) == 1 else "each company's own time",
        dimension=dimension,
        model=model,
        first=max([first, *(each.first for each in reports)]),
        last=min([last, *(each.last for each in reports)]),
        lines=joined_lines(reports),
        total=sum_of([each.total for each in reports]),
    )


def joined_lines(reports: Iterable[Report]) -> list[Line]:
    """The lines of several companies' reports, one per value; those with the most contacts first."""
    lines: dict[str | None, list[Line]] = {}
    for report in reports:
        for line in report.lines:
            lines.setdefault(line.value, []).append(line)
    return sorted((_joined(value, found) for value, found in lines.items()), key=lambda line: -line.contacts)


def spam_of(session: Session, companies: Iterable[Company], first: date, last: date) -> int:
    """How many calls, texts and forms of the companies are spam, which reports leave out."""
    reports = reports_within(session, list(companies), "source", "last", first, last)
    return int(sum(report.total.spam for report in reports))


def _joined(value: str | None, lines: list[Line]) -> Line:
    if len(lines) == 1:
        return lines[0]
    total = sum_of(lines)
    return replace(total, value=value)
