"""Finds the owner of a row: the holder in the key table whose key encrypts its personal columns in a backup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select, tuple_
from sqlmodel import Session

from hub.model import every_table
from hub.model.people import TYPED

Owner = tuple[str | None, str | None, str]
"""Company, phone number, and the id of the row that represents the person if the number is hidden."""
OF_CALLERS = frozenset({"caller_rule", "inbox", "outcome", "person", "visit", "privacy_request"})
REFERENCE_COLUMNS = ("subject_id", "call_id", "text_id", "visit_id", "person_id", "carrier_call_id", "delivery_id")
"""Columns that link a table's rows to a caller. Personal data in all other tables is about people who work with the
hub: it is encrypted with the whole backup, without a key per person."""
SEALED = frozenset(
    {
        "call.sealed_name",
        "caller_rule.sealed_note",
        "consent_detail.sealed",
        "fact.sealed",
        "form_submission.sealed_fields",
        "form_submission.sealed_name",
        "note.sealed",
        "person.sealed_name",
        "privacy_request.correction",
        "text_media.data",
        "text_message.body",
        "transcript.sealed",
    }
)
"""Columns that are already encrypted with their person's key."""
QUOTED = {"delivery": ("reason",), "attempt": ("reason",), "outcome": ("trace",)}
"""Columns with texts by others, which may quote a person."""
NUMBER_COLUMNS = {
    "person": "phone_number",
    "call": "caller_number",
    "text_message": "person_number",
    "form_submission": "phone_number",
    "outgoing_call": "person_number",
    "privacy_request": "phone_number",
}
TYPED_NUMBERS = ("person", "form_submission")
"""Tables whose numbers may be typed by anybody: a typed number does not identify an owner (hub.model.people)."""
CONTACT_TABLES = ("call", "text_message", "form_submission")


