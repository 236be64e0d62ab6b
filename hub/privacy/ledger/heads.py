"""Sign where each company's chain ends, so that a tail that was cut off is missed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from hub.model import LedgerHead
from hub.privacy.ledger.chain import BOOK
from hub.store import chain
from hub.store.keyring import Keyring


def sign_heads(
    session: Session, keyring: Keyring, now: datetime, companies: Collection[str] | None = None
) -> list[LedgerHead]:
    """Sign the ends that grew since they were signed last, of all companies or of `companies` (ids); what was signed.

    `session` must be a writing one. ConfigError where the hub has no key.
    """
    return chain.sign_heads(session, BOOK, keyring, now, companies)


def is_signed(keyring: Keyring, head: LedgerHead) -> bool:
    """Whether one of the hub's keys signed exactly this end of a chain."""
    return chain.is_signed(BOOK, keyring, head)
