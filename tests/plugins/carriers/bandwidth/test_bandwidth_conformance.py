"""Bandwidth keeps what every carrier plugin must keep."""

from __future__ import annotations

from hub.testing import CarrierConformance
from plugins.carriers.bandwidth import Bandwidth


class TestBandwidth(CarrierConformance):
    connector_class = Bandwidth
    patience = 0.2
    """A refused token costs two more requests."""
