"""The versions of call flows in the database: saved if a flow has changed, read once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from hub.config.callflow.definition import Flow
from hub.config.callflow.step import GREETING
from hub.model import CallStep, FlowVersion
from hub.numbers.greetings import present_sounds
from hub.store.rows import write_rows

NEWEST_FIRST = (
    select(CallStep.carrier_call_id, CallStep.flow_version)
    .where(
        CallStep.connector == bindparam("connector"),
        col(CallStep.carrier_call_id).in_(bindparam("call_ids", expanding=True)),
    )
    .order_by(col(CallStep.at).desc(), col(CallStep.id).desc())
)
"""The flow version of each step of some calls. Built one time at import, because a caller waits for this query."""


class FlowVersions:
    """The newest version of every flow, read once; versions that `save` finds to be new are written by `write`."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session, self._now = session, now
        columns = select(
            FlowVersion.id, FlowVersion.company_id, FlowVersion.name, FlowVersion.number, FlowVersion.revision,
            FlowVersion.hash,
        )  # type: ignore[call-overload]  # fmt: skip
        rows = session.exec(columns.order_by(FlowVersion.number)).all()
        self._newest: dict[tuple[str, str], tuple[str, int, str]]
        self._newest = {(row.company_id, row.name): (row.id, row.revision, row.hash) for row in rows}
        self._number = rows[-1].number if rows else 0
        self._new: list[FlowVersion] = []

    def save(self, company_id: str, flow: Flow) -> str:
        """The id of the flow's current version; a new version if its definition differs from the latest."""
        definition = flow.model_dump(mode="json")
        digest = digest_of(definition)
        latest_id, revision, known = self._newest.get((company_id, flow.name), ("", 0, ""))
        if known == digest:
            return latest_id
        self._number += 1
        row = FlowVersion(
            company_id=company_id, name=flow.name, number=self._number, revision=revision + 1,
            definition=definition, hash=digest, made_at=self._now,
        )  # fmt: skip
        self._new.append(row)
        self._newest[company_id, flow.name] = row.id, row.revision, digest
        return row.id

    def write(self) -> None:
        """Write the new versions."""
        write_rows(self._session, FlowVersion, self._new)
        self._new = []


def digest_of(definition: Mapping[str, Any]) -> str:
    """A digest of the content of a flow."""
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()


def read_flow(row: FlowVersion) -> Flow:
    """The flow of a version."""
    return _parsed(json.dumps(row.definition))


def playable_flows(session: Session, rows: Iterable[FlowVersion]) -> dict[int, Flow]:
    """Version number → flow as callers hear it: with the present sounds of replaced greetings in place of others."""
    texts = {row.number: json.dumps(row.definition) for row in rows}
    sounds = present_sounds(session, {found[1] for text in texts.values() for found in GREETING.finditer(text)})
    for file, sound in sounds.items():
        texts = {number: text.replace(f'"play": "{file}"', f'"play": "{sound}"') for number, text in texts.items()}
    return {number: _parsed(text) for number, text in texts.items()}


def flows_of_versions(session: Session, numbers: Iterable[int]) -> dict[int, Flow]:
    """Version number → flow, for calls that began on an earlier version."""
    rows = session.exec(select(FlowVersion).where(col(FlowVersion.number).in_(set(numbers))))
    return playable_flows(session, rows)


def revisions_of(session: Session, numbers: Iterable[int]) -> dict[int, int]:
    """Version number → the flow's revision, which people see."""
    columns = select(FlowVersion.number, FlowVersion.revision).where(col(FlowVersion.number).in_(set(numbers)))
    return dict(session.exec(columns).all())


def versions_of_calls(session: Session, connector: str, call_ids: Iterable[str]) -> dict[str, int]:
    """Carrier's call id → the version of the first step that the call took."""
    wanted = {"connector": connector, "call_ids": list(set(call_ids))}
    return dict(session.connection().execute(NEWEST_FIRST, wanted).all())


@lru_cache(maxsize=1024)
def _parsed(definition: str) -> Flow:
    return Flow.model_validate_json(definition)
