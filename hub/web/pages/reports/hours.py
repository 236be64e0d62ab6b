"""The report of hours: hours by weekdays, as lines of a table and as a heat map."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hub.queries.reports.call_reports import CallPeriod, calls_by_weekday_and_hour
from hub.web.pages.overview import WEEKDAYS, hour_label
from hub.web.pages.reports.kinds import Choice
from hub.web.pages.reports.tables import Column, Line, ReportTable

HOURS = range(24)
SHOWN: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "calls": ("all calls", {"kind": "call"}),
    "answered": ("answered calls", {"outcome": "answered"}),
    "missed": ("missed calls", {"outcome": "missed"}),
    "voicemail": ("voicemails", {"outcome": "voicemail"}),
    "first_time": ("first-time calls", {"kind": "call", "first_time": "yes"}),
}
"""What can be counted → its words, and the filters of the list of calls."""


def hour_lines(calls: CallPeriod, choice: Choice) -> tuple[list[Column], list[Line]]:
    """A line per hour of the day, a column per weekday."""
    measure = choice.one_of("show", tuple(SHOWN))
    counted = calls_by_weekday_and_hour(calls)
    filters = SHOWN[measure][1]
    columns = [Column("all", "All days", filters=filters)]
    columns += [Column(str(day), name, filters={**filters, "weekday": str(day)}) for day, name in enumerate(WEEKDAYS)]
    lines = []
    for hour in HOURS:
        figures = {
            str(day): Decimal(getattr(counted[day, hour], measure))
            for day in range(len(WEEKDAYS))
            if (day, hour) in counted
        }
        figures["all"] = sum(figures.values(), Decimal(0))
        lines.append(Line(str(hour), hour_label(hour), figures, filters={"hour": str(hour)}, order=f"{hour:02}"))
    return columns, lines


def heat_rows(table: ReportTable) -> list[list[int]]:
    """The figures of the heat map: weekdays by hours."""
    by_hour = {row.label: row.cells for row in table.rows}
    return [
        [int(by_hour[hour_label(hour)][place].value or 0) for hour in HOURS] for place in range(1, len(WEEKDAYS) + 1)
    ]
