"""Alerts about the hub itself, which concern all its companies: each user hears of one trouble once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session, func, select

from hub.model import AlertRule
from hub.queries.status.headline import words_of
from hub.queries.status.jobs import jobs
from hub.runtime import Hub
from hub.store.writers.alert_events import Happening, note_happenings

KIND = "hub_trouble"


def note_trouble(hub: Hub, trouble: str, since: datetime) -> None:
    """Write a trouble that began at `since`, named in `hub.alerts.wording.TROUBLES`. The same one again changes nothing."""
    with hub.store.writing() as session:
        found = list(_happenings(session, f"{trouble}/{since:%Y-%m-%dT%H:%M:%S}", since, trouble=trouble))
        note_happenings(session, found, hub.clock())


def failing_tasks(session: Session, hub: Hub, now: datetime) -> Iterator[Happening]:
    """Jobs and threads that fail again and again, each once a day."""
    for each in jobs(session, hub.config, (), hub.liveness, now):
        if each.is_failing:
            facts = {"trouble": "task", "task": words_of(each)}
            yield from _happenings(session, f"{each.kind} {each.name}/{now:%Y-%m-%d}", now, **facts)


def _happenings(session: Session, key: str, at: datetime, **facts: str) -> Iterator[Happening]:
    """One for the first company for which a user wants to hear of it, so that a user of many companies hears of it once."""
    first = select(func.min(AlertRule.company_id)).where(AlertRule.kind == KIND).group_by(AlertRule.user_id)
    for company_id in set(session.exec(first)):
        yield Happening(company_id=company_id, kind=KIND, dedup_key=f"{KIND}/{key}", at=at, facts=facts)
