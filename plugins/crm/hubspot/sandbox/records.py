"""The fake's records: HubSpot's objects with their properties, and its search over them with its limits."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.api import JsonObject

from ..translate import entered, hubspot_time, milliseconds, read_time

MAX_SEARCH_RESULTS = 10_000
MAX_SEARCH_CHARACTERS = 3_000
MAX_PAGE_SIZE = 100
"""Stricter than HubSpot, which allows 200."""
MAX_FILTER_GROUPS, MAX_FILTERS_PER_GROUP, MAX_FILTERS = 5, 6, 18
"""Limits of search (source: HubSpot's guide to searching the CRM)."""
MAX_VALUE_CHARACTERS = 65_536

TEXT_PROPERTIES = {
    "contacts": (
        "firstname lastname email phone mobilephone company jobtitle city state lifecyclestage "
        "hs_searchable_calculated_phone_number hs_searchable_calculated_mobile_number"
    ),
    "deals": "dealname dealstage pipeline deal_currency_code hs_is_closed hs_is_closed_won",
    "calls": (
        "hs_call_title hs_call_body hs_call_direction hs_call_from_number hs_call_to_number hs_call_status "
        "hs_call_recording_url hs_call_disposition"
    ),
}
NUMBER_PROPERTIES = {"contacts": "", "deals": "amount", "calls": "hs_call_duration"}
TIME_PROPERTIES = {"contacts": "lastmodifieddate", "deals": "closedate hs_lastmodifieddate", "calls": "hs_timestamp"}
CHOICE_PROPERTIES = {
    "hs_call_direction": {"INBOUND", "OUTBOUND"},
    "hs_call_status": {
        *("BUSY", "CALLING_CRM_USER", "CANCELED", "COMPLETED", "CONNECTING"),
        *("FAILED", "IN_PROGRESS", "NO_ANSWER", "QUEUED", "RINGING"),
    },
}
READ_ONLY_PROPERTIES = [
    "hs_searchable_calculated_phone_number", "hs_searchable_calculated_mobile_number", "lastmodifieddate",
    "hs_lastmodifieddate", "hs_object_id", "hs_createdate", "hs_is_closed", "hs_is_closed_won",
]  # fmt: skip
"""Properties that HubSpot calculates."""


class HubSpotError(Exception):
    """A refusal in HubSpot's format; `more` are the other fields of its body."""

    def __init__(self, status: int, category: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.status, self.category, self.message, self.more = status, category, message, more


def invalid(message: str) -> HubSpotError:
    """A request that HubSpot does not accept."""
    return HubSpotError(400, "VALIDATION_ERROR", message)


@dataclass
class Record:
    """One object; `properties` are strings, as in HubSpot's JSON."""

    id: int
    properties: dict[str, str]
    created: datetime
    updated: datetime

    def held(self, name: str) -> str | None:
        """One property's text."""
        if name == "hs_object_id":
            return str(self.id)
        return hubspot_time(self.created) if name == "hs_createdate" else self.properties.get(name)

    def shown(self, names: Sequence[str] | None = None) -> JsonObject:
        """The record in HubSpot's format: only the requested properties, null if missing."""
        held = self.properties | {"hs_object_id": str(self.id), "hs_createdate": hubspot_time(self.created)}
        return {
            "id": str(self.id),
            "properties": held if names is None else {name: held.get(name) for name in {*names, "hs_object_id"}},
            "createdAt": hubspot_time(self.created),
            "updatedAt": hubspot_time(self.updated),
            "archived": False,
        }


@dataclass
class Table:
    """All records of one object type."""

    kind: str
    records: dict[int, Record] = field(default_factory=dict)
    own: dict[str, JsonObject] = field(default_factory=dict)
    """Custom properties by name."""

    def knows(self, name: str) -> bool:
        """Whether the object type has this property."""
        kinds = (TEXT_PROPERTIES, NUMBER_PROPERTIES, TIME_PROPERTIES)
        known = {"hs_object_id", "hs_createdate"}.union(*(names[self.kind].split() for names in kinds))
        return name in known or name in self.own or name.startswith(entered(""))

    def check(self, properties: Mapping[str, str], new: bool = True) -> None:
        """Refuse properties that do not exist, and values of the wrong type."""
        for name in properties:
            if not self.knows(name):
                raise invalid(f'Property values were not valid: [{{"error":"PROPERTY_DOESNT_EXIST","name":"{name}"}}]')
        for name, value in properties.items():
            if len(value) > MAX_VALUE_CHARACTERS:
                raise invalid(
                    f'Property values were not valid: [{{"error":"PROPERTY_VALUE_TOO_LONG","name":"{name}"}}]'
                )
            if name == "email" and value and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
                raise invalid(f'Property values were not valid: [{{"error":"INVALID_EMAIL","name":"{name}"}}]')
            if value and (
                (name in READ_ONLY_PROPERTIES)
                or (name in CHOICE_PROPERTIES and value not in CHOICE_PROPERTIES[name])
                or (name in NUMBER_PROPERTIES[self.kind].split() and _number(value) is None)
                or (name in TIME_PROPERTIES[self.kind].split() and read_time(value) is None)
            ):
                raise invalid(f'Property values were not valid: [{{"error":"INVALID_VALUE","name":"{name}"}}]')
        if self.kind == "calls" and new and "hs_timestamp" not in properties:
            raise invalid('Property values were not valid: [{"error":"REQUIRED_FIELD","name":"hs_timestamp"}]')

    def find(self, name: str, value: str) -> Record | None:
        """The record whose unique property has this value."""
        return next((record for record in self.records.values() if record.properties.get(name) == value), None)

    def search(self, request: Mapping[str, Any], unindexed: Collection[int]) -> JsonObject:
        """HubSpot's search over the records that its index shows. Equal sort values have no useful order."""
        limit, after = request["limit"], int(request.get("after") or 0)
        if after + limit > MAX_SEARCH_RESULTS:
            raise invalid(f"the total number of search results is limited to {MAX_SEARCH_RESULTS}")
        groups = self._groups(request["filterGroups"])
        shown = [one for one in self.records.values() if one.id not in unindexed]
        found = [one for one in shown if not groups or any(all(self._passes(one, f) for f in g) for g in groups)]
        found = self._sorted(found, request["sorts"])
        page = found[after : after + limit]
        answer: dict[str, object] = {
            "total": len(found),
            "results": [record.shown(request["properties"] or ["hs_createdate"]) for record in page],
        }
        if after + limit < len(found):
            answer["paging"] = {"next": {"after": str(after + limit)}}
        return answer

    def _groups(self, groups: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, object]]]:
        filters: list[list[Mapping[str, object]]] = [group["filters"] for group in groups]
        if (
            len(filters) > MAX_FILTER_GROUPS
            or sum(map(len, filters)) > MAX_FILTERS
            or any(not 1 <= len(group) <= MAX_FILTERS_PER_GROUP for group in filters)
        ):
            raise invalid("too many or too few filters or groups of filters")
        for one in (one for group in filters for one in group):
            if not self.knows(str(one.get("propertyName"))):
                raise invalid(f"There was a problem with the request: unknown property {one.get('propertyName')}")
        return filters

    def _sorted(self, found: list[Record], sorts: Sequence[Mapping[str, Any]]) -> list[Record]:
        found = sorted(found, key=lambda record: str(record.id)[::-1])
        if not sorts:
            return found
        name, direction = sorts[0]["propertyName"], sorts[0].get("direction", "ASCENDING")
        if not self.knows(name):
            raise invalid("this sort is not supported")
        held = [record for record in found if self._value(record, name) is not None]
        return sorted(held, key=lambda record: self._value(record, name), reverse=direction == "DESCENDING")

    def _value(self, record: Record, name: str) -> Any:
        return self._typed(name, record.held(name))

    def _typed(self, name: str, value: object) -> Any:
        """A value as search compares it: times in milliseconds, numbers as numbers, text without case."""
        if not isinstance(value, str) or not value:
            return None
        if name in TIME_PROPERTIES[self.kind].split() or name.startswith(entered("")) or name == "hs_createdate":
            moment = read_time(value)
            return None if moment is None else Decimal(milliseconds(moment))
        if name in NUMBER_PROPERTIES[self.kind].split() or name == "hs_object_id":
            return _number(value)
        return value.lower()

    def _passes(self, record: Record, one: Mapping[str, Any]) -> bool:
        name, operator = str(one["propertyName"]), one.get("operator")
        held = self._value(record, name)
        if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
            return bool((held is not None) == (operator == "HAS_PROPERTY"))
        if operator in ("IN", "NOT_IN"):
            values = one.get("values")
            if not values or "value" in one:
                raise invalid(f"operator {operator} needs values")
            # HubSpot compares with lower-case text, so a value in capitals is never found.
            wanted_values = [self._typed(name, value) for value in values if value == value.lower()]
            return bool((held in wanted_values) == (operator == "IN"))
        wanted = self._typed(name, one.get("value"))
        if wanted is None:
            raise invalid(f"operator {operator} needs a value that suits {name}")
        if held is None:
            return False
        compared: dict[object, bool] = {
            "EQ": held == wanted,
            "NEQ": held != wanted,
            "LT": held < wanted,
            "LTE": held <= wanted,
            "GT": held > wanted,
            "GTE": held >= wanted,
        }
        if operator not in compared:
            raise invalid(f"operator {operator} is not supported by this stand-in")
        return compared[operator]


def _number(value: str) -> Decimal | None:
    try:
        read = Decimal(value)
    except InvalidOperation:
        return None
    return read if read.is_finite() else None
