"""What the commands of `hub texts` share: a text by its id, and the audit entry for numbers and texts in clear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer
from sqlmodel import Session, col, select

from hub.cli.support.audit_note import note
from hub.model import TextMessage
from hub.platform.clock import utc_now
from hub.queries.lookup import by_id, one, typed
from hub.store.engine import Store

ShowPersonal = Annotated[
    bool, typer.Option("--show-personal", help="Show numbers and texts in clear; this is audited.")
]


def note_shown(store: Store, shown: Mapping[str, str]) -> None:
    """Audit, before anything is printed, what numbers and texts are shown in clear: a row's id, and how many."""
    with store.writing() as session:
        for subject, what in shown.items():
            note(session, utc_now(), "texts.show_personal", subject, what)


def find_text(session: Session, wanted: str) -> TextMessage:
    """The text with this id, with the carrier's id, or with at least six characters of its id; CannotDo without one."""
    found = by_id(session, TextMessage, typed(wanted), col(TextMessage.carrier_message_id))
    text = one(found, "text", typed(wanted))
    return session.exec(select(TextMessage).where(TextMessage.id == text.id)).one()
