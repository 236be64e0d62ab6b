"""What is wrong with numbers, as the last audit found it: for the page of a user, and for the command of the operator."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from hub.access.scope import AccessScope
from hub.model import Company, NumberFinding, TrackingNumber
from hub.numbers.health.kinds import BY_KEY, KINDS, FindingKind
from hub.platform.fields import from_fields

ORDER = {kind.key: place for place, kind in enumerate(KINDS)}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding with its words."""

    id: str
    kind: FindingKind
    number: str
    """E.164; empty if it concerns no single number."""
    number_id: str | None
    """Of our own number, which has a page."""
    connector: str
    company_id: str | None
    company: str | None
    """Its name; None for what concerns the whole account."""
    facts: Mapping[str, Any]
    found_at: datetime

    @property
    def where(self) -> str:
        """Whose it is: the company and the tracker, or the carrier."""
        tracker = self.facts.get("tracker")
        return (
            f"{self.company}/{tracker}" if self.company and tracker else self.company or self.connector or "all numbers"
        )

    @property
    def detail(self) -> str:
        """What is known of it, in a few words."""
        return ", ".join(text for fact, words in _DETAILS.items() if (text := _said(words, self.facts.get(fact))))


_DETAILS: Mapping[str, str] = {
    "points_to": "to {}",
    "calls": "{} call{s} in 30 days",
    "last_at": "the last on {}",
    "connectors": "{}",
    "costs": "{} a month",
    "cap": "the cap is {}",
    "label": "named {}",
    "waits_for": "for {}",
    "until": "until {}",
    "since": "since {}",
    "price": "{} a month",
}
"""Fact → what is said of it, in this order."""


def list_findings(session: Session, scope: AccessScope, company_ids: Collection[str]) -> list[Finding]:
    """The findings of the companies, and of the account for users of all its companies; lost callers first."""
    mine = scope.select(Company).with_only_columns(col(Company.id))
    of_companies = col(NumberFinding.company_id).in_(list(company_ids)) & col(NumberFinding.company_id).in_(mine)
    whole = col(NumberFinding.company_id).is_(None) & (col(NumberFinding.account_id) == scope.user.account_id)
    return _findings(session, or_(of_companies, whole) if scope.companies is None else of_companies)


def all_findings(session: Session) -> list[Finding]:
    """The findings of the whole hub."""
    return _findings(session, col(NumberFinding.id).is_not(None))


def count_wrong(session: Session, scope: AccessScope, company_ids: Collection[str]) -> int:
    """How many of them are wrong, and not only worth knowing."""
    return sum(each.kind.is_wrong for each in list_findings(session, scope, company_ids))


def _findings(session: Session, condition: Any) -> list[Finding]:
    rows = session.execute(
        select(NumberFinding, Company.name, TrackingNumber.id)
        .outerjoin(Company, col(Company.id) == NumberFinding.company_id)
        .outerjoin(TrackingNumber, col(TrackingNumber.number) == NumberFinding.number)
        .where(condition)
    )
    found = [
        from_fields(
            Finding,
            row,
            kind=BY_KEY[row.kind],
            number_id=number_id if row.company_id is not None else None,
            company=company,
        )
        for row, company, number_id in rows
    ]
    return sorted(found, key=lambda each: (ORDER[each.kind.key], each.company or "", each.number))


def _said(words: str, value: object) -> str:
    if not value:
        return ""
    text = ", ".join(value) if isinstance(value, list) else str(value)
    return words.format(text[:10] if words == _DETAILS["last_at"] else text, s="" if value == 1 else "s")
