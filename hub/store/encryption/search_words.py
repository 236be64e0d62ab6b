"""The index of names, notes and transcripts: words and their beginnings as keyed hashes, so that encrypted texts can be
searched.

A hash is cut to eight bytes and made with the key that hashes holders' names, so neither the database nor its backups show a
name. Anyone who has the database sees which texts of a company share a beginning, but not which. A few words share a hash, so
whatever the index finds must be decrypted and compared (`fits`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import delete
from sqlmodel import Session, col

from hub.model import SearchWord
from hub.store.encryption.vault import Vault
from hub.store.rows import write_rows

BEGINNINGS = (3, 6)
"""Letters of the beginnings that are kept; a search for other lengths reads the next shorter beginning, and compares."""
MAX_WORDS = 60
"""Words of one text that are kept."""
MAX_SPOKEN = 1_000
"""Words of one transcript that are kept: each as a whole, or by its first six letters."""
COMMON = frozenset(
    re.findall(
        r"\w+",
        "the and you that for are have with this was but not just what can your about from okay yeah yes will they would "
        "there like all out get know got let one see right going want don que los las una por con para del como pero muy "
        "mas ese esta este eso bien usted tengo tiene porque",
    )
)
"""Words of nearly every call, which find nothing and are not kept of a transcript."""


class Searchable(NamedTuple):
    """A text to index: the row that holds it, and its company; without a company nobody may search it."""

    row_id: str
    company_id: str | None
    text: str
    spoken: bool = False
    """Whether it is a transcript, whose words are many."""


def words_of(text: str) -> list[str]:
    """The words of a text, without accents and capitals; single letters and numbers are none."""
    return list(dict.fromkeys(re.findall(r"[^\W\d_]{2,}", without_accents(text))))


def without_accents(text: str) -> str:
    """A text in small letters without accents."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


def fits(text: str, word: str) -> bool:
    """Whether a word of the text begins with `word`, which is as `words_of` writes it."""
    return any(each.startswith(word) for each in words_of(text))


def index_words(vault: Vault, session: Session, texts: Sequence[Searchable]) -> None:
    """Put the words of texts into the index within `session`, in place of the former words of the same rows."""
    if not texts:
        return
    session.execute(delete(SearchWord).where(col(SearchWord.row_id).in_([each.row_id for each in texts])))
    rows = [
        SearchWord.columns(row_id=each.row_id, company_id=each.company_id, word=mark)
        for each in texts
        if each.company_id
        for mark in sorted(_marks(vault, session, each.company_id, each))
    ]
    write_rows(session, SearchWord, rows)


def marks_of(vault: Vault, session: Session, companies: Iterable[str], word: str) -> list[bytes]:
    """What the index holds for texts of these companies that have a word which begins with `word`; a transcript is found by
    a whole word, or by six letters and more."""
    kept = sorted({_beginning(word), word[: BEGINNINGS[-1]]})
    return [vault.word_mark(session, company, each) for company in companies for each in kept]


def _marks(vault: Vault, session: Session, company_id: str, text: Searchable) -> set[bytes]:
    words = words_of(text.text)
    if text.spoken:
        kept = {word[: BEGINNINGS[-1]] for word in words if len(word) >= BEGINNINGS[0] and word not in COMMON}
        return {vault.word_mark(session, company_id, each) for each in sorted(kept)[:MAX_SPOKEN]}
    words = words[:MAX_WORDS]
    beginnings = {word[:length] for word in words for length in BEGINNINGS if len(word) >= length}
    beginnings |= {word for word in words if len(word) < BEGINNINGS[0]}
    return {vault.word_mark(session, company_id, each) for each in beginnings}


def _beginning(word: str) -> str:
    return word[: max((length for length in BEGINNINGS if length <= len(word)), default=len(word))]
