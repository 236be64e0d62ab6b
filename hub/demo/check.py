"""One line of the question whether it all adds up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that must add up."""

    sentence: str
    holds: bool
    detail: str = ""
