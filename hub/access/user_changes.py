"""What owners do with users and their keys, from the pages and from `hub users`: each change writes its audit entry.

An account always has an owner of the whole account, and nobody changes their own role, companies or access.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.access.companies import limit_to_companies
from hub.access.keys import new_api_key
from hub.access.sign_in.credentials import forget_ways_in
from hub.access.sign_in.links import new_link
from hub.access.sign_in.sessions import end_sessions
from hub.access.users import AccessRefused, change_role, disable, end_assistants, revoke_keys
from hub.model import ApiKey, User, UserCompany
from hub.model.users import MAX_NAME
from hub.store import audit

EMAIL = re.compile(r"[^@\s<>\",;]{1,64}@[^@\s<>\",;]{1,185}")
Actor = User | str
"""A user of the web interface, or the name of the account on this machine that runs a command."""


def give_role(
    session: Session, user: User, role: str, now: datetime, *, actor: Actor, phone_numbers: Sequence[str] = ()
) -> None:
    """Give a user another role; it applies to their keys and links immediately, and their sessions end."""
    _refuse_self(user, actor, "Another owner changes your role.")
    if role != "owner":
        _keep_an_owner(session, user)
    before = user.role
    change_role(session, user, role, phone_numbers)
    end_sessions(session, user.id, now)
    note_user(session, now, actor, "users.role", user, f"{before} to {role}")


def give_companies(session: Session, user: User, names: Collection[str], now: datetime, *, actor: Actor) -> None:
    """Limit a user to some companies, or to none of them in particular; it applies immediately, to API keys too."""
    _refuse_self(user, actor, "Another owner changes your companies.")
    if names:
        _keep_an_owner(session, user)
    limit_to_companies(session, user, names)
    note_user(session, now, actor, "users.companies", user, " ".join(names) or "all")


def set_call_back_number(session: Session, user: User, number: str | None, now: datetime) -> None:
    """The phone from which a user calls back, in E.164; None: none is remembered."""
    if number != user.call_back_number:
        user.call_back_number = number
        session.add(user)
        note_user(session, now, user, "users.call_back", user, "set" if number else "removed")


def set_names(
    session: Session, user: User, first: str | None, last: str | None, now: datetime, *, actor: Actor
) -> None:
    """Say what a user is called; None or spaces take a name away. The name by which they sign in stays."""
    for each in (first, last):
        if each and (len(each) > MAX_NAME or not each.isprintable()):
            raise AccessRefused(f"A name is at most {MAX_NAME} characters that can be printed.")
    user.first_name, user.last_name = (first or "").strip() or None, (last or "").strip() or None
    session.add(user)
    note_user(session, now, actor, "users.name", user)


def set_email(session: Session, user: User, email: str | None, now: datetime, *, actor: Actor) -> None:
    """Give a user an email address, or take it away: for alerts and summaries, and for the sign-in by name or OpenID.
    AccessRefused if it is not one, or another user has it, because then neither could sign in by it."""
    if email is not None:
        refuse_taken_email(session, user, email)
    user.email = email
    session.add(user)
    session.flush()
    note_user(session, now, actor, "users.email", user, "set" if email else "removed")


def refuse_taken_email(session: Session, user: User, email: str) -> None:
    """AccessRefused if it is not an address, or if another user has it."""
    if EMAIL.fullmatch(email) is None:
        raise AccessRefused("Write an email address like pat@example.com, or leave it out.")
    same = select(User.id).where(func.lower(User.email) == email.lower(), User.id != user.id)
    if session.exec(same.where(col(User.disabled_at).is_(None))).first() is not None:
        raise AccessRefused("Another user has this address; each needs their own.")


def reset(
    session: Session, user: User, now: datetime, public_url: str, *, actor: Actor, clear: bool = False
) -> tuple[int, str]:
    """End a user's sessions and make a link with which the user chooses how to sign in; `clear` also removes all ways in.
    Returns how many sessions ended, and the link, which can be read only now."""
    _refuse_self(user, actor, "Change how you sign in on the page of your own account.")
    ended = end_sessions(session, user.id, now)
    if clear:
        forget_ways_in(session, user)
        end_assistants(session, user, now)
    link = new_link(session, user, "reset", now, public_url)
    note_user(session, now, actor, "users.reset", user, "clear" if clear else "")
    return ended, link


def sign_out(session: Session, user: User, now: datetime, *, actor: Actor, except_id: str = "") -> int:
    """End all sessions of a user, except one; returns how many."""
    ended = end_sessions(session, user.id, now, except_id)
    note_user(session, now, actor, "sessions.end", user, str(ended))
    return ended


def deactivate(session: Session, user: User, now: datetime, *, actor: Actor) -> None:
    """Disable a user: their sessions, keys and signed links end immediately. It cannot be undone."""
    _refuse_self(user, actor, "Another owner ends your access.")
    _keep_an_owner(session, user)
    disable(session, user, now)
    end_sessions(session, user.id, now)
    note_user(session, now, actor, "users.disable", user)


def make_key(
    session: Session, user: User, now: datetime, life: timedelta, *, actor: Actor, scopes: Collection[str] = ()
) -> str:
    """Make an API key for a user; it can be read only now. `scopes` are some of hub.access.keys.SCOPES."""
    key = new_api_key(session, user, now, life, scopes)
    note_user(session, now, actor, "users.key", user, " ".join([key.split("_")[1], *sorted(set(scopes))]))
    return key


def revoke_key(session: Session, key: ApiKey, now: datetime, *, actor: Actor) -> None:
    """Revoke one API key immediately; one that has ended stays as it is."""
    if key.revoked_at is None:
        key.revoked_at = now
        session.add(key)
        audit.note(session, now, _name(actor), "users.revoke", key.user_id, key.id)


def revoke_all_keys(session: Session, user: User, now: datetime, *, actor: Actor) -> int:
    """Revoke all valid keys of a user; returns how many."""
    ended = revoke_keys(session, user, now)
    note_user(session, now, actor, "users.revoke", user, f"{ended} key" if ended == 1 else f"{ended} keys")
    return ended


def _keep_an_owner(session: Session, user: User) -> None:
    """AccessRefused if the user is the last owner of the whole account."""
    limited = select(UserCompany.user_id).where(UserCompany.user_id == User.id).exists()
    owners = select(User.id).where(
        User.account_id == user.account_id, User.role == "owner", col(User.disabled_at).is_(None), ~limited
    )
    found = set(session.exec(owners.with_for_update(of=User)))
    if found == {user.id}:
        raise AccessRefused(f"{user.name} is the last owner of the whole account; make somebody else an owner first.")


def _refuse_self(user: User, actor: Actor, why: str) -> None:
    if isinstance(actor, User) and actor.id == user.id:
        raise AccessRefused(why)


def note_user(session: Session, now: datetime, actor: Actor, action: str, user: User, detail: str = "") -> None:
    """Write the audit entry of a change of a user."""
    audit.note(session, now, _name(actor), action, user.id, detail)


def _name(actor: Actor) -> str:
    return actor.id if isinstance(actor, User) else actor
