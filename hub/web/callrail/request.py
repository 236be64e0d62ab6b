"""One request to the API: its parameters as CallRail's clients send them, its user, and what a resource needs to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sqlmodel import Session, col
from starlette.datastructures import QueryParams

from hub.access.scope import AccessScope
from hub.callrail.calls import Place
from hub.callrail.ids import ending_of, row_id
from hub.errors import CannotDo, NotFound, existing
from hub.model import Company
from hub.numbers.directory import Directory
from hub.runtime import Hub
from hub.web.api.auth import AuthorizedRequest
from hub.web.api.once import Once
from hub.web.api.trackers.config_edits import Tools

MAX_LIST = 250
"""Values of one list parameter."""
TRUE, FALSE = frozenset({"true", "1", "yes", "t"}), frozenset({"false", "0", "no", "f"})


class Parameters(QueryParams):
    """The parameters of an address. Of a repeated one the last counts. A list comes as `a,b`, or as `name[]` repeated."""

    def text(self, name: str) -> str | None:
        """A parameter without spaces around it; None if it is missing or empty."""
        return self.get(name, "").strip() or None

    def number(self, name: str, otherwise: int | None = None, *, least: int = 0) -> int | None:
        """A whole number of at least `least`."""
        text = self.text(name)
        if text is None:
            return otherwise
        if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) < least:
            raise CannotDo(f"{name} must be a whole number from {least}.")
        return int(text)

    def flag(self, name: str) -> bool | None:
        """True or false; None if it is missing."""
        text = (self.text(name) or "").casefold()
        if not text:
            return None
        if text not in TRUE | FALSE:
            raise CannotDo(f"{name} must be true or false.")
        return text in TRUE

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """One of `choices`; None if it is missing."""
        text = self.text(name)
        if text is not None and text not in choices:
            raise CannotDo(f"{name} must be one of {', '.join(choices)}.")
        return text

    def list(self, name: str) -> tuple[str, ...]:
        """The values of a list, each once, in the order in which they were sent."""
        in_brackets = re.compile(re.escape(name) + r"\[\d*\]")
        values = [value for key, value in self.multi_items() if in_brackets.fullmatch(key)]
        values += self.get(name, "").split(",")
        found = tuple(dict.fromkeys(value.strip() for value in values if value.strip()))
        if len(found) > MAX_LIST:
            raise CannotDo(f"{name} may have at most {MAX_LIST} values.")
        return found

    def address(self, **changes: str | None) -> str:
        """The query of the same request with other values; None leaves a parameter out."""
        kept = [(name, value) for name, value in self.multi_items() if name not in changes]
        return urlencode([*kept, *((name, value) for name, value in changes.items() if value is not None)])


@dataclass(frozen=True)
class CallRailRequest:
    """A request of an authenticated user, as the function of a resource gets it."""

    authorized: AuthorizedRequest
    parameters: Parameters
    path: str
    """The path below the account, as it was sent, like `calls.json`."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """The parts of the path in braces."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """The JSON body of a write, without members that are null: they mean not given."""
    once: Once = Once(None, b"")
    """Does a deed once for each `Idempotency-Key`."""
    tools: Tools | None = None

    @property
    def hub(self) -> Hub:
        """The hub."""
        return self.authorized.hub

    @property
    def scope(self) -> AccessScope:
        """What the user may see."""
        return self.authorized.scope

    @property
    def place(self) -> Place:
        """Where the links of a record lead."""
        return Place(str(self.hub.config.hub.public_url), self.authorized.user.account_id)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session for reading that sees only what the user may see."""
        with self.authorized.session() as session:
            yield session

    @property
    def directory(self) -> Directory:
        """The companies, trackers and numbers as config.yaml has them."""
        assert self.tools is not None
        return self.tools.directory.current()

    def row_id(self, prefix: str, name: str = "id") -> str:
        """The id of the row that the path names; NotFound if it is none with this prefix."""
        return existing(row_id(prefix, self.ids[name]))

    def company(self, session: Session) -> Company | None:
        """The company that the parameter `company_id` names, by its id or its number; None without one. NotFound if the
        user does not see it."""
        wanted = self.parameters.text("company_id")
        return None if wanted is None else company_of(session, self.scope, wanted)


def company_of(session: Session, scope: AccessScope, wanted: str) -> Company:
    """The company with this id on the wire, or this number; NotFound if the user does not see it."""
    found = row_id("COM", wanted)
    query = scope.select(Company)
    if found is not None:
        query = query.where(col(Company.id) == found)
    else:
        ending = ending_of(int(wanted)) if re.fullmatch(r"[0-9]{1,16}", wanted) else None
        query = query.where(col(Company.id).endswith(ending or "none", autoescape=True))
    company: Company | None = session.exec(query).first()
    if company is None:
        raise NotFound("Company not found")
    return company
