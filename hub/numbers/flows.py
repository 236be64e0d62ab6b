"""The versions of call flows in the database: saved if a flow has changed, read once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from sqlmodel import Session, col, func, select

from hub.callflow.definition import Flow
from hub.model import CallStep, FlowVersion


def save_version(session: Session, company_id: str, flow: Flow, now: datetime) -> str:
    """The id of the flow's current version; a new version if its definition differs from the latest."""
    definition = flow.model_dump(mode="json")
    digest = hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
    of_flow = select(FlowVersion).where(FlowVersion.company_id == company_id, FlowVersion.name == flow.name)
    latest = session.exec(of_flow.order_by(col(FlowVersion.number).desc()).limit(1)).first()
    if latest is not None and latest.hash == digest:
        return latest.id
    number = (session.exec(select(func.max(FlowVersion.number))).one() or 0) + 1
    row = FlowVersion(
        company_id=company_id, name=flow.name, number=number, revision=latest.revision + 1 if latest else 1,
        definition=definition, hash=digest, made_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def read_flow(row: FlowVersion) -> Flow:
    """The flow of a version."""
    return _parsed(json.dumps(row.definition))


def flows_of_versions(session: Session, numbers: Iterable[int]) -> dict[int, Flow]:
    """Version number → flow, for calls that began on an earlier version."""
    rows = session.exec(select(FlowVersion).where(col(FlowVersion.number).in_(set(numbers))))
    return {row.number: read_flow(row) for row in rows}


def revisions_of(session: Session, numbers: Iterable[int]) -> dict[int, int]:
    """Version number → the flow's revision, which people see."""
    columns = select(FlowVersion.number, FlowVersion.revision).where(col(FlowVersion.number).in_(set(numbers)))
    return dict(session.exec(columns).all())


def versions_of_calls(session: Session, connector: str, call_ids: Iterable[str]) -> dict[str, int]:
    """Carrier's call id → the version of the first step that the call took."""
    columns = select(CallStep.carrier_call_id, CallStep.flow_version).where(
        CallStep.connector == connector, col(CallStep.carrier_call_id).in_(set(call_ids))
    )
    newest_first = session.exec(columns.order_by(col(CallStep.at).desc(), col(CallStep.id).desc()))
    return dict(newest_first.all())


@lru_cache(maxsize=1024)
def _parsed(definition: str) -> Flow:
    return Flow.model_validate_json(definition)
