"""The carriers' part of the ledger: calls, recordings and texts by carrier, and whether they add up."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import case, func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from hub.contracts.sandbox import CarrierSandbox
from hub.model import Call, Delivery, Recording, RecordingNotice, TextMessage
from hub.model.states import RecordingState
from hub.proof.demo.calling_back import call_back_check
from hub.proof.demo.check import Check
from hub.proof.demo.scenario import Story
from hub.proof.demo.sound import conversation_audio
from hub.recordings.listen import hear
from hub.runtime import Hub
from hub.texts.queue import SEND

SOON = timedelta(minutes=2)
"""A text that is due later than this waits for the end of quiet hours, which is correct."""

Spoken = Callable[[Recording, Call, bytes], bool]


@dataclass(frozen=True)
class CarrierLine:
    """The calls, recordings and texts of one carrier."""

    carrier: str
    calls: int
    answered: int
    voicemail: int
    recordings: Counter[str]
    """Recordings by state; `refused` are those that were made but must not be kept."""
    unrecorded: int
    """Callers who did not want to be recorded."""
    texts: Counter[str]
    """Texts: `in`, and the statuses of outgoing ones."""


def carrier_lines(session: Session) -> list[CarrierLine]:
    """One line per carrier, the busiest first."""
    counted: Any = session.execute(
        columns(
            col(Call.connector),
            func.count(),
            func.count(col(Call.answered_at)),
            func.sum(case((col(Call.voicemail).is_(True), 1), else_=0)),
        )
        .group_by(col(Call.connector))
        .order_by(func.count().desc())
    )
    recordings = _by_connector(session, columns(col(Recording.connector), col(Recording.state)))
    texts = _by_connector(
        session,
        columns(col(TextMessage.connector), case((col(TextMessage.direction) == "in", "in"), else_=TextMessage.status)),
    )
    refusals = _by_connector(session, columns(col(RecordingNotice.connector), col(RecordingNotice.choice)))
    return [
        CarrierLine(
            carrier,
            calls,
            answered,
            voicemail or 0,
            recordings.get(carrier, Counter()),
            refusals.get(carrier, Counter())["refused"],
            texts.get(carrier, Counter()),
        )
        for carrier, calls, answered, voicemail in counted
    ]


def _by_connector(session: Session, query: Any) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for connector, what in session.execute(query):
        found.setdefault(connector, Counter())[what] += 1
    return found


def carrier_checks(
    session: Session,
    hub: Hub,
    stand_ins: Sequence[tuple[str, CarrierSandbox]],
    stories: Sequence[Story],
    seen: Counter[str],
    spoken: Spoken | None = None,
) -> list[Check]:
    """Whether recordings and texts are in the right state; `seen` are the counts from outside, `spoken` says whether a
    recording holds what was spoken in its call."""
    known = session.exec(select(func.count()).select_from(TextMessage).where(TextMessage.direction == "in")).one()
    written, sent, fetched = (seen[each] for each in ("texts written to us", "pictures sent", "pictures fetched"))
    return [
        *_recordings(session, hub, spoken or as_simulated(stories)),
        Check("every text that came in is known, once", known == written, f"{written} written, {known} known"),
        Check("the carriers fetched each picture that went out", sent == fetched, f"{sent} sent, {fetched} fetched"),
        *(_texts(session, name, carrier) for name, carrier in stand_ins),
        call_back_check(session, seen["calls back"]),
    ]


def as_simulated(stories: Sequence[Story]) -> Spoken:
    """Whether a recording is one of those that the sandboxes play for the talks of `stories`."""
    seconds = {1, *(int(story.talk.total_seconds()) for story in stories)}
    digests = {hashlib.sha256(conversation_audio(each, people)).hexdigest() for each in seconds for people in (1, 2)}
    return lambda recording, call, audio: hashlib.sha256(audio).hexdigest() in digests


def _recordings(session: Session, hub: Hub, spoken: Spoken) -> list[Check]:
    notices = {
        (row.connector, row.carrier_call_id, row.choice)
        for row in session.exec(select(RecordingNotice).where(col(RecordingNotice.choice).is_not(None)))
    }
    refused = {(connector, call_id) for connector, call_id, choice in notices if choice == "refused"}
    heard = {(connector, call_id) for connector, call_id, _ in notices}
    kept = voicemails = wrong = untold = unwanted = 0
    rows = select(Recording, Call).join(Call, col(Call.id) == col(Recording.call_id))
    for recording, call in session.exec(rows.where(Recording.state == RecordingState.STORED)).all():
        kept += 1
        audio = hear(hub, session, recording.id)
        sound = audio.audio if audio and audio.audio else b""
        wrong += hashlib.sha256(sound).hexdigest() != recording.sha256 or not spoken(recording, call, sound)
        key = (call.connector, call.carrier_call_id)
        voicemails += recording.kind == "voicemail"
        untold += recording.kind != "voicemail" and key not in heard
        unwanted += recording.kind != "voicemail" and key in refused
    return [
        Check(
            "every recording that is kept opens with its caller's key, and is what was said",
            not wrong,
            f"{kept} kept, {voicemails} of them voicemail",
        ),
        Check(
            "nobody was recorded without notice or against their will",
            not untold and not unwanted,
            f"{len(heard)} callers were informed, {len(refused)} of them refused",
        ),
    ]


def _texts(session: Session, name: str, carrier: CarrierSandbox) -> Check:
    taken = Counter(text["reference"] for text in carrier.texts())
    sent = select(Delivery.reference).where(
        Delivery.connector == name, Delivery.hook == SEND, col(Delivery.reference).is_not(None)
    )
    ours = Counter(reference for reference in session.exec(sent) if reference)
    return Check(f"{name} took each text that we sent, once", taken == ours, f"{ours.total()} and {taken.total()}")
