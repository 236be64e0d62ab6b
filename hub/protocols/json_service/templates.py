"""What a provider of JSON declares: its requests, with their bodies as templates. Pure.

In a template `{name}` is a value, and a marker is the place of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, SecretStr

from hub.contracts.filling import NAME, ROW, ROWS


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
    is_open = isinstance(template, str) and NAME.search(template)
    return [] if is_open or template == body else None


def has_every_member(template: object, body: object) -> bool:
    """Whether a body leaves out no member of its template: one request may be another one with a member more, at any depth."""
    if not isinstance(template, Mapping):
        return True
    return isinstance(body, Mapping) and all(
        name in body and has_every_member(inner, body[name]) for name, inner in template.items()
    )


def values_in(template: object, body: object) -> dict[str, Any] | None:
    """What a body has in the places of a template's `{names}`; None if the body was not made from it."""
    alone = NAME.fullmatch(template) if isinstance(template, str) else None
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
    return set(NAME.findall(f"{call.path} {call.body} {dict(call.params)} {dict(call.headers)} {dict(headers)}"))


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
