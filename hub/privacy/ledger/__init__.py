"""The consent ledger: append-only consent records. The journal proves that nothing was changed."""

from hub.privacy.ledger.writing import NO, STATES, ConsentStatement, append, keep_notice

__all__ = [
    "NO",
    "STATES",
    "ConsentStatement",
    "append",
    "keep_notice",
]
