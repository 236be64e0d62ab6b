"""The sound and the transcript of a voicemail, for the email about it: only if the user wants them and consent allows it.

The decision is stored, and so is each disclosure, before the mail server gets anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from hub.alerts.wording import Message
from hub.errors import RetryLater
from hub.flow.case_loading import load_cases
from hub.flow.consent import StoredDecision, decide, disclosure_row, question_about
from hub.mail import Attachment
from hub.model import Alert, Call, Company, ConsentDecision, Disclosure, User
from hub.model.states import RecordingState, TranscriptState
from hub.numbers.directory import Directory
from hub.platform.formats import day_of
from hub.privacy.datamap.recipients import MAIL, MAIL_USE, recipients_of
from hub.queries.contact.recordings import Heard, recordings_of
from hub.recordings.audio import ENDINGS
from hub.recordings.listen import hear, note_listening
from hub.runtime import Hub
from hub.store.journal import write_evidence

MOMENT = "send"
MAX_SOUND_BYTES = 8_000_000
"""Mail servers take about 10 MB, and an attachment grows by a third on its way."""
WAITS, WAIT_SECONDS = 4, 45.0
"""How often, and how long, an email waits for the recording or the transcript before it goes without."""
SOUND, TRANSCRIPT = "user.telephony.recording", "user.content.private"


@dataclass(frozen=True)
class MessageParts:
    """A message with what is added to it."""

    message: Message
    files: tuple[Attachment, ...] = ()
    ruling: StoredDecision | None = None
    disclosure: Disclosure | None = None
    recording_id: str = ""

    def record(self, hub: Hub, user: User, account_id: str, subject_id: str) -> None:
        """Store the decision, and if anything leaves, the disclosure and who gets it."""
        if self.ruling is None:
            return
        accounts = {subject_id: account_id}
        with hub.store.writing() as session:
            write_evidence(session, ConsentDecision, [self.ruling.row], accounts)
            if self.disclosure is not None:
                write_evidence(session, Disclosure, [self.disclosure], accounts)
                note_listening(session, hub, user.id, "recording.mail", self.recording_id)


def with_parts(
    hub: Hub, directory: Directory, user: User, alert: Alert, company: Company, message: Message, attempts: int
) -> MessageParts:
    """The message about a voicemail with its sound and its transcript. RetryLater if they are not there yet; after a few tries
    it goes without them."""
    entry, now = recipients_of(hub.config).get(MAIL), hub.clock()
    if entry is None or alert.kind != "voicemail":
        return MessageParts(message)
    with hub.store.reading() as session:
        call = session.get(Call, alert.subject_id)
        recordings = recordings_of(hub, session, call, user) if call else []
        found = [each for each in recordings if each.row.kind == "voicemail"]
        if call is None or not found:
            return MessageParts(message)
        if _is_coming(found[-1]) and attempts < WAITS:
            raise RetryLater("The recording or its transcript is not there yet.", after=WAIT_SECONDS)
        row, heard = found[-1].row, hear(hub, session, found[-1].row.id)
        cases = load_cases(session, directory, [call], now)
    if heard is None or heard.audio is None or not cases:
        return MessageParts(message)
    text = " ".join(part.text or "" for part in found[-1].parts or ())
    categories = frozenset({SOUND, TRANSCRIPT} if text else {SOUND})
    manifest = entry.connector_class.manifest
    question = question_about(cases[0], manifest=manifest, use=MAIL_USE, categories=categories, now=now)
    (ruling,) = decide(hub, cases, MAIL, MOMENT, [question])
    if ruling.is_unanswered and attempts < WAITS:
        raise RetryLater(ruling.decision.ruling.reason)
    if not ruling.allowed:
        why = f"The sound is not attached: {ruling.decision.ruling.reason.rstrip('.')}"
        return MessageParts(_with(message, [why]), ruling=ruling)
    small = len(heard.audio) <= MAX_SOUND_BYTES
    ends = min(row.expires_at, row.recorded_at + hub.config.retention.life("recording_audio"))
    says = [f"“{text}”"] if text else []
    says.append(
        f"{'The sound is attached' if small else 'The sound is too long for an email'}. Delete this email by "
        f"{day_of(ends, ZoneInfo(company.time_zone))}"
    )
    name = f"voicemail-{row.recorded_at:%Y%m%d-%H%M}.{ENDINGS.get(row.content_type or '', 'wav')}"
    return MessageParts(
        _with(message, says),
        (Attachment(name, row.content_type or "audio/wav", heard.audio),) if small else (),
        ruling,
        Disclosure(**disclosure_row(ruling, cases[0], MAIL, manifest.recipient.name, categories, now)),
        row.id,
    )


def _with(message: Message, lines: Sequence[str]) -> Message:
    return replace(message, lines=(*message.lines, *lines))


def _is_coming(heard: Heard) -> bool:
    coming = (RecordingState.READY, RecordingState.LEASED)
    written = heard.transcript
    waits = (
        written is not None
        and written.sealed is None
        and written.state in (TranscriptState.READY, TranscriptState.LEASED)
    )
    return waits or (heard.row.stored_at is None and heard.row.state in coming)
