"""A conversion rule as the values of its form, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hub.config.models import ConversionRule, When
from hub.config.rule_checks import has_condition
from hub.contracts.connector import PluginSettings
from hub.contracts.values import Money
from hub.web.pages.conversions.annotations import states_of, types_in

Values = Mapping[str, Sequence[str]]
"""What a form holds: name → values."""
Takers = Mapping[str, type[PluginSettings]]
"""Connector → the model of its destinations."""
SEND = "send"


def first(values: Values, name: str) -> str:
    """The only or first value of a field, without blanks around it."""
    return (values.get(name) or [""])[0].strip()


def values_of(rule: ConversionRule) -> dict[str, list[str]]:
    """A rule as its form holds it."""
    when = {f"when.{name}": texts_of(value) for name, value in rule.when if value is not None}
    value = rule.value
    money = isinstance(value, Money)
    sent = {
        f"{SEND}.{connector}.{name}": texts_of(option)
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
            yield name, given if states_of(info) else {"true": True, "false": False}.get(given[0], given[0])


def _written(text: str, info: FieldInfo) -> Any:
    """An option of a destination as somebody would write it in config.yaml: a number, yes or no, a list, a text."""
    kinds = types_in(info.annotation)
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


def texts_of(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [str(each.value if isinstance(each, Enum) else each) for each in value]
    if isinstance(value, bool):
        return [str(value).lower()]
    if hasattr(value, "total_seconds"):
        return [f"{int(value.total_seconds())}s"]
    return [] if value is None else [str(value)]
