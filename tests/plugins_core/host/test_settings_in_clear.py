"""Settings that leave for another process keep every secret: that of a plugin, and one that runs beside the hub."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel, Secret, SecretBytes, SecretStr

from hub.contracts.connector import PluginSettings, as_written
from hub.plugin_host.discovery import discover
from hub.plugin_host.host.messages import Begin
from hub.plugin_host.host.shapes import secrets_in

BUILT_IN = discover([]).classes


class Kinds(PluginSettings):
    """A secret in each place that a settings class can have."""

    text: SecretStr
    raw: SecretBytes
    number: Secret[int]
    either: str | SecretStr
    several: frozenset[SecretStr]
    mapped: Mapping[str, tuple[SecretStr, ...]]


def filled(annotation: Any, mark: Iterator[int]) -> Any:
    """A value of an annotation with one secret, or more, in each place for one; None where none can be."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation is SecretStr:
        return SecretStr(f"secret-{next(mark)}-of-a-walk")
    if annotation is SecretBytes:
        return SecretBytes(f"secret-{next(mark)}-of-a-walk".encode())
    if origin is Secret or (isinstance(annotation, type) and issubclass(annotation, Secret)):
        return annotation(f"secret-{next(mark)}-of-a-walk")
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        found = {name: filled(each.annotation, mark) for name, each in annotation.model_fields.items()}
        return annotation.model_construct(**{name: each for name, each in found.items() if each is not None})
    if origin is Annotated:
        return filled(parts[0], mark)
    inside = [each for part in parts if part is not ... and (each := filled(part, mark)) is not None]
    if not inside:
        return None
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"key": inside[0]}
    return origin(inside) if origin in (list, tuple, set, frozenset) else inside[-1]


@pytest.mark.parametrize(
    "settings", [Kinds, *(each.Settings for each in BUILT_IN.values())], ids=lambda each: each.__module__
)
def test_every_secret_of_every_settings_class_reaches_a_process_in_clear(settings: type[PluginSettings]) -> None:
    count = iter(range(1_000))
    made = filled(settings, count)
    written = json.dumps(made.in_clear(), default=bytes.decode)
    known = list(secrets_in(made))
    assert len(known) == next(count), "a secret that nobody hides in logs"
    assert [
        each for each in range(len(known)) if f"secret-{each}-of-a-walk" not in written
    ] == [] and "**" not in written


def test_a_plugin_host_and_a_process_beside_the_hub_get_their_settings_by_the_same_function() -> None:
    made = Kinds.model_construct(text=SecretStr("kept"))
    assert made.in_clear() == as_written(made) == {"text": "kept"}
    assert Begin.__dataclass_fields__["settings"]


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_no_destination_holds_a_secret_because_it_is_stored_and_shown(name: str) -> None:
    destination, count = BUILT_IN[name].Destination, iter(range(1_000))
    assert destination is None or (filled(destination, count), next(count))[1] == 0
