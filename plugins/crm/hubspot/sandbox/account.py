"""The fake's account: contacts, deals and calls, their properties and associations, and the operations on them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ..translate import hubspot_time
from .records import HubSpotError, Record, Table, invalid

MAX_BATCH_SIZE = 100
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

    def answer(self, area: str, method: str, rest: Sequence[str], asked: Mapping[str, Any]) -> tuple[int, Any]:
        """The status and the body for a request; `rest` is the path after the area and the version."""
        match (area, method, *rest):
            case ("objects", "POST", kind, "search"):
                self._needs(READ_SCOPES.get(kind, f"crm.objects.{kind}.read"))
                return 200, self._table(kind).search(asked, self.unindexed)
            case ("objects", "POST", kind, "batch", verb):
                return self._batch(kind, verb, asked)
            case ("objects", "POST", "contacts", "gdpr-delete"):
                return self._purge(asked)
            case ("objects", "POST", kind):
                return 201, self._create(kind, asked).shown()
            case ("properties", "GET", kind, name):
                return 200, self._property(kind, name)
            case ("properties", "POST", _, "groups"):
                return self._create_group(asked)
            case ("properties", "POST", kind):
                return self._create_property(kind, asked)
            case ("associations", "POST", start, end, "batch", verb):
                return self._associations(start, end, verb, asked)
        raise HubSpotError(404, "OBJECT_NOT_FOUND", "resource not found")

    def _needs(self, scope: str) -> None:
        if scope not in self.scopes:
            raise HubSpotError(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes.")

    def _table(self, kind: str) -> Table:
        if kind not in self.tables:
            raise invalid(f"Unable to infer object type from: {kind}")
        return self.tables[kind]

    # Objects.

    def _create(self, kind: str, asked: Mapping[str, Any]) -> Record:
        self._needs("crm.objects.contacts.write")
        table = self._table(kind)
        properties = asked.get("properties") or {}
        table.check(properties)
        for name in (name for name, definition in table.own.items() if definition.get("hasUniqueValue")):
            if properties.get(name) and table.find(name, properties[name]):
                raise HubSpotError(409, "CONFLICT", f"A record with that {name} already exists.")
        record = table.records[int(self.add(kind, **properties))]
        for association in asked.get("associations") or []:
            for one in association["types"]:
                end = str(association["to"]["id"])
                self.link(kind, str(record.id), "contacts", end, one["associationTypeId"])
        return record

    def _batch(self, kind: str, verb: str, asked: Mapping[str, Any]) -> tuple[int, Any]:
        table, inputs = self._table(kind), asked.get("inputs")
        if not isinstance(inputs, list) or len(inputs) > MAX_BATCH_SIZE:
            raise invalid(f"The maximum number of inputs supported in a batch request is {MAX_BATCH_SIZE}")
        self._needs("crm.objects.contacts.read" if verb == "read" else "crm.objects.contacts.write")
        if verb == "read":
            found = [table.records.get(int(one["id"])) for one in inputs]
            return 200, _batched([record.shown(asked.get("properties") or []) for record in found if record])
        if verb == "archive":
            for one in inputs:
                table.records.pop(int(one["id"]), None)
            return 204, None
        if verb == "update":
            return self._update(table, inputs)
        if verb == "create":
            return 201, _batched([self._create(kind, one).shown() for one in inputs])
        if verb == "upsert":
            return self._upsert(table, inputs)
        raise HubSpotError(404, "OBJECT_NOT_FOUND", "resource not found")

    def _update(self, table: Table, inputs: Sequence[Mapping[str, Any]]) -> tuple[int, Any]:
        """Change existing records; unknown ids are reported as errors beside the results, as in HubSpot's batch guide."""
        results, errors = [], []
        for one in inputs:
            properties = one.get("properties") or {}
            table.check(properties)
            record = table.records.get(int(one["id"]))
            if record is None:
                context = {"ids": [str(one["id"])]}
                body = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some objects"}
                errors.append({**body, "context": context})
                continue
            self.change(table.kind, str(record.id), **properties)
            results.append(record.shown())
        answer = _batched(results)
        return (207, {**answer, "numErrors": len(errors), "errors": errors}) if errors else (200, answer)

    def _upsert(self, table: Table, inputs: Sequence[Mapping[str, Any]]) -> tuple[int, Any]:
        named = [(one.get("idProperty"), one.get("id")) for one in inputs]
        if any(not table.own.get(str(name), {}).get("hasUniqueValue") for name, _ in named):
            raise invalid("idProperty must be a property with unique values")
        if len(set(named)) < len(named):
            raise invalid("Duplicate IDs found in batch input")
        errors = [error for one in inputs if (error := self._objection(table, one))]
        objected = {error["context"]["objectWriteTraceId"][0] for error in errors}
        results = [self._written(table, one) for one in inputs if one.get("objectWriteTraceId") not in objected]
        answer = _batched(results)
        return (207, {**answer, "numErrors": len(errors), "errors": errors}) if errors else (200, answer)

    def _objection(self, table: Table, one: Mapping[str, Any]) -> dict[str, Any] | None:
        """What is wrong with one input. Without a trace id HubSpot refuses the whole batch for it; it does the same for
        properties that do not exist."""
        key = str(one["id"])
        message, whole_batch = self.refused.get(key, ("", False))
        try:
            if message:
                raise invalid(message)
            table.check({**(one.get("properties") or {}), str(one["idProperty"]): key})
        except HubSpotError as error:
            if whole_batch or not one.get("objectWriteTraceId") or "DOESNT_EXIST" in error.message:
                raise
            context = {"objectWriteTraceId": [one["objectWriteTraceId"]]}
            return {"status": "error", "category": error.category, "message": error.message, "context": context}
        return None

    def _written(self, table: Table, one: Mapping[str, Any]) -> dict[str, Any]:
        name, key = str(one["idProperty"]), str(one["id"])
        properties = {**(one.get("properties") or {}), name: key}
        found = table.find(name, key)
        if found:
            self.change(table.kind, str(found.id), **properties)
        record = found or table.records[int(self.add(table.kind, **properties))]
        return {**record.shown(), "new": found is None, "objectWriteTraceId": one.get("objectWriteTraceId")}

    def _purge(self, asked: Mapping[str, Any]) -> tuple[int, Any]:
        self._needs("crm.objects.contacts.write")
        contacts = self.tables["contacts"].records
        if asked.get("idProperty") == "email":
            gone = [
                record.id for record in contacts.values() if record.properties.get("email") == asked.get("objectId")
            ]
        else:
            gone = [int(asked["objectId"])] if str(asked.get("objectId")).isdigit() else []
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

    def _property(self, kind: str, name: str) -> dict[str, Any]:
        table = self._table(kind)
        if name not in table.own and not table.knows(name):
            raise HubSpotError(404, "OBJECT_NOT_FOUND", f"Property {name} does not exist")
        definition = {"name": name, "label": name, "type": "string", "fieldType": "text", "groupName": "call"}
        return {"description": "", "options": [], "hasUniqueValue": False, **definition, **table.own.get(name, {})}

    def _create_group(self, asked: Mapping[str, Any]) -> tuple[int, Any]:
        self._needs("crm.schemas.contacts.write")
        if asked.get("name") in self._groups:
            raise HubSpotError(409, "OBJECT_ALREADY_EXISTS", "A property group with that name already exists.")
        self._groups.add(str(asked["name"]))
        return 201, {**asked, "archived": False}

    def _create_property(self, kind: str, asked: Mapping[str, Any]) -> tuple[int, Any]:
        self._needs("crm.schemas.contacts.write")
        table, name = self._table(kind), str(asked.get("name"))
        if table.knows(name):
            raise HubSpotError(409, "OBJECT_ALREADY_EXISTS", f"A property named '{name}' already exists.")
        if asked.get("groupName") not in self._groups:
            raise invalid(f"Property group {asked.get('groupName')} does not exist")
        table.own[name] = dict(asked)
        return 201, self._property(kind, name)

    # Associations.

    def _associations(self, start: str, end: str, verb: str, asked: Mapping[str, Any]) -> tuple[int, Any]:
        inputs = asked.get("inputs") or []
        if len(inputs) > 1000:
            raise invalid("The maximum number of inputs supported in a batch request is 1000")
        if verb == "create":
            return self._create_links(start, end, inputs)
        if verb != "read":
            raise HubSpotError(404, "OBJECT_NOT_FOUND", "resource not found")
        results, errors = [], []
        for one in inputs:
            links = self.links.get((start, int(one["id"]), end), {})
            if not links:
                context = {"fromObjectId": [str(one["id"])]}
                message = f"No {end} is associated with {start} {one['id']}."
                errors.append(
                    {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": context}
                )
                continue
            ends = [
                {"toObjectId": to, "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": kind, "label": None}]}
                for to, kind in links.items()
            ]
            results.append({"from": {"id": str(one["id"])}, "to": ends})
        answer = _batched(results)
        return (207, {**answer, "numErrors": len(errors), "errors": errors}) if errors else (200, answer)

    def _create_links(self, start: str, end: str, inputs: Sequence[Mapping[str, Any]]) -> tuple[int, Any]:
        self._needs("crm.objects.contacts.write")
        results = []
        for one in inputs:
            first, last = str(one["from"]["id"]), str(one["to"]["id"])
            if int(first) not in self._table(start).records or int(last) not in self._table(end).records:
                raise invalid("One or more of the objects do not exist")
            for kind in one["types"]:
                if (start, end) == ("calls", "contacts") and kind["associationTypeId"] != 194:
                    raise invalid(f"Association type {kind['associationTypeId']} does not exist between these objects")
                self.link(start, first, end, last, kind["associationTypeId"])
            results.append(
                {"fromObjectTypeId": "0-48", "fromObjectId": first, "toObjectTypeId": "0-1", "toObjectId": last}
            )
        return 201, _batched(results)


def _batched(results: list[Any]) -> dict[str, Any]:
    now = hubspot_time(datetime.now(UTC))
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


def _national(text: str) -> str:
    import phonenumbers

    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(text, "US"))
    except phonenumbers.NumberParseException:
        return ""
