"""Recording pipeline: check consent, fetch, verify, encrypt, store, read back, then delete at the carrier."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import delete, update
from sqlmodel import col, select

from hub.errors import AuthError, ConfigError, NotSupported, PluginDied, Rejected, RetryLater, RingfenceError, place_of
from hub.flow.score_spam import is_silent, score_again
from hub.hookspecs import RecordingHooks
from hub.model import Call, Recording, RecordingNotice, RecordingPeaks
from hub.model.states import RecordingState
from hub.platform import metrics
from hub.platform.backoff import Jitter, full_jitter, next_try
from hub.privacy.holds import on_hold
from hub.privacy.recording_refusal import is_refused
from hub.privacy.retention_rules import RETENTION_RULES
from hub.recordings.audio import Unfit, inspect
from hub.recordings.greetings import put_in_place, spoken_in
from hub.recordings.peaks import keep_peaks
from hub.recordings.transcripts import want_transcript
from hub.runtime import Hub
from hub.store.claims import claim, complete
from hub.store.connectors import pause, paused_connectors
from hub.store.quarantine.deaths import DEATH_WAIT, after_death
from hub.store.rows import count_changed
from hub.store.writers.webhook_events import note_changes_of

log = structlog.get_logger(__name__)
Result = TypeVar("Result")
CONCURRENT_FETCHES = 4
UNFIT_TRIES = 3
"""How many times bytes that are not complete audio are fetched."""
INFORMED_CHOICES = ("announced", "offered", "not_refused", "agreed")
"""Choices on a recording notice that allow the recording to be kept."""
CLOCKS_APART = timedelta(minutes=5)
"""How far the carrier's clock may be behind ours. A notice is stored before the carrier may record at all, so this only
excludes later notices.
"""
NOT_REPORTED = "no notice was stored before it was recorded, so it is not kept"
REFUSED_REASON = "the caller did not want to be recorded, so it is not kept"


def fetch_due(hub: Hub, where: Sequence[object] = (), jitter: Jitter = full_jitter) -> int:
    """Claim recordings with work left and do it. Returns how many were claimed."""
    with hub.store.reading() as session:
        paused = paused_connectors(session)
    reachable = (col(Recording.connector).not_in(list(paused)),) if paused else ()
    token, rows = claim(hub.store, Recording, now=hub.clock(), limit=CONCURRENT_FETCHES, where=(*where, *reachable))
    if rows:
        with hub.heartbeat.keeping(Recording, token), ThreadPoolExecutor(CONCURRENT_FETCHES, "recording") as pool:
            list(pool.map(lambda row: _take(hub, row, token, jitter), rows))
    return len(rows)


def end_expired(hub: Hub, most: int = 100) -> int:
    """Delete the audio of expired recordings, except those under a legal hold. Returns how many.

    A deletion that fails in one storage is tried again later and does not stop the others; the first error is raised at
    the end.
    """
    errors: list[RetryLater] = []
    now = hub.clock()
    life = next(life for life in RETENTION_RULES if life.table is Recording)
    with hub.store.reading() as session:
        free = on_hold(session, hub.config, now, hub.vault).leaves(Recording)
        rows = session.exec(select(Recording).where(life.over(hub.config.retention, now), free).limit(most)).all()
    for row in rows:
        try:
            if row.path is not None:
                hub.blob_store.delete(row.path)
        except RetryLater as error:
            errors.append(error)
            continue
        ended = {
            "state": RecordingState.GONE,
            "path": None,
            "url": None,
            "sha256": None,
            "reason": "its retention period is over",
        }
        with hub.store.writing() as session:
            session.execute(update(Recording).where(col(Recording.id) == row.id).values(**ended, lease_token=None))
            session.execute(delete(RecordingPeaks).where(col(RecordingPeaks.recording_id) == row.id))
    if errors:
        raise errors[0]
    return len(rows)


def _take(hub: Hub, row: Recording, token: str, jitter: Jitter) -> None:
    try:
        outcome = _keep(hub, row, token)
    except PluginDied as error:
        outcome = after_death(Recording, row, error, hub.clock() + DEATH_WAIT, hub.clock())
    except Exception as error:  # noqa: BLE001 - whatever it is, the recording must end in a state that says so
        outcome = _after(hub, row, error, jitter)
    metrics.FLOW.labels("recordings", outcome["state"]).inc()
    with hub.store.writing() as session:
        complete(session, Recording, [row.id], token, **outcome)


def _keep(hub: Hub, row: Recording, token: str) -> dict[str, Any]:
    if row.connector not in hub.plugins.connectors:
        raise RetryLater(f"config.yaml has no connector {row.connector!r}.")
    if row.stored_at is None:
        with hub.store.reading() as session:
            call = session.get_one(Call, row.call_id)
            spoken = spoken_in(session, call)
        if call.tracking_number is None:
            raise RetryLater("Only the recording of the call is known yet.")
        if spoken is not None:
            became = put_in_place(hub, call, spoken, _fetched(hub, row))
            done = row.carrier_deleted_at or _delete_at_carrier(hub, row)
            return {"state": RecordingState.GONE, "reason": became, "url": None, "carrier_deleted_at": done}
        reason = why_not_kept(hub, row, call)
        if reason is not None:
            hub.blob_store.delete(path_of(row))
            done = row.carrier_deleted_at or _delete_at_carrier(hub, row)
            more = "" if done else "; the carrier's plugin cannot delete it, so delete it there"
            return {"state": RecordingState.REFUSED, "reason": reason + more, "url": None, "carrier_deleted_at": done}
        stored, audio = _store(hub, row, call)
        with hub.store.writing() as session:
            # Commit that it is stored before it is deleted at the carrier: a crash in between must not lose it.
            held = update(Recording).where(col(Recording.id) == row.id, col(Recording.lease_token) == token)
            if not count_changed(session, held.values(**stored)):
                if is_refused(session, call.connector, call.carrier_call_id):
                    hub.blob_store.delete(stored["path"])  # its row was emptied while the audio was fetched
                raise RetryLater("Another worker took it over.")
            peaks = keep_peaks(session, row.id, stored["content_type"], audio)
            if peaks is not None and is_silent(peaks.channels[0]):
                score_again(session, call.id, stored["stored_at"])
            want_transcript(session, hub, row, call, stored["stored_at"])
            note_changes_of(session, call.id, ("recording", "recording_duration"), stored["stored_at"])
        row.stored_at = stored["stored_at"]
    outcome: dict[str, object] = {"state": RecordingState.STORED, "reason": None, "url": None}
    if hub.config.recordings.delete_at_carrier and row.carrier_deleted_at is None:
        done = _delete_at_carrier(hub, row)
        outcome |= {"carrier_deleted_at": done} if done else {"reason": "the carrier's plugin cannot delete it there"}
    return outcome


def why_not_kept(hub: Hub, row: Recording, call: Call) -> str | None:
    """Why the audio must not be kept; None if it may. A person who leaves a voicemail knows that it is recorded."""
    if row.kind == "voicemail":
        return None
    notices = select(RecordingNotice.choice).where(
        RecordingNotice.connector == call.connector, RecordingNotice.carrier_call_id == call.carrier_call_id
    )
    with hub.store.reading() as session:
        if is_refused(session, call.connector, call.carrier_call_id):
            return REFUSED_REASON
        choices = set(session.exec(notices.where(col(RecordingNotice.reported_at) <= row.recorded_at + CLOCKS_APART)))
    return None if choices.intersection(INFORMED_CHOICES) else NOT_REPORTED


def _store(hub: Hub, row: Recording, call: Call) -> tuple[dict[str, Any], bytes]:
    """The row's new values after its audio is in the storage, and the audio."""
    data = _fetched(hub, row)
    audio = inspect(data, row.duration)
    digest = hashlib.sha256(data).hexdigest()
    path = path_of(row)
    with hub.store.writing() as session:
        seal = hub.vault.sealer(session, call.company_id, call.caller_number, call.id)
    hub.blob_store.write(path, seal(data, place_in(row.id)))
    with hub.store.reading() as session:
        back = hub.vault.open(session, hub.blob_store.read(path) or b"", place_in(row.id))
    if back is None or hashlib.sha256(back).hexdigest() != digest:
        raise RetryLater("The storage of recordings returned something other than what was written.")
    values = {
        "content_type": audio.content_type,
        "duration": round(audio.seconds),
        "size": len(data),
        "sha256": digest,
        "path": path,
        "stored_at": hub.clock(),
    }
    return values, data


