"""The first start of a hub: nobody can sign in yet, so the command that starts it prints a set-up link."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from hub.access.sign_in.credentials import ways_in
from hub.access.sign_in.links import new_link
from hub.access.users import add_user
from hub.model import Account, ApiKey, User
from hub.store import audit
from hub.store.engine import Store

NAME = "owner"
ACTOR = "hub"


def first_steps(store: Store, now: datetime, public_url: str) -> str | None:
    """What to show the person who starts a hub without users: a set-up link of a first owner, whom this makes, or the
    command to run if there are several accounts. None if somebody has a way to sign in, or had one to make."""
    with store.reading() as session:
        if not _needed(session):
            return None
    try:
        with store.writing() as session:
            return _first_steps(session, now, public_url) if _needed(session) else None
    except IntegrityError:  # another process was first
        return None


def owner_of_demo(store: Store, now: datetime, public_url: str) -> str:
    """A link that signs in at once as the owner of the demo's first account, whom this makes if needed."""
    with store.writing() as session:
        user = session.exec(select(User).where(User.name == NAME)).first()
        if user is None:
            account = session.exec(select(Account).order_by(Account.name).limit(1)).one()
            user = add_user(session, account, NAME, "owner", now)
        return new_link(session, user, "demo", now, public_url)


def _needed(session: Session) -> bool:
    """Whether there are no users, or only a first owner who has not used the set-up link."""
    users = session.exec(select(User).limit(2)).all()
    return not users or (len(users) == 1 and users[0].name == NAME and not _has_way_in(session, users[0]))


def _has_way_in(session: Session, user: User) -> bool:
    keys = select(ApiKey.id).where(ApiKey.user_id == user.id, col(ApiKey.revoked_at).is_(None)).limit(1)
    return user.disabled_at is not None or ways_in(session, user).count > 0 or session.exec(keys).first() is not None


def _first_steps(session: Session, now: datetime, public_url: str) -> str | None:
    accounts = session.exec(select(Account).order_by(Account.name).limit(20)).all()
    if len(accounts) != 1:
        names = ", ".join(each.name for each in accounts)
        return (
            f"Nobody can sign in yet. Make a first user with hub users add {NAME} --role owner --account ACCOUNT; "
            f"the accounts are: {names}."
            if accounts
            else None
        )
    user = session.exec(select(User).where(User.name == NAME)).first()
    if user is None:
        user = add_user(session, accounts[0], NAME, "owner", now)
        audit.note(session, now, ACTOR, "users.add", user.id, "owner")
    link = new_link(session, user, "setup", now, public_url)
    return f"Nobody can sign in yet. Set up the user {NAME} here (works once, for 24 hours): {link}"
