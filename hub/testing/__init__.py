"""For integrators: connectors in a test without a hub, and one conformance class per family.

The suites need pytest, and connectors a plugin host, so they are imported only on first use.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.testing.ads import AdsConformance
    from hub.testing.carriers.conformance import CarrierConformance
    from hub.testing.consent import ConsentConformance
    from hub.testing.crm import CrmConformance
    from hub.testing.enrichment import EnrichmentConformance
    from hub.testing.factories import FrozenClock, MemoryNotes, MemoryTokens, connect
    from hub.testing.transcription import AgentConformance, InsightConformance, TranscriptionConformance

__all__ = [
    "AdsConformance",
    "AgentConformance",
    "CarrierConformance",
    "ConsentConformance",
    "CrmConformance",
    "EnrichmentConformance",
    "FrozenClock",
    "InsightConformance",
    "MemoryNotes",
    "MemoryTokens",
    "TranscriptionConformance",
    "connect",
]

SUITES = {
    "AdsConformance": "hub.testing.ads",
    "AgentConformance": "hub.testing.transcription",
    "CarrierConformance": "hub.testing.carriers.conformance",
    "ConsentConformance": "hub.testing.consent",
    "CrmConformance": "hub.testing.crm",
    "EnrichmentConformance": "hub.testing.enrichment",
    "InsightConformance": "hub.testing.transcription",
    "TranscriptionConformance": "hub.testing.transcription",
}
"""The suites and the modules that hold them."""
FACTORIES = ("FrozenClock", "MemoryNotes", "MemoryTokens", "connect")

SUITE_OF_KIND = {
    "ads": "AdsConformance",
    "agent": "AgentConformance",
    "carrier": "CarrierConformance",
    "consent": "ConsentConformance",
    "crm": "CrmConformance",
    "enrichment": "EnrichmentConformance",
    "insight": "InsightConformance",
    "transcription": "TranscriptionConformance",
}
"""The suite that a plugin of each kind must pass."""

_PARTS = (
    "hub.testing.ads_uploads",
    "hub.testing.ads_wire",
    "hub.testing.asking",
    "hub.testing.carriers.call_backs",
    "hub.testing.carriers.call_checks",
    "hub.testing.carriers.event_checks",
    "hub.testing.carriers.people_checks",
    "hub.testing.carriers.ports",
    "hub.testing.carriers.recording_checks",
    "hub.testing.carriers.sender_checks",
    "hub.testing.carriers.texts",
    "hub.testing.connectors",
    "hub.testing.crm_people",
    "hub.testing.exchanges.conformance",
    "hub.testing.heard",
    "hub.testing.secrecy",
    "hub.testing.switchboard",
    "hub.testing.wire",
)


def _explain_asserts() -> None:
    """Have pytest say what an assertion of the suites found. It cannot for a module that is imported before."""
    import pytest

    pytest.register_assert_rewrite(*(each for each in (*_PARTS, *SUITES.values()) if each not in sys.modules))


if "pytest" in sys.modules:  # a test may import a part of a suite by the name of its module
    _explain_asserts()


def __getattr__(name: str) -> Any:
    if name in FACTORIES:
        return getattr(importlib.import_module("hub.testing.factories"), name)
    if name not in SUITES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    _explain_asserts()
    return getattr(importlib.import_module(SUITES[name]), name)
