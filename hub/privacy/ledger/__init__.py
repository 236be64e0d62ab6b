"""The consent ledger: append people's words. Nothing in it is ever changed; the journal proves it."""

from hub.privacy.ledger.writing import NO, STATES, Word, append, keep_notice

__all__ = [
    "NO",
    "STATES",
    "Word",
    "append",
    "keep_notice",
]
