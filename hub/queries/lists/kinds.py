"""The three tables of contacts, and which of them a user may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement
from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.access.users import may
from hub.model import Call, FormSubmission, TextMessage
from hub.queries.lists.filters import ContactKind
from hub.queries.lists.keyset import Order, Row, newest_first
from hub.queries.lists.plan import visible_companies
from hub.store.rows import indexless


@dataclass(frozen=True)
class Kind:
    """One table of contacts: `at` is its time, `number` the number of the person, `numbers` all that it has."""

    name: ContactKind
    table: Any
    at: Any
    number: Any
    first: Any = None
    numbers: tuple[Any, ...] = ()

    @property
    def order(self) -> Order:
        """The order of lists: the newest first."""
        return newest_first(self.at, self.table.id)


class Key(NamedTuple):
    """A contact's place in a list, which is sorted by time and then by id."""

    at: datetime
    id: str
    kind: str


def key_of(row: Row) -> Key:
    """The key of a row of a list, whose item is the kind."""
    at, row_id = row.place
    return Key(at, row_id, row.item)


CALLS = Kind(
    ContactKind.CALL,
    Call,
    col(Call.started_at),
    col(Call.caller_number),
    col(Call.first_time_caller),
    (col(Call.caller_number), col(Call.tracking_number), col(Call.answered_by)),
)
TEXTS = Kind(ContactKind.TEXT, TextMessage, col(TextMessage.at), col(TextMessage.person_number))
FORMS = Kind(
    ContactKind.FORM,
    FormSubmission,
    col(FormSubmission.submitted_at),
    col(FormSubmission.phone_number),
    col(FormSubmission.first_time_contact),
)
KINDS = {each.name: each for each in (CALLS, TEXTS, FORMS)}


@dataclass(frozen=True)
class Visible:
    """What a user sees of the list: kinds, companies, and the numbers of the own phones if only own calls."""

    companies: tuple[str, ...]
    kinds: tuple[Kind, ...]
    own_numbers: tuple[str, ...] | None = None

    def conditions(self, kind: Kind, *, company: object = None, by_company: bool = False) -> list[ColumnElement[bool]]:
        """The conditions that a user sees a row of a kind: of one `company`, or of all. `by_company` if the database may read
        it by an index that begins with the company."""
        column = kind.table.company_id if by_company else indexless(kind.table.company_id)
        found = [column.in_(self.companies) if company is None else column == company]
        if kind is TEXTS:
            found.append(col(TextMessage.direction) == "in")
        if self.own_numbers is not None:
            by = col(Call.answered_by)
            mine = by == self.own_numbers[0] if len(self.own_numbers) == 1 else by.in_(self.own_numbers)
            found += [col(Call.answered_at).is_not(None), mine]
        return found


def visible(session: Session, scope: AccessScope, company_ids: Collection[str] | None) -> Visible:
    """What a user sees of some companies (None: of all): all kinds that the role includes; an agent only own calls."""
    companies = visible_companies(session, scope, company_ids)
    if scope.reach == "own":
        return Visible(companies, (CALLS,), tuple((scope.user.phone_numbers or "").split()))
    return Visible(companies, (CALLS, TEXTS, FORMS) if may(scope.user, "texts") == "account" else (CALLS, FORMS))
