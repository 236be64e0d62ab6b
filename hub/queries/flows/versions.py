"""The versions of call flows, and how many calls each answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import literal, union_all
from sqlmodel import Session, col, func, select

from hub.access.scope import AccessScope
from hub.callflow.definition import Flow
from hub.errors import NotFound
from hub.model import Call, CallStep, FlowVersion, Tracker
from hub.model.states import CallStatus
from hub.numbers.flows import read_flow

MAX_COUNTED = 10_000
"""More calls than these are shown as 10,000+."""
COUNTED_DAYS = 30
MAX_VERSIONS = 200
MAX_COUNTS = 400
"""SQLite joins at most 500 queries to one."""
MAX_CALL_AGE = timedelta(hours=4)
"""An older call without an end has lost its last webhook."""


@dataclass(frozen=True)
class Version:
    """One version of a flow, and the calls that it answered in the last 30 days."""

    number: int
    made_at: datetime
    calls: int
    flow: Flow
    hash: str


def versions_of(
    session: Session, scope: AccessScope, company_id: str, name: str, now: datetime, limit: int = MAX_VERSIONS
) -> list[Version]:
    """The versions of one flow, the newest first."""
    query = scope.select(FlowVersion).where(FlowVersion.company_id == company_id, FlowVersion.name == name)
    rows: Sequence[FlowVersion] = session.exec(query.order_by(col(FlowVersion.number).desc()).limit(limit)).all()
    calls = calls_of_versions(session, [row.number for row in rows], now)
    return [Version(row.number, row.made_at, calls.get(row.number, 0), read_flow(row), row.hash) for row in rows]


def version_of(session: Session, scope: AccessScope, company_id: str, name: str, number: int) -> FlowVersion:
    """One version of one flow; NotFound if there is none."""
    query = scope.select(FlowVersion).where(
        FlowVersion.company_id == company_id, FlowVersion.name == name, FlowVersion.number == number
    )
    row: FlowVersion | None = session.exec(query).first()
    if row is None:
        raise NotFound("Not found")
    return row


def latest_versions(session: Session, scope: AccessScope, companies: Collection[str]) -> dict[tuple[str, str], Any]:
    """(company's id, flow's name) → number and time of its versions, the newest first."""
    columns: Any = (FlowVersion.company_id, FlowVersion.name, FlowVersion.number, FlowVersion.made_at)
    query = scope.narrow(select(*columns), FlowVersion, scope.user).where(col(FlowVersion.company_id).in_(companies))
    found: dict[tuple[str, str], list[Any]] = {}
    for row in session.execute(query.order_by(col(FlowVersion.number).desc()).limit(5_000)):
        found.setdefault((row.company_id, row.name), []).append(row)
    return dict(found)


def recently_used(rows: Sequence[Any], now: datetime) -> list[int]:
    """Of one flow's versions, the newest first, those that may have answered calls in the last 30 days."""
    since = now - timedelta(days=COUNTED_DAYS)
    newer = sum(row.made_at >= since for row in rows)
    return [row.number for row in rows[: newer + 1]]


def calls_of_versions(session: Session, numbers: Collection[int], now: datetime) -> Mapping[int, int]:
    """Version → how many calls it answered in the last 30 days; at most one more than `MAX_COUNTED`."""
    since = now - timedelta(days=COUNTED_DAYS)
    counts = []
    for number in list(numbers)[:MAX_COUNTS]:
        begun = (
            select(CallStep.id)
            .where(CallStep.flow_version == number, CallStep.at >= since)
            .where(CallStep.position == 0, CallStep.point == "ringing:")
            .limit(MAX_COUNTED + 1)
            .subquery()
        )
        counts.append(select(literal(number), func.count()).select_from(begun))
    if not counts:
        return {}
    return {number: count for number, count in session.execute(union_all(*counts)) if count}


def calls_under_way(
    session: Session, scope: AccessScope, company_id: str, trackers: Collection[str], now: datetime
) -> int:
    """How many calls on the named trackers of a company are not over."""
    query = (
        scope.narrow(select(func.count()).select_from(Call), Call, scope.user)
        .join(Tracker, col(Tracker.id) == col(Call.tracker_id))
        .where(
            Call.company_id == company_id,
            Call.started_at > now - MAX_CALL_AGE,
            col(Call.status).in_((CallStatus.RINGING, CallStatus.IN_PROGRESS)),
            col(Tracker.name).in_(trackers),
        )
    )
    return int(session.execute(query).scalar_one())
