"""Deliveries as CLI and pages read them."""

from hub.queries.deliveries.summaries import (
    DeliveryCount,
    DeliveryFilter,
    DeliverySummary,
    count_deliveries,
    newest_deliveries,
    replayable,
    why_deliveries,
)

__all__ = [
    "DeliveryCount",
    "DeliveryFilter",
    "DeliverySummary",
    "count_deliveries",
    "newest_deliveries",
    "replayable",
    "why_deliveries",
]
