"""HubSpot's objects (contacts, deals, calls) by search and by id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from hub.api import RetryLater

from .client import Client
from .refusals import UNREADABLE
from .translate import Properties

Kind = Literal["contacts", "deals", "calls"]
Found = tuple[str, Properties]
"""An object's id and its properties."""

PAGE_SIZE = 100
"""Objects per page and per batch: HubSpot's maximum for a batch."""


def api(crm: Any, kind: Kind) -> Any:
    """The SDK's APIs of one kind of object."""
    return crm.objects.calls if kind == "calls" else getattr(crm, kind)


def search(client: Client, kind: Kind, request: Mapping[str, Any]) -> tuple[list[Found], str | None]:
    """One page of a search, and the `after` of the next page if there is one."""

    def ask(crm: Any) -> Any:
        return api(crm, kind).search_api.do_search({"limit": PAGE_SIZE, **request})

    page = client.ask(ask)
    return found(page), page.paging.next.after if page.paging and page.paging.next else None


def search_all(client: Client, kind: Kind, request: Mapping[str, Any]) -> Iterator[Found]:
    """All pages of a search."""
    after: str | None = None
    while True:
        records, after = search(client, kind, {**request, "after": after} if after else request)
        yield from records
        if after is None:
            return


def read(client: Client, kind: Kind, ids: Sequence[str], properties: Sequence[str]) -> dict[str, Properties]:
    """The objects with these ids; missing ones are left out."""

    def batch(inputs: Sequence[Mapping[str, str]]) -> Callable[[Any], Any]:
        request = {"inputs": inputs, "properties": list(properties), "propertiesWithHistory": []}
        return lambda crm: api(crm, kind).batch_api.read(request)

    return {record: held for inputs in batches(ids) for record, held in found(client.ask(batch(inputs)))}


def batches(ids: Sequence[str]) -> Iterator[list[dict[str, str]]]:
    """Ids as the inputs of as many batches as needed."""
    for first in range(0, len(ids), PAGE_SIZE):
        yield [{"id": one} for one in ids[first : first + PAGE_SIZE]]


def found(page: Any) -> list[Found]:
    """The objects of a page or a batch. Raises RetryLater if they are not objects."""
    records = [(record.id, record.properties or {}) for record in listed(page)]
    if not all(isinstance(record, str) and record.isdigit() for record, _ in records):
        raise RetryLater(UNREADABLE)
    return records


def listed(page: Any) -> list[Any]:
    """The results of a page or batch; anything else is an unreadable reply."""
    results = getattr(page, "results", None)
    if not isinstance(results, list):
        raise RetryLater(UNREADABLE)
    return results
