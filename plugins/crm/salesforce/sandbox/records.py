"""The fake's org: objects with their fields and lengths, records, and the rules by which Salesforce accepts a row."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hub.api import JsonObject

Record = JsonObject


class Refused(Exception):
    """Salesforce's refusal of a request or a row: its code, its message, and the fields that it names."""

    def __init__(self, code: str, message: str, fields: tuple[str, ...] = (), status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.fields, self.status = code, message, fields, status


@dataclass(frozen=True)
class Kind:
    """One object type: key prefix, fields with their types (a number is a text of that length), parents and children."""

    prefix: str
    fields: Mapping[str, str | int]
    parents: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


AUDIT: dict[str, str | int] = {
    "Id": "id",
    "CreatedDate": "datetime",
    "LastModifiedDate": "datetime",
    "SystemModstamp": "datetime",
    "IsDeleted": "boolean",
}
NAMES: dict[str, str | int] = {"Name": 121, "FirstName": 40, "LastName": 80}

OBJECT_KINDS: dict[str, Kind] = {
    "Account": Kind("001", {**AUDIT, "Name": 255, "Phone": 40}, required=("Name",), phones=("Phone",)),
    "Contact": Kind(
        "003",
        {**AUDIT, **NAMES, "AccountId": "id", "OwnerId": "id", "Email": 80}
        | {"Phone": 40, "MobilePhone": 40, "HomePhone": 40, "OtherPhone": 40},
        parents={"Account": "AccountId", "Owner": "OwnerId"},
        required=("LastName",),
        phones=("Phone", "MobilePhone", "HomePhone", "OtherPhone"),
    ),
    "Lead": Kind(
        "00Q",
        {**AUDIT, **NAMES, "Company": 255, "OwnerId": "id", "Email": 80, "Phone": 40, "MobilePhone": 40}
        | {"Status": 255, "IsConverted": "boolean", "ConvertedContactId": "id"},
        parents={"Owner": "OwnerId"},
        required=("LastName", "Company"),
        phones=("Phone", "MobilePhone"),
    ),
    "Opportunity": Kind(
        "006",
        {**AUDIT, "Name": 120, "StageName": 255, "Amount": "double", "CloseDate": "date", "AccountId": "id"}
        | {"OwnerId": "id", "IsClosed": "boolean", "IsWon": "boolean", "LastStageChangeDate": "datetime"},
        parents={"Account": "AccountId", "Owner": "OwnerId"},
        required=("Name", "StageName", "CloseDate"),
    ),
    "OpportunityContactRole": Kind(
        "00K",
        {**AUDIT, "OpportunityId": "id", "ContactId": "id", "IsPrimary": "boolean", "Role": 40},
        parents={"Opportunity": "OpportunityId", "Contact": "ContactId"},
        required=("OpportunityId", "ContactId"),
    ),
    "Task": Kind(
        "00T",
        {**AUDIT, "WhoId": "id", "WhatId": "id", "OwnerId": "id", "Subject": 255, "Status": 255, "Priority": 255}
        | {"IsClosed": "boolean", "IsArchived": "boolean"}
        | {"ActivityDate": "date", "TaskSubtype": 40, "CallType": 40, "CallDurationInSeconds": "int"}
        | {"CallDisposition": 255, "CallObject": 255, "Description": 32000},
        parents={"Owner": "OwnerId"},
    ),
    "User": Kind("005", {**AUDIT, "Name": 121, "Username": 80}),
    "Organization": Kind("00D", {**AUDIT, "Name": 80, "IsSandbox": "boolean"}),
}

ARCHIVED_AFTER = timedelta(days=365)
"""Source: Salesforce Help, "Archived Activities"."""
READ_ONLY = frozenset(
    {*AUDIT, "IsConverted", "ConvertedContactId", "IsClosed", "IsArchived", "IsWon", "LastStageChangeDate"}
)

PICKLISTS: dict[tuple[str, str], frozenset[str]] = {
    ("Task", "CallType"): frozenset({"Inbound", "Outbound", "Internal"}),
    ("Task", "TaskSubtype"): frozenset({"Task", "Email", "Call", "Cadence", "ListEmail", "LinkedIn"}),
}
"""Restricted picklists; the others accept any text."""


class Org:
    """All records of the fake. Thread-safe; `clock` is Salesforce's, cut to seconds like its stamps."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.kinds = dict(OBJECT_KINDS)
        self.unique: set[tuple[str, str]] = set()
        self.tables: dict[str, dict[str, Record]] = {name: {} for name in OBJECT_KINDS}
        self.next_number = 1
        self.user = self._write("User", {"Name": "Robin Dispatcher", "Username": "robin@example.com"})
        self._write("Organization", {"Name": "Example Plumbing", "IsSandbox": True})

    def add_field(self, kind: str, name: str, of_type: str | int, unique: bool = False) -> None:
        """Act as an admin: add a custom field, or enable several currencies."""
        held = self.kinds[kind]
        self.kinds[kind] = Kind(held.prefix, {**held.fields, name: of_type}, held.parents, held.required, held.phones)
        if unique:
            self.unique.add((kind, name))

    def kind(self, name: str) -> tuple[str, Kind]:
        """An object type by its name, in any case."""
        for known, kind in self.kinds.items():
            if known.lower() == name.lower():
                return known, kind
        raise Refused("INVALID_TYPE", f"sObject type '{name}' is not supported.")

    def field(self, kind: str, name: str) -> str:
        """A field's name as Salesforce writes it."""
        for known in self.kinds[kind].fields:
            if known.lower() == name.lower():
                return known
        raise Refused(
            "INVALID_FIELD",
            f"No such column '{name}' on entity '{kind}'. If you are attempting to use a custom field, be sure to append "
            "the '__c' after the custom field name.",
        )

    def rows(self, kind: str) -> Iterator[Record]:
        """The records that are not deleted."""
        return iter([record for record in self.every(kind) if not record["IsDeleted"]])

    def queried(self, kind: str, every: bool = False) -> Iterator[Record]:
        """The records that a query or a search sees: neither deleted nor archived, or with `every` those too, as `queryAll`
        sees them. After the clock was set back, as in the demo, they see none that was changed later."""
        now, records = self.now(), self.every(kind) if every else self.rows(kind)
        come = [record for record in records if record["SystemModstamp"] <= now]
        return iter([record for record in come if every or not record.get("IsArchived")])

    def every(self, kind: str) -> Iterator[Record]:
        """All records. Closed activities are archived a year after their day."""
        if kind == "Task":
            oldest = (self.clock().astimezone(UTC).date() - ARCHIVED_AFTER).isoformat()
            for task in self.tables[kind].values():
                task["IsArchived"] = bool(task["IsClosed"] and task["ActivityDate"] and task["ActivityDate"] <= oldest)
        return iter(list(self.tables[kind].values()))

    def convert(self, lead_id: str) -> str:
        """Convert a lead into a contact, as a salesperson does, and return the contact's id. The lead stays."""
        with self.lock:
            lead = self.find("Lead", lead_id)
            kept = ("FirstName", "LastName", "Email", "Phone", "MobilePhone")
            contact = self.create("Contact", {name: lead[name] for name in kept})
            lead |= {"IsConverted": True, "ConvertedContactId": contact}
            return contact

    def create(self, kind_name: str, values: Mapping[str, object]) -> str:
        """Insert a row as the API does. Returns its id."""
        with self.lock:
            name, kind = self.kind(kind_name)
            record = self._checked(name, values)
            missing = tuple(field for field in kind.required if not record.get(field))
            if missing:
                raise Refused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
            return self._write(name, record)

    def update(self, kind_name: str, key: str, values: Mapping[str, Any]) -> None:
        """Change a record and set its stamps to now."""
        with self.lock:
            name, _ = self.kind(kind_name)
            record = self.find(name, key)
            if record.get("IsConverted"):
                raise Refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
            record.update(self._checked(name, values, key))
            self._settle(name, record, values)

    def delete(self, key: str) -> None:
        """Put a record and its children into the recycle bin."""
        with self.lock:
            for name, kind in self.kinds.items():
                if kind.prefix == key[:3] and key in self.tables[name]:
                    record = self.tables[name][key]
                    if record["IsDeleted"]:
                        raise Refused("ENTITY_IS_DELETED", "entity is deleted", status=404)
                    record["IsDeleted"] = True
                    for task in self.rows("Task"):
                        task["IsDeleted"] = task["IsDeleted"] or task.get("WhoId") == key
                    return
            raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", status=404)

    def find(self, kind: str, key: str) -> Record:
        """A record that is not deleted, by its 15 or 18 characters."""
        record = self._held(kind, key)
        if record is None or key not in (record["Id"], record["Id"][:15]):
            raise Refused("NOT_FOUND", "The requested resource does not exist", status=404)
        return record

    def _held(self, kind: str, key: str) -> Record | None:
        record = self.tables[kind].get(_whole(key[:15]))
        return None if record is None or record["IsDeleted"] else record

    def _checked(self, name: str, values: Mapping[str, object], key: str | None = None) -> Record:
        checked: Record = {}
        for given, value in values.items():
            if given == "attributes":
                continue
            field_name = self.field(name, given)
            # A lead may be created as a converted one, but not be changed into one.
            if field_name in READ_ONLY and (field_name, key) != ("IsConverted", None):
                text = (
                    f"Unable to create/update fields: {field_name}. Please check the security settings of this field."
                )
                raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE", text, (field_name,))
            checked[field_name] = self._value(name, field_name, value)
            if (name, field_name) in self.unique and value is not None:
                wanted = str(value).lower()
                for row in self.tables[name].values():  # many thousand tasks, once for each new one
                    if str(row.get(field_name)).lower() == wanted and not row["IsDeleted"] and row["Id"] != key:
                        raise Refused(
                            "DUPLICATE_VALUE",
                            f"duplicate value found: {field_name} duplicates value on record with id: {row['Id']}",
                        )
        return checked

    def _value(self, name: str, field_name: str, value: Any) -> Any:
        wanted = self.kinds[name].fields[field_name]
        if value is None:
            return None
        if isinstance(wanted, int):
            return _text(name, field_name, value, wanted)
        if wanted == "id":
            if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?", value):
                raise Refused("MALFORMED_ID", f"{field_name}: id value of incorrect type: {value}", (field_name,))
            owner = next((n for n, kind in self.kinds.items() if kind.prefix == value[:3]), None)
            held = self._held(owner, value) if owner else None
            if held is None:
                raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (field_name,))
            if held.get("IsConverted"):
                raise Refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", (field_name,))
            return held["Id"]
        if wanted == "int" and not (isinstance(value, int) and not isinstance(value, bool)):
            raise Refused("JSON_PARSER_ERROR", f"Cannot deserialize instance of int from VALUE_STRING value {value}")
        if wanted == "date":
            try:
                date.fromisoformat(value)
            except (ValueError, TypeError):
                raise Refused(
                    "JSON_PARSER_ERROR", f"Cannot deserialize instance of date from VALUE_STRING value {value}"
                ) from None
        return value

    def _write(self, name: str, values: Mapping[str, object]) -> str:
        key = _id(self.kinds[name].prefix, self.next_number)
        self.next_number += 1
        record: Record = dict.fromkeys(self.kinds[name].fields)
        record |= {"Id": key, "IsDeleted": False, **values}
        record["CreatedDate"] = self.now()
        for flag in ("IsConverted", "IsClosed", "IsWon", "IsPrimary", "IsSandbox", "IsArchived"):
            if flag in record:
                record[flag] = bool(record[flag])
        if name == "Task":
            record["IsClosed"] = record["Status"] == "Completed"
        if "OwnerId" in record and not record["OwnerId"]:
            record["OwnerId"] = self.user
        self.tables[name][key] = record
        self._settle(name, record, {})
        return key

    def _settle(self, name: str, record: Record, changed: Mapping[str, object]) -> None:
        record["LastModifiedDate"] = record["SystemModstamp"] = self.now()
        if "LastName" in record and (record["LastName"] or record["FirstName"]):
            record["Name"] = " ".join(filter(None, (record["FirstName"], record["LastName"])))
        if name == "Opportunity":
            record["IsWon"] = record["StageName"] == "Closed Won"
            record["IsClosed"] = record["StageName"] in ("Closed Won", "Closed Lost")
            if "StageName" in changed:
                record["LastStageChangeDate"] = self.now()

    def now(self) -> str:
        """The present time in Salesforce's format."""
        return stamp(self.clock())


