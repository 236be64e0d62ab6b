"""The body of a request: a JSON object, or the fields of a form as clients in Ruby and PHP send them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

from hub.errors import CannotDo

FORM = "application/x-www-form-urlencoded"
MAX_DEPTH = 5
UNREADABLE = "The body cannot be read; send a JSON object."


def members_of(content_type: str, body: bytes) -> dict[str, object]:
    """The members of a body; those that are null are left out, because null means "not given"."""
    if not body.strip():
        return {}
    try:
        text = body.decode()
        if content_type.partition(";")[0].strip().casefold() == FORM:
            return nested(parse_qsl(text, keep_blank_values=True))
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise CannotDo(UNREADABLE) from None
    if not isinstance(found, dict):
        raise CannotDo("The body must be a JSON object.")
    return {name: value for name, value in found.items() if value is not None}


def nested(fields: Iterable[tuple[str, str]]) -> dict[str, object]:
    """The fields of a form, in which `call_flow[type]=basic` is a member of an object and `tags[]=a` an entry of a list."""
    tree: dict[str, Any] = {}
    for name, value in fields:
        first, *inner = name.split("[", MAX_DEPTH)
        keys = [first, *(each.removesuffix("]") for each in inner)]
        node: Any = tree
        for key, following in pairwise(keys):
            node = node.setdefault(key, {} if following else []) if isinstance(node, dict) else None
        if isinstance(node, list) and not keys[-1]:
            node.append(value)
        elif isinstance(node, dict):
            node[keys[-1]] = value
        else:
            raise CannotDo(UNREADABLE)
    return tree
