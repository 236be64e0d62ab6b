"""Plivo keeps what every carrier plugin must keep."""

from __future__ import annotations

from hub.testing import CarrierConformance
from plugins.carriers.plivo import Plivo


class TestPlivo(CarrierConformance):
    connector_class = Plivo
