"""The fields of a company's form, and what they say in config.yaml."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from hub.config.edit import REMOVED, Change
from hub.config.models import CompanySection
from hub.contracts.phones import phone_number


class Given(Protocol):
    """The values of a form."""

    def __call__(self, name: str) -> str:
        """One value, without blanks around it."""


class FormField(NamedTuple):
    """One field: its place below the company in config.yaml, its words, and how its text is read."""

    path: tuple[str, ...]
    label: str
    hint: str
    kind: str = "line"
    read: Callable[[str], Any] = str

    @property
    def name(self) -> str:
        """The name of the form's field."""
        return ".".join(self.path)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word]


def _hosts(text: str) -> list[str]:
    return [re.sub(r"^https?://", "", word.lower()).split("/")[0] for word in _words(text)]


def _numbers(text: str) -> list[str]:
    lines = [line.strip() for line in re.split(r"[\n,;]+", text) if line.strip()]
    return [phone_number(line) or line for line in lines]


def _number(text: str) -> str:
    return phone_number(text) or text


def _lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _codes(text: str) -> list[str]:
    return [word.upper() for word in _words(text)]


TRACKING = {
    "by_visitor": "As the law where the visitor is asks (recommended)",
    "opt_in": "Only visitors who agreed",
    "opt_out": "Every visitor until they object",
}
FIELDS = (
    FormField(("title",), "Name", "As people know it; callers and the privacy page get to see it."),
    FormField(("time_zone",), "Time zone", "Its days and opening hours count in it, like America/Chicago.", "zone"),
    FormField(("country",), "Country", "Two letters, like US. The law of this place counts for its calls.", read=str.upper),
    FormField(("region",), "State or province", "Its code, like IL.", read=str.upper),
    FormField(("domains",), "Its websites", "One host a line, like www.example.com.", "lines", _hosts),
    FormField(("contact", "postal_address"), "Postal address", "On its privacy page.", "lines", _lines),
    FormField(("contact", "phone"), "Phone for questions about data", "On its privacy page.", read=_number),
    FormField(("contact", "email"), "E-mail for questions about data", "On its privacy page.", "email"),
    FormField(("website", "swap"), "Numbers on its pages", "One a line; visitors see others there.", "lines", _numbers),
    FormField(("website", "linked_domains"), "Other sites of its own", "One host a line.", "lines", _hosts),
    FormField(("website", "tracking"), "Which visitors are recorded", "Who must agree first, or may object.", "tracking"),
    FormField(("website", "trades_in"), "Other countries that it serves", "Codes, like CA GB.", read=_codes),
)  # fmt: skip
NUMBER_FIELD = FormField(
    ("route", "dial"), "Phone that rings", "Callers reach it until you make a call flow.", read=_number
)


def shown(section: CompanySection) -> dict[str, str]:
    """The text of each field for a company as it is."""
    tree = section.model_dump(mode="json")
    return {field.name: _text(_at(tree, field.path)) for field in FIELDS}


def changes(place: tuple[str, ...], section: CompanySection, given: Given) -> Iterator[Change]:
    """The edits that make config.yaml say what the form says; a value that stays is not touched."""
    before = shown(section)
    for field in FIELDS:
        text = given(field.name)
        if _normal(text) != _normal(before[field.name]):
            yield Change((*place, *field.path), field.read(text) if text else REMOVED)


def tree_of(given: Given) -> dict[str, Any]:
    """A new company as config.yaml has it."""
    tree: dict[str, Any] = {}
    for field in (*FIELDS, NUMBER_FIELD):
        text = given(field.name)
        if text and not (field.name == "website.tracking" and text == "by_visitor"):
            part = tree
            for step in field.path[:-1]:
                part = part.setdefault(step, {})
            part[field.path[-1]] = field.read(text)
    return tree


def field_of(path: str | None) -> str | None:
    """The form's field that a problem of config.yaml is about, by the path in its words."""
    bare = re.sub(r"\[[^\]]*\]", "", path or "")
    return next((field.name for field in (*FIELDS, NUMBER_FIELD) if bare.endswith(f"companies.{field.name}")), None)


def _at(tree: Mapping[str, Any] | None, path: tuple[str, ...]) -> Any:
    value: Any = tree
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def _normal(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())
