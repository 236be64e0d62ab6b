"""The calls, texts and forms behind deliveries, as a list names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.model import Call, FormSubmission, TextMessage
from hub.model.states import SubjectState
from hub.store.encryption.encrypted_fields import names_of
from hub.store.encryption.vault import Vault

TABLES: tuple[tuple[str, Any, str, str], ...] = (
    ("call", Call, "started_at", "caller_number"),
    ("text", TextMessage, "at", "person_number"),
    ("form", FormSubmission, "submitted_at", "phone_number"),
)
"""What it is, its table, the columns of its time and of the person's number."""


@dataclass(frozen=True)
class SubjectLabel:
    """A call, text or form: whose, and when."""

    id: str
    kind: str
    at: datetime
    name: str | None
    number: str | None
    erased: bool


def subject_labels(session: Session, scope: AccessScope, vault: Vault, ids: Iterable[str]) -> dict[str, SubjectLabel]:
    """Labels by id; an id that the user may not see, or that is gone, is missing."""
    left, found = set(ids), {}
    for kind, table, at, number in TABLES:
        if not left:
            break
        rows = list(session.exec(scope.select(table).where(col(table.id).in_(left))))
        names = {} if kind == "text" else names_of(vault, session, rows)
        for row in rows:
            erased = row.state == SubjectState.ERASED
            found[row.id] = SubjectLabel(
                row.id, kind, getattr(row, at), names.get(row.id), None if erased else getattr(row, number), erased
            )
        left -= {row.id for row in rows}
    return found
