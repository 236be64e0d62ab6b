"""The consent ledger: append-only consent records. The journal proves that nothing was changed."""

from hub.privacy.ledger.writing import REFUSING_STATES, STATES, ConsentStatement, append, keep_notice

__all__ = [
    "REFUSING_STATES",
    "STATES",
    "ConsentStatement",
    "append",
    "keep_notice",
]
