"""Endpoints as CallRail's API has them: one integration of the type Webhooks a company, with addresses by type of event.

`addresses_by_type` reads it, `changes_for` makes the edits of config.yaml that create, change or disable endpoints; the
caller proposes and applies them (`hub.reload.ConfigFile`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.config.edit import Change
from hub.config.models import CompanySection
from hub.contracts.addresses import why_no_webhook
from hub.errors import CannotDo
from hub.model.states import WebhookType

FORMAT = "callrail"
USE = "essential.service.operations"
"""What the API's callers cannot say: a receiver that was made for CallRail works for the company."""
MAX_ENDPOINTS = 50
"""Of one company: each event is sent to each of them."""


def addresses_by_type(section: CompanySection) -> dict[WebhookType, list[str]]:
    """Each type of event with the addresses of the company's enabled endpoints that get it in CallRail's form."""
    return {
        event: [
            each.url for each in section.webhooks if each.enabled and each.format == FORMAT and event in each.events
        ]
        for event in WebhookType
    }


def changes_for(account: str, section: CompanySection, wanted: Mapping[WebhookType, Sequence[str]]) -> list[Change]:
    """The edits after which exactly the `wanted` addresses get CallRail's events. An endpoint that is known by its address
    keeps its name, its secret and its settings; one that is not wanted is disabled. CannotDo if an address cannot be one.
    """
    events: dict[str, list[str]] = {}
    for event in WebhookType:
        for url in dict.fromkeys(map(str.strip, wanted.get(event, ()))):
            events.setdefault(url, []).append(event.value)
    known = {each.url: each for each in section.webhooks if each.format == FORMAT}
    if len(section.webhooks) + len(events.keys() - known.keys()) > MAX_ENDPOINTS:
        raise CannotDo(f"A company has at most {MAX_ENDPOINTS} webhooks; remove one first.")
    place = ("accounts", account, "companies", section.name, "webhooks")
    names = _free_names({each.name for each in section.webhooks})
    made: list[Change] = []
    for url, types in events.items():
        if url not in known:
            if wrong := why_no_webhook(url):
                raise CannotDo(wrong)
            name = next(names)
            made.append(Change((*place, name), {"name": name, "url": url, "format": FORMAT, "use": USE, **_of(types)}))
            continue
        each = known[url]
        if not each.enabled:
            made.append(Change((*place, each.name, "enabled"), True))
        if [event.value for event in each.events] != types:
            made.append(Change((*place, each.name, "events"), types))
    unwanted = [each for url, each in known.items() if url not in events and each.enabled]
    return [*made, *(Change((*place, each.name, "enabled"), False) for each in unwanted)]


def _of(types: Sequence[str]) -> dict[str, Any]:
    return {} if len(types) == len(WebhookType) else {"events": list(types)}


def _free_names(taken: set[str]) -> Iterator[str]:
    number = 1
    while True:
        name = FORMAT if number == 1 else f"{FORMAT}-{number}"
        if name not in taken:
            yield name
        number += 1
