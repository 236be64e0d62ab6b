"""Vonage keeps what every carrier plugin must keep."""

from __future__ import annotations

from hub.testing import CarrierConformance
from plugins.carriers.vonage import Vonage


class TestVonage(CarrierConformance):
    connector_class = Vonage
