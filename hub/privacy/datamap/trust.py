"""Limits of the data map: connectors run inside the hub's process, so the map depends on what they declare."""

from __future__ import annotations

from collections.abc import Mapping

from hub.config.models import ConnectorEntry

HANDED_OVER = "Everything handed to connectors is declared."
INSIDE = (
    "Connectors run inside the hub's process, so they are trusted code: the map shows what the hub handed to them and what "
    "they declare, and cannot show what one sends on its own."
)


def what_it_rests_on(entries: Mapping[str, ConnectorEntry]) -> str:
    """What the map cannot know, with the connectors that reach their provider without the hub's HTTP client."""
    own = [
        f"{name} ({entry.connector_class.manifest.network_library})"
        for name, entry in sorted(entries.items())
        if entry.connector_class.manifest.network_library
    ]
    return f"{INSIDE} These use a network library of their own: {', '.join(own)}." if own else INSIDE
