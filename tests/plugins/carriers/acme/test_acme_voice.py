"""A carrier on the TwiML dialect is small, and keeps what every carrier must keep."""

from __future__ import annotations

import inspect

import acme_voice

from hub.testing import CarrierConformance


class TestAcmeVoice(CarrierConformance):
    connector_class = acme_voice.AcmeVoice


def test_a_carrier_on_the_dialect_has_at_most_250_lines() -> None:
    assert len(inspect.getsource(acme_voice).splitlines()) <= 250
