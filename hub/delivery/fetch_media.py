"""Fetches the pictures of inbound texts soon, because carriers keep them only for a short time, and encrypts them."""

from __future__ import annotations

from sqlmodel import col, select

from hub.contracts.texts import MediaFile
from hub.errors import PluginDied, Rejected, RetryLater, RingfenceError
from hub.hookspecs import TextHooks
from hub.model import TextMedia, TextMessage
from hub.model.states import MediaState
from hub.platform.backoff import Jitter, full_jitter, next_try
from hub.runtime import Hub
from hub.store.claims import claim, complete
from hub.store.quarantine.deaths import DEATH_WAIT, after_death
from hub.store.rows import change_rows
from hub.texts.bodies import seal_file

FETCH_BATCH_SIZE = 20
MAX_PICTURE_BYTES = 10_000_000
"""Bytes; carriers take far less (Twilio: 5 MB)."""


def fetch_media(hub: Hub, jitter: Jitter = full_jitter) -> int:
    """Fetch one batch of pictures; returns how many were claimed. A failed one is tried again for a day and a half."""
    token, rows = claim(hub.store, TextMedia, now=hub.clock(), limit=FETCH_BATCH_SIZE)
    with hub.heartbeat.keeping(TextMedia, token):
        for row in rows:
            _fetch(hub, row, token, jitter)
    return len(rows)


def _fetch(hub: Hub, row: TextMedia, token: str, jitter: Jitter) -> None:
    with hub.store.reading() as session:
        text = session.exec(select(TextMessage).where(col(TextMessage.id) == row.text_id)).one()
    found: MediaFile | None = None
    reason, after, final = "", None, False
    if not hub.plugins.implements(text.connector, TextHooks.fetch_media):
        reason, final = "The carrier's connector cannot fetch pictures.", True
    else:
        try:
            found = hub.plugins.call(text.connector, TextHooks.fetch_media, row.url or "")
        except PluginDied as error:
            now = hub.clock()
            with hub.store.writing() as session:
                died = after_death(TextMedia, row, error, now + DEATH_WAIT, now)
                complete(session, TextMedia, [row.id], token, **died)
            return
        except Rejected as error:
            reason, final = str(error), True
        except RingfenceError as error:
            reason, after = str(error), error.after if isinstance(error, RetryLater) else None
    if found is not None and len(found.data) > MAX_PICTURE_BYTES:
        found, reason, final = None, f"It is larger than {MAX_PICTURE_BYTES // 1_000_000} MB.", True
    now = hub.clock()
    due = None if final else next_try(now, row.attempts, retry_after=after, jitter=jitter)
    with hub.store.writing() as session:
        if found is not None:
            kind = found.content_type.partition(";")[0].strip().lower()[:100]
            sealed = seal_file(hub.vault, session, text, row.id, found.data)
            if complete(session, TextMedia, [row.id], token, state=MediaState.DONE, reason=None):
                kept = {"content_type": kind, "size": len(found.data), "data": sealed, "fetched_at": now}
                change_rows(session, TextMedia, [{"id": row.id, **kept}])
        elif due is not None:
            complete(session, TextMedia, [row.id], token, state=MediaState.READY, due_at=due, reason=reason)
        else:
            complete(session, TextMedia, [row.id], token, state=MediaState.FAILED, reason=reason)
