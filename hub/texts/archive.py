"""Put threads of texts aside. A thread is archived while its newest text is the one at which a user archived it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from hub.access.scope import AccessScope
from hub.errors import NotFound
from hub.model import TextMessage, ThreadArchive
from hub.store import audit
from hub.store.rows import write_rows
from hub.texts.threads import texts_of_thread


def archive_thread(session: Session, scope: AccessScope, text_id: str, now: datetime, *, archived: bool = True) -> bool:
    """Archive the thread that contains a text, or bring it back, within `session`; returns whether that changed something.
    A text that comes later brings it back too. NotFound if the user does not see it."""
    text: TextMessage = scope.one(session, TextMessage, text_id)
    if text.company_id is None:
        raise NotFound("Not found")
    newest = texts_of_thread(session, text)[-1]
    row = session.get(ThreadArchive, newest.id)
    if (row is not None) == archived:
        return False
    if row is not None:
        session.delete(row)
    else:
        made = ThreadArchive(text_id=newest.id, company_id=text.company_id, archived_at=now, archived_by=scope.user.id)
        write_rows(session, ThreadArchive, [made])
    session.flush()
    audit.note(session, now, scope.user.id, "texts.archive", newest.id, "archived" if archived else "active")
    return True
