"""The calls, texts, forms, CRM outcomes and leads of a time that conversion rules may look at; the newest first, up to
a limit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import true
from sqlmodel import Session, and_, col, or_, select

from hub.access.scope import AccessScope
from hub.config.models import ConversionRule
from hub.config.sections.conversion_values import When
from hub.contracts.leads import LeadStatus
from hub.flow.subjects import TIME_COLUMNS
from hub.model import Call, FormSubmission, Lead, OutcomeRow, SignalRow, TextMessage
from hub.model.states import SubjectState

MAX_EVENTS = 1_000
"""How many of the newest events one run looks at, so that it ends in about a second."""
CHANGED_BEFORE = timedelta(days=1)
"""A CRM reports a deal after it reached its stage; some give only the day."""
TABLES: dict[str, Any] = {"call": Call, "text": TextMessage, "form": FormSubmission}


@dataclass(frozen=True, kw_only=True)
class RuleEvent:
    """Something that rules look at: a call, text or form itself, or a later outcome or lead of one."""

    at: datetime
    subject_id: str
    outcome: OutcomeRow | None = None
    lead: Lead | None = None
    """With a signal: the user's mark on its call."""
    signal: SignalRow | None = None


@dataclass(frozen=True, kw_only=True)
class FoundEvents:
    """The newest events, and the moment back to which they reach if there were more than a run looks at."""

    events: Sequence[RuleEvent]
    back_to: datetime | None


def events_for(
    session: Session,
    scope: AccessScope,
    rules: Sequence[ConversionRule],
    companies: Collection[str],
    crms: Collection[str],
    begins: datetime,
    ends: datetime,
) -> FoundEvents:
    """The events from `begins` to before `ends` that some rule looks at, of `companies` (ids) as far as the user may
    see them. `crms` are the connectors whose outcomes count. `session` is one of the hub: outcomes belong to no account.
    """
    kinds = {rule.when.event for rule in rules}
    found = [
        RuleEvent(at=at, subject_id=subject_id)
        for kind in TABLES
        if kind in kinds
        for subject_id, at in _contacts(session, scope, kind, rules, companies, begins, ends)
    ]
    if "outcome" in kinds:
        found += _outcomes(session, scope, companies, crms, begins, ends)
    if "lead" in kinds:
        found += _leads(session, scope, companies, begins, ends)
    if "signal" in kinds:
        found += _signals(session, scope, companies, begins, ends)
    found.sort(key=lambda each: (each.at, each.subject_id), reverse=True)
    kept = found[:MAX_EVENTS]
    return FoundEvents(events=kept, back_to=kept[-1].at if len(found) > MAX_EVENTS else None)


def _contacts(
    session: Session,
    scope: AccessScope,
    kind: str,
    rules: Sequence[ConversionRule],
    companies: Collection[str],
    begins: datetime,
    ends: datetime,
) -> Iterator[tuple[str, datetime]]:
    """The ids and times of calls, texts or forms that may match; the rules themselves decide."""
    table = TABLES[kind]
    at = next(column for each, column in TIME_COLUMNS if each is table)
    query = scope.select(table).where(
        table.company_id.in_(companies), at >= begins, at < ends, table.state != SubjectState.ERASED
    )
    if kind == "text":
        query = query.where(table.direction == "in")
    if kind == "call":
        query = query.where(or_(*(_may_match(rule.when) for rule in rules if rule.when.event == "call")))
    yield from session.execute(query.with_only_columns(table.id, at).order_by(at.desc()).limit(MAX_EVENTS + 1))


def _may_match(when: When) -> Any:
    """The conditions of a rule that the database can check on the call alone."""
    conditions: list[Any] = []
    if when.answered is not None:
        conditions.append(col(Call.answered_at).is_not(None) if when.answered else col(Call.answered_at).is_(None))
    if when.min_duration is not None:
        conditions.append(col(Call.duration) >= when.min_duration.total_seconds())
    return and_(true(), *conditions)


def _outcomes(
    session: Session,
    scope: AccessScope,
    companies: Collection[str],
    crms: Collection[str],
    begins: datetime,
    ends: datetime,
) -> list[RuleEvent]:
    reported = (
        select(OutcomeRow)
        .where(
            col(OutcomeRow.connector).in_(crms),
            OutcomeRow.changed_at >= begins - CHANGED_BEFORE,
            OutcomeRow.occurred_at >= begins,
            OutcomeRow.occurred_at < ends,
            col(OutcomeRow.subject_id).is_not(None),
        )
        .order_by(col(OutcomeRow.occurred_at).desc())
        .limit(MAX_EVENTS + 1)
    )
    rows = session.exec(reported).all()
    own = visible(session, scope, companies, {row.subject_id or "" for row in rows})
    return [
        RuleEvent(at=row.occurred_at, subject_id=row.subject_id or "", outcome=row)
        for row in rows
        if row.subject_id in own
    ]


def _leads(
    session: Session, scope: AccessScope, companies: Collection[str], begins: datetime, ends: datetime
) -> list[RuleEvent]:
    marked = scope.select(Lead).where(
        col(Lead.company_id).in_(companies),
        col(Lead.status).in_(list(LeadStatus)),
        Lead.marked_at >= begins,
        Lead.marked_at < ends,
    )
    rows = session.exec(marked.order_by(col(Lead.marked_at).desc()).limit(MAX_EVENTS + 1)).all()
    return [RuleEvent(at=row.marked_at, subject_id=row.subject_id, lead=row) for row in rows]


def _signals(
    session: Session, scope: AccessScope, companies: Collection[str], begins: datetime, ends: datetime
) -> list[RuleEvent]:
    read = scope.select(SignalRow).where(
        col(SignalRow.company_id).in_(companies), SignalRow.read_at >= begins, SignalRow.read_at < ends
    )
    rows = session.exec(read.order_by(col(SignalRow.read_at).desc()).limit(MAX_EVENTS + 1)).all()
    marked = session.exec(select(Lead).where(col(Lead.subject_id).in_({row.subject_id for row in rows})))
    leads = {lead.subject_id: lead for lead in marked}
    return [
        RuleEvent(at=row.read_at, subject_id=row.subject_id, signal=row, lead=leads.get(row.subject_id)) for row in rows
    ]


def visible(session: Session, scope: AccessScope, companies: Collection[str], ids: Collection[str]) -> set[str]:
    """Those of `ids` that are calls, texts or forms of `companies` that the user may see."""
    found: set[str] = set()
    for table in TABLES.values() if ids else ():
        theirs = session.execute(scope.having(table.id, ids).with_only_columns(table.id, table.company_id))
        found |= {row_id for row_id, company in theirs if company in companies}
    return found
