"""The three tables of contacts, and which of them a user may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.access.users import may
from hub.model import Call, Company, FormSubmission, TextMessage
from hub.queries.contacts.filters import ContactKind

MAX_COMPANIES_APART = 8
"""Up to so many companies, each is read by its own index; more are read together, by time."""


@dataclass(frozen=True)
class Kind:
    """One table of contacts: `at` is its time, `number` the number of the person."""

    name: ContactKind
    table: Any
    at: Any
    number: Any
    first: Any = None


CALLS = Kind(ContactKind.CALL, Call, col(Call.started_at), col(Call.caller_number), col(Call.first_time_caller))
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

    def groups(self) -> list[tuple[str, ...]]:
        """The companies in groups that are read by one query each."""
        if len(self.companies) > MAX_COMPANIES_APART:
            return [self.companies]
        return [(each,) for each in self.companies]

    def conditions(self, kind: Kind, companies: Collection[str]) -> list[ColumnElement[bool]]:
        """The conditions that a user sees a row of a kind, of some of the companies."""
        found = [_of_companies(kind.table.company_id, companies)]
        if kind is TEXTS:
            found.append(col(TextMessage.direction) == "in")
        if self.own_numbers is not None:
            found += [col(Call.answered_at).is_not(None), col(Call.answered_by).in_(self.own_numbers)]
        return found


def visible(session: Session, scope: AccessScope, company_ids: Collection[str]) -> Visible:
    """What a user sees of some companies: of the account all kinds that the role includes; an agent only own calls."""
    query = scope.select(Company).where(col(Company.id).in_(company_ids)).with_only_columns(col(Company.id))
    companies = tuple(sorted(session.execute(query).scalars()))
    if scope.reach == "own":
        return Visible(companies, (CALLS,), tuple((scope.user.phone_numbers or "").split()))
    return Visible(companies, (CALLS, TEXTS, FORMS) if may(scope.user, "texts") == "account" else (CALLS, FORMS))


def indexless(column: Any) -> Any:
    """The same column, for a condition for which the database must not choose an index: others are more selective."""
    return func.coalesce(column, "")


def _of_companies(column: Any, companies: Collection[str]) -> ColumnElement[bool]:
    if len(companies) == 1:
        return column == next(iter(companies))  # type: ignore[no-any-return]
    return indexless(column).in_(companies)  # type: ignore[no-any-return]
