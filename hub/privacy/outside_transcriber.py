"""Who outside the business transcribes a company's recordings, by config.yaml."""

from __future__ import annotations

from hub.config.models import Config
from hub.contracts.manifest import Recipient


def outside_transcriber(config: Config, company: str) -> Recipient | None:
    """The recipient of `recordings: transcribe:` if another company hears the audio of this one's calls; None if nothing is
    transcribed, or on this machine only.

    A provider that works under a contract counts too: it is enough that it could use what it hears (Ambriz v. Google LLC,
    N.D. Cal. 2025, on Cal. Penal Code 631).
    """
    entry = config.connectors.get(config.recordings.transcribe or "")
    if entry is None or not entry.serves(company):
        return None
    recipient = entry.connector_class.manifest.recipient
    return None if recipient.role == "none" else recipient
