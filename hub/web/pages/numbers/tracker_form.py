"""The form of a tracker: its fields, what a person typed, and the edits of config.yaml that follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hub.config.durations import parse_span
from hub.config.edit import REMOVED, Change
from hub.config.models import CompanySection, TrackerSection
from hub.contracts.phones import phone_number
from hub.errors import Problem

OWN_ROUTE = "own route"
"""The choice of a tracker whose route is written at the tracker itself; a flow's name has no blank."""
SOURCE_FIELDS = ("source", "medium", "campaign", "default", "signals")
POOL_FIELDS = ("hold", "cool_down", "reserve")
UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields that a tracker of a type has."""
    return ("carrier", "flow", *(POOL_FIELDS if kind == "session" else SOURCE_FIELDS))


def written_span(span: timedelta) -> str:
    """7 days; 90 minutes; 45 seconds."""
    for unit, name in UNITS:
        if span >= unit and span % unit == timedelta():
            count = span // unit
            return f"{count} {name}{'s' if count != 1 else ''}"
    return f"{int(span.total_seconds())} seconds"


def values_of(section: TrackerSection) -> dict[str, str]:
    """A tracker's settings as the form shows them."""
    return {
        "carrier": section.carrier,
        "flow": OWN_ROUTE if section.route is not None else section.flow or "",
        "source": section.source or "",
        "medium": section.medium or "",
        "campaign": section.campaign or "",
        "default": "yes" if section.default else "",
        "signals": "yes" if section.signals else "",
        "hold": written_span(section.hold),
        "cool_down": written_span(section.cool_down),
        "reserve": f"{section.reserve * 100:.0f}",
    }


def mistakes(values: Mapping[str, str], kind: str) -> dict[str, str]:
    """What is wrong with a form, by field, before config.yaml is asked."""
    found: dict[str, str] = {}
    if kind == "source" and not values["source"]:
        found["source"] = "Say where its calls come from, like yellow_pages."
    for name in ("hold", "cool_down") if kind == "session" else ():
        try:
            parse_span(values[name])
        except ValueError:
            found[name] = "Write it like 30 minutes, 2h or 7 days."
    if kind == "session" and not (values["reserve"].isdecimal() and int(values["reserve"]) < 100):
        found["reserve"] = "Write a share from 0 to 99."
    return found


def by_field(problems: tuple[Problem, ...], names: tuple[str, ...]) -> tuple[dict[str, str], str]:
    """Problems of the file beside the field that they are about; the others as one text."""
    fields: dict[str, str] = {}
    others = []
    for each in problems:
        last = str(each.path).rpartition(".")[2]
        if last in names:
            fields.setdefault(last, f"{each.text[:1].upper()}{each.text[1:]}.")
        else:
            others.append(f"Line {each.line}: {each.text}." if each.line else each.text)
    return fields, " ".join(others)


def place_of(account: str, company: str, tracker: str) -> tuple[str, ...]:
    """Where a tracker stands in config.yaml."""
    return ("accounts", account, "companies", company, "trackers", tracker)


def changes(place: tuple[str, ...], section: TrackerSection, values: Mapping[str, str]) -> Iterator[Change]:
    """The edits that make a tracker what the form says; what did not change stays as it is written."""
    before = values_of(section)
    for name in fields_of(section.type):
        if values[name] == before[name] or (name in ("hold", "cool_down") and _same_span(values[name], before[name])):
            continue
        if name == "flow" and section.route is not None:
            yield Change((*place, "route"), REMOVED)
        yield Change((*place, name), setting(name, values[name]))


def new_tracker(company: CompanySection, values: Mapping[str, str], numbers: list[str]) -> dict[str, Any]:
    """A new tracker as config.yaml has it; what is as usual is left out."""
    kind = values["type"]
    usual = values_of(TrackerSection(name="new", type="session", carrier=values["carrier"]))
    tree: dict[str, Any] = {"name": values["name"], "type": kind, "carrier": values["carrier"]}
    if numbers:
        tree["numbers"] = numbers
    for name in fields_of(kind)[1:]:
        if values[name] and values[name] != usual[name]:
            tree[name] = setting(name, values[name])
    return tree


def setting(name: str, text: str) -> Any:
    """The value of a field in config.yaml; REMOVED if it is empty, so that what is usual applies."""
    if not text:
        return REMOVED
    if name in ("default", "signals"):
        return True
    return Decimal(text) / 100 if name == "reserve" else text


def numbers_typed(text: str) -> list[str] | None:
    """The numbers of a text, E.164; None if one of them is not a number."""
    found = [phone_number(each.strip()) for each in text.replace(",", "\n").splitlines() if each.strip()]
    return None if None in found else [each for each in dict.fromkeys(found) if each]


def _same_span(one: str, other: str) -> bool:
    try:
        return parse_span(one) == parse_span(other)
    except ValueError:
        return False
