"""Personal data on a screen: masked, unless the user asks to see it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.contracts.phones import own_phone

HIDDEN = "•••"
COARSE = (
    "user.contact.address.country",
    "user.contact.address.state",
    "user.location.imprecise",
    "user.telemetry",
    "user.telephony.carrier",
    "user.telephony.line_type",
)
"""Categories whose values many people share, so that a value identifies no one."""


@dataclass(frozen=True)
class Mask:
    """Shows personal data in clear if `off`, else only as much as helps to recognize it."""

    off: bool = False

    def phone(self, number: str | None) -> str | None:
        """A phone number's last two digits. The name of a phone of the business is not a number."""
        return number if self.off or not number or own_phone(number) else f"…{number[-2:]}"

    def text(self, value: str | None) -> str | None:
        """Hides a name or any other text completely."""
        return value if self.off or not value else HIDDEN

    def page(self, address: str | None) -> str | None:
        """A web page without its query, which may hold click ids and search words."""
        if self.off or not address:
            return address
        try:
            parts = urlsplit(address)
        except ValueError:
            return HIDDEN
        rest = f"?{HIDDEN}" if parts.query or parts.fragment else ""
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{rest}"

    def fact(self, category: str, value: str | None) -> str | None:
        """A fact's value: in clear if its category is coarse."""
        if self.off or not value or category in COARSE:
            return value
        return self.phone(value) if re.fullmatch(r"\+\d{7,15}", value) else HIDDEN


def partly(name: str | None) -> str:
    """A number or an email address, so that a person who knows it recognizes it: +1 312 ••• ••42, m•••@example.com."""
    if not name:
        return HIDDEN
    local, at, host = name.rpartition("@")
    if at:
        return f"{local[:1]}{HIDDEN}@{host}"
    plain = re.fullmatch(r"\+1(\d{3})\d{5}(\d{2})", name)
    return f"+1 {plain[1]} {HIDDEN} ••{plain[2]}" if plain else f"{name[:3]} {HIDDEN} ••{name[-2:]}"
