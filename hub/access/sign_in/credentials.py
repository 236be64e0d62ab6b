"""A user's ways to sign in: password with TOTP, recovery codes, passkeys, identities at an OpenID provider.

Each change writes its audit entry. A user is never left without a way in.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, update
from sqlmodel import Session, col, func, select

from hub.access.sign_in.passwords import check_password, hash_password, rehashed
from hub.access.sign_in.recovery_codes import drop_recovery_codes, new_recovery_codes, use_recovery_code
from hub.access.sign_in.totp import accepted_step, opened_secret, seal_secret
from hub.access.users import AccessRefused
from hub.model import Account, ApiKey, OidcIdentity, Passkey, PushSubscription, User, UserSecret
from hub.store import audit
from hub.store.encryption.keyring import Keyring

WRONG_CODE = "This is not the code of this moment; enter the one that the app shows now."


@dataclass(frozen=True)
class WaysIn:
    """How a user can sign in."""

    passkeys: int
    password: bool
    identities: int
    is_password_alone: bool = False
    """The password has no second factor yet."""

    @property
    def count(self) -> int:
        """How many ways there are."""
        return self.passkeys + self.password + self.identities


def ways_in(session: Session, user: User) -> WaysIn:
    """How a user can sign in at the moment."""
    counts = [
        session.exec(select(func.count()).select_from(table).where(table.user_id == user.id)).one()
        for table in (Passkey, UserSecret, OidcIdentity)
    ]
    return WaysIn(counts[0], bool(counts[1]), counts[2], bool(counts[1]) and lacks_second_factor(session, user))


def with_way_in(session: Session, user_ids: Collection[str]) -> set[str]:
    """The users, of these, who have chosen how to sign in, or have an API key: who have accepted their invitation."""
    tables = (Passkey, UserSecret, OidcIdentity, ApiKey)
    ids = (select(table.user_id).where(col(table.user_id).in_(user_ids)) for table in tables)
    return {each for query in ids for each in session.exec(query)}


def lacks_second_factor(session: Session, user: User) -> bool:
    """Whether the user's password has no second factor yet."""
    row = session.get(UserSecret, user.id)
    return row is not None and not row.totp_sealed


def user_by_name(session: Session, reported: str) -> User | None:
    """The enabled user of a name, or of an email address that only one enabled user has."""
    written = reported.strip()
    enabled = select(User).where(col(User.disabled_at).is_(None))
    if "@" not in written:
        return session.exec(enabled.where(User.name == written.lower())).first()
    found = session.exec(enabled.where(func.lower(User.email) == written.lower()).limit(2)).all()
    return found[0] if len(found) == 1 else None


def user_of_password(session: Session, reported: str, password: str) -> User | None:
    """The user of a name and a password; None if either is wrong, after the same work."""
    user = user_by_name(session, reported)
    row = session.get(UserSecret, user.id) if user else None
    return user if check_password(row.password_hash if row else None, password) else None


def renew_hash(session: Session, user: User, password: str) -> None:
    """After a sign-in: hash the password again if the library's parameters have changed."""
    row = session.get(UserSecret, user.id)
    renewed = rehashed(row.password_hash, password) if row else None
    if row is not None and renewed is not None:
        row.password_hash = renewed
        session.add(row)


def second_factor(
    session: Session, keyring: Keyring, user: User, reported: str, now: datetime
) -> Literal["password", "recovery", "used"] | None:
    """Check a code of the user's app, or a recovery code, and use it up within `session`.

    Returns how the user signs in then; `used` for the app's right code if it was used already; None for a wrong code.
    """
    row = session.get(UserSecret, user.id)
    if row is None or not row.totp_sealed:
        return None
    secret = opened_secret(keyring, row)
    step = accepted_step(secret, reported, now, row.totp_step)
    if step is not None:
        # The condition holds against a second request with the same code at the same moment.
        newer = (col(UserSecret.user_id) == user.id, col(UserSecret.totp_step) < step)
        taken: Any = session.execute(update(UserSecret).where(*newer).values(totp_step=step))
        return "password" if taken.rowcount else "used"
    if use_recovery_code(session, user, reported, now):
        audit.note(session, now, user.id, "recovery_code.use", user.id)
        return "recovery"
    return "used" if accepted_step(secret, reported, now, 0) is not None else None


