"""What a person records by phone after the PIN of their voicemail: it becomes the greeting of that voicemail, and is kept
nowhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlmodel import Session, col, select

from hub.config.callflow.context import RECORDS_GREETING
from hub.config.callflow.definition import Messages, Voicemail
from hub.errors import CannotDo
from hub.flow.score_spam import is_silent
from hub.model import Call, CallStep, FlowVersion, Greeting, Tracker
from hub.numbers.flows import flows_of_versions
from hub.numbers.greetings import SILENT, converted, replace_greeting
from hub.recordings.audio import inspect
from hub.recordings.peaks import peaks_of
from hub.runtime import Hub

BY_PHONE = "phone"
"""Who replaced a greeting, in the audit log."""
MIN_SECONDS = 2
TOO_SHORT = f"It has less than {MIN_SECONDS} seconds of sound, so the former greeting stays."
ALONE = "Only a greeting that one step of the present call flows plays is replaced by phone, so the former one stays."


@dataclass(frozen=True, slots=True)
class Spoken:
    """Of which voicemail a call recorded the greeting, and with which flow."""

    version: int
    step: str


def spoken_in(session: Session, call: Call) -> Spoken | None:
    """What a call recorded as a greeting; None if it is a conversation or a message, as almost every recording is."""
    latest = (
        select(CallStep.flow_version, CallStep.step)
        .where(
            CallStep.connector == call.connector,
            CallStep.carrier_call_id == call.carrier_call_id,
            CallStep.result == RECORDS_GREETING,
        )
        .order_by(col(CallStep.at).desc())
    )
    found = session.exec(latest).first()
    return Spoken(*found) if found else None


def put_in_place(hub: Hub, call: Call, spoken: Spoken, data: bytes) -> str:
    """Give the voicemail its new greeting; returns what became of it, in words. Unfit if the bytes are not whole."""
    audio = inspect(data)
    peaks = peaks_of(data) if audio.content_type == "audio/wav" else None
    if audio.seconds < MIN_SECONDS or (peaks is not None and is_silent(peaks.channels[0])):
        return TOO_SHORT
    try:
        sound = converted(data)
    except CannotDo as error:
        return str(error)
    with hub.store.writing() as session:
        greeting = _played_by(session, call.company_id or "", spoken)
        if greeting is None:
            return ALONE
        replace_greeting(session, BY_PHONE, greeting, sound, hub.clock())
        return f"It is the greeting {greeting.name} now."


def _played_by(session: Session, company_id: str, spoken: Spoken) -> Greeting | None:
    """The greeting that the voicemail plays; None if it plays none, or if another step of the company's flows plays it too: who
    knows the PIN of one voicemail must change nothing else."""
    flow = flows_of_versions(session, [spoken.version])[spoken.version]
    step = flow.steps.get(spoken.step)
    box = flow.steps.get(step.box) if isinstance(step, Messages) else None
    found = box.greeting if isinstance(box, Voicemail) else None
    if found is None:
        return None
    mine = select(Tracker.flow_version_id).where(Tracker.company_id == company_id, col(Tracker.retired_at).is_(None))
    present = session.exec(select(FlowVersion.definition).where(col(FlowVersion.id).in_(mine)))
    if sum(json.dumps(each).count(f'"play": "greeting:{found}.') for each in present) != 1:
        return None
    row = session.get(Greeting, found, options=[SILENT])
    return row if row is not None and row.company_id == company_id else None
