"""Where people's data goes: what was withheld from plugins, the present and past recipients, and what does not match."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date
from sqlmodel import Field

from hub.model.columns import Row, id_column, json_column, json_list, time_column


class Refusal(Row, table=True):
    """How often per day something was refused to a plugin: a field, or a request to a host (hub.plugin_host.violations)."""

    connector: str = Field(primary_key=True, max_length=64)
    kind: str = Field(primary_key=True, max_length=8)
    """`field` or `host`."""
    name: str = Field(primary_key=True, max_length=100)
    day: date = Field(primary_key=True, sa_type=Date)
    count: int = 0


class RecipientVersion(Row, table=True):
    """What one connector's recipient was from `since` until `until`; rows are added, and only `until` is set later."""

    __tablename__ = "recipient_version"

    id: str = id_column()
    connector: str = Field(index=True, max_length=64)
    recipient: str
    change: str = Field(max_length=8)
    """`added`, or `changed` as `details` says."""
    details: list[str] = json_list()
    declared: dict[str, Any] = json_column()
    """The plugin, role, regions, hosts, uses with their categories, how long it keeps them, whether it can delete."""
    since: datetime = time_column()
    until: datetime | None = time_column(nullable=True)
    """When it was changed or removed."""
