"""Each night, what was disclosed is compared with what is declared; what does not fit becomes a finding until it does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hub.assembly import Hub
from hub.config.models import ConnectorEntry
from hub.model import ConnectorNote, FlowFinding
from hub.privacy.datamap.flows import Seen, declared, misfit, observed, undeclared
from hub.privacy.datamap.versions import note_recipients, notices, versions, was_declared

NIGHT_HOUR = 2
"""UTC; from then on the day's comparison is due."""
CHANGE_SHOWN = timedelta(days=30)
"""So long a changed recipient stays a finding: time to announce it."""
OWNER, NOTE = "hub", "privacy.compared"


def compare_if_due(hub: Hub) -> bool:
    """Compare once a day, after the night's hour or when the hub first runs; whether it was done."""
    now = hub.clock()
    with hub.store.reading() as session:
        note = session.get(ConnectorNote, (OWNER, NOTE))
    last = datetime.fromisoformat(note.value) if note else None
    if last is not None and (now.date() <= last.date() or now.hour < NIGHT_HOUR):
        return False
    with hub.store.writing() as session:
        compare(session, hub.config.connectors, now)
        session.merge(ConnectorNote(connector=OWNER, name=NOTE, value=now.isoformat()))
    return True


def compare(session: Session, entries: Mapping[str, ConnectorEntry], now: datetime) -> int:
    """Note the recipients as they are, and write the findings: new ones, those that are there still, those that are settled.

    How many are not settled.
    """
    note_recipients(session, entries, now)
    session.flush()
    found = {finding.key: finding for finding in _findings(session, entries, now)}
    known = {row.key: row for row in session.exec(select(FlowFinding))}
    for key, finding in found.items():
        row = known.get(key)
        if row is None:
            session.add(finding)
        else:
            row.sentence, row.count, row.last_at, row.settled_at = (
                finding.sentence,
                finding.count,
                finding.last_at,
                None,
            )
            session.add(row)
    for key, row in known.items():
        if key not in found and row.settled_at is None:
            row.settled_at = now
            session.add(row)
    return len(found)


def open_findings(session: Session) -> list[str]:
    """The sentences of the findings that are not settled."""
    rows = select(FlowFinding.sentence).where(col(FlowFinding.settled_at).is_(None)).order_by(FlowFinding.sentence)
    return list(session.exec(rows))


def _findings(session: Session, entries: Mapping[str, ConnectorEntry], now: datetime) -> Iterator[FlowFinding]:
    flows = list(declared(entries))
    rows = versions(session)
    for key, seen in undeclared(flows, observed(session)).items():
        if not was_declared(rows, key, seen):
            kind, sentence = misfit(key, flows)
            yield _finding(kind, key[0], sentence, now, seen)
    for notice in notices(rows):
        if notice.change == "changed" and now - notice.at < CHANGE_SHOWN:
            sentence = (
                f"What {notice.connector} declares was changed on {notice.at:%Y-%m-%d} ({'; '.join(notice.details)}); announce "
                "it and look at the privacy statement."
            )
            yield _finding("recipient_changed", notice.connector, sentence, now)


def _finding(kind: str, connector: str, sentence: str, now: datetime, seen: Seen | None = None) -> FlowFinding:
    return FlowFinding(
        key=hashlib.sha256(f"{kind}\n{connector}\n{sentence}".encode()).hexdigest(),
        kind=kind,
        connector=connector,
        sentence=sentence,
        count=seen.count if seen else 0,
        last_at=seen.last if seen else None,
        found_at=now,
    )
