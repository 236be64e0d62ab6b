"""Personal data on a screen: masked, unless a person asks to see it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

HIDDEN = "•••"
COARSE = (
    "user.contact.address.country",
    "user.contact.address.state",
    "user.location.imprecise",
    "user.telemetry",
    "user.telephony.carrier",
    "user.telephony.line_type",
)
"""Categories that many people share, so that a value names nobody."""


@dataclass(frozen=True)
class Mask:
    """Shows personal data as it is where `off`, else only as much as helps to recognise it."""

    off: bool = False

    def phone(self, number: str | None) -> str | None:
        """A phone number's last two digits."""
        return number if self.off or not number else f"…{number[-2:]}"

    def text(self, value: str | None) -> str | None:
        """Nothing of a name or any other text."""
        return value if self.off or not value else HIDDEN

    def page(self, address: str | None) -> str | None:
        """A web page without its query, which may hold click ids and what was searched for."""
        if self.off or not address:
            return address
        try:
            parts = urlsplit(address)
        except ValueError:
            return HIDDEN
        rest = f"?{HIDDEN}" if parts.query or parts.fragment else ""
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{rest}"

    def fact(self, category: str, value: str | None) -> str | None:
        """A fact's value: in clear where its category is coarse."""
        if self.off or not value or category in COARSE:
            return value
        return self.phone(value) if re.fullmatch(r"\+\d{7,15}", value) else HIDDEN
