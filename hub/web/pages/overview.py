"""`/`: what waits for a person now; then the period so far against the one before: figures, calls over time, what works."""

from __future__ import annotations

from calendar import day_name
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from hub.config.callflow.open_now import OpenNow
from hub.model.states import DeliveryState
from hub.platform.formats import day_of, long_day
from hub.queries.activity.queues import has_queues
from hub.queries.connector_health import connector_health
from hub.queries.connectors.repairs import Repair
from hub.queries.flows.current import opening_of
from hub.queries.live_calls import live_calls
from hub.queries.needs import NeedsNow, callers_to_call, connectors_to_fix, first_steps, history_filled, texts_to_answer
from hub.queries.reports.activity import Activity, call_activity, count_deliveries, days_of
from hub.queries.reports.sources import calls_by_source
from hub.reports.calendar import own_days
from hub.reports.definitions import DEFINITIONS
from hub.reports.hours import NO_CALLS, hours_within
from hub.store import audit
from hub.web.pages.call.page import noted_call_back
from hub.web.pages.guard import Page
from hub.web.pages.periods import PRESETS, Period
from hub.web.pages.request import PageRequest

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HEAT_DAYS, ONE_DAY = 56, timedelta(days=1)
MAX_SOURCES = 7
READ_AGAIN = timedelta(hours=1)
"""A text or transcript that a user still has on the page after this time is noted in the audit log again."""
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
    """The overview of the chosen period and companies; for the browser's script only what changes while it is open."""
    period, companies = page.period("today"), page.shown_companies
    former = period.before()
    today = page.now.astimezone(page.zone).date()
    heat_first = today - (HEAT_DAYS - 1) * ONE_DAY
    first = former.first if page.is_partial else min(former.first, heat_first)
    then = page.now - (period.first - former.first)
    hours = [(heat_first, today), (then.date() - ONE_DAY, then.date() + ONE_DAY)]
    hours += [(each.first, each.last) for each in (period, former) if period.days == 1]
    with page.session() as session:
        days = own_days(companies, first, max(period.last, today))
        whole = call_activity(session, page.scope, days, page.now, grain=hours_within(*hours))
    now, before = whole.within(period.first, period.last), whole.within(former.first, former.last)
    comparable = before.until(then)
    needs, steps = _needs(page), None
    with page.hub.store.reading() as session:
        filled = history_filled(session)
    if not whole.total.calls:
        with page.session() as session:
            steps = first_steps(session, page.hub, page.user.account_id, page.company_ids)
    _note_reading(page, needs)
    values = {
        "title": "Overview",
        "heading": long_day(period.last) if period.days == 1 else f"{day_of(period.first)} to {day_of(period.last)}",
        "period": period,
        "presets": [(name, words) for name, (words, _) in PRESETS.items() if name != "90d"],
        "former_name": _former_name(period),
        "sentence": "Nobody has called yet."
        if steps
        else f"{waiting_words(needs)} {_sentence(now, comparable, period)}",
        "total": now.total,
        "before": comparable.total,
        "needs": needs,
        "steps": steps,
        "filled": filled,
        "opening": _opening(page),
        "has_queues": has_queues(page.hub.config, [each.name for each in companies]),
        "company_titles": {each.id: each.title for each in page.companies} if page.company is None else {},
        "leads": [now.leads, before.leads] if page.may("marks") else [None, None],
        **_figures(page, period),
    }
    if page.is_partial:
        return page.render("overview.html", block="now", **values)
    with page.session() as session:
        sources = calls_by_source(session, companies, period.first, period.last) if page.may("reports") else []
    return page.render(
        "overview.html",
        noted=noted_call_back(page),
        series=_by_hour(page, now, before, period) if period.days == 1 else _by_day(page, now, before, period),
        sources=sources[:MAX_SOURCES],
        source_peak=max((each.calls for each in sources), default=0),
        source_total=sum(each.calls for each in sources),
        **values,
        **_heat(whole.within(heat_first, today)),
        **_health(page),
    )


def _opening(page: PageRequest) -> OpenNow | None:
    """Whether the one company that the page shows is open."""
    company = page.company or (page.companies[0] if len(page.companies) == 1 else None)
    return opening_of(page.hub.config, company.name, company.time_zone, page.now) if company else None


def _needs(page: PageRequest) -> NeedsNow:
    """What waits for the user: what they may see, and can do something about."""
    chosen = page.company.id if page.company else None
    bodies = page.scope_for("bodies")
    with page.session() as session:
        callers, callers_total = callers_to_call(session, page.hub, page.scope, chosen, page.now)
        texts, texts_total = (
            texts_to_answer(session, page.hub, bodies, page.company_ids, page.now) if bodies else ([], 0)
        )
    repairs: list[Repair] = []
    if page.may("configure"):
        with page.hub.store.reading() as session:
            repairs = connectors_to_fix(session, page.hub, page.shown_companies, page.now, page.user.id)
    return NeedsNow(callers=callers, callers_total=callers_total, texts=texts, texts_total=texts_total, repairs=repairs)


