"""The data map: recipients, data categories, purposes and retention, as declared and as observed; always generated."""

from hub.privacy.datamap.chart import DataMap, draw
from hub.privacy.datamap.flows import Flow, Seen

__all__ = ["DataMap", "Flow", "Seen", "draw"]
