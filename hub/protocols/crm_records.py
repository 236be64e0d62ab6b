"""What the plugins of CRMs do alike: read all pages of a search, and erase what they logged about a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from hub.contracts.people import Erasure, PersonReference
from hub.contracts.untrusted import JsonObject, value_at
from hub.errors import RetryLater

Record = TypeVar("Record")
SHARED = "The contact stays, because other companies use this account too; the calls of this company are deleted."


def each_item(ask: Callable[[Any], Mapping[str, Any]], items: str, following: str) -> Iterator[JsonObject]:
    """Each item of a list or a search, through all pages.

    `ask` requests a page by its cursor, None for the first. `items` and `following` are where a page has its items and the
    cursor of the next page, as `paging.next.after`; without a cursor it is the last. RetryLater if a page has no list of
    objects, or names a page that was read already.
    """
    cursor, known = None, set[str]()
    while True:
        page = ask(cursor)
        listed, cursor = value_at(page, items), value_at(page, following)
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            raise RetryLater("The CRM answered without a list; it is asked again.")
        yield from listed
        if not cursor:
            return
        if str(cursor) in known:
            raise RetryLater("The CRM's list of pages has no end; it is asked again.")
        known.add(str(cursor))


def erase_logged(
    person: PersonReference, calls: Iterable[Record], contacts: Iterable[Record], delete: Callable[[Record], object]
) -> Erasure:
    """Delete the calls that were logged for the requested company, then the person's contacts.

    The contacts go last, because a retry after a failure finds the person by them; those that companies share stay. `delete`
    may return False for a record that does not exist, which is not counted.
    """
    deleted = sum(delete(call) is not False for call in calls)
    held = list(contacts)
    if held and person.shared:
        return Erasure(status="impossible", records=deleted, reason=SHARED)
    deleted += sum(delete(contact) is not False for contact in held)
    return Erasure(status="erased" if deleted else "nothing_held", records=deleted)
