"""Recovery codes: ten one-time codes that replace a lost authenticator app. Only their SHA-256 is stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, func, select

from hub.model import RecoveryCode, User
from hub.store.rows import count_changed

CODES_PER_USER = 10
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which people mistake for each other; 32 characters are 5 bits each."""
CODE_LENGTH, GROUP_LENGTH = 16, 4


def new_recovery_codes(session: Session, user: User, now: datetime) -> list[str]:
    """Replace the user's codes within `session`; the new ones can be read only now."""
    drop_recovery_codes(session, user)
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(CODES_PER_USER)]
    for code in codes:
        session.add(RecoveryCode(account_id=user.account_id, user_id=user.id, code_sha256=_hashed(code), made_at=now))
    return ["-".join(code[i : i + GROUP_LENGTH] for i in range(0, CODE_LENGTH, GROUP_LENGTH)) for code in codes]


def use_recovery_code(session: Session, user: User, written: str, now: datetime) -> bool:
    """Whether `written` is an unused code of the user; it is used then. Two requests cannot both use one code."""
    code = "".join(each for each in written.upper() if each.isalnum())
    theirs = (col(RecoveryCode.user_id) == user.id, col(RecoveryCode.used_at).is_(None))
    mine = update(RecoveryCode).where(*theirs, col(RecoveryCode.code_sha256) == _hashed(code))
    return bool(count_changed(session, mine.values(used_at=now)))


def recovery_codes_left(session: Session, user: User) -> int:
    """How many unused codes the user has."""
    unused = select(func.count()).where(RecoveryCode.user_id == user.id, col(RecoveryCode.used_at).is_(None))
    return session.exec(unused).one()


def drop_recovery_codes(session: Session, user: User) -> None:
    """Delete all codes of a user within `session`."""
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user.id))


def _hashed(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
