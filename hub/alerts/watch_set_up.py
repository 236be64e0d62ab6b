"""Finds trouble of the set-up: what is wrong with numbers, webhooks that were set aside, and API versions that end soon."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, time
from itertools import groupby

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.alerts.kinds import WHOLE_ACCOUNT
from hub.config.models import Config
from hub.model import AlertRule, Company, NumberFinding, WebhookEndpoint, WebhookEvent
from hub.model.states import WebhookEventState
from hub.numbers.health.kinds import BY_KEY
from hub.queries.connectors.version_ends import version_ends
from hub.queries.webhooks_out import failing_endpoints
from hub.store.writers.alert_events import Happening

NUMBERS, SET_ASIDE, FAILING = "number_health", "webhook_set_aside", "connector_failing"


def troubled_numbers(session: Session) -> Iterator[Happening]:
    """What an audit found at the same time, of one kind, is one happening; what is repaired and comes again is another."""
    wrong = [key for key, kind in BY_KEY.items() if kind.is_wrong]
    order = (NumberFinding.company_id, NumberFinding.account_id, NumberFinding.kind, NumberFinding.found_at)
    query = select(NumberFinding).where(col(NumberFinding.kind).in_(wrong)).order_by(*order, col(NumberFinding.number))  # type: ignore[arg-type]
    for _, group in groupby(session.exec(query), lambda row: (row.company_id, row.account_id, row.kind, row.found_at)):
        rows = list(group)
        first = rows[0]
        facts: dict[str, object] = {"finding": first.kind, "number": first.number, "count": len(rows)}
        if first.company_id is None:
            facts[WHOLE_ACCOUNT] = True
        key = f"{first.kind}/{first.found_at:%Y-%m-%dT%H:%M:%S.%f}"
        for company_id in _reported_about(session, first):
            yield Happening.of(company_id, NUMBERS, key, first.found_at, facts)


def webhooks_set_aside(session: Session, now: datetime) -> Iterator[Happening]:
    """Endpoints whose events were refused or given up today; once a day each."""
    midnight = datetime.combine(now.date(), time(), now.tzinfo)
    watched = select(AlertRule.company_id).where(AlertRule.kind == SET_ASIDE)
    found = (
        select(WebhookEndpoint.company_id, WebhookEndpoint.name, func.count())
        .join(WebhookEvent, col(WebhookEvent.endpoint_id) == WebhookEndpoint.id)
        .where(
            col(WebhookEndpoint.company_id).in_(watched),
            col(WebhookEndpoint.retired_at).is_(None),
            WebhookEvent.state == WebhookEventState.DEAD,
            col(WebhookEvent.finished_at) >= midnight,
        )
        .group_by(WebhookEndpoint.company_id, WebhookEndpoint.name)
    )
    for company_id, name, events in session.exec(found):
        facts = {"endpoint": name, "events": events}
        yield Happening.of(company_id, SET_ASIDE, f"{name}/{midnight:%Y-%m-%d}", now, facts)


def webhooks_failing(session: Session, now: datetime) -> Iterator[Happening]:
    """Endpoints that have taken nothing for half an hour, or said that they are gone; once each time."""
    watched = select(AlertRule.company_id).where(AlertRule.kind == SET_ASIDE)
    companies = session.exec(select(Company).where(col(Company.id).in_(watched))).all()
    for each in failing_endpoints(session, companies, now):
        since, key = each.since.isoformat(), f"{each.name}/since {each.since:%Y-%m-%dT%H:%M:%S}"
        facts = {"endpoint": each.name, "since": since, "waiting": each.waiting, "says": each.reason}
        yield Happening.of(each.company_id, SET_ASIDE, key, now, facts)


def ending_versions(session: Session, config: Config, now: datetime) -> Iterator[Happening]:
    """Connectors whose version of the provider's API ends: once 90 days before, once 30 days before, and once after the end."""
    watched = select(AlertRule.company_id).where(AlertRule.kind == FAILING)
    companies = session.exec(select(Company).where(col(Company.id).in_(watched))).all()
    for each in version_ends(config.connectors.values(), now) if companies else ():
        for company in companies:
            if config.connectors[each.connector].serves(company.name):
                key = f"{each.connector}/version {each.version}/{each.notice}"
                facts = {"connector": each.connector, "health": "version", "says": f"{each.title}. {each.remedy}"}
                yield Happening.of(company.id, FAILING, key, now, facts)


def _reported_about(session: Session, finding: NumberFinding) -> Collection[str]:
    """The companies for which users hear of a finding: its own, or of the whole account for each user the first one."""
    if finding.company_id is not None:
        return [finding.company_id]
    first = (
        select(func.min(AlertRule.company_id))
        .join(Company, col(Company.id) == AlertRule.company_id)
        .where(AlertRule.kind == NUMBERS, Company.account_id == finding.account_id)
        .group_by(AlertRule.user_id)
    )
    return set(session.exec(first))
