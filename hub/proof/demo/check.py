"""One check of the demo's ledger."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that must add up."""

    sentence: str
    holds: bool
    detail: str = ""
