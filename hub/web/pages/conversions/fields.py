"""The fields of a rule's form, from the models of config.yaml and of each plugin's destination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic.fields import FieldInfo

from hub.config.models import When
from hub.config.rule_checks import has_condition
from hub.contracts.connector import PluginSettings
from hub.contracts.sign_in import DestinationChoice
from hub.web.pages.conversions.annotations import literals_in, states_of, types_in
from hub.web.pages.conversions.sentences import LEAD_WORDS
from hub.web.pages.conversions.values import SEND, Values, first, texts_of

EVENTS = {
    "call": "A call",
    "text": "A text",
    "form": "A form",
    "outcome": "A deal in the CRM",
    "lead": "A lead status that a user gives",
}
VALUES = {
    "": "No value",
    "amount": "An amount",
    "from outcome": "The deal's own value",
    "from lead": "The value that a user gives",
}
YES_NO = (("", "Any"), ("true", "Yes"), ("false", "No"))
LABELS = {"min_duration": "At least this long", "first_time_caller": "First call", "form": "Form's id"}
STAGES = ("qualified", "won", "lost")


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One field: a text, a choice of one, or of many."""

    name: str
    label: str
    hint: str
    kind: Literal["text", "choice", "many"]
    values: Sequence[str]
    choices: Sequence[tuple[str, str]] = ()
    required: bool = False

    @property
    def value(self) -> str:
        """The value of a text or a choice of one."""
        return self.values[0] if self.values else ""


def conditions(values: Values, companies: Mapping[str, str], trackers: Sequence[str]) -> list[FormField]:
    """The conditions that rules about the chosen event have. `companies` are titles by name."""
    event = first(values, "when.event") or "call"
    names = {
        "company": [("", "Any company"), *companies.items()],
        "tracker": [("", "Any number"), *((each, each) for each in trackers)],
    }
    return [
        _field(f"when.{name}", name, info, values, names.get(name))
        for name, info in When.model_fields.items()
        if name != "event" and has_condition(event, name)
    ]


def options(
    connector: str, model: type[PluginSettings], values: Values, listed: Sequence[DestinationChoice] = ()
) -> list[FormField]:
    """The options of a destination; an option that the provider's list has alone is chosen from that list."""
    return [
        _field(
            f"{SEND}.{connector}.{name}",
            name,
            info,
            values,
            _from_list(f"{SEND}.{connector}.{name}", name, values, listed),
        )
        for name, info in model.model_fields.items()
    ]


def _from_list(
    field: str, name: str, values: Values, listed: Sequence[DestinationChoice]
) -> Sequence[tuple[str, str]] | None:
    fit = [each for each in listed if set(each.destination) == {name}]
    if not fit:
        return None
    words = {
        str(each.destination[name]): ", ".join(filter(None, (each.name, each.details, each.unusable))) for each in fit
    }
    now = first(values, field)
    return [("", "Choose one"), *([(now, now)] if now and now not in words else []), *words.items()]


def _field(
    name: str, key: str, info: FieldInfo, values: Values, choices: Sequence[tuple[str, str]] | None = None
) -> FormField:
    label = LABELS.get(key, key.replace("_", " ").capitalize())
    hint = (info.description or "").partition(": ")[2] if key in ("stage", "form") else info.description or ""
    hint = hint[:1].upper() + hint[1:]
    found, many = choices, False
    if found is None and bool in types_in(info.annotation):
        found = YES_NO
    elif found is None and (states := states_of(info)):
        found, many = [(each.value, LEAD_WORDS.get(each.value, each.value).capitalize()) for each in states], True
    elif found is None and (words := literals_in(info.annotation)):
        found = [("", "Any"), *((each, each.replace("_", " ").capitalize()) for each in words)]
    given = [each for each in values.get(name, ()) if each]
    if not given and not info.is_required() and info.default not in (None, ...) and not many and name not in values:
        given = texts_of(info.get_default(call_default_factory=True))
    kind: Literal["text", "choice", "many"] = "many" if many else "choice" if found else "text"
    return FormField(
        name=name, label=label, hint=hint, kind=kind, values=given, choices=found or (), required=info.is_required()
    )
