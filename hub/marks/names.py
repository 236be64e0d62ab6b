"""Say who called or sent a form, where the carrier or the form did not, or was wrong."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from hub.access.scope import AccessScope
from hub.errors import CannotDo
from hub.marks.subjects import markable, note_action
from hub.model import TextMessage
from hub.model.columns import storable
from hub.store.encryption.encrypted_fields import seal_names
from hub.store.encryption.vault import Vault
from hub.store.writers.webhook_events import note_changes

MAX_NAME_CHARACTERS = 120


def name_contact(session: Session, scope: AccessScope, vault: Vault, subject_id: str, name: str, now: datetime) -> None:
    """Set the person's name on one call or form, encrypted with the person's key, within `session`.

    NotFound if the user does not see it, CannotDo if it is a text, or the name is empty or too long.
    """
    words = " ".join(storable(name).split())
    if not words or len(words) > MAX_NAME_CHARACTERS or not words.isprintable():
        raise CannotDo(f"A name has 1 to {MAX_NAME_CHARACTERS} characters.", param="name")
    (subject,) = markable(session, scope, [subject_id])
    if isinstance(subject, TextMessage):
        raise CannotDo("A text has no name of its own; name a call or a form of the person.")
    seal_names(vault, session, [(subject, words)])
    session.add(subject)
    session.flush()
    note_action(session, scope, "name.set", [subject], now)
    note_changes(session, [subject], ("customer_name",), now)
