"""The data map: who is given which data for what, and how long it lies, as declared and as seen; never written by hand."""

from hub.privacy.datamap.chart import DataMap, draw, readable
from hub.privacy.datamap.flows import Flow, Seen

__all__ = ["DataMap", "Flow", "Seen", "draw", "readable"]
