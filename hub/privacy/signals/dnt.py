"""Do Not Track: deprecated and without force of law, taken as an objection all the same."""

from __future__ import annotations


def objects_by_dnt(header: str | None) -> bool:
    """Whether the header `DNT` is exactly `1`. `0` is a yes to tracking, which we do not need; all else says nothing."""
    return header == "1"
