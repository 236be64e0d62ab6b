"""A changed call flow as edits of config.yaml: only the keys that differ, so that comments and layout stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hub.config.callflow.definition import Flow
from hub.config.callflow.route import ROUTE_STEP
from hub.config.callflow.written import written_flow
from hub.config.document import Path as Place
from hub.config.edit import REMOVED, Change
from hub.config.references import literal


def flow_changes(
    company: Place, old: Flow | None, new: Flow, folder: Path, replaces: str | None = None
) -> list[Change]:
    """The edits that make `new` a flow of the company at this place of the file; `old` is what the file has now.

    `replaces` is the flow of a `route:` that the new one takes the place of: the company's, or that of a tracker.
    """
    place = (*company, "flows", new.name)
    written = literal(written_flow(new, folder))
    if old is None:
        changes = [Change(place, written)]
    else:
        before = literal(written_flow(old, folder))
        changes = [
            *_steps((*place, "steps"), before.pop("steps"), written.pop("steps")),
            *_keys(place, before, written),
        ]
    if replaces is not None:
        changes += _in_place_of(company, replaces, new.name)
    return changes


def _steps(place: Place, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """New steps come before the keys that lead to them, and gone ones after; a step of another kind is replaced."""
    for name, step in new.items():
        if name not in old:
            yield Change((*place, name), step)
        elif old[name]["do"] != step["do"]:
            yield Change((*place, name), REMOVED)
            yield Change((*place, name), step)
        else:
            yield from _keys((*place, name), old[name], step)
    yield from (Change((*place, name), REMOVED) for name in old if name not in new)


def _keys(place: Place, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Change]:
    for key, value in new.items():
        before = old.get(key)
        if key not in old or before != value:
            yield Change((*place, key), value)
        elif isinstance(value, dict) and isinstance(before, dict) and list(value) != list(before):
            yield Change((*place, key), REMOVED)
            yield Change((*place, key), value)
    yield from (Change((*place, key), REMOVED) for key in old if key not in new)


def _in_place_of(company: Place, route: str, name: str) -> Iterator[Change]:
    tracker = route.removeprefix(f"{ROUTE_STEP}-")
    holder = company if route == ROUTE_STEP else (*company, "trackers", tracker)
    yield Change((*holder, "route"), REMOVED)
    yield Change((*holder, "flow"), name)
