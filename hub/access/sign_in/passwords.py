"""Passwords: Argon2id with 19 MiB, and the rules for a new one. Few are hashed at once, so that memory is bounded.

Sources: OWASP, Password Storage (the cost); NIST SP 800-63B, 3.1.1 (length and a strength check, no rules on kinds of
characters); security.md 2.3.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.access.users import AccessRefused
from hub.errors import RetryLater

MIN_LENGTH, MAX_LENGTH = 12, 128
"""In characters. The upper limit bounds the work of the strength check."""
MEMORY_KIB, TIME_COST = 19_456, 2
MAX_HASHED, MAX_WAITING = 2, 8
"""Passwords of one process that are hashed at once, and that wait for it; more are refused at once."""
RETRY_SECONDS = 5.0
_HASHED, _ADMITTED = threading.BoundedSemaphore(MAX_HASHED), threading.BoundedSemaphore(MAX_HASHED + MAX_WAITING)
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
    with _place():
        return _hasher().hash(password)


def check_password(stored: str | None, password: str) -> bool:
    """Whether `password` has the hash `stored`. Without a hash the same work is done, so that the time an answer takes
    does not show whether a user exists."""
    reported = password[: MAX_LENGTH + 1]
    try:
        with _place():
            return _hasher().verify(stored or _nobodys_hash(), reported) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def rehashed(stored: str, password: str) -> str | None:
    """A new hash of a password that was just checked, if the library's parameters have changed since, and if there is a place
    to make it; else None, and the next sign-in makes it."""
    if _hasher().check_needs_rehash(stored):
        with suppress(RetryLater), _place():
            return _hasher().hash(password)
    return None


@contextmanager
def _place() -> Iterator[None]:
    """A place among those that hash. RetryLater if too many wait for one."""
    if not _ADMITTED.acquire(blocking=False):
        raise RetryLater("Too many people sign in at this moment. Try again in a few seconds.", after=RETRY_SECONDS)
    try:
        with _HASHED:
            yield
    finally:
        _ADMITTED.release()


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=1)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher().hash("the password of a user who does not exist")
