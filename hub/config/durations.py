"""Durations as people write them: `60s`, `15 minutes`, `2h`."""

from __future__ import annotations

import re
from datetime import timedelta

UNITS = {"s": 1, "second": 1, "m": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}


def parse_span(value: object) -> timedelta:
    """`"60s"`, `"15 minutes"` or a timedelta as a timedelta; ValueError says what is expected."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"\s*([0-9]{1,7})\s*([a-z]+)\s*", str(value).lower())
    unit = match and (match[2] if match[2] in UNITS else match[2].removesuffix("s"))
    if match is None or unit not in UNITS:
        raise ValueError(f"{value!r} is not a duration; write it like 60s, 15 minutes or 2h")
    return timedelta(seconds=int(match[1]) * UNITS[unit])
