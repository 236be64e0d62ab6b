"""What the plugins of CRMs do alike: erase what they logged about a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from hub.contracts.people import Erasure, PersonReference

Record = TypeVar("Record")
SHARED = "The contact stays, because other companies use this account too; the calls of this company are deleted."


def erase_logged(
    person: PersonReference, calls: Iterable[Record], contacts: Iterable[Record], delete: Callable[[Record], object]
) -> Erasure:
    """Delete the calls that were logged for the requested company, then the person's contacts.

    Both lists are read to their end before anything is deleted, so that no page moves under the reading, and a list that is
    incomplete ends in RetryLater. The contacts go last, because a retry after a failure finds the person by them; those that
    companies share stay. `delete` may return False for a record that does not exist, which is not counted.
    """
    logged, held = list(calls), list(contacts)
    deleted = sum(delete(call) is not False for call in logged)
    if held and person.shared:
        return Erasure(status="impossible", records=deleted, reason=SHARED)
    deleted += sum(delete(contact) is not False for contact in held)
    return Erasure(status="erased" if deleted else "nothing_held", records=deleted)
