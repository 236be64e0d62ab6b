"""The fields of a rule's form, from the models of config.yaml and of each plugin's destination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.config.models import ConversionRule
from hub.config.rule_checks import has_condition
from hub.config.sections.conversion_values import When
from hub.contracts.connector import PluginSettings
from hub.contracts.leads import LeadStatus
from hub.contracts.sign_in import DestinationChoice
from hub.contracts.values import Money
from hub.web.forms.derive import fields_of, said
from hub.web.forms.field import Field, Values
from hub.web.forms.values import last, read, texts_of
from hub.web.pages.conversions.sentences import LEAD_WORDS

EVENTS = {
    "call": "A call",
    "text": "A text",
    "form": "A form",
    "outcome": "A deal in the CRM",
    "lead": "A lead status that a user gives",
    "signal": "Something that was said in a call",
}
VALUES = {
    "": "No value",
    "amount": "An amount",
    "from outcome": "The deal's own value",
    "from lead": "The value that a user gives",
    "from signal": "The amount that was spoken of",
}
CONDITIONS: Mapping[str, Mapping[str, Any]] = {
    "first_time_caller": {"label": "First call"},
    "min_duration": {"label": "At least this long"},
    "form": said("Form's id", "Only the form with this id on its page."),
    "stage": said("Stage", "Qualified, won, lost or the CRM's own stage.", suggestions=("qualified", "won", "lost")),
    "name": said("Signal", "Its name below `insights:` in config.yaml, like booked."),
    "confidence": said("How sure at least", "From 0 to 1, like 0.8."),
    "status": said("Status", choices=tuple((each.value, LEAD_WORDS[each].capitalize()) for each in LeadStatus)),
}
Takers = Mapping[str, type[PluginSettings]]
"""Connector → the model of its destinations."""
SEND = "send"
NOT_AN_AMOUNT = "This is not an amount; write it like 12.50."


def rule_fields(
    takers: Takers,
    event: str,
    companies: Mapping[str, str],
    trackers: Sequence[str],
    listed: Mapping[str, Sequence[DestinationChoice]] | None = None,
) -> tuple[Field, ...]:
    """The fields of a rule about an event. `companies` are titles by name; `listed` are the provider's own destinations of a
    connector."""
    named: Mapping[str, Mapping[str, object]] = {
        "company": {"kind": "choice", "choices": tuple(companies.items()), "empty": "Any company"},
        "tracker": {"kind": "choice", "choices": tuple((each, each) for each in trackers), "empty": "Any number"},
    }
    words = {**CONDITIONS, **named}
    conditions = [
        replace(field, path=("when", *field.path), **words.get(field.path[0], {}))
        for field in fields_of(When, prefix="when.")
        if field.path[0] != "event" and has_condition(event, field.path[0])
    ]
    unfit = {f"from {each}" for each in ("outcome", "lead", "signal") if each != event}
    kinds = tuple((kind, text) for kind, text in VALUES.items() if kind not in unfit)
    return (
        *fields_of(ConversionRule, {"name": {"hint": "A name of your choice; receipts and pages show it."}}),
        *fields_of(ConversionRule, {"when.event": said("What counts", choices=EVENTS)}),
        *conditions,
        Field(name="value", label="Value", kind="choice", choices=kinds, default=""),
        Field(name="amount", label="Amount", hint="For “An amount”.", path=("value",), maximum=20, wrong=NOT_AN_AMOUNT),
        Field(name="currency", label="Currency", maximum=3),
        *(field for name, model in takers.items() for field in _options(name, model, (listed or {}).get(name, ()))),
    )


def _options(connector: str, model: type[PluginSettings], listed: Sequence[DestinationChoice]) -> list[Field]:
    """The options of a destination; an option that the provider's list has alone is chosen from that list."""
    made = []
    for field in fields_of(model, prefix=f"{SEND}.{connector}."):
        fit = [each for each in listed if {*each.destination} == {*field.path}]
        choices = tuple(
            (str(each.destination[field.path[0]]), ", ".join(filter(None, (each.name, each.details, each.unusable))))
            for each in fit
        )
        chosen: dict[str, Any] = (
            {"kind": "choice", "choices": choices, "default": None, "empty": "Choose one"} if fit else {}
        )
        made.append(replace(field, path=(SEND + "_to", connector, *field.path), required=False, **chosen))
    return made


def rule_texts(fields: Sequence[Field], rule: ConversionRule) -> dict[str, list[str]]:
    """A rule as its form shows it."""
    value = rule.value
    money = {"amount": [f"{value.amount:f}"], "currency": [value.currency]} if isinstance(value, Money) else {}
    return {
        **texts_of(fields, rule),
        "value": ["amount" if money else str(value or "")],
        "amount": [],
        "currency": [],
        **money,
        SEND: list(rule.send_to),
    }


def rule_tree(fields: Sequence[Field], values: Values, takers: Takers) -> dict[str, Any]:
    """The rule that a form says, as config.yaml would have it; unchecked."""
    tree = read(fields, values)
    kind, sent = last(values, "value"), tree.get("send_to", {})
    tree["name"] = last(values, "name")
    tree["value"] = (
        f"{last(values, 'amount')} {last(values, 'currency').upper() or 'USD'}" if kind == "amount" else kind
    )
    if not kind:
        del tree["value"]
    tree["send_to"] = {name: sent.get(name, {}) for name in takers if name in values.get(SEND, ())}
    return tree
