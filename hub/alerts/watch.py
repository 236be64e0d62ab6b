"""Finds what no single call shows: failing connectors, destinations that take nothing, unusual volumes, full pools.

It looks only at companies for which a user wants to hear of it. What it finds gets a key that stays the same until it is
over, so a worker that looks again, or a second one, finds nothing new.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from hub.alerts.hub_trouble import failing_tasks
from hub.alerts.kinds import threshold_of
from hub.alerts.volume import judged_now
from hub.alerts.watch_set_up import ending_versions, troubled_numbers, webhooks_failing, webhooks_set_aside
from hub.model import AlertRule, Company, ConnectorState, Delivery, PoolOverflow, Tracker
from hub.model.states import DeliveryState
from hub.queries.connector_health import connector_health
from hub.queries.silent_consent import silent_consent
from hub.runtime import Hub
from hub.store.companion_troubles import companion_troubles
from hub.store.quarantine.items import in_quarantine
from hub.store.writers.alert_events import Happening, note_happenings

SUCCESSES = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNMATCHED)
WAITING = (DeliveryState.READY, DeliveryState.LEASED)
OUTAGE = timedelta(minutes=10)
"""Shorter outages pass by themselves and alarm nobody."""
NEWEST_ITEMS = 20
"""Of so many items in quarantine an alert is sent."""
LOOK_BACK = timedelta(days=8)
"""Longer than the longest threshold."""


class Watch:
    """Looks again and again; it remembers since when a connector does not answer, so that a short outage alarms nobody."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._down_since: dict[str, datetime] = {}
        self._silent_since: dict[str, datetime] = {}

    def look(self) -> int:
        """Look once, and write what is found; returns how many happenings were found, known ones included."""
        now = self._hub.clock()
        with self._hub.store.reading() as session:
            found = [
                *self._failing_connectors(session, now),
                *self._silent_consent(session, now),
                *failing_tasks(session, self._hub, now),
                *_quarantined(session),
                *_undelivered(session, now),
                *_full_pools(session, now),
                *troubled_numbers(session),
                *webhooks_set_aside(session, now),
                *webhooks_failing(session, now),
                *ending_versions(session, self._hub.config, now),
            ]
        return _keep(self._hub, found, now)

    def _failing_connectors(self, session: Session, now: datetime) -> Iterator[Happening]:
        kind, config = "connector_failing", self._hub.config
        companies = _watched(session, kind)
        if not companies:
            return
        paused = {row.connector: row.paused_at for row in session.exec(select(ConnectorState)) if row.paused_at}
        health = connector_health(session, config, self._hub.plugins, [each.name for each in companies])
        down = [each.name for each in health if each.health == "down"]
        self._down_since = {name: self._down_since.get(name, now) for name in down}
        troubles = companion_troubles(session)
        lasting = {name for name, since in self._down_since.items() if now - since >= OUTAGE}
        for each in health:
            if each.health != "needs_you" and each.name not in lasting:
                continue
            # A pause lasts until a person ends it; an outage is reported once a day, and so is each trouble of a companion.
            since, says = paused.get(each.name), troubles[each.name].detail if each.name in troubles else ""
            episode = f"{since:%Y-%m-%dT%H:%M:%S}" if since else f"{now:%Y-%m-%d}"
            if says:  # the same for one trouble, whatever its figures are now
                episode += "/" + hashlib.sha256(re.sub(r"\d+", "", says).encode()).hexdigest()[:8]
            health_now = "trouble" if says and each.health == "down" else each.health
            for company in companies:
                if config.connectors[each.name].serves(company.name):
                    facts = {"connector": each.name, "health": health_now} | ({"says": says} if says else {})
                    yield Happening.of(company.id, kind, f"{each.name}/{each.health}/{episode}", since or now, facts)

    def _silent_consent(self, session: Session, now: datetime) -> Iterator[Happening]:
        """Consent plugins that have not answered for ten minutes, reported once a day; they decide for all companies."""
        kind = "consent_silent"
        self._silent_since = {name: self._silent_since.get(name, now) for name in silent_consent(self._hub)}
        for name, since in self._silent_since.items():
            for company in _watched(session, kind) if now - since >= OUTAGE else ():
                yield Happening.of(company.id, kind, f"{name}/{now:%Y-%m-%d}", now, {"connector": name})


def watch_volume(hub: Hub) -> int:
    """Judge the number of calls of each company for which a user wants it; returns how many stand out."""
    now = hub.clock()
    with hub.store.reading() as session:
        found = list(_volumes(session, now))
    return _keep(hub, found, now)


