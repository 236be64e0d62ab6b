"""`/`: the period so far against the one before: figures, calls over time, who waits for a call back, what works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from hub.model.purposes import CALL_BACK
from hub.model.states import DeliveryState
from hub.platform.formats import day_of, long_day
from hub.queries.connector_health import connector_health
from hub.queries.live_calls import live_calls
from hub.queries.missed_calls import waiting_callers
from hub.queries.reports.activity import NO_CALLS, Activity, call_activity, count_deliveries, count_leads, days_of
from hub.queries.reports.sources import calls_by_source
from hub.queries.texts.threads import stopped_people
from hub.web.pages.guard import Page
from hub.web.pages.periods import PRESETS, Period
from hub.web.pages.request import PageRequest

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HEAT_DAYS = 56
MAX_SOURCES = 7
MAX_WAITING = 5
MAX_DAY_BARS = 92


@dataclass(frozen=True)
class Series:
    """Bars of a chart: their labels, calls, missed calls, the calls of the period before, and which bar is running."""

    labels: Sequence[str]
    calls: Sequence[int]
    missed: Sequence[int]
    before: Sequence[int]
    running: int | None
    every: int
    every_narrow: int


def overview(page: PageRequest) -> Response:
    """The overview of the chosen period and companies."""
    period = page.period("today")
    former = period.before()
    chosen = page.company.id if page.company else None
    with page.session() as session:
        eight_weeks = page.now - timedelta(days=HEAT_DAYS)
        since, until = min(former.begins, eight_weeks), max(period.ends, page.now)
        whole = call_activity(session, page.scope, page.company_ids, since, until, page.zone)
        waiting, to_call_back = waiting_callers(
            session, page.scope, page.hub.vault, page.now, company_id=chosen, limit=MAX_WAITING
        )
        live = live_calls(session, page.scope, page.hub.vault, page.company_ids, page.now)
        leads = [
            count_leads(session, page.company_ids, each.begins, each.ends) if page.may("marks") else None
            for each in (period, former)
        ]
        shown = page.companies if page.company is None else [page.company]
        sources = calls_by_source(session, shown, period.first, period.last) if page.may("reports") else []
        sent = (
            count_deliveries(session, page.company_ids, period.begins, period.ends) if page.may("deliveries") else None
        )
    now, before = whole.between(period.begins, period.ends), whole.between(former.begins, former.ends)
    comparable = before.between(former.begins, page.now - (period.begins - former.begins))
    return page.render(
        "overview.html",
        title="Overview",
        heading=long_day(period.last) if period.days == 1 else f"{day_of(period.first)} to {day_of(period.last)}",
        period=period,
        presets=[(name, words) for name, (words, _) in PRESETS.items() if name != "90d"],
        former_name=_former_name(period),
        sentence=f"{_sentence(now, comparable, period)} {_waiting(to_call_back)}".strip(),
        total=now.total,
        before=comparable.total,
        series=_by_hour(page, now, before, period) if period.days == 1 else _by_day(page, now, before, period),
        leads=leads,
        sent=sent,
        states=DeliveryState,
        sources=sources[:MAX_SOURCES],
        source_peak=max((each.calls for each in sources), default=0),
        live=live,
        waiting=waiting,
        no_calls=stopped_people(page.hub, [(each.company_id, each.caller_number) for each in waiting], CALL_BACK),
        to_call_back=to_call_back,
        **_heat(page, whole.between(eight_weeks, page.now)),
        **_health(page),
    )


def _former_name(period: Period) -> str:
    if period.days == 1:
        return f"last {period.last.strftime('%A')}" if period.name == "today" else day_of(period.before().last)
    return f"the {period.days} days before"


def _sentence(now: Activity, before: Activity, period: Period) -> str:
    calls, former = now.total.calls, before.total.calls
    so_far = " so far" if period.name == "today" else ""
    counted = f"{calls:,} call{'' if calls == 1 else 's'}{so_far}"
    if not calls and not former:
        return f"No calls{so_far}."
    if not former:
        return f"{counted}, none {_former_name(period)}."
    difference = (
        f"{abs(calls - former):,} {'more' if calls > former else 'fewer'} than" if calls != former else "as many as"
    )
    return f"{counted}, {difference} {_former_name(period)}."


def _waiting(callers: int) -> str:
    if not callers:
        return ""
    return "One caller waits to be called back." if callers == 1 else f"{callers:,} callers wait to be called back."


def _by_hour(page: PageRequest, now: Activity, before: Activity, period: Period) -> Series:
    current, former = now.by_hour(page.zone), before.by_hour(page.zone)
    busy = [*current, *former, 8, 17]
    hours = range(min(busy), max(busy) + 1)
    running = page.now.astimezone(page.zone).hour if period.name == "today" else None
    return Series(
        labels=[hour_label(hour) for hour in hours],
        calls=[current.get(hour, NO_CALLS).calls for hour in hours],
        missed=[current.get(hour, NO_CALLS).missed for hour in hours],
        before=[former.get(hour, NO_CALLS).calls for hour in hours],
        running=None if running is None or running not in hours else hours.index(running),
        every=1 if len(hours) < 18 else 2,
        every_narrow=3,
    )


def _by_day(page: PageRequest, now: Activity, before: Activity, period: Period) -> Series:
    current, former = now.by_day(page.zone), before.by_day(page.zone)
    days = days_of(period.first, period.last)[-MAX_DAY_BARS:]
    back = period.first - period.before().first
    today = page.now.astimezone(page.zone).date()
    return Series(
        labels=[day_of(day) for day in days],
        calls=[current.get(day, NO_CALLS).calls for day in days],
        missed=[current.get(day, NO_CALLS).missed for day in days],
        before=[former.get(day - back, NO_CALLS).calls for day in days],
        running=days.index(today) if today in days else None,
        every=max(1, len(days) // 12),
        every_narrow=max(1, len(days) // 4),
    )


def _heat(page: PageRequest, activity: Activity) -> dict[str, Any]:
    counts = activity.by_weekday_and_hour(page.zone)
    busy = [*(hour for _, hour in counts), 8, 17]
    hours = range(min(busy), max(busy) + 1)
    peak = max(counts, key=lambda key: counts[key].calls, default=None)
    return {
        "heat_hours": [hour_label(hour) for hour in hours],
        "heat_rows": [[counts.get((day, hour), NO_CALLS).calls for hour in hours] for day in range(7)],
        "weekdays": WEEKDAYS,
        "peak": peak and {"weekday": peak[0], "hour": peak[1], "day": _plural_day(peak[0]), "at": hour_label(peak[1])},
    }


def _health(page: PageRequest) -> dict[str, Any]:
    if not page.may("deliveries"):
        return {"connectors": []}
    names = [each.name for each in page.companies if page.company in (None, each)]
    with page.hub.store.reading() as session:
        return {"connectors": connector_health(session, page.hub.config, page.hub.plugins, names)}


def hour_label(hour: int) -> str:
    """8 am, noon, 5 pm."""
    return "noon" if hour == 12 else f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}"


def _plural_day(weekday: int) -> str:
    return ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")[weekday]


PAGES = (Page("/", overview),)
