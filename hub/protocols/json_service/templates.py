"""What a provider of JSON declares: its requests, with their bodies as templates. Pure.

In a template `{name}` is a value, and a marker is the place of the rows.
"""

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
class ServiceRequest:
    """One request of a provider's API. `{name}` in its texts is a setting of the connector, or a value that is given
    when it is sent."""

    path: str
    """Below the settings' `base_url`; or the whole address, if it begins with `{`, as `{other_url}/v1/events`."""
    body: Any = None
    """JSON with `ROWS` where the rows go, or `ROW` for the only one; bytes, if it is one `{name}` alone whose value is bytes;
    None for a request without a body."""
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    expected: Mapping[int, str] = field(default_factory=dict)
    """Of `check`: the refusal that only good credentials get, as status and the provider's own code: `{400: "4196"}` for an
    upload without rows. An empty code stands for each that does not mean bad credentials."""


_NAME = re.compile(r"\{([a-z_]+)\}")


def filled(template: object, values: Mapping[str, object], rows: Sequence[object] = ()) -> Any:
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


def rows_in(template: object, body: object) -> list[Any] | None:
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


def values_in(template: object, body: object) -> dict[str, Any] | None:
    """What a body has in the places of a template's `{names}`; None if the body was not made from it."""
    alone = _NAME.fullmatch(template) if isinstance(template, str) else None
    if alone:
        return {alone[1]: body}
    if not isinstance(template, Mapping):
        return {} if template == body else None
    if not isinstance(body, Mapping) or not body.keys() <= template.keys():
        return None
    found = [values_in(template[name], value) for name, value in body.items()]
    return None if None in found else {name: value for each in found for name, value in (each or {}).items()}


def names_in(call: ServiceRequest, headers: Mapping[str, str]) -> set[str]:
    """The names of settings and group values in a request with these headers besides its own."""
    return set(_NAME.findall(f"{call.path} {call.body} {dict(call.params)} {dict(call.headers)} {dict(headers)}"))


def plain_values(settings: BaseModel) -> dict[str, object]:
    """The settings by name, with their secrets readable: for the request that needs them, never for a log."""
    return {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in settings}


def without_empty(row: Any) -> Any:
    """A row without the members that are None, and without the objects and lists that have none left."""
    if isinstance(row, Mapping):
        members = {name: without_empty(value) for name, value in row.items()}
        return {name: value for name, value in members.items() if value is not None} or None
    if isinstance(row, list | tuple):
        return [value for each in row if (value := without_empty(each)) is not None] or None
    return row
