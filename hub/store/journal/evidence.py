"""The evidence tables: the journal records each of their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hub.model import AuditEntry, ConsentDecision, ConsentEntry, Disclosure, OptOut, Suppression
from hub.model.columns import Row


@dataclass(frozen=True)
class Evidence:
    """One table: when the retention period of a row starts, and whether a row may be deleted after it or be
    retracted."""

    table: type[Row]
    began: str
    ends: bool = False
    folded: bool = False
    """Whether a row may be recorded again after a change or deletion; the last entry counts."""

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """The columns of the primary key."""
        return tuple(self.table.__table__.primary_key.columns)  # type: ignore[attr-defined]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The hashed columns: all except those with personal content."""
        table: Any = self.table.__table__  # type: ignore[attr-defined]
        return tuple(column.name for column in table.c if "category" not in column.info)

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
    )
}
