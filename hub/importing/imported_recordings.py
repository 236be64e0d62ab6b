"""Downloads the audio of imported calls into the hub's own encrypted storage, if the operator asks for it.

A call's recording is kept only if its caller knew of it. Of calls that came in here the hub knows that itself; of calls that
came in at CallRail only the operator can say so. A person who leaves a voicemail knows that it is recorded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import col, select

from hub.errors import RetryLater
from hub.importing.callrail.client import CallRail
from hub.importing.contacts import Placed
from hub.importing.places import imported_id
from hub.importing.records import CallRecord
from hub.importing.steps import Tally
from hub.model import Call, Recording
from hub.model.imports import CALLRAIL, connector_of
from hub.model.states import RecordingState, SubjectState
from hub.recordings.audio import Unfit, inspect
from hub.recordings.keep import path_of, place_in
from hub.recordings.peaks import keep_peaks
from hub.runtime import Hub
from hub.store.rows import write_rows

CONCURRENT_FETCHES = 4
NOT_AUDIO = "its recording is not complete audio"
NO_AUDIO = "its recording is no longer at CallRail"
NOT_REPORTED = "its recording is not brought over: nobody has said that its caller knew of it (--recordings announced)"
OLD_AUDIO = "its recording is older than this hub keeps recordings"
STORED = "recordings"
CONNECTOR = connector_of(CALLRAIL)
"""Files have no audio, so only CallRail's API brings any."""


class Wanted(StrEnum):
    """Which recordings are brought over."""

    NONE = "none"
    VOICEMAIL = "voicemail"
    """Only messages."""
    ANNOUNCED = "announced"
    """All: the operator says that every caller heard that calls are recorded."""


@dataclass(frozen=True)
class AudioSource:
    """Where the audio of an account's calls is."""

    client: CallRail
    account: str
    wanted: Wanted


def fetch_recordings(hub: Hub, source: AudioSource, placed: Sequence[Placed[CallRecord]]) -> Tally:
    """Download and store what is missing of the recordings of some stored calls. RetryLater if CallRail does not answer."""
    tally = Tally()
    if source.wanted == Wanted.NONE:
        return tally
    due = _due(hub, source, placed, tally)
    with ThreadPoolExecutor(CONCURRENT_FETCHES, "import") as pool:
        fetched = list(pool.map(lambda each: source.client.audio(source.account, each.record.id or ""), due))
    for each, data in zip(due, fetched, strict=True):
        if data is None:
            tally.note(NO_AUDIO, each.record.id)
            continue
        try:
            _store(hub, each, data)
        except Unfit:
            tally.note(NOT_AUDIO, each.record.id)
            continue
        tally.counts[STORED] += 1
    return tally


def _due(hub: Hub, source: AudioSource, placed: Sequence[Placed[CallRecord]], tally: Tally) -> list[Placed[CallRecord]]:
    recorded = [each for each in placed if each.record.recorded and each.record.id]
    with hub.store.reading() as session:
        ids = [each.record.id for each in recorded]
        known = select(Recording.carrier_recording_id).where(
            Recording.connector == CONNECTOR, col(Recording.carrier_recording_id).in_(ids)
        )
        there = set(session.exec(known))
    due = []
    for each in recorded:
        if each.record.id in there:
            continue
        if source.wanted == Wanted.VOICEMAIL and not each.record.voicemail:
            tally.note(NOT_REPORTED, each.record.id)
        elif each.record.at + hub.config.recordings.keep <= hub.clock():
            tally.note(OLD_AUDIO, each.record.id)
        else:
            due.append(each)
    return due


def _store(hub: Hub, each: Placed[CallRecord], data: bytes) -> None:
    """Encrypt, write, read back; then the row. A call that was erased meanwhile gets none."""
    record = each.record
    audio = inspect(data, record.recording_duration)
    row = Recording(
        id=imported_id(record.at, f"recording/{record.id}"),
        connector=CONNECTOR,
        carrier_recording_id=record.id or each.id,
        call_id=each.id,
        kind="voicemail" if record.voicemail else "call",
        recorded_at=record.at,
        duration=round(audio.seconds),
        content_type=audio.content_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        state=RecordingState.STORED,
        stored_at=hub.clock(),
        due_at=hub.clock(),
        expires_at=record.at + hub.config.recordings.keep,
    )
    row.path = path_of(row)
    with hub.store.writing() as session:
        seal = hub.vault.sealer(session, each.company.id, each.number, each.id)
    hub.blob_store.write(row.path, seal(data, place_in(row.id)))
    with hub.store.reading() as session:
        back = hub.vault.open(session, hub.blob_store.read(row.path) or b"", place_in(row.id))
    if back != data:
        raise RetryLater("The storage of recordings returned something other than what was written; check it first.")
    with hub.store.writing() as session:
        call = session.get(Call, each.id)
        if call is None or call.state == SubjectState.ERASED:
            hub.blob_store.delete(row.path)
            return
        write_rows(session, Recording, [row])
        keep_peaks(session, row.id, audio.content_type, data)
