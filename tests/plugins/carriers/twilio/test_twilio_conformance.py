"""Twilio keeps what every carrier plugin must keep."""

from __future__ import annotations

from hub.testing import CarrierConformance
from plugins.carriers.twilio import Twilio


class TestTwilio(CarrierConformance):
    connector_class = Twilio
