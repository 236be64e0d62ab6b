"""The weeks that a dry run can be about: the last seven days, and the whole weeks before, from Monday on."""

from __future__ import annotations

from datetime import timedelta

from hub.platform.formats import day_of
from hub.web.pages.periods import Period
from hub.web.pages.request import PageRequest

LAST_DAYS = "7d"
WEEKS = 8
DAYS = timedelta(days=7)


def weeks_of(page: PageRequest) -> list[tuple[str, str, Period]]:
    """The choices: the value of `week`, its words, and the period; the last 7 days first."""
    today = page.now.astimezone(page.zone).date()
    monday = today - timedelta(days=today.weekday())
    days = Period(LAST_DAYS, today - DAYS + timedelta(days=1), today, page.zone)
    weeks = [
        Period("week", first, first + DAYS - timedelta(days=1), page.zone)
        for first in (monday - DAYS * back for back in range(1, WEEKS + 1))
    ]
    named = [(each.first.isoformat(), f"{day_of(each.first)} to {day_of(each.last)}", each) for each in weeks]
    return [(LAST_DAYS, "The last 7 days", days), *named]


def week_of(page: PageRequest, default: str | None = None) -> tuple[str, str, Period]:
    """The chosen week; the last 7 days if the URL names none."""
    choices = weeks_of(page)
    wanted = page.query.get("week", default)
    return next((each for each in choices if each[0] == wanted), choices[0])
