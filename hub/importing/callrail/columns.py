"""The columns of CallRail's exported CSV files by meaning. Customers choose and rename columns, so several names mean one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

COLUMNS: Mapping[str, str] = {
    "id": "call id, id, resource id, submission id, form submission id, message id",
    "company": "company name, company, account name",
    "tracker": "number name, tracker name, tracking number name, tracker",
    "tracking_number": "tracking number, tracking phone number, number",
    "business_number": "destination number, business phone number, business number, destination, answered by number",
    "source": "source, source name, formatted tracking source",
    "at": "start time, call time, date time, date, submitted at, submission time, submission date, created at, sent at, "
    "message date, time",
    "duration": "duration seconds, duration, call duration, duration s",
    "name": "name, customer name, caller name, contact name",
    "number": "phone number, customer phone number, caller number, customer number, contact number, phone",
    "email": "email, customer email, email address",
    "first": "first time caller, first call, first time, first form, first time contact",
    "city": "city, customer city",
    "region": "state, customer state, region, province",
    "country": "country, customer country",
    "status": "call status, status, answered, call type",
    "voicemail": "voicemail",
    "direction": "direction, call direction, message direction",
    "value": "value, lead value",
    "tags": "tags, tag",
    "lead_status": "lead status, qualified, qualification, lead",
    "note": "note, notes, comments",
    "campaign": "campaign, utm campaign name",
    "medium": "medium",
    "keywords": "keywords, keyword, search keywords",
    "landing_page": "landing page, landing page url",
    "utm_source": "utm source",
    "utm_medium": "utm medium",
    "utm_campaign": "utm campaign",
    "utm_term": "utm term",
    "gclid": "gclid",
    "fbclid": "fbclid",
    "msclkid": "msclkid",
    "form_name": "form name, form",
    "page": "form url, page url, page, submitted from",
    "body": "content, message, message content, body, text, message body",
}
_BY_NAME = {re.sub(r"[^a-z0-9]", "", name): meaning for meaning, names in COLUMNS.items() for name in names.split(",")}
CALLS, FORMS, TEXTS = "calls", "forms", "texts"


def meanings(header: Iterable[str]) -> list[str | None]:
    """What each column means; None if it is not known. Of two columns with one meaning the first counts."""
    found: list[str | None] = []
    for name in header:
        meaning = _BY_NAME.get(re.sub(r"[^a-z0-9]", "", name.casefold()))
        found.append(meaning if meaning not in found else None)
    return found


def kind_of(known: Iterable[str | None]) -> str | None:
    """Whether a file with these columns holds calls, forms or texts; None if it is none of them."""
    columns = set(known)
    if {"body", "number", "at"} <= columns and "duration" not in columns:
        return TEXTS
    if "at" in columns and columns & {"form_name", "page"} and "duration" not in columns:
        return FORMS
    return CALLS if {"at", "tracking_number", "duration"} <= columns else None
