"""The answers to `hub init` about a business, and what follows from them: its place, names, and numbers to try the hub with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from hub.config.parts import name_of
from hub.contracts.phones import phone_number
from hub.contracts.places import places_of_number
from hub.errors import ConfigError

Kind = Literal["plumber", "dental", "agency"]
POOL_SIZE = 6


@dataclass(frozen=True)
class Business:
    """The answers. `phone` is the number that rings today, in E.164; `client` is an agency's first client."""

    kind: Kind
    title: str
    client: str
    phone: str
    domain: str
    carrier: str
    country: str
    region: str
    time_zone: str
    port: int

    @property
    def account(self) -> str:
        """The account's name in config.yaml."""
        return name_of(self.title)

    @property
    def company_title(self) -> str:
        """The company whose calls are tracked: the business itself, or an agency's client."""
        return self.client if self.kind == "agency" else self.title

    @property
    def company(self) -> str:
        """The company's name in config.yaml."""
        return name_of(self.company_title)

    @property
    def pool(self) -> list[str]:
        """Fictional numbers in the business's area code, for the visitors of its website."""
        return [number for number in map(self._fictional, range(POOL_SIZE + 1)) if number != self.phone][:POOL_SIZE]

    def number(self, place: int) -> str:
        """A fictional number for one source: `place` is 0, 1, 2 …"""
        numbers = [number for number in map(self._fictional, range(20, 30)) if number != self.phone]
        return numbers[place]

    def _fictional(self, last: int) -> str:
        return f"{self.phone[:5]}55501{last:02}"


def business(
    kind: Kind,
    title: str,
    client: str,
    phone: str,
    domain: str,
    carrier: str,
    region: str | None,
    time_zone: str | None,
    port: int,
) -> Business:
    """Read the answers; ConfigError names the first that cannot be right, and what to answer instead.

    Country, region and time zone follow from the phone's area code unless they are given.
    """
    number = phone_number(phone, "US")
    places = places_of_number(number)
    country = places[0].country if places else None
    if number is None or country not in ("US", "CA"):
        raise ConfigError(
            f"{phone} is not a phone number of the United States or Canada. Write it like +1 312 555 0190; for a business "
            "elsewhere, start from the example in `hub docs config`."
        )
    if not name_of(title) or not name_of(client):
        raise ConfigError("A name needs at least one letter from a to z, or a digit.")
    place = places[0]
    zones = place.time_zones or ("UTC",)
    return Business(
        kind=kind, title=title.strip(), client=client.strip(), phone=number, domain=domain_of(domain), carrier=carrier,
        country=country, region=region or place.region or "", time_zone=time_zone or zones[0],
        port=port,
    )  # fmt: skip


def domain_of(text: str) -> str:
    """The domain of a website, however it was written; ConfigError if it is none."""
    domain = re.sub(r"^https?://", "", text.strip().lower()).split("/")[0].removeprefix("www.")
    if not re.fullmatch(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", domain):
        raise ConfigError(f"{text} is not the domain of a website. Write it like example.com.")
    return domain
