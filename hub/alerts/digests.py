"""Digests: a day, a week or a month of one company by email, with the figures of the overview and the reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from hub.access.scope import AccessScope, scope_of
from hub.alerts.channels.email import send_rendered
from hub.alerts.kinds import DIGEST, Channel
from hub.alerts.spread import write_alert
from hub.alerts.unsubscribe import unsubscribe_url
from hub.contracts.titles import origin_title
from hub.model import Alert, AlertPreference, Company, User
from hub.platform.formats import count, day_of, long_day, percent
from hub.platform.id_words import words_of
from hub.queries.conversions.activity import SENT
from hub.queries.reports.activity import call_activity, count_deliveries
from hub.queries.reports.call_reports import CallPeriod, calls_by_signal
from hub.queries.reports.sources import calls_by_source
from hub.reports.calendar import own_days
from hub.reports.hours import DAYS
from hub.runtime import Hub
from hub.store.writers.alert_events import ALERT_LIFETIME

SENT_AT = time(7)
"""In the user's time zone."""
LATEST = timedelta(hours=20)
"""A digest that could not be made for longer than this after its time is left out: the next one is near."""
MAX_SOURCES = 5


@dataclass(frozen=True)
class Span:
    """The days of one digest, and when it is due."""

    name: str
    first: date
    last: date
    due: datetime

    @property
    def former(self) -> tuple[date, date]:
        """The days that it is compared with: the same weekday, the week before, or the month before."""
        if self.name == "monthly":
            last = self.first - timedelta(days=1)
            return last.replace(day=1), last
        return self.first - timedelta(days=7), self.last - timedelta(days=7)


@dataclass(frozen=True)
class Figure:
    """One line of a digest: a name, a number, the one before, and where the rows behind it are."""

    name: str
    now: str
    before: str
    url: str


def latest_span(name: str, now: datetime, zone: ZoneInfo, at: time = SENT_AT) -> Span:
    """The newest day, week or month whose digest is due at `now`; it is due at a time of the day after it."""
    local = now.astimezone(zone)
    today = local.date() if local.time() >= at else local.date() - timedelta(days=1)
    if name == "monthly":
        morning = today.replace(day=1)
        last = morning - timedelta(days=1)
        first = last.replace(day=1)
    elif name == "weekly":
        morning = today - timedelta(days=today.weekday())
        first, last = morning - timedelta(days=7), morning - timedelta(days=1)
    else:
        morning = today
        first = last = morning - timedelta(days=1)
    return Span(name, first, last, datetime.combine(morning, at, zone))


def queue_digests(hub: Hub) -> int:
    """Write the digests that are due to the outbox, each once; returns how many were new."""
    now = hub.clock()
    with hub.store.reading() as session:
        wanted = [each for each in session.exec(select(AlertPreference)) if each.digests]
    written = 0
    for preference in wanted:
        for span in _due(preference, now):
            with hub.store.writing() as session:
                user = session.get_one(User, preference.user_id)
                alert = _alert(preference, span, now)
                if may_get(session, user, alert):
                    written += write_alert(session, alert, [Channel.EMAIL], now, through_quiet=True)
    return written


def _due(preference: AlertPreference, now: datetime) -> Iterator[Span]:
    zone = ZoneInfo(preference.time_zone)
    for name in preference.digests:
        span = latest_span(name, now, zone)
        if preference.digests_since < span.due and now - span.due < LATEST:
            yield span


def _alert(preference: AlertPreference, span: Span, now: datetime) -> Alert:
    return Alert(
        account_id=preference.account_id,
        user_id=preference.user_id,
        company_id=preference.company_id,
        kind=DIGEST,
        dedup_key=f"{DIGEST}/{span.name}/{span.first}",
        facts={"name": span.name, "first": span.first.isoformat(), "last": span.last.isoformat()},
        at=span.due,
        seen_at=now,
        expires_at=now + ALERT_LIFETIME,
    )


