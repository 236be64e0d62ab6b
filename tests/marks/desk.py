"""Users at a desk who mark calls: each with the scope that the product gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, select
from testbed import TestHub

from hub.access.scope import AccessScope, scope_of
from hub.access.users import add_user
from hub.marks.leads import LeadMark, mark_lead
from hub.model import Account, Company, User, UserCompany

DESK = "+13125550190"


def add(stage: TestHub, name: str, role: str, companies: Sequence[str] = ()) -> User:
    """A user of the agency, limited to `companies` if any are named."""
    with stage.hub.store.writing() as session:
        agency = session.exec(select(Account).where(Account.name == "agency")).one()
        phones = [DESK] if role == "agent" else []
        user = add_user(session, agency, name, role, stage.clock(), phone_numbers=phones)
        for company in companies:
            row = session.exec(select(Company).where(Company.name == company)).one()
            session.add(UserCompany(user_id=user.id, company_id=row.id))
    return user


def scope(session: Session, user: User) -> AccessScope:
    """What the user may mark."""
    found = scope_of(session, user, "marks")
    assert found is not None
    return found


def do(stage: TestHub, user: User, deed: Any, *given: Any) -> Any:
    """A deed of the user in a transaction of its own, now."""
    with stage.hub.store.writing() as session:
        return deed(session, scope(session, user), *given, stage.clock())


def mark(stage: TestHub, user: User, subject_id: str, status: str | None, value: Any = "keep") -> LeadMark | None:
    """The user marks a lead, and the flow takes it up."""
    with stage.hub.store.writing() as session:
        former = mark_lead(session, scope(session, user), subject_id, status, stage.clock(), value)
    stage.flow()
    return former
