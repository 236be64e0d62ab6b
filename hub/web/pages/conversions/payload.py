"""What an ad network would get of one conversion, line by line, and what is kept back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.contracts.connector import Connector
from hub.contracts.conversions import Conversion
from hub.platform.formats import clock_time, day_of, money, phone
from hub.platform.id_words import words_of
from hub.queries.conversions.dry_run import DryRunItem
from hub.web.pages.conversions.conversion_labels import FIELDS, hashed_fields, in_words
from hub.web.pages.request import PageRequest

NEVER = "name, recording, texts"
"""What the hub puts into no conversion."""
PERMISSIONS = {
    "granted": "granted: the person said yes",
    "denied": "denied",
    "unknown": "unknown: the person said neither yes nor no",
}
CONTACTS = {"call": "a call", "text": "a text", "form": "a form"}
HEAD, TAIL = 10, 5
"""Characters of a click id or a hash that the page shows."""


def lines_of(page: PageRequest, item: DryRunItem, connector: Connector) -> list[tuple[str, str]]:
    """Label and value of everything that the plugin would get for this item."""
    conversion = item.conversion
    if conversion is None:
        return []
    lines = [(label_of(name), str(value)) for name, value in conversion.destination.items() if value is not None]
    lines += [("Rule", conversion.name), ("From", CONTACTS[conversion.contact])]
    lines += _clicks(page, item, conversion)
    lines += [("Time", _exact(conversion.occurred_at, page))]
    if conversion.value is not None:
        lines.append(("Value", money(conversion.value.amount, conversion.value.currency)))
    hashed = hashed_fields(connector.manifest)
    for name in FIELDS:
        value = getattr(conversion, name)
        if name not in ("click_ids", "clicked_at", "occurred_at", "value") and value:
            lines.append((_capital(FIELDS[name]), _shown(page, name, value, name in hashed)))
    lines.append(("May use it for ads", PERMISSIONS[conversion.ad_user_data]))
    lines.append(("Order id", f"{conversion.key}, so that it counts once"))
    return [*lines, ("Kept back", kept_back(item))]


def kept_back(item: DryRunItem) -> str:
    """What is known and not given: what consent leaves out, what the manifest does not declare, and what no conversion
    holds."""
    reasons = {
        "typed into the form, and not surely the sender's": item.ruling.left_out if item.ruling else (),
        "the plugin does not declare them": item.kept_back,
    }
    parts = [f"{in_words(fields)}: {reason}" for reason, fields in reasons.items() if fields]
    first, *others = (*parts, f"{NEVER}: in no conversion")
    return ". ".join((first, *map(_capital, others)))


def label_of(name: str) -> str:
    """Conversion action, for conversion_action."""
    return _capital(words_of(name))


def shortened(text: str) -> str:
    """Cj0KCQiA…x7wcB: enough to compare two of them."""
    return text if len(text) <= HEAD + TAIL + 1 else f"{text[:HEAD]}…{text[-TAIL:]}"


def _clicks(page: PageRequest, item: DryRunItem, conversion: Conversion) -> list[tuple[str, str]]:
    clicked: Mapping[str, datetime] = item.clicked or {}
    return [
        (
            "Click id",
            f"{name} {shortened(value)}"
            + (f", clicked on {day_of(clicked[name], page.zone)} at {clock_time(clicked[name], page.zone)}"
               if name in clicked else ""),
        )
        for name, value in conversion.click_ids.items()
    ]  # fmt: skip


def _shown(page: PageRequest, name: str, value: Any, hashed: bool) -> str:
    if hashed:
        return f"SHA-256 {shortened(str(value))}"
    if name == "phone_number":
        return phone(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{each} {shortened(text)}" for each, text in value.items())
    return _exact(value, page) if isinstance(value, datetime) else str(value)


def _exact(at: datetime, page: PageRequest) -> str:
    return at.astimezone(page.zone).isoformat(" ", "seconds")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
