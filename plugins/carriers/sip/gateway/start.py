"""What the gateway is started with: one line of JSON on its standard input (`plugins.carriers.sip.companion`)."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from plugins.carriers.sip.settings import SipSettings

HUB_ADDRESS = "RINGFENCE_HUB_ADDRESS"
"""The variable in which a hub that starts us says where it answers on this machine."""
TIME_ZONE = "RINGFENCE_TIME_ZONE"
"""The variable in which it says whose days count."""


@dataclass(frozen=True)
class Start:
    """The connector's name and settings, the public address of its webhooks, and the folder."""

    name: str
    control_url: str
    """Our own control address, as the hub writes it."""
    webhook_url: str
    folder: Path
    settings: SipSettings
    version: str
    """A hash of the whole text, by which the hub sees that the settings have changed."""
    hub_addresses: tuple[str, ...]
    time_zone: str = "UTC"

    @property
    def public_url(self) -> str:
        """The hub's public address."""
        return self.webhook_url.removesuffix(f"/webhooks/{self.name}")

    @property
    def control(self) -> tuple[str, int]:
        """Where the control address listens. Beside a proxy with TLS it is this machine's, on the same port."""
        parts = urlsplit(self.control_url)
        host = parts.hostname or "127.0.0.1"
        return (host if parts.scheme == "http" else "127.0.0.1"), parts.port or 7060


def read_start(text: str) -> Start:
    """Read it. Raises ValueError for what the hub never writes."""
    given = json.loads(text)
    settings = SipSettings.model_validate(given["settings"])
    machine = os.environ.get(HUB_ADDRESS, "http://127.0.0.1:8080")
    return Start(
        name=given["name"],
        control_url=settings.gateways[given["number"] - 1],
        webhook_url=given["webhook_url"],
        folder=Path(given["folder"]),
        settings=settings,
        version=hashlib.sha256(text.encode()).hexdigest()[:16],
        hub_addresses=tuple(settings.hub_addresses) or (machine,),
        time_zone=os.environ.get(TIME_ZONE, "UTC"),
    )
