"""The connector `sip` keeps what every carrier promises."""

from __future__ import annotations

from hub.testing.carriers.conformance import CarrierConformance
from plugins.carriers.sip import Sip


class TestSip(CarrierConformance):
    """Against the stand-in of its gateway."""

    connector_class = Sip
