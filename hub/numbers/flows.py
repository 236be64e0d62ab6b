"""The versions of call flows in the database: saved if a flow has changed, read once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from sqlmodel import Session, col, func, select

from hub.callflow.definition import Flow
from hub.model import FlowVersion


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
        company_id=company_id, name=flow.name, number=number, definition=definition, hash=digest, made_at=now
    )
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


@lru_cache(maxsize=1024)
def _parsed(definition: str) -> Flow:
    return Flow.model_validate_json(definition)
