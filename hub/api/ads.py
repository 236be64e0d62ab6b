"""For ad networks: a declaration of a network that takes JSON, its stand-in, click ids, and what campaigns cost."""

from hub.contracts.costs import Cost, Days
from hub.contracts.filling import ROW, ROWS
from hub.contracts.manifest import ClickId
from hub.protocols.json_ads import JsonAds
from hub.protocols.json_ads.cost_reports import CostReport
from hub.protocols.json_ads.stand_in import JsonAdsSandbox, StandIn
from hub.protocols.json_ads.templates import Batch, Call
from hub.protocols.json_service.templates import without_empty

__all__ = [
    "ROW", "ROWS", "Batch", "Call", "ClickId", "Cost", "CostReport", "Days", "JsonAds", "JsonAdsSandbox",
    "StandIn", "without_empty",
]  # fmt: skip
