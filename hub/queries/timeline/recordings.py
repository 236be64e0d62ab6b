"""A call's recordings and their states, as entries of its timeline."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session, col, select

from hub.model import Call, Recording
from hub.platform.fields import only
from hub.queries.timeline.entries import Entry


def recording_entries(session: Session, call: Call) -> Iterator[Entry]:
    """One entry for each recording: when it was stored, else when it was made."""
    mine = select(Recording).where(Recording.call_id == call.id).order_by(col(Recording.id))
    for row in session.exec(mine):
        what = "voicemail" if row.kind == "voicemail" else "recording"
        length = "" if row.duration is None else f", {row.duration} s"
        details = [f"{row.id}{length}", *([row.reason] if row.reason else [])]
        if row.carrier_deleted_at is not None:
            details.append("deleted at the carrier")
        data: dict[str, object] = {
            "recording": row.id,
            **only("kind", "duration", "reason", "stored_at", "carrier_deleted_at", "expires_at")(row),
        }
        yield Entry(row.stored_at or row.recorded_at, "receive", what, tuple(details), row.state, data)
