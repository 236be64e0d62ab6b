"""What the customer may decide about privacy signals."""

from __future__ import annotations

from pydantic import Field

from hub.api import PluginSettings


class SignalSettings(PluginSettings):
    """Global Privacy Control is always honored and has no setting."""

    honor_dnt: bool = Field(
        default=True,
        description="Treat the older Do Not Track header like Global Privacy Control. It has no legal force of its own.",
    )
    later_consent_overrides_signal: bool = Field(
        default=False,
        description="Let a person's consent to exactly this use, given after the signal was seen, outweigh the signal. "
        "Turn it on only if your consent form tells people that their browser sends an opt-out (11 CCR 7025(c)(3)).",
    )
