"""The evidence tables: the journal records each of their rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from hub.model import (
    AuditEntry,
    AuthorityDisclosure,
    ConsentDecision,
    ConsentEntry,
    Disclosure,
    IdentityProof,
    LegalHold,
    OptOut,
    PrivacyRequest,
    RecordingNotice,
    RequestStep,
    Restriction,
    Suppression,
)
from hub.model.columns import Row

PERSONAL = frozenset({"choice", "salt"})
"""Personal columns of recording notices that are hashed all the same: after an erasure nobody can guess the choice from the
hash, because the random salt is erased with it."""
MOVED = "moved to another chain"
"""In place of the hash of a changeable row: from here on, another chain records it."""


@dataclass(frozen=True)
class Evidence:
    """One table: when the retention period of a row starts, and whether a row may be deleted after it or be
    retracted."""

    table: type[Row]
    began: str
    ends: bool = False
    folded: bool = False
    """Whether a row may be recorded again after a change or deletion; the last entry counts."""
    watched: str | None = None
    """For rows that the journal records itself whenever a session writes them (hub.store.journal.watched): the column with
    the id of the company or request that they belong to."""
    apart: frozenset[str] = frozenset()
    """Columns that are not hashed, because they prove nothing and change without a session."""

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """The columns of the primary key."""
        return tuple(self.table.__table__.primary_key.columns)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The hashed columns: all except those with personal content and those that are kept apart."""
        table: Any = self.table.__table__
        hashed = (column for column in table.c if "category" not in column.info or column.name in PERSONAL)
        return tuple(column.name for column in hashed if column.name not in self.apart)

    def key_of(self, fields: Mapping[Any, Any]) -> str:
        """The identifier of a row in the journal."""
        return "/".join(fields[column.name] for column in self.key)


EVIDENCE: dict[str, Evidence] = {
    str(each.table.__tablename__): each
    for each in (
        Evidence(ConsentEntry, "recorded_at"),
        Evidence(ConsentDecision, "decided_at", ends=True),
        Evidence(Disclosure, "disclosed_at", ends=True),
        Evidence(AuditEntry, "at", ends=True),
        Evidence(OptOut, "at", folded=True),
        Evidence(Suppression, "since", folded=True),
        Evidence(RecordingNotice, "reported_at", ends=True, folded=True, watched="company_id"),
        Evidence(AuthorityDisclosure, "recorded_at", folded=True, watched="company_id"),
        Evidence(LegalHold, "set_at", folded=True, watched="company_id"),
        Evidence(Restriction, "since", folded=True, watched="company_id"),
        Evidence(
            PrivacyRequest,
            "received_at",
            folded=True,
            watched="company_id",
            apart=frozenset({"expires_at", "file_path", "file_ends_at", "language"}),
        ),
        Evidence(RequestStep, "at", folded=True, watched="request_id"),
        Evidence(IdentityProof, "made_at", folded=True, watched="request_id", apart=frozenset({"tries"})),
    )
}


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
