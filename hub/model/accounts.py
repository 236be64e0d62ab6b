"""Accounts (agencies) and the companies whose calls are tracked."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Field

from hub.model.columns import Row, id_column, json_column, json_list, money_column, time_column


class Account(Row, table=True):
    """An agency, or a single business."""

    id: str = id_column()
    name: str = Field(unique=True, max_length=64)
    title: str
    number_cap: Decimal | None = money_column()
    """What all its numbers together may cost a month; nothing is bought above it. None: no limit."""
    cap_currency: str | None = Field(default=None, max_length=3)
    assistants_off_at: datetime | None = time_column(nullable=True)
    """Since when an owner lets no assistant connect by OAuth; None: users may."""


class Brand(Row, table=True):
    """An account's own name, color and logo on its pages. What is None is Ringfence's."""

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    title: str | None = Field(default=None, max_length=60)
    accent: str | None = Field(default=None, max_length=7)
    """Like #0b5a7a."""
    logo: bytes | None = None
    logo_type: str | None = Field(default=None, max_length=20)
    """The logo's media type."""
    digest: str = Field(index=True, max_length=32)
    """Part of the addresses of the logo and the style sheet; it changes with them."""


class Company(Row, table=True):
    """A business with its own trackers, time zone and CRM; `name` is its name in config.yaml and in the tracking address."""

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    name: str = Field(unique=True, max_length=64)
    title: str
    time_zone: str = "UTC"
    country: str = Field(default="US", max_length=2)
    region: str | None = None
    sensitive: str | None = Field(default=None, max_length=16)
    """`health` if a call to it says something about the caller's health, as `sensitive:` in config.yaml; else None."""
    domains: list[str] = json_list()
    website: dict[str, Any] = json_column()
    """As `website:` in config.yaml: the numbers to swap, the cookie's lifetime, linked domains."""
    number_cap: Decimal | None = money_column()
    """What its numbers together may cost a month; None: only the account's cap counts."""
    cap_currency: str | None = Field(default=None, max_length=3)
    disabled_at: datetime | None = time_column(nullable=True)
    """Since when config.yaml no longer names it."""
    captured: dict[str, Any] = json_column()
    """What its connectors read of visitors, as hub/plugin_host/captured.py writes it."""

    @property
    def sites(self) -> tuple[str, ...]:
        """The domains of its sites, including those to which its links carry the visit."""
        return (*self.domains, *self.website.get("linked_domains", ()))

    @property
    def link_parameters(self) -> tuple[str, ...]:
        """Parameters of its links that are kept in stored addresses, besides those of marketing."""
        return tuple(self.website.get("parameters", ()))

    @property
    def ignored_fields(self) -> tuple[str, ...]:
        """Names of form fields that are never kept."""
        return tuple(self.website.get("ignored_fields", ()))

    @property
    def read_click_ids(self) -> tuple[str, ...]:
        """The click ids that its connectors read, as the connectors spell them."""
        return tuple(each["name"] for each in self.captured.get("click_ids", ()))

    @property
    def read_cookies(self) -> tuple[str, ...]:
        """The cookies of its pages that its connectors read, with the visitor's permission."""
        return tuple(self.captured.get("cookies", ()))

    @property
    def own_click_ids(self) -> tuple[str, ...]:
        """Of them, in lower case, those that only its connectors know."""
        return tuple(self.captured.get("own_click_ids", ()))

    @property
    def earlier_click_ids(self) -> tuple[tuple[str, ...], ...]:
        """What `own_click_ids` was before, the latest first: pages pin scripts with these lists."""
        return tuple(map(tuple, self.captured.get("earlier", ())))
