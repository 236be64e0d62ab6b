"""The fields of a rule's form, from the models of config.yaml and of each plugin's destination, and the rule that they
hold."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hub.config.models import ConversionRule, When
from hub.config.rule_checks import has_condition
from hub.contracts.connector import PluginSettings
from hub.contracts.values import Money
from hub.web.pages.conversions.sentences import LEAD_WORDS

Values = Mapping[str, Sequence[str]]
"""What a form holds: name → values."""
Takers = Mapping[str, type[PluginSettings]]
"""Connector → the model of its destinations."""
SEND = "send"
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


def options(connector: str, model: type[PluginSettings], values: Values) -> list[FormField]:
    """The options of a destination."""
    return [_field(f"{SEND}.{connector}.{name}", name, info, values) for name, info in model.model_fields.items()]


def first(values: Values, name: str) -> str:
    """The only or first value of a field, without blanks around it."""
    return (values.get(name) or [""])[0].strip()


def values_of(rule: ConversionRule) -> dict[str, list[str]]:
    """A rule as its form holds it."""
    when = {f"when.{name}": _texts(value) for name, value in rule.when if value is not None}
    value = rule.value
    money = isinstance(value, Money)
    sent = {
        f"{SEND}.{connector}.{name}": _texts(option)
        for connector, destination in rule.send_to.items()
        for name, option in destination.items()
    }
    return {
        "name": [rule.name],
        **when,
        "value": ["amount" if money else str(value or "")],
        "amount": [f"{value.amount:f}"] if isinstance(value, Money) else [],
        "currency": [value.currency] if isinstance(value, Money) else [],
        SEND: list(rule.send_to),
        **sent,
    }


def tree_of(values: Values, takers: Takers) -> dict[str, Any]:
    """The rule that a form holds, as config.yaml would have it; unchecked."""
    when = dict(_conditions_of(values))
    tree: dict[str, Any] = {"name": first(values, "name"), "when": when}
    kind = first(values, "value")
    if kind:
        amount = f"{first(values, 'amount')} {first(values, 'currency').upper() or 'USD'}"
        tree["value"] = amount if kind == "amount" else kind
    chosen = [name for name in takers if name in values.get(SEND, ())]
    tree["send_to"] = {
        name: {
            option: _written(text, info)
            for option, info in takers[name].model_fields.items()
            if (text := first(values, f"{SEND}.{name}.{option}"))
        }
        for name in chosen
    }
    return tree


def _conditions_of(values: Values) -> Iterator[tuple[str, Any]]:
    event = first(values, "when.event") or "call"
    for name, info in When.model_fields.items():
        given = [each.strip() for each in values.get(f"when.{name}", ()) if each.strip()]
        if name == "event":
            yield name, event
        elif given and has_condition(event, name):
            yield name, given if _enum(info) else {"true": True, "false": False}.get(given[0], given[0])


def _written(text: str, info: FieldInfo) -> Any:
    """An option of a destination as somebody would write it in config.yaml: a number, yes or no, a list, a text."""
    kinds = _types(info.annotation)
    if bool in kinds:
        return {"true": True, "false": False}.get(text, text)
    if {int, float} & kinds and re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text):
        return int(text)
    if {list, tuple, dict} & kinds or any(isinstance(each, type) and issubclass(each, BaseModel) for each in kinds):
        try:
            return yaml.safe_load(text)
        except yaml.YAMLError:
            return text
    return text


def _field(
    name: str, key: str, info: FieldInfo, values: Values, choices: Sequence[tuple[str, str]] | None = None
) -> FormField:
    label = LABELS.get(key, key.replace("_", " ").capitalize())
    hint = (info.description or "").partition(": ")[2] if key in ("stage", "form") else info.description or ""
    hint = hint[:1].upper() + hint[1:]
    found, many = choices, False
    if found is None and bool in _types(info.annotation):
        found = YES_NO
    elif found is None and (states := _enum(info)):
        found, many = [(each.value, LEAD_WORDS.get(each.value, each.value).capitalize()) for each in states], True
    elif found is None and (words := _literals(info.annotation)):
        found = [("", "Any"), *((each, each.replace("_", " ").capitalize()) for each in words)]
    given = [each for each in values.get(name, ()) if each]
    if not given and not info.is_required() and info.default not in (None, ...) and not many and name not in values:
        given = _texts(info.get_default(call_default_factory=True))
    kind: Literal["text", "choice", "many"] = "many" if many else "choice" if found else "text"
    return FormField(
        name=name, label=label, hint=hint, kind=kind, values=given, choices=found or (), required=info.is_required()
    )


def _texts(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [str(each.value if isinstance(each, Enum) else each) for each in value]
    if isinstance(value, bool):
        return [str(value).lower()]
    if hasattr(value, "total_seconds"):
        return [f"{int(value.total_seconds())}s"]
    return [] if value is None else [str(value)]


def _types(annotation: Any) -> set[Any]:
    """The plain types in an annotation, at any depth."""
    parts = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    inner = set().union(*(_types(part) for part in parts)) if parts and origin is not Literal else set()
    return inner | ({origin} if isinstance(origin, type) else {annotation} if isinstance(annotation, type) else set())


def _enum(info: FieldInfo) -> list[Any]:
    """The members of the enum that a list of states is made of."""
    found = [each for each in _types(info.annotation) if isinstance(each, type) and issubclass(each, Enum)]
    return list(found[0]) if found else []


def _literals(annotation: Any) -> list[str]:
    if typing.get_origin(annotation) is Literal:
        return [str(each) for each in typing.get_args(annotation)]
    return [word for part in typing.get_args(annotation) for word in _literals(part)]
