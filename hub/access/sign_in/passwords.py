"""Passwords: Argon2id with the library's defaults (RFC 9106, low memory), and the rules for a new one.

Sources: NIST SP 800-63B, 3.1.1 (length and a strength check, no rules on kinds of characters); security.md 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.access.users import AccessRefused

MIN_LENGTH, MAX_LENGTH = 12, 128
"""In characters. The upper limit bounds the work of the strength check."""
MIN_SCORE = 3
"""zxcvbn's score for "safely unguessable": 10^8 guesses or more."""


def hash_password(password: str, about: Sequence[str]) -> str:
    """The Argon2id hash of a new password. AccessRefused if it is too short, too long or too easy to guess.

    `about` are words that a stranger would try first, such as the user's name and company.
    """
    if len(password) < MIN_LENGTH:
        raise AccessRefused(f"Use at least {MIN_LENGTH} characters; a few random words are good.")
    if len(password) > MAX_LENGTH:
        raise AccessRefused(f"Use at most {MAX_LENGTH} characters.")
    from zxcvbn import zxcvbn

    if zxcvbn(password, user_inputs=[word for word in about if word], max_length=MAX_LENGTH)["score"] < MIN_SCORE:
        raise AccessRefused("This password is easy to guess; use more words, or a password manager's suggestion.")
    return _hasher().hash(password)


def check_password(stored: str | None, password: str) -> bool:
    """Whether `password` has the hash `stored`. Without a hash the same work is done, so that the time an answer takes
    does not show whether a user exists."""
    reported = password[: MAX_LENGTH + 1]
    try:
        return _hasher().verify(stored or _nobodys_hash(), reported) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def rehashed(stored: str, password: str) -> str | None:
    """A new hash of a password that was just checked, if the library's parameters have changed since; else None."""
    return _hasher().hash(password) if _hasher().check_needs_rehash(stored) else None


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher().hash("the password of a user who does not exist")
