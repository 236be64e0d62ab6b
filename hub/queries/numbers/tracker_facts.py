"""What is known of a page of trackers, for programs: each table is asked once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.model import Company, FlowVersion, Tracker, TrackingNumber
from hub.plugin_host.registry import Plugins


@dataclass(frozen=True, kw_only=True)
class TrackerFacts:
    """One tracker with its company, numbers that have not been given back, and the definition of its flow."""

    tracker: Tracker
    company: Company
    numbers: Sequence[str] = ()
    flow: Mapping[str, Any] = field(default_factory=dict)
    texts: bool = False
    """Whether its carrier sends texts."""


def facts_of_trackers(session: Session, plugins: Plugins, trackers: Sequence[Tracker]) -> list[TrackerFacts]:
    """What is known of trackers, which the caller must be permitted to see, in their order."""
    ids = [each.id for each in trackers]
    companies = select(Company).where(col(Company.id).in_({each.company_id for each in trackers}))
    by_id = {each.id: each for each in session.exec(companies)}
    owned = select_columns(col(TrackingNumber.tracker_id), col(TrackingNumber.number)).where(
        col(TrackingNumber.tracker_id).in_(ids), col(TrackingNumber.released_at).is_(None)
    )
    numbers: dict[str, list[str]] = defaultdict(list)
    for tracker_id, number in session.execute(owned.order_by(col(TrackingNumber.number))):
        numbers[tracker_id].append(number)
    versions = select(FlowVersion).where(col(FlowVersion.id).in_({each.flow_version_id for each in trackers}))
    flows = {each.id: each.definition for each in session.exec(versions)}
    texting = set(plugins.with_hook("send_text"))
    return [
        TrackerFacts(
            tracker=each,
            company=by_id[each.company_id],
            numbers=tuple(numbers.get(each.id, ())),
            flow=flows.get(each.flow_version_id or "", {}),
            texts=each.carrier in texting,
        )
        for each in trackers
    ]
