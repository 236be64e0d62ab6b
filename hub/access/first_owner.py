"""The first start of a hub: nobody can sign in yet, so the command that starts it prints a set-up link."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import chain, count

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from hub.access.sign_in.credentials import ways_in
from hub.access.sign_in.links import new_link, newest_link
from hub.access.users import add_user
from hub.model import Account, ApiKey, OidcIdentity, User
from hub.store import audit
from hub.store.engine import Store

NAME = "owner"
OWN_NAME = re.compile(rf"{NAME}(_\d+)?")
"""The owners that this makes: their link was printed, so that it may be printed again."""
ACTOR = "hub"


def first_steps(store: Store, now: datetime, public_url: str, issuer: str | None = None) -> str | None:
    """What to show the person who starts a hub that no owner can sign in to: a set-up link of an owner, whom this makes if
    there is none; or how to get one, if an owner was sent a link, or if there are several accounts. None if an owner has a
    way in. `issuer` is that of the OpenID provider in config.yaml. Users without that role, such as those that an import
    brings, do not count."""
    with store.reading() as session:
        if _can_sign_in(session, now, issuer):
            return None
    try:
        with store.writing() as session:
            return None if _can_sign_in(session, now, issuer) else _first_steps(session, now, public_url)
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


def _can_sign_in(session: Session, now: datetime, issuer: str | None) -> bool:
    """Whether an owner has a way in: without one nobody may add users or reset them."""
    return any(_has_way_in(session, each, now, issuer) for each in _owners(session))


def _owners(session: Session) -> list[User]:
    """The enabled owners, the one of the first start before the others."""
    found = session.exec(
        select(User).where(User.role == "owner", col(User.disabled_at).is_(None)).order_by(col(User.made_at))
    )
    return sorted(found, key=lambda each: OWN_NAME.fullmatch(each.name) is None)


def _has_way_in(session: Session, user: User, now: datetime, issuer: str | None) -> bool:
    """Whether the user can sign in, or has a living API key. An identity of a provider that config.yaml does not name is no
    way in."""
    ways = ways_in(session, user)
    identity = select(OidcIdentity.id).where(OidcIdentity.user_id == user.id, OidcIdentity.issuer == issuer)
    key = select(ApiKey.id).where(ApiKey.user_id == user.id, col(ApiKey.revoked_at).is_(None), ApiKey.ends_at > now)
    others = (session.exec(each.limit(1)).first() for each in (identity, key))
    return ways.passkeys > 0 or ways.password or any(others)


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
    owners = _owners(session)
    sent = next(
        (each for each in owners if OWN_NAME.fullmatch(each.name) is None and _has_link(session, each, now)), None
    )
    if sent is not None:
        return (
            f"No owner can sign in yet. The user {sent.name} was sent a link and has not used it; hub users reset "
            f"{sent.name} prints another one."
        )
    user = next(iter(owners), None)
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
