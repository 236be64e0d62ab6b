"""Numbers on their way from another carrier: each order that was placed, and where it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field

from hub.model.columns import Row, id_column, json_list, time_column

OVER = ("ported", "rejected", "cancelled")
"""The states that an order never leaves."""


class PortOrderRow(Row, table=True):
    """One port order. It holds the numbers, which become ours, and nothing of the person who signs.

    `status` is the carrier's (`hub.contracts.ports.PortStatus`), or `unknown` from before the order is placed until the
    carrier tells of it: so an order whose reply never came is looked for and not placed again.
    """

    __tablename__ = "port_order"

    id: str = id_column()
    connector: str = Field(max_length=64, index=True)
    order_id: str | None = Field(default=None, max_length=64)
    """The carrier's."""
    numbers: list[Any] = json_list()
    status: str = Field(default="unknown", max_length=16)
    detail: str = ""
    ordered_at: datetime = time_column()
    told_at: datetime | None = time_column(nullable=True)
    """When the carrier last told of it."""
    ports_at: datetime | None = time_column(nullable=True)
