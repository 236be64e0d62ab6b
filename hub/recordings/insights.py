"""Read a stored transcript: the company's insight connector says what it was about, and the hub keeps what the lines prove."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, delete, select

from hub.contracts.insights import MAX_SUMMARY_WORDS, Claim, Conversation, Insight
from hub.contracts.transcripts import TranscriptPart
from hub.contracts.values import Money
from hub.errors import Rejected
from hub.flow.case import Case
from hub.flow.case_loading import load_cases
from hub.hookspecs import InsightHooks, spec_of
from hub.model import Call, LeadChange, Recording, SignalRow, Tag, TranscriptRow
from hub.model.marks import MAX_MADE_BY, READ
from hub.model.states import TranscriptState
from hub.numbers.directory import Directory
from hub.recordings.consented import Denied, ask_plugin
from hub.recordings.redact import redact
from hub.recordings.transcripts import open_transcript, place_in, sealed_text
from hub.runtime import Hub
from hub.store.claims import complete
from hub.store.rows import write_rows
from hub.store.writers.alert_events import note_signals
from hub.store.writers.webhook_events import note_changes_of

if TYPE_CHECKING:
    from hub.config.sections.recordings import InsightsSection

MODEL_CHARACTERS = 80
MAX_AMOUNT = Decimal(10**10)


def reader_of(hub: Hub, company: str) -> tuple[str, InsightsSection] | None:
    """The connector that reads a company's transcripts, and what it looks for; None if none does."""
    found = hub.config.companies_by_name.get(company)
    section = found.insights if found else None
    entry = hub.config.connectors.get(section.read_by or "") if section else None
    return (entry.name, section) if section and entry is not None and entry.serves(company) else None


def read_conversation(hub: Hub, directory: Directory, row: TranscriptRow, token: str) -> dict[str, object] | None:
    """Read a written transcript. Returns the row's new values; None if they are written already, together with the signals."""
    now = hub.clock()
    with hub.store.reading() as session:
        recording = session.get_one(Recording, row.recording_id)
        call = session.get_one(Call, recording.call_id)
        cases = load_cases(session, directory, [call], now)
        stored = open_transcript(hub.vault, session, row)
    if stored.parts is None or not cases:
        raise Rejected("The key of its caller was destroyed, or its company is no longer in config.yaml.")
    case = cases[0]
    if (wanted := reader_of(hub, case.company.name)) is None:
        return {"state": TranscriptState.WRITTEN, "reason": None}
    reader, section = wanted
    conversation = conversation_of(stored.parts, row.language, section, case)
    hook = InsightHooks.read_conversation
    try:
        insight = ask_plugin(hub, case, call, recording.kind, reader, hook, conversation, spec_of(hook).deadline)
    except Denied as denied:
        return {"state": TranscriptState.WRITTEN, "reason": str(denied)}
    kept = proven(insight, conversation)
    with hub.store.writing() as session:
        text = sealed_text(stored.parts, kept)
        sealed = hub.vault.seal_again(session, row.sealed or b"", text, place_in(row.id))
        done = {"state": TranscriptState.WRITTEN, "reason": None, "sealed": sealed}
        if complete(session, TranscriptRow, [row.id], token, **done):
            _write_signals(session, row, call, kept, reader, now)
            _act(session, row, call, kept, reader, section, now)
            note_changes_of(session, call.id, ("insight", "tags") if section.actions else ("insight",), now)
    return None


def conversation_of(
    parts: Sequence[TranscriptPart], language: str, section: InsightsSection, case: Case
) -> Conversation:
    """What the plugin reads. Words about health are taken out again: the company may be known as sensitive only since then."""
    lines = redact(parts, language, health=case.company.sensitive == "health").parts
    return Conversation(lines=lines, language=language, outcomes=section.outcomes, signals=section.signals)


