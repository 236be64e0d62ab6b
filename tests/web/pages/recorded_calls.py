"""Calls with a recording that the hub has stored."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from recorder import tell_of, tone
from testbed import TestHub

from hub.model import Call, Recording, TranscriptRow
from hub.model.columns import new_id
from hub.recordings.keep import fetch_due
from hub.recordings.transcripts import place_in

SOUND = tone(2.0)


def heard_call(stage: TestHub, **more: Any) -> tuple[Call, Recording]:
    """A call with a stored recording."""
    row = tell_of(stage, audio=SOUND, **more)
    fetch_due(stage.hub)
    stage.flow()
    return stage.one(Call, id=row.call_id), stage.one(Recording, id=row.id)


def write_transcript(stage: TestHub, call: Call, row: Recording, parts: list[dict[str, Any]]) -> None:
    """What was said on a recording."""
    written = TranscriptRow(
        id=new_id(),
        recording_id=row.id,
        connector="index",
        language="en-US",
        state="written",
        due_at=stage.clock(),
        written_at=stage.clock(),
        expires_at=stage.clock() + timedelta(days=30),
    )
    with stage.hub.store.writing() as session:
        plain = json.dumps(parts).encode()
        place = place_in(written.id)
        written.sealed = stage.hub.vault.seal(session, call.company_id, call.caller_number, call.id, plain, place)
        session.add(written)


def missed_with_message(stage: TestHub, words: str) -> Call:
    """A call that only left a message, with its transcript."""
    call, row = heard_call(stage, kind="voicemail")
    write_transcript(stage, call, row, [{"start": 0.0, "end": 2.0, "text": words, "channel": "caller"}])
    with stage.hub.store.writing() as session:
        found = session.get_one(Call, call.id)
        found.answered_at, found.voicemail = None, True
        session.add(found)
    return call
