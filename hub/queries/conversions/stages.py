"""The stages that CRMs reported, with how many deals are at each, and what the settings say that they mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.config.models import Config, ConnectorEntry
from hub.model import OutcomeRow

MEANINGS = ("qualified", "won", "lost")
"""What a stage can mean to the hub."""
WINDOW = timedelta(days=180)
MAX_DEALS = 10_000
"""How many of a connector's newest deals are counted."""
MAX_STAGES = 100


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of a CRM: its meaning, if the settings give it one, and how many deals were last seen at it."""

    name: str
    meaning: str | None
    deals: int
    rules: Sequence[str]
    """The conversion rules that name this stage itself."""


@dataclass(frozen=True, kw_only=True)
class StagesOfConnector:
    """The stages of one CRM: those without a meaning first, the most frequent first."""

    connector: str
    stages: Sequence[Stage]

    @property
    def unmapped(self) -> Sequence[Stage]:
        """Stages that mean nothing yet, and that no rule names either."""
        return [each for each in self.stages if each.meaning is None and not each.rules]


def mapped_crms(config: Config, companies: Collection[str]) -> Mapping[str, ConnectorEntry]:
    """The CRMs whose settings map stages and that serve none but `companies` (names): what they report is these
    companies' own."""
    return {
        name: entry
        for name, entry in config.connectors.items()
        if "stages" in entry.connector_class.Settings.model_fields
        and all(each.name in companies for each in config.companies if entry.serves(each.name))
    }


def stages_of(session: Session, config: Config, companies: Collection[str], now: datetime) -> list[StagesOfConnector]:
    """The stages of each CRM of `companies`. `session` is one of the hub: deals belong to no account."""
    return [_stages(session, config, name, entry, now) for name, entry in mapped_crms(config, companies).items()]


def _stages(session: Session, config: Config, name: str, entry: ConnectorEntry, now: datetime) -> StagesOfConnector:
    newest = (
        select(OutcomeRow.stage)
        .where(OutcomeRow.connector == name, OutcomeRow.changed_at >= now - WINDOW)
        .order_by(col(OutcomeRow.changed_at).desc())
        .limit(MAX_DEALS)
        .subquery()
    )
    counts = dict(session.execute(select(newest.c.stage, func.count()).group_by(newest.c.stage)).all())
    mapping: Mapping[str, str] = entry.settings.stages  # type: ignore[attr-defined]
    unmapped = [stage for stage in counts if stage and stage not in MEANINGS and stage not in mapping]
    stages = [
        Stage(
            name=stage,
            meaning=mapping.get(stage),
            deals=counts.get(stage, 0),
            rules=[rule.name for rule in config.conversions if rule.when.stage == stage],
        )
        for stage in sorted(unmapped, key=lambda each: (-counts[each], each))[:MAX_STAGES] + sorted(mapping)
    ]
    return StagesOfConnector(connector=name, stages=stages)
