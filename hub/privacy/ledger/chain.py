"""How a record of the ledger is hashed: SHA-256 of the record before it and of its own fields as canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hub.model import ConsentEntry

GENESIS = "0" * 64
"""What stands before a company's first record."""
FIELDS = tuple(name for name in ConsentEntry.model_fields if name not in ("previous_hash", "hash"))


def reckon(fields: Mapping[str, Any], previous: str) -> str:
    """The hash of a record with these fields behind the record of hash `previous`."""
    told = {name: _plain(fields[name]) for name in FIELDS}
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(previous.encode() + canonical.encode()).hexdigest()


def link(fields: Mapping[str, Any], previous: str) -> dict[str, Any]:
    """The whole record: its fields, chained to the one before."""
    return {**fields, "previous_hash": previous, "hash": reckon(fields, previous)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value
