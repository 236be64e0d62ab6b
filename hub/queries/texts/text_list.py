"""The list of single texts, in both directions, newest first (conversations: hub.queries.texts.conversations)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, select

from hub.access.scope import AccessScope
from hub.model import TextMessage, Tracker
from hub.queries.contact.view import ContactView, contact_views
from hub.queries.lists.keyset import Page
from hub.queries.lists.plan import RowFilter
from hub.store.encryption.vault import Vault
from hub.store.rows import indexless


@dataclass(frozen=True, kw_only=True)
class TextFilter(RowFilter):
    """Selects texts."""

    TABLE, AT = TextMessage, "at"
    EQUAL = {"number": "person_number", "direction": "direction", "status": "status"}
    number: str | None = None
    """Of the person, in E.164."""
    tracker: str | None = None
    """A tracker's name."""
    direction: str | None = None
    status: str | None = None
    """A `MessageStatus`."""

    def others(self) -> Iterator[Any]:
        """Of the tracker."""
        row: Any = TextMessage
        if self.tracker is not None:
            named = select(Tracker.id).where(Tracker.name == self.tracker, Tracker.company_id == row.company_id)
            yield indexless(row.tracker_id).in_(named)


def list_texts(
    session: Session,
    scope: AccessScope,
    vault: Vault,
    company_ids: Collection[str],
    wanted: TextFilter,
    *,
    after: str | None = None,
    limit: int = 50,
) -> Page[ContactView]:
    """At most `limit` texts of some companies, the newest first. `after` is the `next` of the page before."""
    page = wanted.page(session, scope, company_ids, after, limit)
    return page.of(contact_views(session, vault, page.items, scope.user))