def _fetched(hub: Hub, row: Recording) -> bytes:
    """The audio, as the carrier gives it."""
    hook, known = RecordingHooks.fetch_recording, (row.carrier_recording_id, row.url or "")
    return _at_carrier(hub, row, lambda: hub.plugins.call(row.connector, hook, *known)).data


def path_of(row: Recording) -> str:
    """The recording's path in the blob store: month and id, without any data about the caller."""
    return f"{row.recorded_at:%Y/%m}/{row.id}.sealed"


def place_in(recording_id: str) -> str:
    """The associated data that binds a recording's ciphertext to its row."""
    return f"recording/{recording_id}"


def _delete_at_carrier(hub: Hub, row: Recording) -> Any:
    """When the recording was deleted at the carrier. None if the plugin cannot delete."""
    try:
        _at_carrier(
            hub, row, lambda: hub.plugins.call(row.connector, RecordingHooks.delete_recording, row.carrier_recording_id)
        )
    except NotSupported:
        return None
    return hub.clock()


def _at_carrier(hub: Hub, row: Recording, ask: Callable[[], Result]) -> Result:
    try:
        return ask()
    except (AuthError, ConfigError) as error:
        pause(hub.store, row.connector, error, hub.clock())
        raise RetryLater(str(error)) from None


def _after(hub: Hub, row: Recording, error: Exception, jitter: Jitter) -> dict[str, object]:
    """The row's next state after an error: a retry with the schedule of deliveries, or failed with the reason."""
    now = hub.clock()
    reason = str(error) if isinstance(error, RingfenceError) else f"crashed ({type(error).__name__})"
    if not isinstance(error, RingfenceError):
        log.error("recording failed", recording=row.id, error=type(error).__name__, at=place_of(error))
    given_up = isinstance(error, Rejected | NotSupported) or (isinstance(error, Unfit) and row.attempts >= UNFIT_TRIES)
    after = error.after if isinstance(error, RetryLater) else None
    due = None if given_up else next_try(now, row.attempts, retry_after=after, jitter=jitter)
    if due is None and row.stored_at is not None:
        return {"state": RecordingState.STORED, "reason": f"not deleted at the carrier: {reason}", "due_at": now}
    if due is None:
        return {"state": RecordingState.FAILED, "reason": reason, "due_at": now}
    return {"state": RecordingState.READY, "reason": reason, "due_at": max(due, now + timedelta(seconds=1))}
