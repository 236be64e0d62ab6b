"""What Twilio knows before an exchange."""

from __future__ import annotations

from typing import Any


def unknown_number(twilio: Any) -> dict[str, str]:
    """A number about which Twilio has nothing."""
    twilio.missing.add("+13125550177")
    return {}
