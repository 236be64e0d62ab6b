"""The audit log of an account: entries by who, what, of what and when, newest first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.access.users import names_of
from hub.model import Account, AuditEntry, Company, User
from hub.queries.lists.keyset import Page, Part, page_of
from hub.queries.lists.plan import RowFilter

NEWEST = 2_000
"""Of how many of the newest entries of a period the filters offer the actors and actions."""


@dataclass(frozen=True, kw_only=True)
class AuditFilter(RowFilter):
    """Selects entries."""

    TABLE, AT = AuditEntry, "at"
    EQUAL = {"subject": "subject"}
    actors: tuple[str, ...] = ()
    """One of them."""
    action: str | None = None
    """An action like `users.add`, or all of an area: `users.`."""
    subject: str | None = None

    def others(self) -> Iterator[Any]:
        """Of the actors and the action."""
        if self.actors:
            yield col(AuditEntry.actor).in_(self.actors)
        if self.action:
            action = col(AuditEntry.action)
            area = self.action.endswith(".")
            yield action.startswith(self.action, autoescape=True) if area else action == self.action

    def query(self, scope: AccessScope) -> Any:
        """A query for the entries of the user's account."""
        return scope.select(AuditEntry).where(*self.conditions())


def audit_page(
    session: Session, scope: AccessScope, wanted: AuditFilter, after: str | None, limit: int
) -> Page[AuditEntry]:
    """The entries of the user's account that the filter selects, newest first."""
    return page_of(session, [Part(wanted.query(scope), wanted.order)], after, limit)


def iterate_audit(
    session: Session, scope: AccessScope, wanted: AuditFilter, limit: int, *where: Any
) -> Iterator[AuditEntry]:
    """The entries, newest first, read a part at a time."""
    query = (
        wanted.query(scope).where(*where).order_by(col(AuditEntry.at).desc(), col(AuditEntry.id).desc()).limit(limit)
    )
    yield from session.exec(query.execution_options(yield_per=500))


def actors_and_actions(session: Session, scope: AccessScope, choice: AuditFilter) -> tuple[list[str], list[str]]:
    """The actors and the actions among the newest entries of the period."""
    period = AuditFilter(since=choice.since, until=choice.until).query(scope)
    newest = (
        period.with_only_columns(AuditEntry.actor, AuditEntry.action)
        .order_by(col(AuditEntry.at).desc())
        .limit(NEWEST)
        .subquery()
    )
    pairs = session.execute(select(newest.c.actor, newest.c.action).distinct()).all()
    return sorted({actor for actor, _ in pairs}), sorted({action for _, action in pairs})


def names_in(session: Session, ids: Collection[str]) -> Mapping[str, str]:
    """Id → name, for those of `ids` that are users, companies or accounts."""
    found = names_of(session, ids)
    for table in (Company, Account):
        found |= dict(session.exec(select(table.id, table.title).where(col(table.id).in_(ids))).all())
    return found


def users_among(session: Session, ids: Collection[str]) -> set[str]:
    """Those of `ids` that are users."""
    return set(session.exec(select(User.id).where(col(User.id).in_(ids))).all())


def ids_of_name(session: Session, name: str) -> list[str]:
    """The ids of the users of all accounts who have a name."""
    return list(session.exec(select(User.id).where(User.name == name)).all())
