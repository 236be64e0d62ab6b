"""The ledger as a book of chains, one a company (hub.store.chain)."""

from __future__ import annotations

from hub.model import ConsentChain, ConsentEntry, LedgerHead
from hub.store.chain import GENESIS, Book

BOOK = Book(ConsentEntry, ConsentChain, LedgerHead, chain="company_id", purpose="consent-ledger")
FIELDS = BOOK.fields
reckon = BOOK.reckon
link = BOOK.link

__all__ = ["BOOK", "FIELDS", "GENESIS", "link", "reckon"]
