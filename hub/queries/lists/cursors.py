"""Places in the list of contacts, as a URL writes them, and what a page of the list is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Key(NamedTuple):
    """A contact's place in the list, which is sorted by time and then by id."""

    at: datetime
    id: str
    kind: str

    def cursor(self) -> str:
        """Its place, as a URL writes it."""
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}.{self.id}"


class Cursor(NamedTuple):
    """Where a page begins: after the contact at a place, towards older or newer ones."""

    at: datetime
    id: str
    newer: bool = False


@dataclass(frozen=True)
class KeyPage:
    """The keys of one page, newest first, with the cursors of the pages beside it; None at an end of the list."""

    keys: list[Key]
    newer: str | None
    older: str | None


@dataclass(frozen=True)
class Count:
    """How many contacts there are; if not `exact`, there are more."""

    number: int
    exact: bool = True


def cursor_of(text: str | None) -> Cursor | None:
    """The cursor in a URL; None if it is none."""
    found = re.fullmatch(r"(newer-)?([0-9]{1,17})\.([0-9A-Za-z-]{1,36})", text or "")
    if not found:
        return None
    return Cursor(EPOCH + timedelta(microseconds=int(found[2])), found[3], bool(found[1]))


def is_beyond(key: Key, cursor: Cursor) -> bool:
    """Whether a contact is after a cursor, in its direction."""
    place, end = (key.at, key.id), (cursor.at, cursor.id)
    return place > end if cursor.newer else place < end
