"""Which visit, source and campaign led to a call, by which rule, and with which confidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field

from hub.model.columns import Row, ending_column, json_list, personal_json, personal_text, time_column


class Attribution(Row, table=True):
    """The cause of one call or text (`subject_id`). `candidates` lists every visit that fits, with its own confidence."""

    subject_id: str = Field(primary_key=True, max_length=36)
    company_id: str = Field(foreign_key="company.id", index=True)
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
