"""The fake's account: contacts, deals and calls, their properties and associations, and the operations on them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import phonenumbers

from hub.api import JsonObject

from ..translate import hubspot_time
from .records import HubSpotError, Record, Table, invalid

ASSOCIATION_TYPES = {("calls", "contacts"): 194, ("calls", "deals"): 206, ("deals", "contacts"): 3}
"""HubSpot's own types (source: its table of association types)."""
TYPE_IDS = {"contacts": "0-1", "deals": "0-3", "calls": "0-48"}
BATCHES = ("read", "archive", "update", "create", "upsert")
READ_SCOPES = {"contacts": "crm.objects.contacts.read", "calls": "crm.objects.contacts.read"}


class Account:
    """What one HubSpot account holds; `answer` is its API behind the sign-in."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.scopes = {
            *("crm.objects.contacts.read", "crm.objects.contacts.write"),
            *("crm.objects.deals.read", "crm.schemas.contacts.write"),
        }
        self.unindexed: set[int] = set()
        """Ids that search does not yet show."""
        self.refused: dict[str, tuple[str, bool]] = {}
        """Keys of refused calls, each with the reason and whether the whole batch is refused too."""
        self.tables = {kind: Table(kind) for kind in ("contacts", "deals", "calls")}
        self.links: dict[tuple[str, int, str], dict[int, int]] = {}
        self._groups: set[str] = set()
        self._ids = itertools.count(501)

    def add(self, kind: str, **properties: str) -> str:
        """A record with any properties, changed now; its id."""
        now = self.clock()
        record = Record(next(self._ids), {}, now, now)
        self.tables[kind].records[record.id] = record
        self.change(kind, str(record.id), **properties)
        return str(record.id)

    def have_examples(self) -> None:
        """Have the property and the records that the examples of `rules.yaml` name."""
        now = self.clock()
        self.tables["calls"].own["ringfence_call_id"] = {"hasUniqueValue": True}
        for record_id, kind in enumerate(("contacts", "calls", "deals"), 501):
            self.tables[kind].records.setdefault(record_id, Record(record_id, {}, now, now))

    def change(self, kind: str, record_id: str, **properties: str) -> None:
        """Change a record now, and the properties that HubSpot calculates from it."""
        record = self.tables[kind].records[int(record_id)]
        record.updated = self.clock()
        record.properties.update({name: value for name, value in properties.items() if value})
        for name in [name for name, value in properties.items() if not value]:
            record.properties.pop(name, None)
        changed = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        if kind != "calls":
            record.properties[changed] = hubspot_time(record.updated)
        for shown, of in (("phone", "phone"), ("mobile", "mobilephone")):
            if of in properties:
                record.properties[f"hs_searchable_calculated_{shown}_number"] = _national(properties[of])

    def link(self, start: str, start_id: str, end: str, end_id: str, kind: int) -> None:
        """Associate two records, both ways."""
        self.links.setdefault((start, int(start_id), end), {})[int(end_id)] = kind
        self.links.setdefault((end, int(end_id), start), {})[int(start_id)] = kind

    def answer(self, area: str, method: str, rest: Sequence[str], request: Mapping[str, object]) -> tuple[int, Any]:
        """The status and the body for a request; `rest` is the path after the area and the version."""
        match (area, method, *rest):
            case ("objects", "POST", kind, "search"):
                self._needs(READ_SCOPES.get(kind, f"crm.objects.{kind}.read"))
                table, now = self._table(kind), self.clock()
                later = {record.id for record in table.records.values() if record.updated > now}
                return 200, table.search(request, self.unindexed | later)
            case ("objects", "POST", kind, "batch", verb):
                return self._batch(kind, verb, request)
            case ("objects", "POST", "contacts", "gdpr-delete"):
                return self._purge(request)
            case ("objects", "POST", kind):
                return 201, self._create(kind, request).shown()
            case ("properties", "GET", kind, name):
                return 200, self._property(kind, name)
            case ("properties", "POST", _, "groups"):
                return self._create_group(request)
            case ("properties", "POST", kind):
                return self._create_property(kind, request)
            case ("associations", "POST", start, end, "batch", verb):
                return self._associations(start, end, verb, request)
        raise HubSpotError(404, "OBJECT_NOT_FOUND", "resource not found")

    def _needs(self, scope: str) -> None:
        if scope not in self.scopes:
            message = "This app hasn't been granted all required scopes to make this call."
            one = {
                "message": "One or more of these scopes are required.",
                "context": {"requiredGranularScopes": [scope]},
            }
            links = {"scopes": "https://developers.hubspot.com/scopes"}
            raise HubSpotError(403, "MISSING_SCOPES", message, errors=[one], links=links)

    def _table(self, kind: str) -> Table:
        if kind not in self.tables:
            raise invalid(f"Unable to infer object type from: {kind}")
        return self.tables[kind]

    # Objects.

    def _create(self, kind: str, request: Mapping[str, Any]) -> Record:
        self._needs("crm.objects.contacts.write")
        table = self._table(kind)
        properties = request["properties"]
        table.check(properties)
        self._only_one(table, properties)
        for name in (name for name, definition in table.own.items() if definition.get("hasUniqueValue")):
            if properties.get(name) and table.find(name, properties[name]):
                raise HubSpotError(409, "CONFLICT", f"A record with that {name} already exists.")
        record = table.records[int(self.add(kind, **properties))]
        for association in request["associations"]:
            self._link(kind, str(record.id), "contacts", association["to"]["id"], association["types"])
        return record

    def _only_one(self, table: Table, properties: Mapping[str, str], record_id: int | None = None) -> None:
        """Refuse an email address that another contact has."""
        email = properties.get("email", "").lower()
        if table.kind != "contacts" or not email:
            return
        for held in table.records.values():
            if held.id != record_id and held.properties.get("email", "").lower() == email:
                raise HubSpotError(409, "CONFLICT", f"Contact already exists. Existing ID: {held.id}")

    def _batch(self, kind: str, verb: str, request: Mapping[str, Any]) -> tuple[int, object]:
        table = self._table(kind)
        if verb not in BATCHES:
            raise HubSpotError(404, "OBJECT_NOT_FOUND", "resource not found")
        self._needs("crm.objects.contacts.read" if verb == "read" else "crm.objects.contacts.write")
        inputs = request["inputs"]
        if verb == "read":
            found = [table.records[int(one["id"])].shown(request["properties"]) for one in inputs if _held(table, one)]
            missing = [one["id"] for one in inputs if not _held(table, one)]
            return _partly(found, [_not_found(missing)] if missing else [])
        if verb == "archive":
            for one in inputs:
                table.records.pop(int(one["id"]), None)
            return 204, None
        if verb == "update":
            return self._update(table, inputs)
        if verb == "create":
            return 201, _batched([self._create(kind, one).shown() for one in inputs])
        return self._upsert(table, inputs)

    def _update(self, table: Table, inputs: Sequence[Mapping[str, Any]]) -> tuple[int, Any]:
        """Change existing records; unknown ids are reported as errors beside the results, as in HubSpot's batch guide."""
        results, errors = [], []
        for one in inputs:
            table.check(one["properties"], new=False)
            self._only_one(table, one["properties"], int(one["id"]))
            record = table.records.get(int(one["id"]))
            if record is None:
                errors.append(_not_found([one["id"]]))
                continue
            self.change(table.kind, str(record.id), **one["properties"])
            results.append(record.shown())
        return _partly(results, errors)

    def _upsert(self, table: Table, inputs: Sequence[Mapping[str, Any]]) -> tuple[int, Any]:
        named = [(one["idProperty"], one["id"]) for one in inputs]
        if any(not table.own.get(str(name), {}).get("hasUniqueValue") for name, _ in named):
            raise invalid("idProperty must be a property with unique values")
        if len(set(named)) < len(named):
            raise invalid("Duplicate IDs found in batch input")
        errors = [error for one in inputs if (error := self._objection(table, one))]
        objected = {error["context"]["objectWriteTraceId"][0] for error in errors}
        results = [self._written(table, one) for one in inputs if one.get("objectWriteTraceId") not in objected]
        return _partly(results, errors)

    def _objection(self, table: Table, one: Mapping[str, Any]) -> JsonObject | None:
        """What is wrong with one input. Without a trace id HubSpot refuses the whole batch for it; it does the same for
        properties that do not exist."""
        key = str(one["id"])
        message, whole_batch = self.refused.get(key, ("", False))
        try:
            if message:
                raise invalid(message)
            table.check({**one["properties"], str(one["idProperty"]): key})
        except HubSpotError as error:
            if whole_batch or not one.get("objectWriteTraceId") or "DOESNT_EXIST" in error.message:
                raise
            context = {"objectWriteTraceId": [one["objectWriteTraceId"]]}
            return _error(error.category, error.message, context)
        return None

    def _written(self, table: Table, one: Mapping[str, Any]) -> JsonObject:
        name, key = str(one["idProperty"]), str(one["id"])
        properties = {**one["properties"], name: key}
        found = table.find(name, key)
        if found:
            self.change(table.kind, str(found.id), **properties)
        record = found or table.records[int(self.add(table.kind, **properties))]
        return {**record.shown(), "new": found is None, "objectWriteTraceId": one.get("objectWriteTraceId")}

    def _purge(self, request: Mapping[str, Any]) -> tuple[int, object]:
        self._needs("crm.objects.contacts.write")
        contacts = self.tables["contacts"].records
        if request.get("idProperty") == "email":
            gone = [
                record.id for record in contacts.values() if record.properties.get("email") == request.get("objectId")
            ]
        else:
            gone = [int(request["objectId"])] if str(request.get("objectId")).isdigit() else []
        for record_id in gone:
            contacts.pop(record_id, None)
            # "All associated content" is deleted too; deals stay.
            for call in self.links.get(("contacts", record_id, "calls"), {}):
                self.tables["calls"].records.pop(call, None)
            for (start, start_id, end), links in list(self.links.items()):
                if (start, start_id) == ("contacts", record_id):
                    del self.links[start, start_id, end]
                elif end == "contacts":
                    links.pop(record_id, None)
        return 204, None

    # Properties.

    def _property(self, kind: str, name: str) -> dict[str, object]:
        table = self._table(kind)
        if name not in table.own and not table.knows(name):
            raise HubSpotError(404, "OBJECT_NOT_FOUND", f"Property {name} does not exist")
        definition = {"name": name, "label": name, "type": "string", "fieldType": "text", "groupName": "call"}
        return {"description": "", "options": [], "hasUniqueValue": False, **definition, **table.own.get(name, {})}

    def _create_group(self, request: Mapping[str, Any]) -> tuple[int, object]:
        self._needs("crm.schemas.contacts.write")
        if request["name"] in self._groups:
            raise HubSpotError(409, "OBJECT_ALREADY_EXISTS", "A property group with that name already exists.")
        self._groups.add(request["name"])
        return 201, {**request, "archived": False}

    def _create_property(self, kind: str, request: Mapping[str, Any]) -> tuple[int, object]:
        self._needs("crm.schemas.contacts.write")
        table, name = self._table(kind), request["name"]
        if table.knows(name):
            raise HubSpotError(409, "OBJECT_ALREADY_EXISTS", f"A property named '{name}' already exists.")
        if request["groupName"] not in self._groups:
            raise invalid(f"Property group {request['groupName']} does not exist")
        table.own[name] = dict(request)
        return 201, self._property(kind, name)

    # Associations.

    def _associations(self, start: str, end: str, verb: str, request: Mapping[str, Any]) -> tuple[int, object]:
        if verb not in ("create", "read"):
            raise HubSpotError(404, "OBJECT_NOT_FOUND", "resource not found")
        if verb == "create":
            return self._create_links(start, end, request["inputs"])
        self._needs("crm.objects.deals.read" if start == "deals" else "crm.objects.contacts.read")
        results, errors = [], []
        for one in request["inputs"]:
            links = self.links.get((start, int(one["id"]), end), {})
            if not links:
                message = f"No {end} is associated with {start} {one['id']}."
                errors.append(_error("OBJECT_NOT_FOUND", message, {"fromObjectId": [one["id"]]}))
                continue
            ends = [
                {
                    "toObjectId": str(to),
                    "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": kind, "label": None}],
                }
                for to, kind in links.items()
            ]
            results.append({"from": {"id": one["id"]}, "to": ends})
        return _partly(results, errors)

    def _create_links(self, start: str, end: str, inputs: Sequence[Mapping[str, Any]]) -> tuple[int, object]:
        self._needs("crm.objects.contacts.write")
        results = []
        for one in inputs:
            first, last = one["from"]["id"], one["to"]["id"]
            self._link(start, first, end, last, one["types"])
            ends = {"fromObjectTypeId": TYPE_IDS[start], "fromObjectId": first, "toObjectTypeId": TYPE_IDS[end]}
            results.append({**ends, "toObjectId": last, "labels": []})
        return 201, _batched(results)

    def _link(self, start: str, first: str, end: str, last: str, types: Sequence[Mapping[str, Any]]) -> None:
        if int(first) not in self._table(start).records or int(last) not in self._table(end).records:
            raise invalid("One or more of the objects do not exist")
        for kind in types:
            if kind["associationTypeId"] != ASSOCIATION_TYPES.get((start, end)):
                raise invalid(f"Association type {kind['associationTypeId']} does not exist between these objects")
            self.link(start, first, end, last, kind["associationTypeId"])


def _held(table: Table, one: Mapping[str, Any]) -> bool:
    return int(one["id"]) in table.records


def _error(category: str, message: str, context: Mapping[str, list[str]]) -> JsonObject:
    """One error of a batch."""
    return {"status": "error", "category": category, "message": message, "context": context, "errors": [], "links": {}}


def _not_found(ids: list[str]) -> dict[str, object]:
    return _error("OBJECT_NOT_FOUND", "Could not get some objects, they may be deleted or not exist.", {"ids": ids})


def _partly(results: list[Any], errors: list[Any]) -> tuple[int, Any]:
    """The reply to a batch: 207 if some of it failed."""
    answer = _batched(results)
    return (207, {**answer, "numErrors": len(errors), "errors": errors}) if errors else (200, answer)


def _batched(results: list[Any]) -> dict[str, object]:
    now = hubspot_time(datetime.now(UTC))
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


def _national(text: str) -> str:
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(text, "US"))
    except phonenumbers.NumberParseException:
        return ""
