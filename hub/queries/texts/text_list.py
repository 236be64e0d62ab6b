"""The list of single texts, in both directions, newest first (conversations: hub.queries.texts.conversations)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from hub.access.scope import AccessScope
from hub.model import TextMessage, Tracker
from hub.queries.contact.view import ContactView, contact_views
from hub.queries.lists.keyset import Page, newest_first, page_of
from hub.queries.lists.plan import indexless, rows_of
from hub.store.encryption.vault import Vault


@dataclass(frozen=True, kw_only=True)
class TextFilter:
    """Selects texts; None leaves a condition out. All conditions must hold."""

    number: str | None = None
    """Of the person, in E.164."""
    tracker: str | None = None
    """A tracker's name."""
    direction: str | None = None
    status: str | None = None
    """A `MessageStatus`."""
    begins: datetime | None = None
    ends: datetime | None = None
    """The moment after the period."""


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
    order = newest_first(TextMessage.at, TextMessage.id)
    parts = rows_of(session, scope, TextMessage, order, *_conditions(wanted), companies=company_ids)
    page = page_of(session, parts, after, limit)
    return page.of(contact_views(session, vault, page.items, scope.user))


def _conditions(wanted: TextFilter) -> list[Any]:
    row: Any = TextMessage
    found = []
    if wanted.begins is not None:
        found.append(row.at >= wanted.begins)
    if wanted.ends is not None:
        found.append(row.at < wanted.ends)
    if wanted.number is not None:
        found.append(row.person_number == wanted.number)
    if wanted.tracker is not None:
        named = select(Tracker.id).where(Tracker.name == wanted.tracker, Tracker.company_id == row.company_id)
        found.append(indexless(row.tracker_id).in_(named))
    if wanted.direction is not None:
        found.append(row.direction == wanted.direction)
    if wanted.status is not None:
        found.append(row.status == wanted.status)
    return found
