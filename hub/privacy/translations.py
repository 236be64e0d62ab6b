"""The texts of the public privacy pages and of what the hub writes to people about their requests: in English, French of
Quebec, and Spanish of the USA.

Source: Quebec, Charter of the French language (C-11), s. 52 and 52.1; 11 CCR 7003(b)(3): in the languages in which the
business serves people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from hub.platform.own_yaml import read_yaml

LANGUAGES = ("en", "fr", "es")
FOLDER = Path(__file__).parent / "languages"


@dataclass(frozen=True)
class Texts:
    """All texts of one language, by dotted keys."""

    language: str
    catalog: Mapping[str, str]

    def html(self, key: str, **values: object) -> Markup:
        """A text for a page, with the values escaped. KeyError if the key has no text."""
        return Markup(self.catalog[key]).format(**values)  # noqa: S704  the catalog is our own HTML

    def plain(self, key: str, **values: object) -> str:
        """A text for an email, a text message or a record."""
        return self.catalog[key].format(**values)

    def date(self, moment: datetime) -> str:
        """A day as people write it."""
        month = self.catalog["dates.months"].split("|")[moment.month - 1]
        day = self.catalog["dates.first"] if moment.day == 1 else str(moment.day)
        return self.plain("dates.pattern", day=day, month=month, year=moment.year)

    def life(self, life: timedelta) -> str:
        """A period in days, or in hours if it is shorter than two days."""
        hours = life / timedelta(hours=1)
        if hours < 48 or hours % 24:
            return self.plain("numbers.hours", count=f"{hours:g}")
        return self.plain("numbers.days", count=f"{life.days:,}".replace(",", self.catalog["numbers.thousands"]))


@lru_cache(maxsize=len(LANGUAGES))
def texts_in(language: str) -> Texts:
    """The texts of one of `LANGUAGES`; of English for any other."""
    code = language if language in LANGUAGES else "en"
    return Texts(code, dict(_flat(read_yaml((FOLDER / f"{code}.yaml").read_text("utf-8")))))


def preferred_language(accepted: str) -> str | None:
    """The language of a browser's `Accept-Language` that comes first among `LANGUAGES`; None if it names none of them."""
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:400].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        code = tag.split("-")[0].strip().lower()
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if code in LANGUAGES and weight > 0:
            ranked.append((-weight, place, code))
    return min(ranked)[2] if ranked else None


def _flat(tree: Mapping[object, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)
