"""The report of missed calls: when or from which source they came, and whether the callers were reached later."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hub.contracts.titles import origin_title
from hub.queries.lists.filters import UNANSWERED
from hub.queries.reports.call_reports import CallPeriod
from hub.queries.reports.missed import missed_by_hour, missed_by_source
from hub.reports.definitions import DEFINITIONS
from hub.web.pages.overview import hour_label
from hub.web.pages.reports.kinds import Choice
from hub.web.pages.reports.tables import Column, Line

BY: Mapping[str, str] = {"hour": "by hour", "source": "by source"}
COLUMNS = (
    Column(
        "unanswered",
        DEFINITIONS["missed"].title,
        filters={"outcome": UNANSWERED},
        definition=DEFINITIONS["missed"].sentence,
    ),
    Column(
        "missed",
        "No message",
        filters={"outcome": "missed"},
        definition="The caller waited 15 seconds or longer and left no message.",
    ),
    Column("voicemail", "Voicemail", filters={"outcome": "voicemail"}, definition="The caller left a message."),
    Column(
        "abandoned", "Abandoned", filters={"outcome": "abandoned"}, definition="The caller hung up within 15 seconds."
    ),
    Column(
        "called_back",
        "Called back",
        definition="Somebody called back from this web interface, and the caller picked up.",
    ),
    Column("called_again", "Called again", definition="The caller called again later and somebody answered."),
    Column(
        "open",
        "Still open",
        definition="Neither spoke with the other since. Without calls that have no number or that are marked as settled.",
    ),
)


def missed_lines(calls: CallPeriod, choice: Choice) -> tuple[list[Column], list[Line]]:
    """A line per source, or per hour of the day."""
    if choice.one_of("by", tuple(BY)) == "source":
        sources = missed_by_source(calls)
        return list(COLUMNS), [
            Line(
                name,
                origin_title(name) if name else "Not attributed yet",
                _figures(found),
                filters={"source": name} if name else None,
            )
            for name, found in sources.items()
        ]
    hours = missed_by_hour(calls)
    return list(COLUMNS), [
        Line(str(hour), hour_label(hour), _figures(found), filters={"hour": str(hour)}, order=f"{hour:02}")
        for hour, found in sorted(hours.items())
    ]


def _figures(found: object) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in vars(found).items()}
