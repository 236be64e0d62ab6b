"""Silence in a stored recording what was taken out of its transcript, before anybody may listen to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

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
from hub.store.rows import count_changed

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
        sealed = hub.blob_store.read(row.path)
    if sealed is None:
        return  # it was deleted meanwhile, with its caller or because they refused
    try:
        quiet = silenced(audio, row.content_type or "", silences)
    except CannotSilence:
        hub.blob_store.delete(row.path)
        _is_noted(hub, row, None)
        return
    with hub.store.reading() as session:
        again = hub.vault.seal_again(session, sealed, quiet, place_in(row.id))
    hub.blob_store.write(row.path, again)
    if not _is_noted(hub, row, quiet):
        hub.blob_store.delete(row.path)  # its caller refused it while it was silenced


def _is_noted(hub: Hub, row: Recording, quiet: bytes | None) -> bool:
    """Write what the storage holds now; False if the recording has ended meanwhile."""
    gone = {"state": RecordingState.GONE, "path": None, "url": None, "sha256": None, "reason": DELETED}
    with hub.store.writing() as session:
        mine = update(Recording).where(col(Recording.id) == row.id, col(Recording.path) == row.path)
        if not count_changed(session, mine.values(**(gone if quiet is None else {"sha256": _digest(quiet)}))):
            return False
        session.execute(delete(RecordingPeaks).where(col(RecordingPeaks.recording_id) == row.id))
        if quiet is not None:
            keep_peaks(session, row.id, row.content_type, quiet)
    return True


def _digest(audio: bytes) -> str:
    return hashlib.sha256(audio).hexdigest()
