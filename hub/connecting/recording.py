"""Begin and end the recording of what a connector says to its vendor (`hub record`), with the audit entry inside."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path

from hub.errors import CannotDo
from hub.model.syncs import VendorRecording
from hub.runtime import Hub
from hub.store import audit
from hub.store.writers.vendor_recordings import delete_recordings, over_recordings, put_recording

MAX_SPAN, MAX_COUNT = timedelta(days=1), 1_000
"""The longest time, and the most exchanges, of one recording."""
KEY_BYTES = 32
HUB = "hub"
"""Who ends a recording whose time or count is over."""


def begin_recording(hub: Hub, name: str, folder: Path, span: timedelta, count: int, actor: str) -> VendorRecording:
    """Keep what a connector and its vendor say from now on, for `span` and at most `count` exchanges. CannotDo if the files
    could not be written."""
    if not timedelta(0) < span <= MAX_SPAN or not 0 < count <= MAX_COUNT:
        raise CannotDo(f"A recording takes at most {MAX_SPAN.days} day and {MAX_COUNT:,} exchanges.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotDo(f"{folder} cannot be made ({error.strerror}).") from None
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise CannotDo(f"{folder} cannot be written to; name a folder of the hub's user.")
    now = hub.clock()
    row = VendorRecording(
        connector=name,
        folder=str(folder),
        key=secrets.token_bytes(KEY_BYTES),
        started_at=now,
        until=now + span,
        exchanges_left=count,
    )
    with hub.store.writing() as session:
        put_recording(session, row)
        audit.note(
            session, now, actor, "connectors.record", name, f"until {row.until:%Y-%m-%dT%H:%MZ}, {count} exchanges"
        )
    return row


def end_recording(hub: Hub, name: str, actor: str) -> bool:
    """End a recording now, and destroy the key of its fictional values; whether there was one."""
    return bool(_end(hub, [name], actor))


def end_recordings(hub: Hub) -> int:
    """End the recordings whose time or count is over."""
    with hub.store.reading() as session:
        over = over_recordings(session, hub.clock())
    return len(_end(hub, over, HUB)) if over else 0


def _end(hub: Hub, names: list[str], actor: str) -> list[str]:
    with hub.store.writing() as session:
        ended = delete_recordings(session, names)
        for name in ended:
            audit.note(session, hub.clock(), actor, "connectors.record_end", name)
    return ended
