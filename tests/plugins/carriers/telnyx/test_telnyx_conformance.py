"""Telnyx keeps what every carrier plugin must keep."""

from __future__ import annotations

from hub.testing import CarrierConformance
from plugins.carriers.telnyx import Telnyx


class TestTelnyx(CarrierConformance):
    connector_class = Telnyx
