"""For integrators: connectors in a test without a hub, and one conformance class a family."""

from hub.testing.factories import FrozenClock, MemoryNotes, MemoryTokens, connect

__all__ = ["FrozenClock", "MemoryNotes", "MemoryTokens", "connect"]
