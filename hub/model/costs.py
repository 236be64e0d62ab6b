"""What advertising cost, by day: pulled from ad networks, or imported from a file."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, Index, Numeric
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, id_column, time_column

MAX_CAMPAIGN_CHARACTERS = 300


class CostRow(Row, table=True):
    """What a source, a campaign or an ad group cost on one day."""

    __tablename__ = "cost"
    __table_args__ = (
        Index("ix_cost_company", "company_id", "day"),
        Index("ix_cost_account", "account_id", "day"),
        Index("ix_cost_connector", "connector", "day"),
    )

    id: str = id_column()
    connector: str | None = Field(default=None, max_length=64)
    """Which connector reported it; None if it was imported from a file."""
    account_id: str | None = Field(default=None, foreign_key="account.id")
    """None if its connector serves several accounts and the campaign names no company."""
    company_id: str | None = Field(default=None, foreign_key="company.id")
    """None if it is known only that the account paid it."""
    day: date = Field(sa_type=Date)
    source: str = Field(max_length=100)
    medium: str = Field(max_length=100)
    campaign: str | None = Field(default=None, max_length=MAX_CAMPAIGN_CHARACTERS)
    campaign_id: str | None = Field(default=None, max_length=64)
    visit_campaign: str | None = Field(default=None, max_length=MAX_CAMPAIGN_CHARACTERS)
    """What the links of its visits call the campaign, if they carry its id too (`hub.sources.costs.pull`)."""
    ad_group: str | None = Field(default=None, max_length=MAX_CAMPAIGN_CHARACTERS)
    ad_group_id: str | None = Field(default=None, max_length=64)
    amount: Decimal = Field(sa_type=Numeric(14, 4))
    currency: str = Field(max_length=3)
    clicks: int = 0
    impressions: int = 0
    saved_at: datetime = time_column()
