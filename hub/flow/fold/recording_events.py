"""Queues each recording that a carrier reports for the worker that fetches it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from hub.contracts.events import CallEvent
from hub.model import Call, Recording
from hub.model.calls import sane_seconds
from hub.model.columns import storable
from hub.runtime import Hub
from hub.store.rows import write_rows


def keep_recordings(session: Session, hub: Hub, recorded: Sequence[tuple[Call, CallEvent]], now: datetime) -> None:
    """Write a row for each recording within `session`. A known one stays as it is, however often it is reported.

    If one event calls it a voicemail, it is a voicemail, whatever other events say.
    """
    session.flush()  # the calls that the recordings belong to
    rows = {}
    for call, event in sorted(recorded, key=lambda each: each[1].kind == "voicemail"):
        recording_id = storable(event.recording_id)
        if recording_id:
            rows[call.connector, recording_id] = Recording.to_write(
                connector=call.connector,
                carrier_recording_id=recording_id,
                call_id=call.id,
                kind="voicemail" if event.kind == "voicemail" else "call",
                url=storable(event.recording_url) or None,
                recorded_at=event.at,
                duration=sane_seconds(event.recording_duration),
                due_at=now,
                expires_at=event.at + hub.config.recordings.keep,
            )
    write_rows(session, Recording, list(rows.values()))
    voicemail = [recording_id for (_, recording_id), row in rows.items() if row.kind == "voicemail"]
    if voicemail:
        mine = {connector for connector, _ in rows}
        found = col(Recording.connector).in_(mine), col(Recording.carrier_recording_id).in_(voicemail)
        session.execute(update(Recording).where(*found, col(Recording.kind) != "voicemail").values(kind="voicemail"))
