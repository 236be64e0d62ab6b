"""Whether a visitor must consent before the website tracks them: by the company's setting, or by the visitor's likely place.

`by_visitor` uses every hint about the place: time zone, preferred language, network (an operator's IP-to-country file),
and what the page says about the visitor. One hint at a place that requires consent is enough. Hints are used for the
answer and never stored. The places are those of the hub's table of law (plugins/consent/jurisdictions/rules.yaml,
`web.tracking`): ePrivacy Directive Art. 5(3), PECR reg. 6, Swiss TCA Art. 45c, Quebec Law 25 s. 8.1; all of Canada,
because its time zones do not distinguish Quebec from Ontario; Australia and New Zealand, because no rule is confirmed
there that allows tracking without consent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

Tracking = Literal["opt_in", "opt_out", "by_visitor"]
ASKS_FIRST = frozenset(
    {
        "EU", "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT",
        "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "AX", "GF", "GP", "MF", "MQ", "RE", "YT", "IS", "LI", "NO",
        "GB", "GG", "GI", "IM", "JE", "CH", "CA", "AU", "NZ",
    }
)  # fmt: skip
"""`EU` if no more is known. Parts of the Union and of Britain with their own codes are included."""
EUROPEAN_LANGUAGES = frozenset(
    {
        "bg", "ca", "cs", "cy", "da", "de", "el", "et", "eu", "fi", "fo", "fr", "ga", "gl", "gsw", "hr", "hu", "is", "it", "lb",
        "lt", "lv", "mt", "nb", "nl", "nn", "no", "pl", "ro", "se", "sk", "sl", "sv",
    }
)  # fmt: skip
"""Languages that, without a region, are mostly European (French also Quebec's). English, Spanish and Portuguese do not
indicate a place.
"""
HOME_OF_OPT_OUT = "US"
"""The only country whose companies may track until a visitor says no; companies elsewhere ask every visitor."""
SCRIPT_ZONES = (
    "^(Europe|Australia|Canada)/|Toronto|Montreal|Vancouver|Edmonton|Winnipeg|Halifax|Regina"
    "|Canary|Madeira|Azores|Auckland"
)
"""Time zones of most people who must be asked first. With them the page script knows it without asking the hub. For all
other zones the script follows the hub's reply, which uses every hint.
"""
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-[a-z]{4})?(?:-([a-z]{2}))?(?:-[a-z0-9-]*)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Hints:
    """What a request indicates about its visitor's place; countries are ISO 3166 codes."""

    time_zone: str | None = None
    languages: str | None = None
    """The header Accept-Language."""
    network_country: str | None = None
    declared_country: str | None = None

    @property
    def is_browser(self) -> bool:
        """Whether a browser sent the request. A server that reports visits knows its visitors itself."""
        return bool(self.time_zone or self.languages)

    def countries(self) -> frozenset[str]:
        """Every country that is hinted at; empty if nothing is known."""
        found = (
            country_of_zone(self.time_zone),
            country_of_language(self.languages),
            self.network_country,
            self.declared_country,
        )
        return frozenset(country for country in found if country)


@dataclass(frozen=True)
class TrackingRule:
    """A company's tracking rule."""

    tracking: Tracking
    country: str
    trades_in: tuple[str, ...] = ()
    """Countries besides its own in which it has customers."""

    @property
    def for_script(self) -> bool | str:
        """Either that every visitor is asked first, or the time zones in which visitors must be."""
        if self.tracking != "by_visitor":
            return self.tracking == "opt_in"
        return True if self.country != HOME_OF_OPT_OUT else SCRIPT_ZONES

    def asks_first(self, hints: Hints) -> bool:
        """Whether this visitor must consent first."""
        if hints.declared_country not in (None, self.country, HOME_OF_OPT_OUT):
            return True
        always = self.for_script
        if isinstance(always, bool):
            return always
        return not ASKS_FIRST.isdisjoint(hints.countries() or self.trades_in)


def country_of_zone(zone: str | None) -> str | None:
    """The country of an IANA time zone. A `Europe/` zone outside the countries of `ASKS_FIRST` counts as `EU`."""
    if not zone:
        return None
    countries, links = _zones()
    country = countries.get(zone) or countries.get(links.get(zone, ""))
    if zone.startswith("Europe/") and country not in ASKS_FIRST:
        return "EU"
    return country


@lru_cache(maxsize=1_024)
def country_of_language(header: str | None) -> str | None:
    """The country of the preferred language: its region, or Europe if the language is mostly European."""
    wanted = [_weighed(part) for part in (header or "")[:1_000].split(",")]
    best = max(wanted, key=lambda each: each[1], default=("", 0.0))[0]
    found = _LANGUAGE.fullmatch(best)
    if found is None:
        return None
    if found[2]:
        return found[2].upper()
    return "EU" if found[1].lower() in EUROPEAN_LANGUAGES else None


def _weighed(part: str) -> tuple[str, float]:
    tag, _, weight = part.partition(";")
    try:
        return tag.strip(), float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        return tag.strip(), 0.0


@cache
def _zones() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Time zone → country, and old zone names → current ones, as in tzdata."""
    folder = files("tzdata") / "zoneinfo"
    rows = (line.split("\t") for line in (folder / "zone.tab").read_text("utf-8").splitlines() if line[:1] != "#")
    links = (line.split(" ") for line in (folder / "tzdata.zi").read_text("utf-8").splitlines() if line[:2] == "L ")
    return {row[2]: row[0] for row in rows}, {link[2]: link[1] for link in links}
