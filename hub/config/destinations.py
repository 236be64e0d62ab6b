"""Destinations: what is written below `send_to:`, as the plugin's own model has it, defaults included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.config.document import Path
from hub.config.error_messages import nearest, validated
from hub.config.models import ConversionRule
from hub.config.parts import Parts
from hub.config.rule_checks import unknown
from hub.contracts.connector import PluginSettings


def destination_as_stored(model: type[PluginSettings] | None, written: Mapping[str, object]) -> dict[str, object]:
    """`written` with the defaults of the plugin's model. What the model does not take stays as it is: a delivery of an
    earlier version of the plugin."""
    found = validated(model, dict(written))[0] if model else None
    return _stored(found) if found is not None else dict(written)


def rule_as_stored(rule: ConversionRule, models: Mapping[str, type[PluginSettings] | None]) -> ConversionRule:
    """The rule with each of its destinations as the connector's model has it."""
    send_to = {name: destination_as_stored(models[name], each) for name, each in rule.send_to.items()}
    return rule.model_copy(update={"send_to": send_to})


def destination_problems(parts: Parts) -> Iterator[tuple[Path, str]]:
    """(path, sentence) of every problem below `send_to:`."""
    takers = [name for name, each in parts.connector_classes.items() if each.Destination is not None]
    for place, written in parts.destinations.items():
        name = str(place[-1])
        if name not in parts.connector_names:
            yield place, unknown("connector", name, parts.shown(place, takers or parts.connector_names))
            continue
        connector_class = parts.connector_classes.get(name)
        if connector_class is None:
            continue  # its problem is reported there
        destination = connector_class.Destination
        if destination is None:
            yield (
                place,
                f"{name!r} does not accept conversions; {nearest(name, parts.shown(place, takers), 'these do:')}",
            )
            continue
        found, wrong = validated(destination, written)
        yield from (((*place, *inner), text) for inner, _, text in wrong)
        rule = parts.sections.get(place[:-2])
        refused = found.without_value() if found and isinstance(rule, ConversionRule) and rule.value is None else None
        if refused:
            yield place, refused
        if found is not None and validated(destination, _stored(found))[0] != found:
            yield place, "the plugin cannot read back what it stores of this; update the plugin"


def _stored(destination: PluginSettings) -> dict[str, Any]:
    return destination.model_dump(mode="json", by_alias=True)
