"""Hashes of rows in the journal, and the form in which values are hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from hub.store.journal.evidence import EVIDENCE

CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest_of(kind: str, fields: Mapping[Any, Any]) -> str:
    """The hash of a row of the table `kind` in an entry."""
    values = {
        name: spelled(value) if isinstance(value, datetime) else value
        for name in EVIDENCE[kind].columns
        if (value := fields[name]) is not None
    }
    return hashlib.sha256(f"{kind}{CANONICAL.encode(values)}".encode()).hexdigest()


@lru_cache(maxsize=64)
def spelled(moment: datetime) -> str:
    """A time in the form in which it is hashed."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
