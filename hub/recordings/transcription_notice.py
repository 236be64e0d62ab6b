"""Has a caller heard that an outside service transcribes the call, where the law asks for that?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import select

from hub.config.callflow.transcription_notice import mentions_transcription
from hub.contracts.consent import NO_ANSWER
from hub.contracts.manifest import Manifest
from hub.contracts.places import places_of_number
from hub.errors import RetryLater
from hub.flow.case import Case
from hub.flow.consent import question_about
from hub.model import Call, RecordingNotice
from hub.runtime import Hub

USE, CATEGORY = "telephony.recording", "user.telephony.recording"
UNTOLD = (
    "The caller was not told that an outside service transcribes the call, and the law of a place of the call asks for "
    "that, so the recording is not given to it."
)


def why_untold(hub: Hub, case: Case, call: Call, kind: str, manifest: Manifest, now: datetime) -> str | None:
    """Why a recording may not be transcribed by the plugin with this manifest; None if nothing is missing.

    The caller's places are those of the number and of the visit, as when the call was answered. A voicemail needs no
    notice: who leaves one speaks to a machine. RetryLater if no consent plugin answered.
    """
    if manifest.recipient.role == "none" or kind == "voicemail":
        return None
    question = question_about(case, manifest=manifest, use=USE, categories=frozenset({CATEGORY}), now=now)
    declared = tuple(place for place in question.person_places if place.basis == "declared")
    places = (*places_of_number(call.caller_number), *declared)
    (decision,) = hub.plugins.judge([replace(question, person_places=places, transcribed_by=manifest.recipient.name)])
    if decision.ruling.rule_id == NO_ANSWER:
        raise RetryLater(decision.ruling.reason)
    if "announce_transcription" not in decision.duties:
        return None
    heard = select(RecordingNotice.text).where(
        RecordingNotice.connector == call.connector, RecordingNotice.carrier_call_id == call.carrier_call_id
    )
    with hub.store.reading() as session:
        return None if any(map(mentions_transcription, session.exec(heard))) else UNTOLD
