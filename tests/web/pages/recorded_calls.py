"""Calls with a recording that the hub has stored."""

from __future__ import annotations

from typing import Any

from recorder import tell_of, tone
from testbed import TestHub

from hub.model import Call, Recording
from hub.recordings.keep import fetch_due

SOUND = tone(2.0)


def heard_call(stage: TestHub, **more: Any) -> tuple[Call, Recording]:
    """A call with a stored recording."""
    row = tell_of(stage, audio=SOUND, **more)
    fetch_due(stage.hub)
    stage.flow()
    return stage.one(Call, id=row.call_id), stage.one(Recording, id=row.id)
