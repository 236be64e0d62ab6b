"""The index with which names, notes and transcripts are found although they are encrypted."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row


class SearchWord(Row, table=True):
    """One word of a name, a note or a transcript, or its beginning, as a keyed hash (hub.store.encryption.search_words).

    Triggers delete it in the transaction that empties or deletes the row it was read from (hub.store.triggers).
    """

    __tablename__ = "search_word"
    __table_args__ = (Index("ix_search_word_found", "word", "row_id"),)

    row_id: str = Field(primary_key=True, max_length=36)
    """The call, form, person, fact, note or transcript that holds the word."""
    word: bytes = Field(primary_key=True, sa_type=LargeBinary)
    company_id: str = Field(foreign_key="company.id")
