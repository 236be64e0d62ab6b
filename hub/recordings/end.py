"""End the recording of a call because its caller does not want it, during the call or after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, select

from hub.errors import CannotDo, NotSupported, RingfenceError
from hub.hookspecs import RecordingHooks
from hub.model import Call, RecordingNotice
from hub.privacy.recording_refusal import BY_AGENT, REFUSED, is_refused, refusable, refuse_recording
from hub.recordings.keep import INFORMED_CHOICES
from hub.runtime import Hub
from hub.store import audit

CONTROL = RecordingHooks.control_recording.__name__
Outcome = Literal["ended", "unconfirmed", "after_call", "deleted"]
"""`ended`: the carrier records no more; `unconfirmed`: it did not say so; `after_call`: it cannot end a recording, so the
whole one is deleted after the call; `deleted`: the call is over, and what was recorded is deleted now."""


IN_WORDS: Mapping[Outcome, str] = {
    "ended": "The recording has ended. What was recorded is deleted after the call, and nothing of it is transcribed.",
    "unconfirmed": "The carrier did not confirm the end. What it records is deleted after the call.",
    "after_call": "The carrier cannot end a recording during the call. The whole one is deleted after the call.",
    "deleted": "The recording is deleted here and at the carrier, with its transcript.",
}
HELD = "A legal hold keeps the audio until it is lifted."


@dataclass(frozen=True)
class RecordingEnd:
    """What can be ended of a call. `live`: it is under way, and being recorded; `can_end`: its carrier can end that."""

    live: bool
    can_end: bool


def recording_end(session: Session, hub: Hub, call: Call) -> RecordingEnd | None:
    """What a user may end of the call now; None if nothing is recorded of the conversation, or it was refused already."""
    notices = select(RecordingNotice.choice).where(
        RecordingNotice.connector == call.connector, RecordingNotice.carrier_call_id == call.carrier_call_id
    )
    choices = set(session.exec(notices))
    if REFUSED in choices:
        return None
    can_end = hub.plugins.implements(call.connector, CONTROL)
    if not call.over:
        recorded = call.answered and bool(choices.intersection(INFORMED_CHOICES))
        return RecordingEnd(True, can_end) if recorded else None
    return RecordingEnd(False, can_end) if session.exec(refusable(call).limit(1)).first() else None


def end_recording(hub: Hub, call: Call, actor: str) -> tuple[Outcome, bool]:
    """Record, with its audit entry, that the caller refuses; then end the recording at the carrier. What was recorded is
    deleted, and nothing of it is transcribed. Returns what became of it, and whether a legal hold keeps some of it.

    CannotDo if nothing is recorded of the conversation, or it was refused already.
    """
    now = hub.clock()
    with hub.store.writing() as session:
        found = recording_end(session, hub, call)
        if found is None:
            raise CannotDo("Nothing is recorded of this conversation, or its caller has refused already.")
        held = refuse_recording(session, hub, call, BY_AGENT, now, now)
        audit.note(session, now, actor, "recording.end", call.id)
    if not found.live:
        return "deleted", held
    try:
        hub.plugins.call(call.connector, RecordingHooks.control_recording, call.carrier_call_id, "pause")
    except NotSupported:
        return "after_call", held
    except RingfenceError:
        return "unconfirmed", held
    return "ended", held


def check_resume(session: Session, call: Call) -> None:
    """CannotDo if the caller has refused to be recorded, so that a paused recording must not go on."""
    if is_refused(session, call.connector, call.carrier_call_id):
        raise CannotDo("The caller of this call has refused to be recorded, so its recording is not resumed.")