def stamp(instant: datetime) -> str:
    """A datetime as Salesforce writes it; its milliseconds are always zero."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _id(prefix: str, number: int) -> str:
    """An 18-character id: the three at the end repeat the letter case of the first fifteen."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    body = ""
    while number:
        number, rest = divmod(number, 62)
        body = digits[rest] + body
    return _whole(f"{prefix}5g{body.rjust(10, '0')}")


def _whole(fifteen: str) -> str:
    suffix = "".join(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[sum(1 << i for i, c in enumerate(fifteen[at : at + 5]) if c.isupper())]
        for at in (0, 5, 10)
    )
    return fifteen + suffix


def _text(name: str, field_name: str, value: object, max_length: int) -> str | None:
    """A text field's value as Salesforce stores it; Refused as its REST API refuses it."""
    if not isinstance(value, str):
        raise Refused("JSON_PARSER_ERROR", f"Cannot deserialize instance of string from VALUE_NUMBER_INT value {value}")
    if len(value) > max_length:
        label = f"{field_name}: data value too large: {value} (max length={max_length})"
        raise Refused("STRING_TOO_LONG", label, (field_name,))
    allowed = PICKLISTS.get((name, field_name))
    if allowed is not None and value not in allowed:
        text = f"{field_name}: bad value for restricted picklist field: {value}"
        raise Refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, (field_name,))
    if field_name == "Email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise Refused("INVALID_EMAIL_ADDRESS", f"Email: invalid email address: {value}", ("Email",))
    return value.strip() or None
