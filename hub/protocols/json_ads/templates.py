"""What a JSON network declares: its requests, how it answers them, and its bodies as templates. Pure.

In a template `{name}` is a value, and a marker is the place of the rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, SecretStr

from hub.contracts.conversions import ReceiptStatus

ROWS = "{*rows}"
"""In a body: the list of the request's rows."""
ROW = "{*row}"
"""In a body: the only row of a request, of a network that takes one conversion per request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of a network's API. `{name}` in its texts is a setting of the connector, or a value of `group`."""

    path: str
    """Below the settings' `base_url`; or the whole address, if it begins with `{`, as `{other_url}/v1/events`."""
    body: Any = None
    """JSON with `ROWS` where the rows go, or `ROW` for the only one; None for a request without a body."""
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    expected: Mapping[int, str] = field(default_factory=dict)
    """Of `check`: the refusal that only good credentials get, as status and the provider's own code: `{400: "4196"}` for an
    upload without rows."""
    batch: Batch | None = None
    """How this request is answered, if not as the network's `batch` says."""


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


def names_in(call: Call, headers: Mapping[str, str]) -> set[str]:
    """The names of settings and group values in a request with these headers besides its own."""
    return set(_NAME.findall(f"{call.path} {call.body} {dict(call.params)} {dict(call.headers)} {dict(headers)}"))


def plain_values(settings: BaseModel) -> dict[str, object]:
    """The settings by name, with their secrets readable: for the request that needs them, never for a log."""
    return {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in settings}


def _never(_: Mapping[str, object]) -> bool:
    return False


def _always(_: Mapping[str, object]) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """How a network answers a request with several rows.

    `all_or_nothing`: one bad row refuses the request; it is halved until the bad row stands alone. `one_each`: a request has
    one row. `results`: the reply has one result per row, in order. `errors_by_index`: the reply names the refused rows by
    their index, and the others count. `poll`: the reply has the request's id, and the result of the rows comes later.

    A request of the last three that is refused as a whole is not sent again, because some of its rows may count: all its
    conversions are rejected.
    """

    kind: Literal["all_or_nothing", "one_each", "results", "errors_by_index", "poll"]
    at: str = ""
    """Where the results, the errors or the request's id are in the reply, as `error.details`."""
    on_status: Mapping[int, str] = field(default_factory=dict)
    """Of `results` and `errors_by_index`: the other statuses whose reply says what became of each row, and where it does, as
    `{422: "details.events"}`."""
    nothing_counts: bool = False
    """Of the last three kinds: a request that is refused as a whole counted none of its rows, as the network's documentation
    says, so that it is halved like one of `all_or_nothing`."""
    count: str = ""
    """Where the reply says how many rows were taken; another number counts as no answer. Not read where the reply says what
    became of each row."""
    is_good: Callable[[Mapping[str, Any]], bool] = _never
    """Whether a result is that of a row that counts, or whether an error is only a warning."""
    status: Call | None = None
    """Of kind `poll`: the request for the result; `{reference}` is the request's id."""
    is_done: Callable[[Mapping[str, Any]], bool] = _always
    """Of kind `poll`: whether the result is there."""
    errors: str = "errors"
    """Of kind `poll`: where the errors are in the result."""
    index: str = "index"
    code: str = "code"
    words: str = "message"
    """Where an error or a result has its row's index, its code and its words."""
    codes: Mapping[str, ReceiptStatus] = field(default_factory=dict)
    """What a code of a row means; `rejected` if it is not here."""

    @property
    def has_rows(self) -> bool:
        """Whether the reply says what became of each row."""
        return self.kind in ("results", "errors_by_index")

    @property
    def is_halved(self) -> bool:
        """Whether the halves of a refused request may be sent, because none of its rows counts."""
        return self.kind == "all_or_nothing" or self.nothing_counts


def without_empty(row: Any) -> Any:
    """A row without the members that are None, and without the objects and lists that have none left."""
    if isinstance(row, Mapping):
        members = {name: without_empty(value) for name, value in row.items()}
        return {name: value for name, value in members.items() if value is not None} or None
    if isinstance(row, list | tuple):
        return [value for each in row if (value := without_empty(each)) is not None] or None
    return row
