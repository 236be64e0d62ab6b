"""What a customer may decide: which Whisper model hears, and how much of the machine it takes."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from hub.api import PluginSettings


class WhisperSettings(PluginSettings):
    """Nothing must be written: the small English model is installed with the plugin."""

    model: Path | None = Field(
        default=None,
        description="Folder of a larger Whisper model in CTranslate2's format; the small English one where left out.",
    )
    threads: int = Field(
        default=1, ge=1, le=64, description="Processor cores that it may use; calls that ring need the others."
    )
