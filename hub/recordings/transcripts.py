"""Stored transcripts: requested together with a recording, decrypted for one reader at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, select

from hub.contracts.insights import Claim, Insight
from hub.contracts.transcripts import TranscriptPart
from hub.contracts.values import Money
from hub.model import Call, Company, Recording, TranscriptRow
from hub.store.encryption.encrypted_fields import decrypt_many
from hub.store.encryption.vault import Vault
from hub.store.rows import write_rows

if TYPE_CHECKING:
    from hub.runtime import Hub


@dataclass(frozen=True, slots=True)
class Read:
    """A decrypted transcript. `parts` is None if it cannot be read, and `why` is the reason."""

    row: TranscriptRow
    parts: tuple[TranscriptPart, ...] | None
    why: str = ""
    insight: Insight | None = None
    """What was read in it; None if nothing was."""


def want_transcript(session: Session, hub: Hub, recording: Recording, call: Call, now: datetime) -> None:
    """Request, within `session`, the transcript of a stored recording, if its company wants transcripts."""
    wanted = hub.config.recordings
    entry = hub.config.connectors.get(wanted.transcribe or "")
    company = session.get(Company, call.company_id) if entry and call.company_id else None
    if entry is None or company is None or not entry.serves(company.name):
        return
    row = TranscriptRow(
        recording_id=recording.id,
        connector=entry.name,
        language=wanted.language,
        due_at=now,
        expires_at=recording.recorded_at + wanted.keep_transcripts,
    )
    write_rows(session, TranscriptRow, [row])


def read_transcript(hub: Hub, session: Session, recording_id: str) -> Read | None:
    """A recording's decrypted transcript. None if no transcript was ever requested. The calling code must log who reads
    it.
    """
    row = session.exec(select(TranscriptRow).where(TranscriptRow.recording_id == recording_id)).first()
    if row is None:
        return None
    if row.sealed is None:
        return Read(row, None, row.reason or "it is queued")
    return open_transcript(hub.vault, session, row)


def open_transcript(vault: Vault, session: Session, row: TranscriptRow) -> Read:
    """A written transcript, decrypted."""
    plain = vault.open(session, row.sealed or b"", place_in(row.id))
    if plain is None:
        return Read(row, None, "the key of its caller was destroyed, so it can no longer be read")
    return Read(row, _parts(plain), insight=_insight(plain))


def spoken_parts(
    session: Session, vault: Vault, rows: Sequence[TranscriptRow]
) -> dict[str, tuple[TranscriptPart, ...]]:
    """Recording → the parts of its transcript, of those that can be read; decrypted together."""
    written = [row for row in rows if row.sealed is not None]
    opened = decrypt_many(vault, session, [(row.sealed or b"", place_in(row.id)) for row in written])
    return {row.recording_id: _parts(text) for row, text in zip(written, opened, strict=True) if text is not None}


def sealed_text(parts: Sequence[TranscriptPart], insight: Insight | None = None) -> bytes:
    """What is encrypted of a transcript: its parts and, beside them, what was read in it."""
    listed = list(map(asdict, parts))
    return json.dumps(
        listed if insight is None else {"parts": listed, "insight": asdict(insight)}, default=str
    ).encode()


def _parts(text: str | bytes) -> tuple[TranscriptPart, ...]:
    stored = json.loads(text)
    return tuple(TranscriptPart(**part) for part in (stored["parts"] if isinstance(stored, dict) else stored))


def _insight(text: str | bytes) -> Insight | None:
    stored = json.loads(text)
    if not isinstance(stored, dict):
        return None
    insight = stored["insight"]
    outcome, signals = insight["outcome"], tuple(map(_claim, insight["signals"]))
    return Insight(**{**insight, "outcome": _claim(outcome) if outcome else None, "signals": signals})


def _claim(stored: dict[str, Any]) -> Claim:
    value = stored["value"] and Money(Decimal(stored["value"]["amount"]), stored["value"]["currency"])
    return Claim(**{**stored, "lines": tuple(stored["lines"]), "value": value})


def place_in(transcript_id: str) -> str:
    """The associated data that binds a transcript's ciphertext to its row."""
    return f"transcript/{transcript_id}"
