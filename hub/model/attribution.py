"""Which visit, source and campaign led to a call, by which rule, and with which confidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field

import hub.model.accounts
import hub.model.visits  # noqa: F401 - foreign keys
from hub.model.columns import Row, ending_column, json_list, personal_json, personal_text, time_column

NAMED, SEARCHED = text("campaign IS NOT NULL"), text("keyword IS NOT NULL")


class Attribution(Row, table=True):
    """The cause of one call or text (`subject_id`). `candidates` lists every visit that fits, with its own confidence."""

    __table_args__ = (
        Index("ix_attribution_source", "company_id", "source", "medium"),
        Index("ix_attribution_campaign", "company_id", "campaign", sqlite_where=NAMED, postgresql_where=NAMED),
        Index("ix_attribution_keyword", "company_id", "keyword", sqlite_where=SEARCHED, postgresql_where=SEARCHED),
    )

    subject_id: str = Field(primary_key=True, max_length=36)
    company_id: str = Field(foreign_key="company.id")
    visit_id: str | None = Field(default=None, foreign_key="visit.id", index=True)
    source: str
    medium: str
    campaign: str | None = None
    keyword: str | None = personal_text("user.behavior.search_history")
    landing_page: str | None = personal_text("user.behavior.browsing_history")
    click_ids: dict[str, str] = personal_json("user.advertising.click_id")
    clicked_at: datetime | None = time_column(nullable=True)
    rule: str
    confidence: float
    trace: list[str] = json_list()
    candidates: list[dict[str, Any]] = json_list()
    made_at: datetime = time_column()
    clicks_end_at: datetime | None = time_column(nullable=True, index=True)
    """When the click ids expire; None if there are none, or none any more."""
    expires_at: datetime | None = ending_column()
