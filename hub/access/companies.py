"""The companies that a user is limited to, such as a client of an agency who sees only its own calls."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete
from sqlmodel import Session, col, select

from hub.access.permissions import TABLE, WHOLE_ACCOUNT
from hub.access.users import AccessRefused
from hub.model import Company, User, UserCompany


def limit_to_companies(session: Session, user: User, names: Collection[str]) -> None:
    """Limit a user to these companies of their account, within `session`; none at all lifts the limit. It applies from the
    next request. AccessRefused if a company is not the account's, or if the role could do nothing then."""
    ids = []
    for name in dict.fromkeys(names):
        company = session.exec(
            select(Company.id).where(Company.name == name, Company.account_id == user.account_id)
        ).first()
        if company is None:
            raise AccessRefused(f"The account has no company {name}; config.yaml lists its companies by name.")
        ids.append(company)
    if ids and not TABLE[user.role].keys() - WHOLE_ACCOUNT:
        raise AccessRefused(f"The role {user.role} is about the account as a whole; it cannot be limited to companies.")
    session.execute(delete(UserCompany).where(col(UserCompany.user_id) == user.id))
    session.add_all(UserCompany(user_id=user.id, company_id=each) for each in ids)


def companies_by_user(session: Session) -> dict[str, list[str]]:
    """User id → names of the companies that the user is limited to; a user without a limit is not in it."""
    query = select(UserCompany.user_id, Company.name).join(Company, col(Company.id) == UserCompany.company_id)
    found: dict[str, list[str]] = {}
    for user_id, name in session.exec(query.order_by(Company.name)):
        found.setdefault(user_id, []).append(name)
    return found


def copy_access(session: Session, source_id: str, new_id: str) -> None:
    """Let each user who is limited to one company, or to some with it, see another of the account too, within `session`."""
    query = select(UserCompany.user_id).where(UserCompany.company_id == source_id)
    session.add_all(UserCompany(user_id=user_id, company_id=new_id) for user_id in session.exec(query).all())
