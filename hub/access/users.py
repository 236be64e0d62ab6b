"""Users of an account: add, change the role, disable, and check permissions."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from hub import model
from hub.access.permissions import ROLES, Listening, Reach, reach, right_to
from hub.contracts.phones import own_phone, phone_number
from hub.errors import RingfenceError
from hub.model import Account, ApiKey, Call, Recording, User
from hub.model.columns import CALL_RETENTION
from hub.store.rows import count_changed

USER_NAME = re.compile(r"[a-z][a-z0-9._-]{1,63}")


@dataclass(frozen=True)
class Editor:
    """A user, and what they showed besides. An API key has no sign-in, so it is never recent."""

    user: User
    is_fresh: bool = False
    """Whether the user signed in within the last half hour."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Name of a stored secret → its value, typed in the same form; stored with the change."""
    signed_in: frozenset[str] = frozenset()
    """Connectors whose OAuth token was granted for this change."""


class AccessRefused(RingfenceError):
    """An action on users or keys is not allowed; the message says what to do instead."""


def add_user(
    session: Session,
    account: Account,
    name: str,
    role: str,
    now: datetime,
    *,
    email: str | None = None,
    phone_numbers: Sequence[str] = (),
) -> User:
    """Write a new user within `session`. AccessRefused if the name, the role or a number is invalid."""
    if USER_NAME.fullmatch(name) is None:
        raise AccessRefused("A user's name is 2 to 64 of a-z, 0-9, dot, dash and underscore, and starts with a letter.")
    if session.exec(select(User.id).where(User.name == name)).first() is not None:
        raise AccessRefused(f"There is already a user {name}; choose another name.")
    user = User(
        account_id=account.id,
        name=name,
        email=email,
        role=_known_role(role, phone_numbers),
        phone_numbers=" ".join(_numbers(phone_numbers)) or None,
        made_at=now,
    )
    session.add(user)
    session.flush()
    return user


def change_role(session: Session, user: User, role: str, phone_numbers: Sequence[str] = ()) -> None:
    """Give a user another role; it applies to their keys from the next request."""
    numbers = _numbers(phone_numbers) or (user.phone_numbers or "").split()
    user.role, user.phone_numbers = _known_role(role, numbers), " ".join(numbers) or None
    session.add(user)


def disable(session: Session, user: User, now: datetime) -> None:
    """Disable a user: their keys and signed links stop working immediately, and their alerts end."""
    user.disabled_at = user.disabled_at or now
    user.expires_at = user.disabled_at + CALL_RETENTION
    session.add(user)
    revoke_keys(session, user, now)
    end_assistants(session, user, now)
    for table in (model.AlertRule, model.AlertPreference, model.AlertPhone, model.PushSubscription):
        session.execute(delete(table).where(col(table.user_id) == user.id))


def revoke_keys(session: Session, user: User, now: datetime) -> int:
    """Revoke all valid keys of a user; returns how many."""
    living = update(ApiKey).where(col(ApiKey.user_id) == user.id, col(ApiKey.revoked_at).is_(None))
    return count_changed(session, living.where(col(ApiKey.ends_at) > now).values(revoked_at=now))


def end_assistants(session: Session, user: User, now: datetime) -> int:
    """End what a user has allowed assistants by OAuth; returns how many connections ended."""
    grant = model.AssistantGrant
    living = update(grant).where(col(grant.user_id) == user.id, col(grant.revoked_at).is_(None))
    return count_changed(session, living.values(revoked_at=now))


def user_named(session: Session, name: str) -> User:
    """The user; AccessRefused if there is none."""
    user = session.exec(select(User).where(User.name == name)).first()
    if user is None:
        raise AccessRefused(
            "There is no user with that name; hub users list shows all users, hub users add creates one."
        )
    return user


def names_of(session: Session, ids: Collection[str]) -> dict[str, str]:
    """User id → name, for those of `ids` that are users."""
    return dict(session.exec(select(User.id, User.name).where(col(User.id).in_(ids))).all())


def may(user: User, action: str) -> Reach | None:
    """How far a user may do something now; None if not at all."""
    return None if user.disabled_at is not None else reach(user.role, action)


def is_own(user: User, call: Call) -> bool:
    """Whether an agent answered a call: by the number at which it was answered."""
    return call.answered_at is not None and call.answered_by in (user.phone_numbers or "").split()


def may_listen(
    session: Session, user: User, recording: Recording, account_id: str | None, listening: Listening
) -> bool:
    """Whether a user may hear or read one recording of `account_id`."""
    how_far = may(user, right_to(listening, recording.kind))
    if how_far is None or user.account_id != account_id:
        return False
    call = session.get(Call, recording.call_id)
    companies = model.UserCompany
    limit = session.exec(select(companies.company_id).where(companies.user_id == user.id)).all()
    if call is None or (limit and call.company_id not in limit):
        return False
    return how_far == "account" or is_own(user, call)


def _known_role(role: str, phone_numbers: Sequence[str]) -> str:
    if role not in ROLES:
        raise AccessRefused(f"There is no such role; choose one of {', '.join(ROLES)}.")
    if role == "agent" and not phone_numbers:
        raise AccessRefused("An agent sees only calls that they answered; give their numbers with --phone.")
    return role


def _numbers(written: Sequence[str]) -> list[str]:
    numbers = [own_phone(each) or phone_number(each) for each in written]
    if not all(numbers):
        raise AccessRefused("Write the phone number like +13125550190, or phone:NAME for a phone of your own.")
    return [number for number in numbers if number is not None]