def _keep(hub: Hub, found: list[Happening], now: datetime) -> int:
    if found:
        with hub.store.writing() as session:
            note_happenings(session, found, now)
    return len(found)


def _watched(session: Session, *kinds: str) -> list[Company]:
    wanted = select(AlertRule.company_id).where(col(AlertRule.kind).in_(kinds))
    return list(session.exec(select(Company).where(col(Company.id).in_(wanted))))


def _thresholds(session: Session, company: Company, kind: str) -> list[int]:
    rules = select(AlertRule.threshold).where(AlertRule.company_id == company.id, AlertRule.kind == kind).distinct()
    return sorted({threshold_of(kind, each) for each in session.exec(rules)})


def _quarantined(session: Session) -> Iterator[Happening]:
    """Each item once; it is the hub that dies, so every company that wants it hears of it."""
    kind = "quarantined"
    companies = _watched(session, kind)
    for item in in_quarantine(session, limit=NEWEST_ITEMS) if companies else ():
        key = f"{item.kind}/{item.id}/{item.since:%Y-%m-%dT%H:%M:%S}"
        facts = {"connector": item.connector, "kind": item.kind}
        yield from (Happening.of(company.id, kind, key, item.since, facts) for company in companies)


def _undelivered(session: Session, now: datetime) -> Iterator[Happening]:
    """Destinations that took nothing for as many hours as somebody chose, though something was due all that time."""
    kind = "nothing_delivered"
    for company in _watched(session, kind):
        of_company = (Delivery.company_id == company.id, col(Delivery.made_at) >= now - LOOK_BACK)
        taken: Any = func.max(func.coalesce(Delivery.finished_at, Delivery.accepted_at))
        successes = select(Delivery.connector, taken).where(*of_company, col(Delivery.state).in_(SUCCESSES))
        last = dict(session.execute(successes.group_by(col(Delivery.connector))).all())
        for hours in _thresholds(session, company, kind):
            since = now - timedelta(hours=hours)
            due = _due_since(session, of_company, since, now)
            for connector, count in due.items():
                success = last.get(connector)
                if success is not None and success > since:
                    continue
                episode = f"{success:%Y-%m-%dT%H:%M:%S}" if success else "never"
                facts = {"connector": connector, "threshold": hours, "waiting": count}
                yield Happening.of(company.id, kind, f"{connector}/{hours}/{episode}", now, facts)


def _due_since(session: Session, of_company: Any, since: datetime, now: datetime) -> dict[str, int]:
    """Connector → how many deliveries were due all the time since, or were given up within it."""
    delivery: Any = Delivery
    tried_or_due = or_(
        delivery.first_tried_at <= since, and_(delivery.first_tried_at.is_(None), delivery.due_at <= since)
    )
    waits = and_(delivery.state.in_(WAITING), tried_or_due)
    given_up = and_(
        delivery.state == DeliveryState.DEAD, delivery.first_tried_at <= since, delivery.finished_at > since
    )
    query = select(delivery.connector, func.count()).where(*of_company, or_(waits, given_up))
    return {connector: int(count) for connector, count in session.execute(query.group_by(delivery.connector))}


def _full_pools(session: Session, now: datetime) -> Iterator[Happening]:
    kind = "pool_overflow"
    for company in _watched(session, kind):
        today = now.astimezone(ZoneInfo(company.time_zone)).date()
        midnight = datetime.combine(today, time(), ZoneInfo(company.time_zone))
        overflows = (
            select(Tracker.name, func.count())
            .join(PoolOverflow, col(PoolOverflow.tracker_id) == Tracker.id)
            .where(Tracker.company_id == company.id, PoolOverflow.at >= midnight)
            .group_by(Tracker.name)
        )
        for name, count in session.execute(overflows):
            for least in _thresholds(session, company, kind):
                if count >= least:
                    facts = {"pool": name, "threshold": least, "visitors": int(count)}
                    yield Happening.of(company.id, kind, f"{name}/{least}/{today}", now, facts)


def _volumes(session: Session, now: datetime) -> Iterator[Happening]:
    for company in _watched(session, "volume_drop", "volume_spike"):
        found = judged_now(session, company, now)
        if found is None:
            continue
        hours, judged = found
        facts = {
            "begins": hours.begins.isoformat(),
            "ends": hours.ends.isoformat(),
            "calls": judged.count,
            "usual": round(judged.usual, 1),
            "weeks": judged.weeks,
        }
        # Once a day: the hours that follow overlap with these.
        yield Happening.of(company.id, judged.kind, f"{hours.begins:%Y-%m-%d}", now, facts)
