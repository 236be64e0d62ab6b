"""A call flow as a person writes it in config.yaml: hours as text, days as ranges, and nothing that is the default."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from hub.config.callflow.definition import Flow, Schedule, Step
from hub.config.callflow.hours import DAYS, Hours, written_spans

FIRST_KEYS = ("do", "say", "play", "number", "numbers")
LAST_KEYS = (
    "keys",
    "places",
    "zips",
    "ways",
    "may",
    "cases",
    "open",
    "closed",
    "holiday",
    "otherwise",
    "busy",
    "no_answer",
    "unanswered",
    "then",
)


def written_flow(flow: Flow, folder: Path | None = None) -> dict[str, Any]:
    """The flow as keys and plain values, as config.yaml has it; `Flow.model_validate` of it gives the same flow.

    Audio files below `folder`, where config.yaml is, are named from there.
    """
    written = _set_values(flow, "steps")
    return {**written, "steps": {name: written_step(step, folder) for name, step in flow.steps.items()}}


def written_step(step: Step, folder: Path | None = None) -> dict[str, object]:
    """One step."""
    written = _set_values(step)
    if isinstance(step, Schedule) and step.dates:
        written["dates"] = {day.isoformat(): written_spans(spans) for day, spans in step.dates.items()}
    if (play := getattr(step, "play", None)) and folder is not None:
        written["play"] = _from_folder(play, folder)
    return written


def written_hours(hours: Mapping[str, Sequence[Hours]]) -> dict[str, str | list[str]]:
    """Days and hours, like `mon-fri: 8:00-17:00`; days in a row with the same hours become a range."""
    ranges: list[tuple[str, str, str | list[str]]] = []
    for day in DAYS:
        if day not in hours:
            continue
        spans = written_spans(hours[day])
        follows = ranges and DAYS.index(ranges[-1][1]) + 1 == DAYS.index(day)
        if follows and ranges[-1][2] == spans:
            ranges[-1] = (ranges[-1][0], day, spans)
        else:
            ranges.append((day, day, spans))
    return {first if first == last else f"{first}-{last}": spans for first, last, spans in ranges}


def _set_values(model: BaseModel, *left_out: str) -> dict[str, object]:
    """What differs from the defaults, and what has none, in the order of the model."""
    written = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if name not in left_out and (field.is_required() or value != field.get_default(call_default_factory=True)):
            written[name] = written_hours(value) if name == "hours" else _plain(value)
    return {key: written[key] for key in sorted(written, key=_rank)}


def _rank(key: str) -> int:
    """A step begins with what it does and ends with its ways out."""
    return FIRST_KEYS.index(key) - len(FIRST_KEYS) if key in FIRST_KEYS else key in LAST_KEYS


def _plain(value: object) -> Any:
    if isinstance(value, BaseModel):
        return _set_values(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value


def _from_folder(file: str, folder: Path) -> str:
    path = Path(os.path.normpath(file))
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else file
