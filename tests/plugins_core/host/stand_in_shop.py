"""A hub's folder with Ringwire, a carrier that is not built in, to whose stand-in a test adds code."""

from __future__ import annotations

from plugin_wheels import PluginShop
from third_party.wheels import build_wheel

from hub.contracts.connector import Connector
from hub.startup.reading import read_config

CONFIG = """
hub: {public_url: "https://calls.example.com", disk_reserve: 0, database: sqlite:///data/ringfence.db}
connectors:
  phone: {plugin: ringwire, sandbox: true, isolation: ISOLATION}
  signals: {plugin: signals}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: lakeside
        title: Lakeside
        country: US
        region: IL
        contact: {email: privacy@lakeside.example.com}
        route: {greeting: Thank you for calling., dial: "+13125550190"}
        trackers:
          - {name: website, type: source, carrier: phone, numbers: ["+13125550120"], source: website, default: true}
"""


class StandInShop(PluginShop):
    """Installs the plugin, and makes it the carrier of a configuration."""

    def add(self, code: str, isolation: str = "process") -> type[Connector]:
        """Install it with code at the end of its stand-in's module; the connector's class."""
        made = build_wheel("ringwire", self.folder, {"ringfence_ringwire/sandbox.py": code})
        self.ok("plugins", "add", made)
        self.isolate(isolation)
        return read_config(self.config).connectors["phone"].connector_class

    def isolate(self, isolation: str) -> None:
        """Run the plugin in a process of its own, or in a thread of the hub."""
        self.config.write_text(CONFIG.replace("ISOLATION", isolation))
