"""No settings: the numbering plans are part of the package, and no service is called."""

from __future__ import annotations

from hub.api import PluginSettings


class PhoneNumbersSettings(PluginSettings):
    """No settings of its own."""
