"""JSON bodies as templates: `{name}` in a text is a value, and a marker is the place of the rows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, SecretStr

ROWS = "{*rows}"
"""In a body: the list of the request's rows."""
ROW = "{*row}"
"""In a body: the only row of a request, of a network that takes one conversion per request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of a network's API. `{name}` in its texts is a setting of the connector, or a value of `group`."""

    path: str
    body: Any = None
    """JSON with `ROWS` where the rows go, or `ROW` for the only one; None for a request without a body."""
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


_NAME = re.compile(r"\{([a-z_]+)\}")


def filled(template: Any, values: Mapping[str, Any], rows: Sequence[Any] = ()) -> Any:
    """The template with its values. A text that is one `{name}` alone becomes the value itself; a member whose value is
    None is left out."""
    if template == ROWS:
        return list(rows)
    if template == ROW:
        return rows[0]
    if isinstance(template, Mapping):
        members = {name: filled(each, values, rows) for name, each in template.items()}
        return {name: value for name, value in members.items() if value is not None}
    if isinstance(template, list):
        return [filled(each, values, rows) for each in template]
    if not isinstance(template, str):
        return template
    alone = _NAME.fullmatch(template)
    return values[alone[1]] if alone else _NAME.sub(lambda name: str(values[name[1]]), template)


def rows_in(template: Any, body: Any) -> list[Any] | None:
    """The rows of a body that was made from `template`; None if it was not: another shape, another fixed value, or a member
    that the template does not have."""
    if template == ROWS:
        return body if isinstance(body, list) else None
    if template == ROW:
        return [body]
    if isinstance(template, Mapping):
        if not isinstance(body, Mapping) or not body.keys() <= template.keys():
            return None
        found = [rows_in(template[name], value) for name, value in body.items()]
        return None if any(each is None for each in found) else [row for each in found for row in each or ()]
    is_open = isinstance(template, str) and _NAME.search(template)
    return [] if is_open or template == body else None


def names_in(call: Call) -> set[str]:
    """The names of settings and group values in a request."""
    return set(_NAME.findall(f"{call.path} {call.body} {dict(call.params)} {dict(call.headers)}"))


def plain_values(settings: BaseModel) -> dict[str, Any]:
    """The settings by name, with their secrets readable: for the request that needs them, never for a log."""
    return {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in settings}
