"""The calls, texts and forms behind deliveries, as a list names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from hub.access.scope import AccessScope
from hub.model.states import SubjectState
from hub.queries.lists.kinds import KINDS, TEXTS
from hub.store.encryption.encrypted_fields import names_of
from hub.store.encryption.vault import Vault


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
    for name, kind in KINDS.items():
        if not left:
            break
        rows = list(session.exec(scope.select(kind.table).where(kind.table.id.in_(left))))
        names = {} if kind is TEXTS else names_of(vault, session, rows)
        for row in rows:
            erased = row.state == SubjectState.ERASED
            number = None if erased else getattr(row, kind.number.key)
            found[row.id] = SubjectLabel(row.id, name, getattr(row, kind.at.key), names.get(row.id), number, erased)
        left -= {row.id for row in rows}
    return found
