"""The first start of a hub: nobody can sign in yet, so the command that starts it prints a set-up link."""

from __future__ import annotations

from datetime import datetime
from itertools import chain, count

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from hub.access.sign_in.credentials import ways_in
from hub.access.sign_in.links import new_link, newest_link
from hub.access.users import add_user
from hub.model import Account, ApiKey, User
from hub.store import audit
from hub.store.engine import Store

NAME = "owner"
ACTOR = "hub"


def first_steps(store: Store, now: datetime, public_url: str) -> str | None:
    """What to show the person who starts a hub that no owner can sign in to: a set-up link of an owner, whom this makes if
    there is none, or the command to run if there are several accounts. None if an owner has a way in, or was sent a link to
    make one. Users without that role, such as those that an import brings, do not count."""
    with store.reading() as session:
        if not _needed(session, now):
            return None
    try:
        with store.writing() as session:
            return _first_steps(session, now, public_url) if _needed(session, now) else None
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


def _needed(session: Session, now: datetime) -> bool:
    """Whether no owner has a way in, or a link to make one that this did not print: then nobody may add users or reset them."""
    owners = _owners(session)
    return not any(
        _has_way_in(session, each) or (each.name != NAME and _has_link(session, each, now)) for each in owners
    )


def _owners(session: Session) -> list[User]:
    """The enabled owners, the one of the first start before the others."""
    found = session.exec(
        select(User).where(User.role == "owner", col(User.disabled_at).is_(None)).order_by(col(User.made_at))
    )
    return sorted(found, key=lambda each: each.name != NAME)


def _has_way_in(session: Session, user: User) -> bool:
    keys = select(ApiKey.id).where(ApiKey.user_id == user.id, col(ApiKey.revoked_at).is_(None)).limit(1)
    return ways_in(session, user).count > 0 or session.exec(keys).first() is not None


def _has_link(session: Session, user: User, now: datetime) -> bool:
    link = newest_link(session, user)
    return link is not None and now < link.ends_at


def _first_steps(session: Session, now: datetime, public_url: str) -> str | None:
    accounts = session.exec(select(Account).order_by(Account.name).limit(20)).all()
    if len(accounts) != 1:
        names = ", ".join(each.name for each in accounts)
        return (
            f"No owner can sign in yet. Make one with hub users add {NAME} --role owner --account ACCOUNT; "
            f"the accounts are: {names}."
            if accounts
            else None
        )
    user = next(iter(_owners(session)), None)
    if user is None:
        user = add_user(session, accounts[0], _free_name(session), "owner", now)
        audit.note(session, now, ACTOR, "users.add", user.id, "owner")
    link = new_link(session, user, "setup", now, public_url)
    return f"No owner can sign in yet. Set up the user {user.name} here (works once, for 24 hours): {link}"


def _free_name(session: Session) -> str:
    """`owner`, or `owner_2` and so on if users of another role, or disabled ones, have that name."""
    taken = set(session.exec(select(User.name).where(col(User.name).startswith(NAME))))
    names = chain([NAME], (f"{NAME}_{each}" for each in count(2)))
    return next(name for name in names if name not in taken)
