"""The gateway as a companion of the hub: how it is started, and by which file it is found again."""

from __future__ import annotations

import json
import sys

from hub.api.carriers import CompanionProcess
from plugins.carriers.sip.settings import SipSettings

LOCK_FILE = "gateway.lock"


def companion(name: str, settings: SipSettings, webhook_url: str, number: int = 1) -> CompanionProcess | None:
    """The process of the gateway with this number; None if there are fewer. It gets its settings, with the secrets, on its
    standard input."""
    if not 1 <= number <= len(settings.gateways):
        return None
    folder = (settings.folder or f"sip-{name}") + ("" if number == 1 else f"-{number}")
    if settings.phones:
        settings = settings.model_copy(update={"phones": settings.phones.for_gateway()})
    start = {
        "name": name,
        "number": number,
        "webhook_url": webhook_url,
        "folder": folder,
        "settings": settings.in_clear(),
    }
    return CompanionProcess(
        name=name,
        arguments=(sys.executable, "-P", "-m", "plugins.carriers.sip.gateway"),
        start=json.dumps(start, sort_keys=True),
        lock_file=f"{folder}/{LOCK_FILE}",
        automatic=settings.start,
    )
