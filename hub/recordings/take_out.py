"""Silence in a stored recording what was taken out of its transcript, before anybody may listen to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col, select

from hub.model import Recording, RecordingPeaks
from hub.model.states import RecordingState
from hub.privacy.holds import on_hold
from hub.recordings.keep import place_in
from hub.recordings.listen import Heard
from hub.recordings.peaks import keep_peaks
from hub.recordings.redact import Silence
from hub.recordings.silence import CannotSilence, silenced
from hub.runtime import Hub

DELETED = "a number that must not be heard was said in it, and its coding is none that the hub can silence"


def silence_recording(hub: Hub, heard: Heard, silences: Sequence[Silence]) -> None:
    """Store a recording with these parts silent, in place of the one that was heard. One that cannot be silenced is deleted.
    A legal hold keeps it as it is. A repetition changes nothing."""
    row, audio = heard.row, heard.audio or b""
    if not silences and _digest(audio) == row.sha256:
        return
    with hub.store.reading() as session:
        free = on_hold(session, hub.config, hub.clock(), hub.vault).leaves(Recording)
        if row.path is None or session.exec(select(Recording.id).where(Recording.id == row.id, free)).first() is None:
            return
        sealed = hub.blob_store.read(row.path) or b""
    try:
        quiet = silenced(audio, row.content_type or "", silences)
    except CannotSilence:
        hub.blob_store.delete(row.path)
        _write(
            hub, row, {"state": RecordingState.GONE, "path": None, "url": None, "sha256": None, "reason": DELETED}, None
        )
        return
    with hub.store.reading() as session:
        again = hub.vault.seal_again(session, sealed, quiet, place_in(row.id))
    hub.blob_store.write(row.path, again)
    _write(hub, row, {"sha256": _digest(quiet)}, quiet)


def _write(hub: Hub, row: Recording, values: dict[str, Any], quiet: bytes | None) -> None:
    with hub.store.writing() as session:
        session.execute(delete(RecordingPeaks).where(col(RecordingPeaks.recording_id) == row.id))
        session.execute(update(Recording).where(col(Recording.id) == row.id).values(**values))
        if quiet is not None:
            keep_peaks(session, row.id, row.content_type, quiet)


def _digest(audio: bytes) -> str:
    return hashlib.sha256(audio).hexdigest()
