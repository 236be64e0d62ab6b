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
from hub.queries.lists.filters import ContactKind


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

    def conditions(
        self, kind: Kind, companies: Collection[str], *, by_company: bool = False
    ) -> list[ColumnElement[bool]]:
        """The conditions that a user sees a row of a kind, of some of the companies; `by_company` if the database may read
        it by an index that begins with the company."""
        column = kind.table.company_id if by_company else indexless(kind.table.company_id)
        found = [column == next(iter(companies)) if len(companies) == 1 else column.in_(companies)]
        if kind is TEXTS:
            found.append(col(TextMessage.direction) == "in")
        if self.own_numbers is not None:
            by = col(Call.answered_by)
            mine = by == self.own_numbers[0] if len(self.own_numbers) == 1 else by.in_(self.own_numbers)
            found += [col(Call.answered_at).is_not(None), mine]
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
