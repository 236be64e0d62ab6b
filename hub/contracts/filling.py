"""Templates of JSON: `{name}` in a text is a value, and a marker is the place of the rows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

ROWS = "{*rows}"
"""In a body: the list of the request's rows."""
ROW = "{*row}"
"""In a body: the only row of a request, of a network that takes one conversion per request."""
NAME = re.compile(r"\{([a-z_]+)\}")


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
    alone = NAME.fullmatch(template)
    return values[alone[1]] if alone else NAME.sub(lambda name: str(values[name[1]]), template)
