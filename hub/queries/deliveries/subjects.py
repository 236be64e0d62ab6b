"""The calls, texts and forms behind deliveries, as a list names them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.flow.case import Subject
from hub.queries.contact.view import ContactView, contact_views, read_parts
from hub.queries.lists.kinds import KINDS
from hub.store.encryption.vault import Vault


def subjects_by_id(session: Session, scope: AccessScope, vault: Vault, ids: Iterable[str]) -> dict[str, ContactView]:
    """Those of the ids that the user may see, with names; one that is gone is missing."""
    left, rows = set(ids), list[Subject]()
    for kind in KINDS.values():
        if left:
            rows += session.exec(scope.having(col(kind.table.id), left))
            left -= {row.id for row in rows}
    views = contact_views(session, vault, rows, scope.user)
    read_parts(views, "name")
    return {view.id: view for view in views}
