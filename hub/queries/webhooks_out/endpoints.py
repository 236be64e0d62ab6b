"""The endpoints of companies, and how each of them does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.config.sections.webhooks import WebhookSection
from hub.model import Company, WebhookEndpoint, WebhookEvent
from hub.model.states import WebhookEventState as State

RECENT = timedelta(days=1)
FAILING_AFTER = timedelta(minutes=30)
"""An endpoint that has taken nothing for so long is shown, and reported, as failing."""
ON_THE_WAY = (State.READY, State.LEASED, State.WAITING)


class Health(StrEnum):
    """How an endpoint does."""

    UNUSED = "unused"
    """It never got anything."""
    WORKING = "working"
    RETRYING = "retrying"
    """An event is tried again."""
    FAILING = "failing"
    """It has taken nothing for half an hour or more, though it was tried."""
    PAUSED = "paused"
    """It said that it is gone."""
    DISABLED = "disabled"


@dataclass(frozen=True, kw_only=True)
class EndpointShown:
    """One endpoint as lists show it. The address may hold a secret, so only its host is here."""

    id: str
    company_id: str
    company: str
    company_title: str
    name: str
    host: str
    format: str
    events: tuple[str, ...]
    recipient: str
    third_party: bool
    """It decides for itself what it does with the data: a sale or sharing."""
    withheld: tuple[str, ...]
    health: Health
    reason: str | None
    """Its last answer while it takes nothing, or why it is paused."""
    failing_since: datetime | None
    """Since when it has taken nothing, or gets nothing because it said that it is gone."""
    next_try_at: datetime | None
    waiting: int
    dead: int
    """Set aside; a replay sends them again."""
    held: int
    delivered_lately: int
    """In the last 24 hours."""
    last_delivered_at: datetime | None
    former_secret_until: datetime | None
    keeps_order: bool
    """Whether later events wait for as long as an earlier one is tried."""


def endpoints_of(session: Session, config: Config, companies: Sequence[Company], now: datetime) -> list[EndpointShown]:
    """The endpoints in config.yaml of these companies, by company and name."""
    sections = {(own.name, each.name): each for own in config.companies for each in own.webhooks}
    rows = session.exec(
        select(WebhookEndpoint).where(
            col(WebhookEndpoint.company_id).in_([each.id for each in companies]),
            col(WebhookEndpoint.retired_at).is_(None),
        )
    ).all()
    by_id = {each.id: each for each in companies}
    known = [(row, sections.get((by_id[row.company_id].name, row.name))) for row in rows]
    figures = _Figures(session, [row.id for row in rows], now)
    shown = [_shown(row, by_id[row.company_id], section, figures, now) for row, section in known if section]
    return sorted(shown, key=lambda each: (each.company_title.casefold(), each.name))


def shown_endpoint(
    session: Session, config: Config, company: Company, name: str, now: datetime
) -> EndpointShown | None:
    """One of them; None if there is none of that name."""
    return next((each for each in endpoints_of(session, config, [company], now) if each.name == name), None)


@dataclass(frozen=True, kw_only=True)
class FailingEndpoint:
    """An endpoint that takes nothing."""

    company_id: str
    company: str
    name: str
    since: datetime
    is_gone: bool
    """It said that it is gone, and gets nothing more until a person resumes it."""
    reason: str
    """Its last answer."""
    waiting: int


def failing_endpoints(session: Session, companies: Collection[Company], now: datetime) -> list[FailingEndpoint]:
    """The endpoints of these companies that have taken nothing for half an hour, or said that they are gone."""
    by_id = {each.id: each for each in companies}
    failing = or_(
        col(WebhookEndpoint.paused_at).is_not(None), col(WebhookEndpoint.failing_since) <= now - FAILING_AFTER
    )
    wanted = select(WebhookEndpoint).where(
        col(WebhookEndpoint.company_id).in_(by_id), col(WebhookEndpoint.retired_at).is_(None), failing
    )
    rows = [row for row in session.exec(wanted) if row.events]
    if not rows:
        return []
    figures = _Figures(session, [row.id for row in rows], now)
    return [
        FailingEndpoint(
            company_id=row.company_id,
            company=by_id[row.company_id].name,
            name=row.name,
            since=row.paused_at or row.failing_since or now,
            is_gone=row.paused_at is not None,
            reason=(row.pause_reason if row.paused_at else row.last_refusal) or "",
            waiting=figures.count(row.id, *ON_THE_WAY),
        )
        for row in rows
    ]


class _Figures:
    """Counts of events by endpoint."""

    def __init__(self, session: Session, ids: Sequence[str], now: datetime) -> None:
        mine = col(WebhookEvent.endpoint_id).in_(ids)
        grouped = (WebhookEvent.endpoint_id, WebhookEvent.state)
        counted = session.execute(select(*grouped, func.count()).where(mine).group_by(*grouped))
        self.counts = {(endpoint, state): int(count) for endpoint, state, count in counted}
        finished, endpoint_id = col(WebhookEvent.finished_at), col(WebhookEvent.endpoint_id)
        done = (mine, WebhookEvent.state == State.DELIVERED)
        newest = session.execute(select(endpoint_id, func.max(finished)).where(*done).group_by(endpoint_id))
        self.last = {row[0]: row[1] for row in newest}
        lately = select(endpoint_id, func.count()).where(*done, finished > now - RECENT).group_by(endpoint_id)
        self.lately = {endpoint: int(count) for endpoint, count in session.execute(lately)}
        tried = (mine, WebhookEvent.state == State.READY, col(WebhookEvent.first_tried_at).is_not(None))
        due = session.execute(select(endpoint_id, func.min(WebhookEvent.due_at)).where(*tried).group_by(endpoint_id))
        self.next_tries = {row[0]: row[1] for row in due}

    def count(self, endpoint_id: str, *states: State) -> int:
        return sum(self.counts.get((endpoint_id, state), 0) for state in states)


def _shown(
    row: WebhookEndpoint, company: Company, section: WebhookSection, figures: _Figures, now: datetime
) -> EndpointShown:
    next_try, failing_since = figures.next_tries.get(row.id), row.failing_since
    if row.paused_at is not None:
        health, reason = Health.PAUSED, row.pause_reason
    elif not section.enabled:
        health, reason = Health.DISABLED, None
    elif failing_since is not None and now - failing_since >= FAILING_AFTER:
        health, reason = Health.FAILING, row.last_refusal
    elif next_try is not None:
        health, reason = Health.RETRYING, row.last_refusal
    else:
        health, reason = Health.WORKING if row.id in figures.last else Health.UNUSED, None
    former = row.former_until
    return EndpointShown(
        id=row.id,
        company_id=company.id,
        company=company.name,
        company_title=company.title,
        name=row.name,
        host=section.host,
        format=section.format,
        events=tuple(event.value for event in section.events),
        recipient=section.recipient_name,
        third_party=section.is_third_party,
        withheld=tuple(section.withhold),
        health=health,
        reason=reason,
        failing_since=failing_since if health in (Health.FAILING, Health.RETRYING) else row.paused_at,
        next_try_at=next_try if health in (Health.FAILING, Health.RETRYING) else None,
        keeps_order=section.keep_order,
        waiting=figures.count(row.id, *ON_THE_WAY),
        dead=figures.count(row.id, State.DEAD),
        held=figures.count(row.id, State.HELD),
        delivered_lately=figures.lately.get(row.id, 0),
        last_delivered_at=figures.last.get(row.id),
        former_secret_until=former if former and former > now else None,
    )
