"""The list of contacts for those who read it page by page, with all filters: commands and programs."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session

from hub.access.scope import AccessScope
from hub.queries.contact.view import ContactView, views_at
from hub.queries.lists.filters import ContactFilter
from hub.queries.lists.keyset import Page
from hub.queries.lists.paging import ContactList
from hub.store.encryption.vault import Vault


def list_contacts(
    session: Session,
    scope: AccessScope,
    vault: Vault,
    company_ids: Collection[str],
    wanted: ContactFilter,
    *,
    after: str | None = None,
    limit: int = 50,
) -> Page[ContactView]:
    """At most `limit` calls, texts and forms of some companies that a filter selects, the newest first. `after` is the
    `next` of the page before; CannotDo if it is not."""
    found = ContactList(session, scope, company_ids, wanted).page(after, limit)
    return found.of(views_at(session, vault, found.items, scope.user))
