"""A visitor's visits with their sources and pages, and the numbers of pools that they were shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

import hub.model.accounts
import hub.model.numbers  # noqa: F401 - foreign keys
from hub.model.columns import (
    Row,
    ending_column,
    expiry_column,
    id_column,
    json_column,
    json_list,
    personal_json,
    personal_text,
    time_column,
)


class Visit(Row, table=True):
    """One visit, classified when it is recorded; its click ids and consent signals are stored unchanged."""

    __table_args__ = (
        Index("ix_visit_browser", "visitor_id", "company_id", "started_at"),
        Index("ix_visit_company", "company_id", "started_at"),
        Index("ix_visit_number_shown", "number_shown_id", "started_at"),
    )

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id")
    visitor_id: str | None = personal_text("user.device.cookie_id", max_length=64)
    started_at: datetime = time_column(index=True)
    landing_page: str | None = personal_text("user.behavior.browsing_history")
    referrer: str | None = personal_text("user.behavior.browsing_history")
    parameters: dict[str, Any] = personal_json("user.behavior.browsing_history")
    click_ids: dict[str, str] = personal_json("user.advertising.click_id")
    clicked_at: dict[str, str] = json_column()
    """When each click id came (ISO 8601), if that was later than the visit's beginning."""
    cookies: dict[str, str] = personal_json("user.device.cookie_id")
    """The ad networks' cookies that the company's connectors read, if the visitor allows it."""
    source: str
    medium: str
    campaign: str | None = None
    keyword: str | None = personal_text("user.behavior.search_history")
    rule: str
    trace: list[str] = json_list()
    gpc: bool = False
    dnt: bool = False
    consent: dict[str, str] = personal_json("user.privacy_preferences")
    user_agent: str | None = personal_text("user.device.device_id", max_length=400)
    person_id: str | None = Field(default=None, index=True, max_length=36)
    """The person of the visit, known from a call, text or form."""
    last_seen_at: datetime | None = time_column(nullable=True)
    human_at: datetime | None = time_column(nullable=True)
    """When the page first saw a sign of a human: only from then on may the visit get a number from a pool."""
    number_shown_id: str | None = Field(default=None, foreign_key="tracking_number.id")
    clicks_end_at: datetime | None = time_column(nullable=True, index=True)
    """When click ids and cookies expire; None if there are none, or none any more."""
    expires_at: datetime | None = ending_column()


class PageView(Row, table=True):
    """One page of a visit."""

    __tablename__ = "page_view"

    id: str = id_column()
    visit_id: str = Field(foreign_key="visit.id", index=True)
    at: datetime = time_column()
    url: str | None = personal_text("user.behavior.browsing_history")
    title: str | None = personal_text("user.behavior.browsing_history", max_length=300)
    expires_at: datetime = expiry_column()


class Lease(Row, table=True):
    """One visitor's hold on one number of a pool, from `granted_at` until `expires_at`."""

    # A number has thousands of leases in a year, and a call asks for the last ones.
    __table_args__ = (Index("ix_lease_number", "tracking_number_id", "expires_at"),)

    id: str = id_column()
    tracking_number_id: str = Field(foreign_key="tracking_number.id")
    visit_id: str = Field(foreign_key="visit.id", index=True)
    granted_at: datetime = time_column(index=True)
    expires_at: datetime = time_column()
    viewed_at: datetime | None = time_column(nullable=True)
    """The visitor's last page view that prolonged it; None of an earlier release's lease, which counts from its start."""
