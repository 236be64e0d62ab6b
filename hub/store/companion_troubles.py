"""What is wrong with the process beside the hub that a plugin needs, or with what it connects to: a connector's note."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from hub.model import ConnectorNote
from hub.store.connectors import StoredNotes
from hub.store.engine import Store

NOTE = "companion_trouble"


@dataclass(frozen=True)
class CompanionTrouble:
    """Since when, and what, in one sentence that says what to do."""

    since: datetime
    detail: str


def note_companion(store: Store, connector: str, detail: str, now: datetime) -> None:
    """Keep what is wrong now, with the time at which it began; a blank `detail` ends it."""

    def step(before: str | None) -> str:
        known = _read(before)
        if not detail:
            return ""
        return json.dumps({"since": (known.since if known else now).isoformat(), "detail": detail})

    StoredNotes(store, connector).change(NOTE, step)


def companion_troubles(session: Session) -> dict[str, CompanionTrouble]:
    """Connector → what is wrong now."""
    rows = session.exec(select(ConnectorNote).where(ConnectorNote.name == NOTE))
    return {row.connector: found for row in rows if (found := _read(row.value)) is not None}


def _read(note: str | None) -> CompanionTrouble | None:
    if not note:
        return None
    kept = json.loads(note)
    return CompanionTrouble(datetime.fromisoformat(kept["since"]), kept["detail"])
