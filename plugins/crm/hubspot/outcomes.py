"""Read deals in the order of their changes and lose none, even if many change in the same millisecond."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.api import JsonObject, Rejected, RetryLater, hookimpl
from hub.api.crm import Outcome, OutcomePage
from plugins.crm.hubspot import objects
from plugins.crm.hubspot.client import Account, Client
from plugins.crm.hubspot.refusals import UNREADABLE
from plugins.crm.hubspot.settings import HubSpotSettings
from plugins.crm.hubspot.translate import DEAL_PROPERTIES, Properties, entered, milliseconds, outcome, phones, read_time


@dataclass(frozen=True, order=True, slots=True)
class Position:
    """Deals changed before `at` (milliseconds since 1970) are read, and of those changed at `at` the ids up to `deal`."""

    at: int = 0
    deal: int = 0

    def __str__(self) -> str:
        return f"{self.at}:{self.deal}"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far deals are read. While more deals wait: also the point from which the next sync reads again."""

    reached: Position = Position()
    again: Position | None = None

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """Parse a cursor that `str()` wrote; None is the beginning."""
        match = re.fullmatch(r"([0-9]{1,16}):([0-9]{1,20})(?:>([0-9]{1,16}):([0-9]{1,20}))?", text or "0:0")
        if match is None:
            raise Rejected("the stored cursor is not one of this connector's; reset it to read all deals again.")
        at, deal, again_at, again_deal = (int(part) if part else 0 for part in match.groups())
        return cls(Position(at, deal), Position(again_at, again_deal) if match[3] else None)

    def __str__(self) -> str:
        return f"{self.reached}>{self.again}" if self.again else str(self.reached)


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal as search returns it."""

    position: Position
    id: str
    properties: Properties


class Outcomes(Account):
    """Read deals in the order of their changes and lose none, even if many change in the same millisecond."""

    @hookimpl
    def pull_outcomes(self, cursor: str | None) -> OutcomePage:
        """One page of changed deals, and the cursor to continue from.

        Search sorts by one property only, and the order of equal values is undefined. So on every page but the last, the
        newest millisecond is left for the next page. If one millisecond fills a page, it is read by id. No search
        goes past its first page, so the limit of 10,000 results is never reached.

        Search also lags behind writes: what it shows late is younger than its lag. So a sync ends with a cursor that is
        at least that old, counted from the sync's first page.
        """
        client = self._client
        start = Cursor.parse(cursor)
        again = start.again or max(
            start.reached, Position(milliseconds(self.services.clock()) - int(self.settings.search_lag * 1000))
        )
        deals, more = search(client, self.settings, _changed_after(start.reached), "hs_lastmodifieddate")
        if more:
            deals = _whole_milliseconds(deals) or _one_millisecond(
                client, self.settings, start.reached, deals[-1].position.at
            )
            more = bool(deals)
        reached = max((deal.position for deal in deals), default=start.reached)
        deals.sort(key=lambda deal: deal.position)
        following = Cursor(reached, again) if more else Cursor(min(reached, again))
        return OutcomePage(outcomes=tuple(_outcomes(client, self.settings, deals)), cursor=str(following), more=more)


def _whole_milliseconds(deals: list[Deal]) -> list[Deal]:
    """All deals except those of the newest millisecond, because the end of the page may cut that group."""
    return [deal for deal in deals if deal.position.at < deals[-1].position.at]


def _one_millisecond(client: Client, settings: HubSpotSettings, start: Position, at: int) -> list[Deal]:
    first = Position(at, start.deal if at == start.at else 0)
    return search(client, settings, [_at_time(first)], "hs_object_id")[0]


def _changed_after(start: Position) -> list[JsonObject]:
    later = {"filters": [_filter("hs_lastmodifieddate", "GT", start.at)]}
    return [later, _at_time(start)] if start.at else [later]


def _at_time(start: Position) -> dict[str, object]:
    filters = [_filter("hs_lastmodifieddate", "EQ", start.at), _filter("hs_object_id", "GT", start.deal)]
    return {"filters": filters}


def _filter(name: str, operator: str, value: int) -> dict[str, object]:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def search(
    client: Client, settings: HubSpotSettings, groups: Sequence[Mapping[str, object]], sort: str
) -> tuple[list[Deal], bool]:
    """The first page of deals that pass one of the groups, in the order of `sort`, and whether there are more."""
    request = {
        "filterGroups": groups,
        "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
        "properties": [*DEAL_PROPERTIES, *map(entered, settings.stages)],
    }
    records, after = objects.search(client, "deals", request)
    return [_deal(*record) for record in records], after is not None


def _deal(deal_id: str, properties: Properties) -> Deal:
    changed_at = read_time(properties.get("hs_lastmodifieddate"))
    if changed_at is None:
        raise RetryLater(UNREADABLE)
    return Deal(Position(milliseconds(changed_at), int(deal_id)), deal_id, properties)


def _outcomes(client: Client, settings: HubSpotSettings, deals: Sequence[Deal]) -> Iterable[Outcome]:
    if not deals:
        return
    ids = [deal.id for deal in deals]
    contacts = linked(client, ids, "contacts", ("email", "phone", "mobilephone"))
    calls = linked(client, ids, "calls", (settings.call_property, "hs_timestamp"))
    for deal in deals:
        people = contacts.get(deal.id, [])
        numbers = (number for person in people for number in phones(person, settings.country))
        logged = sorted(
            (call.get("hs_timestamp") or "", key)
            for call in calls.get(deal.id, ())
            if (key := call.get(settings.call_property))
        )
        yield outcome(
            deal.id,
            deal.properties,
            stages=settings.stages,
            currency=settings.currency,
            phone_numbers=tuple(dict.fromkeys(numbers)),
            email=next((email for person in people if (email := person.get("email"))), None),
            call_key=logged[0][1] if logged else None,
        )


def linked(
    client: Client, deals: Sequence[str], kind: objects.Kind, properties: Sequence[str]
) -> dict[str, list[Properties]]:
    """For each deal the `properties` of its associated contacts or calls."""
    request = {"inputs": [{"id": deal} for deal in deals]}
    answer = client.ask(lambda crm: crm.associations.v4.batch_api.get_page("deals", kind, request))
    links = {str(link._from.id): [str(end.to_object_id) for end in link.to or ()] for link in objects.listed(answer)}
    wanted = list(dict.fromkeys(end for ends in links.values() for end in ends))
    held = objects.read(client, kind, wanted, properties)
    return {deal: [held[end] for end in ends if end in held] for deal, ends in links.items()}
