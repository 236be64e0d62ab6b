"""The list of call flows: what uses each, its version, its calls, its last change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.config.models import Config
from hub.model import Company, FlowDraft
from hub.queries.flows.current import CurrentFlow, current_flows
from hub.queries.flows.versions import calls_of_versions, latest_versions, recently_used


@dataclass(frozen=True)
class ListedFlow:
    """One flow. `version` is None until the hub has used it."""

    company: Company
    current: CurrentFlow
    version: int | None
    changed_at: datetime | None
    calls: int
    """Of the last 30 days, whatever the version."""
    has_draft: bool
    """Whether the user has changed it and not published that."""


def list_flows(
    session: Session, scope: AccessScope, config: Config, companies: Sequence[Company], now: datetime
) -> list[ListedFlow]:
    """The flows of some companies, in the order of config.yaml."""
    rows = {company.name: company for company in companies}
    versions = latest_versions(session, scope, [company.id for company in companies])
    recent = {key: recently_used(rows_of_flow, now) for key, rows_of_flow in versions.items()}
    calls = calls_of_versions(session, [number for numbers in recent.values() for number in numbers], now)
    drafts = own_drafts(session, scope, [company.id for company in companies])
    drafted = {(draft.company_id, draft.name) for draft in drafts}
    found = []
    for current in current_flows(config, rows):
        company = rows[current.company.name]
        key = (company.id, current.flow.name)
        mine = versions.get(key, [])
        found.append(
            ListedFlow(
                company, current, mine[0].revision if mine else None, mine[0].made_at if mine else None,
                sum(calls.get(number, 0) for number in recent.get(key, ())), key in drafted,
            )
        )  # fmt: skip
    return found


def own_drafts(session: Session, scope: AccessScope, companies: Sequence[str]) -> list[FlowDraft]:
    """The user's own drafts of the flows of some companies, by name."""
    query = scope.select(FlowDraft).where(col(FlowDraft.company_id).in_(companies), FlowDraft.user_id == scope.user.id)
    return list(session.exec(query.order_by(col(FlowDraft.name))))
