"""Sizes as people write them: `256 MB`, `1 GB`, `0`."""

from __future__ import annotations

import re

UNITS = {"": 1, "b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000}


def parse_size(value: object) -> int:
    """`"256 MB"` or a number of bytes as bytes; ValueError says what is expected."""
    match = re.fullmatch(r"\s*([0-9]{1,12})\s*([a-z]{0,2})\s*", str(value).lower())
    if match is None or match[2] not in UNITS:
        raise ValueError(f"{value!r} is not a size; write it like 256 MB or 1 GB")
    return int(match[1]) * UNITS[match[2]]
