"""The versions of call flows, and how many calls each answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import literal, union_all
from sqlmodel import Session, col, func, select

from hub.access.scope import AccessScope
from hub.config.callflow.definition import Flow
from hub.errors import NotFound
from hub.model import Call, CallStep, ConfigVersion, FlowVersion, Tracker, User
from hub.model.calls import MAX_CALL_AGE, UNDER_WAY
from hub.numbers.flows import read_flow

MAX_COUNTED = 10_000
"""More calls than these are shown as 10,000+."""
COUNTED_DAYS = 30
MAX_VERSIONS = 200
MAX_COUNTS = 400
"""SQLite joins at most 500 queries to one."""


@dataclass(frozen=True)
class Version:
    """One version of a flow, and the calls that it answered in the last 30 days."""

    revision: int
    made_at: datetime
    calls: int
    flow: Flow
    by: str
    """Who published it; empty if the file was changed by other means."""
    what: str
    """What changed, in the words of who published it."""


def versions_of(
    session: Session, scope: AccessScope, company_id: str, name: str, now: datetime, limit: int = MAX_VERSIONS
) -> list[Version]:
    """The versions of one flow, the newest first."""
    query = scope.select(FlowVersion).where(FlowVersion.company_id == company_id, FlowVersion.name == name)
    rows: Sequence[FlowVersion] = session.exec(query.order_by(col(FlowVersion.number).desc()).limit(limit)).all()
    calls = calls_of_versions(session, [row.number for row in rows], now)
    return [Version(row.revision, row.made_at, calls.get(row.number, 0), read_flow(row), "", "") for row in rows]


def with_authors(session: Session, account_id: str, versions: Sequence[Version]) -> list[Version]:
    """The versions with who published each, and what they wrote; `session` is the hub's own, because versions of
    config.yaml belong to no account. What others did is left out."""
    changes = select(ConfigVersion.at, ConfigVersion.note, User.name).join(
        User, col(User.id) == col(ConfigVersion.user_id)
    )
    mine = changes.where(col(ConfigVersion.at).in_({each.made_at for each in versions}), User.account_id == account_id)
    known = {at: (name, note) for at, note, name in session.exec(mine)}
    return [
        replace(each, by=known[each.made_at][0], what=known[each.made_at][1]) if each.made_at in known else each
        for each in versions
    ]


def version_of(session: Session, scope: AccessScope, company_id: str, name: str, revision: int) -> FlowVersion:
    """One version of one flow; NotFound if there is none."""
    query = scope.select(FlowVersion).where(
        FlowVersion.company_id == company_id, FlowVersion.name == name, FlowVersion.revision == revision
    )
    row: FlowVersion | None = session.exec(query).first()
    if row is None:
        raise NotFound("Not found")
    return row


def latest_versions(session: Session, scope: AccessScope, companies: Collection[str]) -> dict[tuple[str, str], Any]:
    """(company's id, flow's name) → number, revision and time of its versions, the newest first."""
    of_version = (FlowVersion.number, FlowVersion.revision, FlowVersion.made_at)
    columns: Any = (FlowVersion.company_id, FlowVersion.name, *of_version)
    query = scope.narrow(select(*columns), FlowVersion, scope.user).where(col(FlowVersion.company_id).in_(companies))
    found: dict[tuple[str, str], list[object]] = {}
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
            col(Call.status).in_(UNDER_WAY),
            col(Tracker.name).in_(trackers),
        )
    )
    return int(session.execute(query).scalar_one())
