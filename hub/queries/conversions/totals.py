"""The figures of a dry run: by destination and rule, and by reason of refusal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hub.contracts.conversions import Conversion
from hub.contracts.values import personal_fields
from hub.queries.conversions.dry_run import DryRunItem, Refusal


@dataclass
class Tally:
    """How many conversions matched, how many of them would be sent, and what those are worth by currency."""

    matched: int = 0
    sent: int = 0
    values: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    leaves: set[str] = field(default_factory=set)
    """The fields that what would be sent holds."""

    @property
    def refused(self) -> int:
        """How many would not be sent."""
        return self.matched - self.sent

    def add(self, item: DryRunItem) -> None:
        """Count one item."""
        self.matched += 1
        if item.refusal is not None:
            return
        self.sent += 1
        if item.value is not None:
            self.values[item.value.currency] += item.value.amount
        if item.conversion is not None:
            self.leaves |= fields_in(item.conversion)


@dataclass(frozen=True, kw_only=True)
class ReasonCount:
    """One reason of refusal by one connector: how many, and one of the items."""

    count: int
    refusal: Refusal
    connector: str | None
    example: DryRunItem


def fields_in(conversion: Conversion) -> set[str]:
    """The fields with something in them that a network gets, the time always."""
    personal = {name for name in personal_fields(Conversion) if getattr(conversion, name)}
    return personal | {"occurred_at"} | ({"value"} if conversion.value is not None else set())


def by_destination(items: Iterable[DryRunItem]) -> Mapping[str | None, Mapping[str, Tally]]:
    """Connector → rule → figures."""
    found: dict[str | None, dict[str, Tally]] = {}
    for item in items:
        found.setdefault(item.connector, {}).setdefault(item.rule, Tally()).add(item)
    return found


def in_all(items: Iterable[DryRunItem]) -> Tally:
    """The figures of all items."""
    tally = Tally()
    for item in items:
        tally.add(item)
    return tally


def reasons(items: Iterable[DryRunItem]) -> Sequence[ReasonCount]:
    """Why items would be refused, the most frequent reason first. Consent says the same for all connectors; what a
    provider refuses is counted by connector."""
    groups: dict[tuple[str, str | None], list[DryRunItem]] = {}
    for item in items:
        if item.refusal is not None:
            by = None if item.refusal.says == "consent" else item.connector
            groups.setdefault((item.refusal.code, by), []).append(item)
    found = []
    for (_, connector), same in groups.items():
        refusal = same[0].refusal
        assert refusal is not None
        found.append(ReasonCount(count=len(same), refusal=refusal, connector=connector, example=same[0]))
    return sorted(found, key=lambda each: (-each.count, each.refusal.code))
