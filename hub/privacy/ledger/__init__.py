"""The consent ledger: append, sign, verify. Nothing in it is ever changed."""

from hub.privacy.ledger.chain import GENESIS, link, reckon
from hub.privacy.ledger.heads import is_signed, sign_heads
from hub.privacy.ledger.verify import verify
from hub.privacy.ledger.writing import NO, STATES, Word, append, keep_notice
from hub.store.chain import Finding, Report

__all__ = [
    "GENESIS",
    "NO",
    "STATES",
    "Finding",
    "Report",
    "Word",
    "append",
    "is_signed",
    "keep_notice",
    "link",
    "reckon",
    "sign_heads",
    "verify",
]
