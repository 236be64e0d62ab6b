"""The filters of the list as the URL holds them: chips that can be removed, and the choices of the filter form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hub.contracts.titles import campaign_title, medium_title, origin_title, tracker_title
from hub.platform.formats import duration, phone
from hub.platform.id_words import words_of
from hub.queries.lists.filters import (
    FAILED,
    IS_LEAD,
    MARKED,
    NONE,
    RIGHTS,
    UNANSWERED,
    ContactFilter,
    filter_of,
    on_days,
)
from hub.reports.calendar import WEEKDAYS, own_days
from hub.web.pages.calls.columns import CONSENT, KINDS, LEADS, OUTCOMES, RECORDINGS, SENT
from hub.web.pages.periods import PRESETS, WHOLE, Period
from hub.web.pages.request import PageRequest

PATH = "/calls"
ALL_TIME = "all"
DEFAULT_PERIOD = "30d"
PERIODS = {**{name: words for name, (words, _) in PRESETS.items()}, **WHOLE, ALL_TIME: "All time"}


@dataclass(frozen=True)
class Chip:
    """One filter in words, and the URL without it."""

    label: str
    value: str
    without: str


def here(page: PageRequest, **changes: object) -> str:
    """The list's URL with some parameters changed; also from the page of an error after a POST."""
    _, mark, query = page.here(**changes).partition("?")
    return PATH + mark + query


def period_of_list(page: PageRequest) -> Period | None:
    """The period that the URL names; None for all time."""
    return None if page.query.get("period") == ALL_TIME else page.period(DEFAULT_PERIOD)


def filter_of_page(page: PageRequest) -> ContactFilter:
    """The filter that the URL describes, without conditions on what the user may not see."""
    period = period_of_list(page)
    query = {name: value for name, value in page.query.items() if name not in _hidden(page)}
    if period is not None:
        days = own_days(page.shown_companies, period.first, period.last)
        return on_days(filter_of(query, page.zone, period.begins, period.ends, page.now), days)
    # Hours of all time end somewhere.
    ends = page.now + timedelta(days=1) if {"weekday", "hour"} & query.keys() else None
    return filter_of(query, page.zone, None, ends, page.now)


def chips(page: PageRequest, wanted: ContactFilter, trackers: Mapping[str, str]) -> list[Chip]:
    """The filters that are in force; `trackers` are the titles of trackers by their names."""
    found = []
    period = period_of_list(page)
    if period is not None:
        found.append(Chip("In", period.title, here(page, period=ALL_TIME, first=None, last=None)))
    if page.company and len(page.companies) > 1:
        found.append(Chip("Company is", page.company.title, here(page, company=None)))
    for name, value in wanted.active().items():
        label, words = WORDS[name]
        parameter = "hour" if name == "hours" else name
        words = (lambda name: trackers.get(name) or tracker_title(name)) if name == "tracker" else words
        changes = {parameter: None} | ({"medium": None} if name == "source" and "medium" not in page.query else {})
        found.append(Chip(label, words(value), here(page, **changes)))
    return found


def choices() -> dict[str, dict[str, str]]:
    """The values of each select of the filter form, with their words."""
    return {
        "kind": KINDS,
        "outcome": {name: words for name, (_, words) in OUTCOMES.items()}
        | {UNANSWERED: "Not answered", FAILED: "Failed"},
        "lead": {
            IS_LEAD: "Counted as a lead",
            **{name: words for name, (_, words) in LEADS.items()},
            MARKED: "Marked",
            NONE: "Not marked",
        },
        "sent": {**{name: words.capitalize() for name, (_, words) in SENT.items()}, NONE: "Nothing to send"},
        "recording": RECORDINGS,
        "consent": {name: words for name, (_, words) in CONSENT.items()},
        "first_time": {"yes": "First-time", "no": "Returning"},
        "missed": {"open": "Not called back"},
        "spam": {"no": "Without spam", "yes": "Only spam"},
    }


def _hidden(page: PageRequest) -> frozenset[str]:
    return frozenset(name for name, action in RIGHTS.items() if not page.may(action))


def _word(name: str) -> Callable[[Any], str]:
    return lambda value: choices()[name][value]


def _hours(hours: tuple[int, int]) -> str:
    return f"{_clock(hours[0])} to {_clock((hours[1] + 1) % 24)}"


def _clock(hour: int) -> str:
    return f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}"


WORDS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "q": ("Contains", str),
    "kind": ("Kind is", _word("kind")),
    "outcome": ("Outcome is", _word("outcome")),
    "missed": ("Missed and", lambda _: "not called back"),
    "first_time": ("Caller is", _word("first_time")),
    "spam": ("Shown:", _word("spam")),
    "tracker": ("Tracker is", str),
    "source": ("Source is", origin_title),
    "medium": ("Medium is", medium_title),
    "campaign": ("Campaign is", campaign_title),
    "keyword": ("Keyword is", str),
    "landing_page": ("Landing page is", str),
    "tag": ("Tag is", str),
    "signal": ("Said:", words_of),
    "lead": ("Lead is", _word("lead")),
    "value_from": ("Value at least", lambda value: f"{value:,}"),
    "value_to": ("Value at most", lambda value: f"{value:,}"),
    "longer": ("At least", duration),
    "shorter": ("At most", duration),
    "recording": ("Recording:", _word("recording")),
    "consent": ("Consent:", _word("consent")),
    "sent": ("Conversion is", _word("sent")),
    "agent": ("Answered by", phone),
    "weekday": ("On", lambda value: WEEKDAYS[value]),
    "hours": ("From", _hours),
}
"""Name of a condition → words before its value, and words for the value."""
