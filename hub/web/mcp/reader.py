"""Who asks over MCP: the user of an API key, what the role may see, and whether personal data is shown in clear."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col

from hub.access.keys import is_use_noted, key_holder, note_use
from hub.access.permissions import Action
from hub.access.scope import AccessScope, scope_of
from hub.access.users import AccessRefused
from hub.model import Company, User
from hub.platform.scrubbing import scrubbed
from hub.queries.lookup import named_among
from hub.queries.masking import HIDDEN, Mask
from hub.runtime import Hub
from hub.store import audit

UNTRUSTED = "untrusted"
"""The name of each object whose values were written by callers, visitors, providers or other people outside."""


@dataclass(frozen=True)
class Reader:
    """The user of one request. `in_clear`: the key was made with the scope `personal_data`."""

    hub: Hub
    user: User
    in_clear: bool = False

    @property
    def mask(self) -> Mask:
        """Hides personal data, unless the key shows it."""
        return Mask(self.in_clear)

    def may(self, action: Action) -> bool:
        """Whether the user's role, and limit to companies, permit an action."""
        with self.hub.store.reading() as session:
            return scope_of(session, self.user, action) is not None

    def scope(self, action: Action) -> AccessScope:
        """What the user may see of an action; AccessRefused if nothing."""
        with self.hub.store.reading() as session:
            found = scope_of(session, self.user, action)
        if found is None:
            raise AccessRefused(
                f"The role {self.user.role} may not see this; ask the account's owner for another role."
            )
        return found

    @contextmanager
    def session(self, scope: AccessScope) -> Iterator[Session]:
        """A session that, on PostgreSQL, sees only the companies of `scope`."""
        with self.hub.store.reading_as(self.user.account_id, scope.companies) as session:
            yield session

    def companies(
        self, session: Session, scope: AccessScope, names: Collection[str] | None = None
    ) -> Sequence[Company]:
        """The companies that the user may see, or those with these names; NotFound lists the others."""
        rows: Sequence[Company] = session.exec(scope.select(Company).order_by(col(Company.name))).all()
        return named_among(rows, ",".join(names or ()))

    def note(self, tool: str, subject: str, detail: str = "") -> None:
        """Write an audit entry on personal data, before the assistant gets it; nothing if it is masked."""
        if self.in_clear:
            with self.hub.store.writing() as session:
                audit.note(session, self.hub.clock(), self.user.id, f"mcp.{tool}", subject, detail)

    def said(self, value: Any) -> Any:
        """What people outside wrote: without numbers, addresses and secrets, unless personal data is shown in clear."""
        if isinstance(value, str):
            return value if self.in_clear else scrubbed(value)
        if isinstance(value, dict):
            return {name: self.said(each) for name, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.said(each) for each in value]
        return value

    def number(self, value: str | None) -> str | None:
        """A phone number as the key may show it."""
        return self.mask.phone(value)

    def words(self, value: str | None) -> str | None:
        """A name or what somebody wrote, as the key may show it."""
        return value if self.in_clear or not value else HIDDEN


def without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is known: an assistant pays for each word that it reads."""
    return {
        name: each
        for name, each in values.items()
        if each is not None and each is not False and each not in ("", [], {})
    }


def reader_of(hub: Hub, key: str) -> Reader | None:
    """The reader of an API key; None if the key is unknown, wrong, expired or revoked."""
    now = hub.clock()
    with hub.store.reading() as session:
        holder = key_holder(session, key, now)
    if holder is None:
        return None
    if not is_use_noted(holder[0], now):
        with hub.store.writing() as session:
            note_use(session, holder[0], now)
    return Reader(hub, holder[1], holder[0].personal_data)
