"""Numbers that are being ported from another carrier: each order and its status."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field

import hub.model.accounts
import hub.model.numbers  # noqa: F401 - foreign keys
from hub.contracts.ports import PortStatus
from hub.model.columns import Row, id_column, json_list, time_column

FINAL_PORT_STATUSES: tuple[PortStatus, ...] = ("ported", "rejected", "cancelled")
UNKNOWN = "unknown"
"""The status of an order that its carrier has not reported yet."""


class PortOrderRow(Row, table=True):
    """One port order. It holds the numbers, which become ours, and no data on the person who signs.

    `status` is the carrier's (`hub.contracts.ports.PortStatus`), or `UNKNOWN` from before the order is placed until the
    carrier reports it. So the hub looks for an order whose reply never came, and does not place it again.
    """

    __tablename__ = "port_order"

    id: str = id_column()
    connector: str = Field(max_length=64, index=True)
    account_id: str | None = Field(default=None, foreign_key="account.id", index=True)
    """Whose numbers it brings; None if it was placed at the carrier itself."""
    tracker_id: str | None = Field(default=None, foreign_key="tracker.id", index=True)
    """The tracker that gets the numbers, if it was chosen with the order."""
    losing_carrier: str = Field(default="", max_length=100)
    """As the user named it."""
    order_id: str | None = Field(default=None, max_length=64)
    """The carrier's id of the order."""
    numbers: list[Any] = json_list()
    status: str = Field(default=UNKNOWN, max_length=16)
    detail: str = ""
    ordered_at: datetime = time_column()
    reported_at: datetime | None = time_column(nullable=True)
    """When the carrier last reported it."""
    ports_at: datetime | None = time_column(nullable=True)
