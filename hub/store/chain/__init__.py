"""Hash chains: books in which rows are only added, and nothing can be changed, dropped, moved or cut off unseen."""

from hub.store.chain.book import GENESIS, Book, hold_end
from hub.store.chain.heads import is_signed, sign_heads
from hub.store.chain.starts import end_rows, start_of
from hub.store.chain.walk import Finding, Report, walk

__all__ = [
    "GENESIS",
    "Book",
    "Finding",
    "Report",
    "end_rows",
    "hold_end",
    "is_signed",
    "sign_heads",
    "start_of",
    "walk",
]
