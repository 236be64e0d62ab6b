"""HubSpot's objects (contacts, deals, calls) by search and by id."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from hub.api import JsonObject, RetryLater, each_item
from plugins.crm.hubspot.client import Client
from plugins.crm.hubspot.refusals import UNREADABLE
from plugins.crm.hubspot.translate import Properties

Kind = Literal["contacts", "deals", "calls"]
Found = tuple[str, Properties]
"""An object's id and its properties."""

PAGE_SIZE = 100
"""Objects per page and per batch: HubSpot's maximum for a batch."""
MAX_VALUE_CHARACTERS = 2200
"""Most characters of values in one search. HubSpot refuses a search whose body is longer than 3,000 characters; the names
of filters and properties take up to 700."""


def api(crm: Any, kind: Kind) -> Any:
    """The SDK's APIs of one kind of object."""
    return crm.objects.calls if kind == "calls" else getattr(crm, kind)


def search(client: Client, kind: Kind, request: Mapping[str, object]) -> tuple[list[Found], str | None]:
    """One page of a search, and the `after` of the next page if there is one."""
    page = _page(client, kind, request)
    return found(page), _after(page)


def search_all(client: Client, kind: Kind, request: Mapping[str, object]) -> Iterator[Found]:
    """All pages of a search."""

    def ask(after: str | None) -> JsonObject:
        page = _page(client, kind, {**request, "after": after} if after else request)
        records = [{"id": record, "properties": held} for record, held in found(page)]
        return {"records": records, "after": _after(page), "total": page.total}

    for record in each_item(ask, "records", "after", total="total"):
        yield record["id"], record["properties"]


def _page(client: Client, kind: Kind, request: Mapping[str, object]) -> Any:
    whole = {"filterGroups": [], "sorts": [], "properties": [], "limit": PAGE_SIZE, **request}
    return client.ask(lambda crm: api(crm, kind).search_api.do_search(whole))


def _after(page: Any) -> str | None:
    return page.paging.next.after if page.paging and page.paging.next else None


def portions(values: Iterable[str], filters: int = 1) -> Iterator[list[str]]:
    """`values` in portions that fit into one search each, if every value is in so many of its filters."""
    portion: list[str] = []
    for value in sorted(set(values)):
        if portion and len(json.dumps([*portion, value])) * filters > MAX_VALUE_CHARACTERS:
            yield portion
            portion = []
        portion.append(value)
    if portion:
        yield portion


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


def found(page: object) -> list[Found]:
    """The objects of a page or a batch. Raises RetryLater if they are not objects."""
    records = [(record.id, record.properties or {}) for record in listed(page)]
    if not all(isinstance(record, str) and record.isdigit() for record, _ in records):
        raise RetryLater(UNREADABLE)
    return records


def listed(page: object) -> list[Any]:
    """The results of a page or batch; anything else is an unreadable reply."""
    results = getattr(page, "results", None)
    if not isinstance(results, list):
        raise RetryLater(UNREADABLE)
    return results
