"""What is wrong with the process beside the hub that a plugin needs, or with what it connects to: a connector's note."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from hub.model import ConnectorNote
from hub.platform.line_figures import known_figures
from hub.store.connectors import StoredNotes
from hub.store.engine import Store

NOTE, DEATHS, FIGURES = "companion_trouble", "companion_deaths", "companion_figures"
"""What its check says, that it ends again and again, and its figures."""
FIGURES_FRESH = timedelta(minutes=5)
"""Older figures are not shown: nobody has asked the process since."""


@dataclass(frozen=True)
class CompanionTrouble:
    """Since when, and what, in one sentence that says what to do."""

    since: datetime
    detail: str


def note_companion(store: Store, connector: str, detail: str, now: datetime, note: str = NOTE) -> None:
    """Keep what is wrong now, with the time at which it began; a blank `detail` ends it."""

    def step(before: str | None) -> str:
        known = _read(before)
        if not detail:
            return ""
        return json.dumps({"since": (known.since if known else now).isoformat(), "detail": detail})

    StoredNotes(store, connector).change(note, step)


def note_figures(store: Store, connector: str, figures: Mapping[str, float], now: datetime) -> None:
    """Keep the figures that the process gave now."""
    if figures:
        StoredNotes(store, connector).put(FIGURES, json.dumps({"at": now.isoformat(), "figures": dict(figures)}))


def companion_figures(session: Session, now: datetime) -> dict[str, dict[str, float]]:
    """Connector → the newest figures of its process."""
    rows = session.exec(select(ConnectorNote).where(ConnectorNote.name == FIGURES))
    kept = {row.connector: json.loads(row.value) for row in rows if row.value}
    return {
        name: known_figures(each["figures"])
        for name, each in kept.items()
        if now - datetime.fromisoformat(each["at"]) < FIGURES_FRESH
    }


def companion_troubles(session: Session, notes: tuple[str, ...] = (NOTE, DEATHS)) -> dict[str, CompanionTrouble]:
    """Connector → what is wrong now. The last line of one that ends again and again says more than that it does not answer."""
    rows = sorted(
        session.exec(select(ConnectorNote).where(col(ConnectorNote.name).in_(notes))),
        key=lambda row: notes.index(row.name),
    )
    return {row.connector: found for row in rows if (found := _read(row.value)) is not None}


def _read(note: str | None) -> CompanionTrouble | None:
    if not note:
        return None
    kept = json.loads(note)
    return CompanionTrouble(datetime.fromisoformat(kept["since"]), kept["detail"])