def set_password(
    session: Session, keyring: Keyring, user: User, password: str, secret: str, code: str, now: datetime
) -> list[str]:
    """Store a password with a new TOTP secret, proved by its code, within `session`. Returns new recovery codes.

    AccessRefused if the password is too weak or the code is wrong.
    """
    hashed, step = hash_password(password, _words_about(session, user)), _proved(secret, code, now)
    row = session.get(UserSecret, user.id)
    sealed = seal_secret(keyring, user, secret)
    if row is None:
        row = UserSecret(
            user_id=user.id, account_id=user.account_id, password_hash=hashed, totp_sealed=sealed, changed_at=now
        )
    row.password_hash, row.totp_sealed, row.totp_step, row.changed_at = hashed, sealed, step, now
    session.add(row)
    audit.note(session, now, user.id, "password.set", user.id)
    return new_recovery_codes(session, user, now)


def set_password_alone(session: Session, user: User, password: str, now: datetime) -> None:
    """Store a first password without a second factor, within `session`. AccessRefused if the user has a password or may do
    less than an owner, or if it is too weak."""
    if user.role != "owner" or session.get(UserSecret, user.id) is not None:
        raise AccessRefused("A password goes with an authenticator app; scan the picture.")
    hashed = hash_password(password, _words_about(session, user))
    session.add(
        UserSecret(user_id=user.id, account_id=user.account_id, password_hash=hashed, totp_sealed=b"", changed_at=now)
    )
    audit.note(session, now, user.id, "password.set", user.id, "alone")


def change_password(session: Session, user: User, current: str, password: str, now: datetime) -> None:
    """Replace the password. AccessRefused if `current` is wrong or the new one is too weak."""
    row = session.get(UserSecret, user.id)
    if row is None or not check_password(row.password_hash, current):
        raise AccessRefused("The current password is not right.")
    row.password_hash, row.changed_at = hash_password(password, _words_about(session, user)), now
    session.add(row)
    audit.note(session, now, user.id, "password.set", user.id)


def change_totp(session: Session, keyring: Keyring, user: User, secret: str, code: str, now: datetime) -> None:
    """Replace the authenticator app. AccessRefused if the code is wrong or the user has no password."""
    row = session.get(UserSecret, user.id)
    if row is None:
        raise AccessRefused("Set a password first; codes of an app go with it.")
    row.totp_step = _proved(secret, code, now)
    row.totp_sealed, row.changed_at = seal_secret(keyring, user, secret), now
    session.add(row)
    audit.note(session, now, user.id, "totp.set", user.id)


def renew_recovery_codes(session: Session, user: User, now: datetime) -> list[str]:
    """Replace the recovery codes. AccessRefused if the user has no password, because a code replaces its second factor."""
    if not ways_in(session, user).password:
        raise AccessRefused("Set a password first; recovery codes replace the app that goes with it.")
    audit.note(session, now, user.id, "recovery_codes.new", user.id)
    return new_recovery_codes(session, user, now)


def remove_password(session: Session, user: User, now: datetime) -> None:
    """Remove the password with its app and codes. AccessRefused if it is the only way in."""
    if ways_in(session, user).count < 2:
        raise AccessRefused("This is your only way to sign in; add a passkey first.")
    _drop_secret(session, user)
    audit.note(session, now, user.id, "password.remove", user.id)


def remove_passkey(session: Session, user: User, passkey_id: str, now: datetime) -> None:
    """Remove one passkey of the user. AccessRefused if it is the only way in."""
    row = own_passkey(session, user, passkey_id)
    if ways_in(session, user).count < 2:
        raise AccessRefused("This is your only way to sign in; add another one first.")
    session.delete(row)
    audit.note(session, now, user.id, "passkey.remove", user.id, row.id)


def own_passkey(session: Session, user: User, passkey_id: str) -> Passkey:
    """A passkey of the user; AccessRefused if it is not theirs."""
    row = session.get(Passkey, passkey_id)
    if row is None or row.user_id != user.id:
        raise AccessRefused("This passkey is gone already.")
    return row


def forget_ways_in(session: Session, user: User) -> None:
    """Remove all ways in, and the browsers that show alerts, when somebody at the machine resets a user whose devices
    may be in other hands."""
    for table in (Passkey, OidcIdentity, PushSubscription):
        session.execute(delete(table).where(col(table.user_id) == user.id))
    _drop_secret(session, user)


def _drop_secret(session: Session, user: User) -> None:
    session.execute(delete(UserSecret).where(col(UserSecret.user_id) == user.id))
    drop_recovery_codes(session, user)


def _proved(secret: str, code: str, now: datetime) -> int:
    step = accepted_step(secret, code, now, 0)
    if step is None:
        raise AccessRefused(WRONG_CODE)
    return step


def _words_about(session: Session, user: User) -> list[str]:
    account = session.get(Account, user.account_id)
    parts = (user.name, *(user.email or "").replace("@", ".").split("."))
    return [*parts, *((account.name, account.title) if account else ()), "ringfence"]