def proven(insight: Insight, conversation: Conversation) -> Insight:
    """What a plugin said, without the claims that no line of the conversation proves."""
    count = len(conversation.lines)
    signals: dict[str, Claim] = {}
    for claim in _claims(insight.signals, conversation.signals, count):
        if claim.name not in signals or claim.confidence > signals[claim.name].confidence:
            signals[claim.name] = claim
    words = str(insight.summary or "").split()
    return Insight(
        model=str(insight.model)[:MODEL_CHARACTERS],
        summary=" ".join(words[:MAX_SUMMARY_WORDS]),
        outcome=next(_claims([insight.outcome], conversation.outcomes, count), None),
        signals=tuple(signals.values()),
    )


def _claims(claims: Sequence[Any], names: Sequence[str], count: int) -> Iterator[Claim]:
    for claim in claims:
        if not isinstance(claim, Claim) or claim.name not in names:
            continue
        lines = sorted({each for each in claim.lines if isinstance(each, int) and not isinstance(each, bool)})
        is_sure = isinstance(claim.confidence, float | int) and 0 <= claim.confidence <= 1
        if is_sure and lines and lines[0] >= 1 and lines[-1] <= count:
            value = claim.value if _is_plausible(claim.value) else None
            yield replace(claim, confidence=float(claim.confidence), lines=tuple(lines), value=value)


def _is_plausible(value: object) -> bool:
    if not isinstance(value, Money) or not isinstance(value.amount, Decimal) or not value.amount.is_finite():
        return False
    cents = 0 <= value.amount < MAX_AMOUNT and value.amount == round(value.amount, 4)
    return cents and re.fullmatch("[A-Z]{3}", str(value.currency)) is not None


def _act(
    session: Session,
    row: TranscriptRow,
    call: Call,
    kept: Insight,
    reader: str,
    section: InsightsSection,
    now: datetime,
) -> None:
    """Tag the call, and write an event for alerts, as the company's actions say. Tags end with the transcript."""
    claims = [each for each in (kept.outcome, *kept.signals) if each is not None]
    acting = [each for each in section.actions if any(each.wants(claim.name, claim.confidence) for claim in claims)]
    there = {name.casefold() for name in session.exec(select(Tag.name).where(Tag.subject_id == call.id))}
    tags = {each.tag.casefold(): each.tag for each in acting if each.tag}
    made = {
        "company_id": call.company_id,
        "subject_id": call.id,
        "made_at": now,
        "made_by": reader[:MAX_MADE_BY],
        "expires_at": min(row.expires_at, call.expires_at or row.expires_at),
    }
    write_rows(session, Tag, [Tag.columns(name=name, **made) for folded, name in tags.items() if folded not in there])
    if any(each.alert for each in acting) and not call.spam:
        note_signals(session, call, row.recording_id, now)


def _write_signals(
    session: Session, row: TranscriptRow, call: Call, insight: Insight, reader: str, now: datetime
) -> None:
    """Write the signals instead of those of an earlier reading, and have the worker settle what rules make of them."""
    session.execute(delete(SignalRow).where(col(SignalRow.recording_id) == row.recording_id))
    claims = [(insight.outcome, True)] if insight.outcome else []
    claims += [(each, False) for each in insight.signals]
    rows = [
        SignalRow(
            company_id=str(call.company_id),
            subject_id=call.id,
            recording_id=row.recording_id,
            name=claim.name,
            is_outcome=is_outcome,
            confidence=claim.confidence,
            amount=claim.value.amount if claim.value else None,
            currency=claim.value.currency if claim.value else None,
            connector=reader,
            read_at=now,
            expires_at=row.expires_at,
        )
        for claim, is_outcome in claims
    ]
    write_rows(session, SignalRow, rows)
    change = LeadChange(
        subject_id=call.id,
        company_id=str(call.company_id),
        status=READ,
        marked_at=now,
        marked_by=reader[:MAX_MADE_BY],
        due_at=now,
    )
    write_rows(session, LeadChange, [change])