@dataclass(frozen=True)
class Owners:
    """Finds the owners of rows, one chunk at a time, in the snapshot of `session`."""

    session: Session

    def of(self, table: Table, rows: Sequence[Mapping[Any, Any]]) -> list[Owner | None]:
        """The owner of each row; None if no owner is known."""
        name = table.name
        if name == "privacy_request":
            by_address = self._by_address(_of(rows, "email"))
            contacts = self._of_contacts(name, rows)
            return [by_address.get((row["company_id"], row["email"])) if row["email"] and not row["phone_number"] else own
                    for row, own in zip(rows, contacts, strict=True)]  # fmt: skip
        if name == "caller_rule":
            return [(row["company_id"], row["pattern"] if row["company_id"] and not row["is_prefix"] else None, row["id"])
                    for row in rows]  # fmt: skip
        if name in NUMBER_COLUMNS:
            return self._of_contacts(name, rows)
        if name == "visit":
            return self._by(rows, "person_id", self._people)
        if name == "page_view":
            visits = self._known("visit", _of(rows, "visit_id"))
            return [self._people(_of(visits.values(), "person_id")).get(visits[row["visit_id"]]["person_id"] or "")
                    if row["visit_id"] in visits else None for row in rows]  # fmt: skip
        for link in ("subject_id", "call_id", "text_id"):
            if link in table.c:
                return self._by(rows, link, self._subjects)
        if "delivery_id" in table.c:
            deliveries = self._values("delivery", _of(rows, "delivery_id"), "subject_id")
            owners = self._subjects(deliveries.values())
            return [owners.get(deliveries.get(row["delivery_id"], "")) for row in rows]
        if "carrier_call_id" in table.c:
            return self._of_carriers_calls(rows)
        return self._by(rows, "person_id", self._people) if "person_id" in table.c else [None] * len(rows)

    def _of_contacts(self, name: str, rows: Sequence[Mapping[Any, Any]]) -> list[Owner | None]:
        people = self._people(_of(rows, "person_id")) if "person_id" in table_named(name).c else {}
        owners: list[Owner | None] = []
        for row in rows:
            surely = name not in TYPED_NUMBERS or (name == "person" and not _is_typed(row))
            own: Owner = (row["company_id"], row[NUMBER_COLUMNS[name]] if surely else None, row["id"])
            known = people.get(row.get("person_id") or "")
            # The person's number may have been corrected since the call.
            corrected = known is not None and (known[1] is not None or own[1] is None)
            owners.append(known if corrected else own)
        return owners

    def _of_carriers_calls(self, rows: Sequence[Mapping[object, object]]) -> list[Owner | None]:
        call = table_named("call")
        ties = {(row["connector"], row["carrier_call_id"]) for row in rows}
        found = select(call.c.connector, call.c.carrier_call_id, call.c.id)
        found = found.where(tuple_(call.c.connector, call.c.carrier_call_id).in_(ties))
        ids = {
            (connector, carrier_call_id): row_id for connector, carrier_call_id, row_id in self.session.execute(found)
        }
        owners = self._subjects(ids.values())
        return [owners.get(ids.get((row["connector"], row["carrier_call_id"]), "")) for row in rows]

    def _by(self, rows: Sequence[Mapping[Any, Any]], column: str, find: Any) -> list[Owner | None]:
        owners = find(_of(rows, column))
        return [owners.get(row[column] or "") for row in rows]

    def _people(self, ids: Iterable[str]) -> dict[str, Owner]:
        return {
            row_id: (row["company_id"], row["phone_number"], row_id)
            for row_id, row in self._known("person", ids).items()
            if not _is_typed(row)
        }

    def _by_address(self, addresses: Iterable[str]) -> dict[tuple[str, str], Owner]:
        person = table_named("person")
        found = select(person.c.id, person.c.company_id, person.c.phone_number, person.c.email)
        surely = (person.c.email.in_(set(addresses)), person.c.email_learnt != TYPED)
        rows = self.session.execute(found.where(*surely).order_by(person.c.id.desc()))
        return {(company_id, email): (company_id, number, row_id) for row_id, company_id, number, email in rows}

    def _subjects(self, ids: Iterable[str]) -> dict[str, Owner]:
        wanted = set(ids)
        owners: dict[str, Owner] = {}
        for name in CONTACT_TABLES:
            rows = list(self._known(name, wanted - owners.keys()).values())
            owners |= {
                row["id"]: owner for row, owner in zip(rows, self._of_contacts(name, rows), strict=True) if owner
            }
        return owners

    def _values(self, name: str, ids: Iterable[str], column: str) -> dict[str, str]:
        table = table_named(name)
        found = self.session.execute(select(table.c.id, table.c[column]).where(table.c.id.in_(set(ids))))
        return {row_id: value for row_id, value in found if value}

    def _known(self, name: str, ids: Iterable[str]) -> dict[str, Mapping[Any, Any]]:
        wanted = set(ids)
        if not wanted:
            return {}
        table = table_named(name)
        names = ("id", "company_id", "person_id", NUMBER_COLUMNS.get(name, ""), "phone_learnt", "email_learnt")
        columns = [table.c[each] for each in names if each in table.c]
        found = self.session.execute(select(*columns).where(table.c.id.in_(wanted)))
        return {row["id"]: row for row in found.mappings()}


def personal_columns(table: Table) -> list[str]:
    """The columns of a table that are encrypted in a backup."""
    if table.name not in OF_CALLERS and not any(link in table.c for link in REFERENCE_COLUMNS):
        return []
    personal = [column.name for column in table.c if "category" in column.info and str(column) not in SEALED]
    return [*personal, *QUOTED.get(table.name, ())]


def _is_typed(row: Mapping[object, object]) -> bool:
    return TYPED in (row["phone_learnt"], row["email_learnt"])


def _of(rows: Iterable[Mapping[Any, Any]], column: str) -> set[str]:
    return {row[column] for row in rows if row[column]}


def table_named(name: str) -> Table:
    """A table by its name in the database."""
    return every_table().tables[name]
