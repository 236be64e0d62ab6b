"""Nothing to decide: the numbering plans are part of the package, and nobody is asked."""

from __future__ import annotations

from hub.api import PluginSettings


class PhoneNumbersSettings(PluginSettings):
    """No settings of its own."""