def may_get(session: Session, user: User, alert: Alert) -> bool:
    """Whether a user still wants this digest and may see the company's reports."""
    chosen = session.get(AlertPreference, (user.id, alert.company_id))
    scope = scope_of(session, user, "reports")
    return (
        scope is not None
        and (scope.companies is None or alert.company_id in scope.companies)
        and chosen is not None
        and alert.facts["name"] in chosen.digests
    )


def send_digest(hub: Hub, user: User, alert: Alert, delivery_id: str, begin: Callable[[], None]) -> None:
    """Make a digest from what the hub has now, and send it."""
    with hub.store.reading() as session:
        company = session.get_one(Company, alert.company_id)
        scope = scope_of(session, user, "reports")
        assert scope is not None
        values = digest_values(session, hub, scope, company, alert.facts)
    link = unsubscribe_url(hub, user.id, company.id, alert.facts["name"])
    send_rendered(hub, user.email, delivery_id, values["subject"], "digest_mail", values, link, begin)


def digest_values(
    session: Session, hub: Hub, scope: AccessScope, company: Company, facts: dict[str, Any]
) -> dict[str, Any]:
    """What the templates of a digest show."""
    first, last = date.fromisoformat(facts["first"]), date.fromisoformat(facts["last"])
    span = Span(facts["name"], first, last, hub.clock())
    days, figures = _days(first, last), _figures(session, hub, scope, company, span)
    return {
        "subject": f"{company.title}: {figures[0].now} calls, {days}",
        "title": company.title,
        "days": days,
        "compared": f"Compared with {_days(*span.former)}",
        "figures": figures,
        "sources": [
            (origin_title(each.source) or "Unknown", each.calls)
            for each in calls_by_source(session, [company], first, last)[:MAX_SOURCES]
        ],
        "wanted": _wanted(session, hub, scope, company, (first, last)),
        "report": _link(hub, company, "/reports/source", first, last),
        "settings": _link(hub, company, "/alerts/settings"),
    }


def _wanted(
    session: Session, hub: Hub, scope: AccessScope, company: Company, days: tuple[date, date]
) -> list[tuple[str, int]]:
    """What callers wanted, each with its calls, if the company has its transcripts read; never that of a clinic."""
    section = hub.config.companies_by_name.get(company.name)
    if section is None or not section.tells_signals:
        return []
    found = calls_by_signal(CallPeriod(session, scope, own_days([company], *days), hub.clock()))
    return [(words_of(each.name).capitalize(), each.figures.calls) for each in found]


def _figures(session: Session, hub: Hub, scope: AccessScope, company: Company, span: Span) -> list[Figure]:
    current, former = (span.first, span.last), span.former
    days = [own_days([company], *each) for each in (current, former)]
    periods = [call_activity(session, scope, each, span.due, grain=DAYS) for each in days]
    calls = [each.total for each in periods]
    sent = [count_deliveries(session, each) for each in days]
    taken = [sum(each.get(state, 0) for state in SENT) for each in sent]
    list_of = _link(hub, company, "/calls", *current)
    rows = [
        ("Calls", [count(each.calls) for each in calls], list_of),
        ("Answered", [percent(each.answered, each.calls) for each in calls], list_of),
        ("Missed", [count(each.unanswered) for each in calls], _link(hub, company, "/reports/missed", *current)),
        ("First-time callers", [count(each.first_time) for each in calls], list_of),
        ("Leads", [count(each.leads) for each in periods], list_of),
        ("Conversions sent", [count(each) for each in taken], _link(hub, company, "/deliveries", *current)),
    ]
    return [Figure(name, now, before, url) for name, (now, before), url in rows]


def _days(first: date, last: date) -> str:
    return long_day(first) if first == last else f"{day_of(first)} to {day_of(last)}"


def _link(hub: Hub, company: Company, path: str, first: date | None = None, last: date | None = None) -> str:
    query = {"company": company.name}
    if first is not None and last is not None:
        query |= {"first": first.isoformat(), "last": last.isoformat()}
    return f"{str(hub.config.hub.public_url).rstrip('/')}{path}?{urlencode(query)}"