def _note_reading(page: PageRequest, needs: NeedsNow) -> None:
    """The audit entries for what people wrote and said, one an hour for each: the page is shown again whenever something
    happens."""
    read = {
        "transcript.read": [
            each.contact.recording.id for each in needs.callers if each.said and each.contact.recording
        ],
        "text.list": [each.id for each in needs.texts],
    }
    for action, subjects in read.items():
        if subjects:
            with page.hub.store.writing() as session:
                audit.note_once(session, page.now, page.user.id, action, subjects, page.now - READ_AGAIN)


def _figures(page: PageRequest, period: Period) -> dict[str, Any]:
    with page.session() as session:
        live = live_calls(session, page.scope, page.hub.vault, page.company_ids, page.now)
        days = own_days(page.shown_companies, period.first, period.last)
        sent = count_deliveries(session, days) if page.may("deliveries") else None
    return {"live": live, "sent": sent, "states": DeliveryState, "definitions": DEFINITIONS}


def waiting_words(needs: NeedsNow) -> str:
    """Three callers wait for a call back, two texts for an answer, and one connector has stopped."""
    parts = []
    if needs.callers_total:
        parts.append(f"{_number(needs.callers_total, 'caller')} {_verb(needs.callers_total)} for a call back")
    if needs.texts_total:
        verb = "" if parts else f" {_verb(needs.texts_total)}"
        parts.append(f"{_number(needs.texts_total, 'text')}{verb} for an answer")
    if needs.repairs:
        webhooks = sum(each.cure == "webhook" for each in needs.repairs)
        what = "connector" if not webhooks else "webhook" if webhooks == len(needs.repairs) else "connection"
        parts.append(f"{_number(len(needs.repairs), what)} {'needs' if len(needs.repairs) == 1 else 'need'} you")
    if not parts:
        return "Nothing waits for you."
    words = f"{', '.join(parts[:-1])}{',' if len(parts) > 2 else ''} and {parts[-1]}" if len(parts) > 1 else parts[0]
    return f"{words[0].upper()}{words[1:]}."


def _number(count: int, what: str) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return f"{words[count] if count < len(words) else format(count, ',')} {what}{'' if count == 1 else 's'}"


def _verb(count: int) -> str:
    return "waits" if count == 1 else "wait"


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


def _by_hour(page: PageRequest, now: Activity, before: Activity, period: Period) -> Series:
    current, former = now.by_hour(), before.by_hour()
    busy = [*(hour for some in (current, former) for hour, each in some.items() if each.calls), 8, 17]
    hours = range(min(busy), max(busy) + 1)
    running = page.now.astimezone(page.zone).hour if period.name == "today" else None
    return Series(
        labels=[hour_label(hour) for hour in hours],
        calls=[current.get(hour, NO_CALLS).calls for hour in hours],
        missed=[current.get(hour, NO_CALLS).unanswered for hour in hours],
        before=[former.get(hour, NO_CALLS).calls for hour in hours],
        running=None if running is None or running not in hours else hours.index(running),
        every=1 if len(hours) < 18 else 2,
        every_narrow=3,
    )


def _by_day(page: PageRequest, now: Activity, before: Activity, period: Period) -> Series:
    current, former = now.by_day(), before.by_day()
    days = days_of(period.first, period.last)[-MAX_DAY_BARS:]
    back = period.first - period.before().first
    today = page.now.astimezone(page.zone).date()
    return Series(
        labels=[day_of(day) for day in days],
        calls=[current.get(day, NO_CALLS).calls for day in days],
        missed=[current.get(day, NO_CALLS).unanswered for day in days],
        before=[former.get(day - back, NO_CALLS).calls for day in days],
        running=days.index(today) if today in days else None,
        every=max(1, len(days) // 12),
        every_narrow=max(1, len(days) // 4),
    )


def _heat(lately: Activity) -> dict[str, Any]:
    calls = Counter({place: each.calls for place, each in lately.by_weekday_and_hour().items()})
    busy = [*(hour for (_, hour), number in calls.items() if number), 8, 17]
    hours = range(min(busy), max(busy) + 1)
    peak = max(calls, key=lambda key: calls[key], default=None)
    return {
        "heat_hours": [hour_label(hour) for hour in hours],
        "heat_rows": [[calls[day, hour] for hour in hours] for day in range(7)],
        "weekdays": WEEKDAYS,
        "peak": peak
        and {"weekday": peak[0], "hour": peak[1], "day": f"{day_name[peak[0]]}s", "at": hour_label(peak[1])},
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


PAGES = (Page("/", overview),)
