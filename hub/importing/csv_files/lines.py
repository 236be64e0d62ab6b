"""One line of an exported CSV file as a record."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.contracts.phones import phone_number
from hub.contracts.untrusted import JsonObject
from hub.importing.callrail.rows import CURRENCY, cause_of, place_of
from hub.importing.callrail.vocabulary import LEAD_STATUSES, is_yes, moment_of, money_of, seconds_of, zone_of
from hub.importing.csv_files.mapping import CALLS, FORMS, KIND, ColumnMap
from hub.importing.records import CallRecord, FormRecord, Marks, Record, TextRecord

ID_CHARACTERS = 32
MAX_ID = 64


@dataclass(frozen=True)
class Line:
    """A line: the values by meaning, those of columns without a known meaning by name, and its place in the file."""

    known: Mapping[str, str]
    other: Mapping[str, str]
    place: str
    kind: str | None
    """Calls, forms or texts; None if it is none of them."""

    @classmethod
    def of(cls, columns: ColumnMap, row: Sequence[str], place: str, company: str | None) -> Line:
        """A line of a file; `company` is whose it is if the file does not say it."""
        known, other, service = {}, {}, columns.service
        for name, meaning, value in zip(columns.header, columns.meanings, row, strict=False):
            if value := value.strip():
                if meaning is not None:
                    known[meaning] = service.values.get(meaning, {}).get(value.casefold(), value)
                elif name not in columns.left_out:
                    other[name] = value
        if company is not None:
            known.setdefault("company", company)
        kind = columns.kind or service.kinds.get(known.get(KIND, "").casefold())
        return cls(known, other, place, kind)

    def get(self, meaning: str) -> str | None:
        """A value by its meaning; None if it is empty."""
        return self.known.get(meaning)


def company_id(title: str) -> str:
    """The id of a company in files, which name companies by their titles only."""
    return hashlib.sha256(title.casefold().encode()).hexdigest()[:ID_CHARACTERS]


def tracker_id(company: str, title: str) -> str:
    """The id of a tracker in files."""
    return company_id(f"{company}\n{title}")


def record_of(line: Line, zone: str | None) -> Record | None:
    """A line as a call, form or text; None if its time cannot be read. A time without an offset needs a zone: the
    line's own, or else `zone`."""
    written, own = line.get("at") or "", line.get("time_zone")
    zone = known_zone(own) if own else zone
    at = moment_of(written, zone or "UTC")
    if at is None or (zone is None and moment_of(written, "America/Chicago") != at):
        return None
    if line.kind == CALLS:
        return _call(line, at)
    return _form(line, at) if line.kind == FORMS else _text(line, at)


def known_zone(name: str) -> str | None:
    """The IANA name of a time zone; None if it is none."""
    return found if (found := zone_of(name)) != "UTC" or name.upper() == "UTC" else None


def _call(line: Line, at: datetime) -> CallRecord:
    status = (line.get("status") or "").casefold()
    voicemail = "voicemail" in status or is_yes(line.get("voicemail")) is True
    answered = not voicemail and (is_yes(status) is True or "answered" in re.sub("(un|not )answered", "", status))
    return CallRecord(
        id=(line.get("id") or "")[:MAX_ID] or None,
        at=at,
        direction="out" if (line.get("direction") or "").casefold().startswith("out") else "in",
        caller_number=phone_number(line.get("number")),
        business_number=phone_number(line.get("business_number")),
        name=line.get("name"),
        place=place_of(line.get("city"), line.get("region"), line.get("country")),
        duration=seconds_of(line.get("duration")),
        answered=answered,
        voicemail=voicemail,
        is_first=is_yes(line.get("first")),
        **_shared(line),
    )


def _form(line: Line, at: datetime) -> FormRecord:
    fields = {**line.other}
    for name in ("email", "body"):
        if value := line.get(name):
            fields.setdefault("message" if name == "body" else name, value)
    reported = _shared(line)
    return FormRecord(
        id=(line.get("id") or "")[:MAX_ID] or None,
        company=reported["company"],
        at=at,
        form_id=line.get("form_name"),
        page=line.get("page"),
        number=phone_number(line.get("number")),
        name=line.get("name"),
        fields=fields,
        is_first=is_yes(line.get("first")),
        cause=reported["cause"],
        marks=reported["marks"],
    )


def _text(line: Line, at: datetime) -> TextRecord:
    direction = (line.get("direction") or "").casefold()
    return TextRecord(
        id=(line.get("id") or "")[:MAX_ID] or None,
        at=at,
        direction="out" if direction.startswith(("out", "sent")) else "in",
        person_number=phone_number(line.get("number")),
        body=line.get("body") or "",
        **_shared(line),
    )


def _shared(line: Line) -> JsonObject:
    company, tracking = line.get("company"), phone_number(line.get("tracking_number"))
    reported = {**line.known, "landing_page_url": line.get("landing_page")}
    tags = tuple(filter(None, (each.strip() for each in (line.get("tags") or "").split(","))))
    return {
        "company": company_id(company) if company else None,
        "tracker": tracker_id(company, line.get("tracker") or tracking) if company and tracking else None,
        "tracking_number": tracking,
        "cause": cause_of(reported),
        "marks": Marks(
            status=LEAD_STATUSES.get((line.get("lead_status") or "").casefold()),
            value=money_of(line.get("value"), CURRENCY),
            tags=tags,
            note=line.get("note"),
        ),
    }
