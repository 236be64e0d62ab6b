"""How long each kind of personal data is kept, when the sweep last ran, and what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, literal
from sqlmodel import Session, select

from hub.config.models import Config
from hub.config.retention import default_life, kinds
from hub.model import Account, Company, HealthReport
from hub.privacy.retention import GRACE
from hub.privacy.retention_rules import PSEUDONYM, RETENTION_RULES, RetentionRule

MAX_COUNTED = 10_000
"""More rows than this are shown as 10,000+."""
SOON = timedelta(days=1)


@dataclass(frozen=True)
class KeptKind:
    """One kind of data of config.yaml, with the tables that it rules."""

    kind: str
    what: str
    life: timedelta
    longer_because: str | None
    is_default: bool
    rules: Sequence[KeptTable]


@dataclass(frozen=True)
class KeptTable:
    """One rule's data; the counts are None if the user may not see figures of the whole hub."""

    name: str
    ending: str
    categories: tuple[str, ...]
    oldest: datetime | None = None
    due_soon: int | None = None
    """Rows whose time ends within a day."""
    late: int | None = None
    """Rows that are past their time by more than a day; a legal hold may keep them."""


def kept_kinds(session: Session, config: Config, now: datetime, *, counted: bool) -> list[KeptKind]:
    """Every kind of data; rows are counted up to `MAX_COUNTED`, if at all."""
    found = []
    for kind, what in kinds().items():
        rules = [rule for rule in RETENTION_RULES if rule.kind == kind]
        life = config.retention.life(kind)
        tables = [_table(session, config, rule, now, counted) for rule in rules]
        found.append(KeptKind(kind, what, life, config.retention.reason(kind), life == default_life(kind), tables))
    return found


def is_whole_hub(session: Session, companies: Sequence[str]) -> bool:
    """Whether these are all the companies of the hub, so that figures of the whole hub are the user's own."""
    accounts = session.execute(select(func.count()).select_from(Account)).scalar_one()
    everything = session.execute(select(func.count()).select_from(Company)).scalar_one()
    return bool(accounts == 1 and everything == len(companies))


def _table(session: Session, config: Config, rule: RetentionRule, now: datetime, counted: bool) -> KeptTable:
    categories = tuple(sorted(set(rule.categories().values())) or [PSEUDONYM])
    if not counted:
        return KeptTable(rule.name, rule.ending, categories)
    until: Any = getattr(rule.table, rule.until)
    # In the order of the index: SQLite reads the whole table for a minimum with a condition.
    oldest = select(until).where(until.is_not(None), *rule.where).order_by(until).limit(1)
    first = session.execute(oldest).scalar()
    if first is None:
        return KeptTable(rule.name, rule.ending, categories, None, 0, 0)
    soon = _count(session, rule, rule.over(config.retention, now + SOON))
    late = _count(session, rule, rule.over(config.retention, now - GRACE)) if soon else 0
    return KeptTable(rule.name, rule.ending, categories, rule.began(first), soon, late)


def last_sweep(session: Session) -> HealthReport | None:
    """The newest report of the job that ends what is over. `session` must not be one account's."""
    return session.get(HealthReport, ("job", "retention"))


def _count(session: Session, rule: RetentionRule, over: ColumnElement[bool]) -> int:
    some = select(literal(1)).select_from(rule.table).where(over).limit(MAX_COUNTED + 1).subquery()
    return int(session.execute(select(func.count()).select_from(some)).scalar_one())
