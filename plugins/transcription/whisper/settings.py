"""What a customer may set: which Whisper model to use, and how much of the machine it may use."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from hub.api import PluginSettings


class WhisperSettings(PluginSettings):
    """All settings are optional: the small English model is installed with the plugin."""

    model: Path | None = Field(
        default=None,
        description="Folder of a larger Whisper model in CTranslate2's format; by default the small English one.",
    )
    threads: int = Field(
        default=1, ge=1, le=64, description="Processor cores that it may use; leave the others for ringing calls."
    )
