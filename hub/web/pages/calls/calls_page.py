"""The list itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlmodel import Session
from starlette.responses import Response

from hub.access.saved_views import saved_views
from hub.model import SavedView
from hub.platform.id_words import words_of
from hub.queries.contact.view import ContactView, read_parts, views_at
from hub.queries.lists.kinds import Key
from hub.queries.lists.paging import ContactList, Count
from hub.queries.lists.suggestions import suggestions
from hub.queries.status.carriers import newest_tests
from hub.reports.calendar import bounds
from hub.web.pages.call.lead_goes import leads_go
from hub.web.pages.calls import columns as words
from hub.web.pages.calls.filters import (
    PATH,
    PERIODS,
    chips,
    choices,
    filter_of_page,
    here,
    period_of_list,
)
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.search_by_post import search

ROWS = 50
MAX_DAYS_COUNTED = 3
"""A page that spans more days shows no counts beside them."""
MAX_COUNTED_A_DAY = 2_000
ALWAYS_SHOWN = ("name", "cause", "tags", "spam", "recordings", "answered_by")
PARTS = {"tracker": "tracker", "lead": "lead", "consent": "consent", "sent": "sent"}
"""Column → the part of a contact that it shows."""
TESTS_SHOWN = timedelta(hours=1)
"""Test calls stand above the list for this long; they are never in it."""
LIST_STATE = ("company", "columns", "period", "first", "last")
"""Parameters of the URL that a built-in view leaves as they are."""


@dataclass(frozen=True)
class Day:
    """One day's contacts of a page, and how many the day has in all, in words."""

    day: date
    counts: str
    rows: list[ContactView]


@dataclass(frozen=True)
class Tab:
    """A saved view, or a built-in one."""

    name: str
    url: str
    current: bool
    view: SavedView | None = None


def listing(page: PageRequest) -> Response:
    """The list that the URL describes."""
    wanted, columns = filter_of_page(page), words.chosen_columns(page)
    with page.session() as session:
        contacts = ContactList(session, page.scope, page.company_ids, wanted)
        found = contacts.page(page.query.get("after"), ROWS)
        rows = views_at(session, page.hub.vault, found.items, page.user)
        read_parts(rows, *ALWAYS_SHOWN, *(PARTS[each] for each in columns if each in PARTS))
        values: dict[str, Any] = {
            "days": _days(page, contacts, found.items, rows),
            "count": contacts.count(),
            "suggested": suggestions(session, contacts.seen.companies),
            "tabs": _tabs(page, session),
            "tests": newest_tests(session, page.company_ids, page.now - TESTS_SHOWN, 3) if page.may("status") else [],
        }
    shown = f"1 to {len(rows):,}" if found.previous is None else f"{len(rows):,}"
    return page.render(
        "calls.html",
        title="Calls",
        wanted=wanted,
        chips=chips(page, wanted, values["suggested"].trackers),
        suggested_signals=_signals(page) if page.may("transcripts") else {},
        choices=choices(),
        periods=PERIODS,
        period=period_of_list(page),
        columns=columns,
        fits=words.FITTING.issuperset(columns),
        all_columns=words.allowed_columns(page),
        words=words,
        here=cache(partial(here, page)),  # most rows lead to the same few filters
        state=state_of(page),
        kept=page.link("", list=state_of(page)),
        hidden=[(name, value) for name, value in _state(page) if name in ("company", "columns", "q")],
        pager_text=f"{shown} of {count_words(values['count'])}",
        newer=here(page, after=found.previous) if found.previous else None,
        older=here(page, after=found.next) if found.next else None,
        titles={each.id: each.title for each in page.companies},
        names={each.id: each.name for each in page.companies},
        chosen=frozenset(page.form.get("id", ())),
        leads_go=leads_go(page) if page.may("marks") else "",
        count_text=count_words(values["count"]),
        **values,
    )


def count_words(count: Count) -> str:
    """1,204; 10,000+."""
    return f"{count.number:,}" if count.exact else f"{count.number:,}+"


def _signals(page: PageRequest) -> dict[str, str]:
    """What the companies that are shown look for in calls, with its words."""
    sections = (page.hub.config.companies_by_name.get(each.name) for each in page.shown_companies)
    names = {name for each in sections if each and each.insights for name in each.insights.names}
    return {name: words_of(name).capitalize() for name in sorted(names)}


def state_of(page: PageRequest) -> str:
    """The query string that a saved view keeps."""
    return urlencode(_state(page))


def _state(page: PageRequest) -> list[tuple[str, str]]:
    """The URL's parameters that a view keeps."""
    return [(name, value) for name, value in page.request.query_params.multi_items() if name != "after"]


def _days(page: PageRequest, contacts: ContactList, keys: list[Key], rows: list[ContactView]) -> list[Day]:
    def day_of(at: datetime) -> date:
        return at.astimezone(page.zone).date()

    counts: dict[date, Counter[str]] = {}
    days = sorted({day_of(key.at) for key in keys})
    if days and (days[-1] - days[0]) < timedelta(days=MAX_DAYS_COUNTED):
        begins, ends = bounds(days[0], page.zone)[0], bounds(days[-1], page.zone)[1]
        for kind, times in contacts.times(begins, ends, MAX_COUNTED_A_DAY).items():
            whole = times if len(times) < MAX_COUNTED_A_DAY else [at for at in times if day_of(at) > day_of(min(times))]
            for at in whole:
                counts.setdefault(day_of(at), Counter())[kind] += 1
    return [
        Day(day, _counted(counts.get(day, Counter())), list(each))
        for day, each in groupby(rows, key=lambda row: day_of(row.at))
    ]


def _counted(counts: Counter[str]) -> str:
    """38 calls, 1 text."""
    return ", ".join(
        f"{counts[kind]:,} {kind}{'' if counts[kind] == 1 else 's'}" for kind in words.KINDS if counts[kind]
    )


def _tabs(page: PageRequest, session: Session) -> list[Tab]:
    kept = [(name, value) for name, value in _state(page) if name in LIST_STATE]
    filters = sorted(set(_state(page)) - set(kept))
    built_in = [("All", []), ("Not called back", [("missed", "open")]), ("First-time", [("first_time", "yes")])]
    if page.may("deliveries"):
        built_in.append(("Something held", [("sent", "held")]))
    saved = saved_views(session, page.scope, "calls")
    whole = sorted(_state(page))
    is_saved = any(sorted(parse_qsl(view.query)) == whole for view in saved)
    tabs = [Tab(name, _url([*kept, *query]), not is_saved and filters == query) for name, query in built_in]
    for view in saved:
        query = parse_qsl(view.query)
        mine = view if view.user_id == page.user.id else None
        tabs.append(Tab(view.name, _url(query), sorted(query) == whole, mine))
    return tabs


def _url(query: list[tuple[str, str]]) -> str:
    return f"{PATH}?{urlencode(query)}" if query else PATH


PAGES = (Page(PATH, listing), Page(PATH, search, method="POST"))
