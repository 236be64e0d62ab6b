"""The example configuration with the plugins of this folder in the place of built-in ones: one of each family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

EXAMPLE = Path(__file__).parents[2] / "config.yaml"
REPLACED = {"telnyx": "ringwire", "hubspot": "dealdesk"}
"""Northgate's carrier and its CRM."""


def configuration() -> dict[str, Any]:
    """The document of config.yaml."""
    document: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    connectors = document["connectors"]
    document["connectors"] = {REPLACED.get(name, name): each for name, each in connectors.items()} | {
        name: {"plugin": name, "sandbox": True} for name in ("pinwheel", "whocalls", "hearwell")
    }
    for old, new in REPLACED.items():
        connectors[old]["plugin"] = new
    document["connectors"]["pinwheel"]["schedule"] = "every 5 seconds"
    document["connectors"]["whocalls"]["keep"] = "30 days"
    document["recordings"]["transcribe"] = "hearwell"
    for rule in document["conversions"]:
        rule["send_to"]["pinwheel"] = {}
    for company in document["accounts"][0]["companies"]:
        for tracker in company["trackers"]:
            tracker["carrier"] = REPLACED.get(tracker["carrier"], tracker["carrier"])
    return document
