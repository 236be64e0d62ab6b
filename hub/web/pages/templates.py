"""The templates of the pages, with the words and shapes that all of them use."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from hub.access.brands import RINGFENCE
from hub.contracts import titles
from hub.platform import formats
from hub.platform.id_words import words_of
from hub.store.encryption.search_words import without_accents
from hub.web.pages import charts

BETWEEN_DIGITS = r"[ ().\-/\u00a0]{0,3}"
STATIC = Path(__file__).parent.parent / "static"


def rendered(template: str, block: str | None, values: Mapping[str, object]) -> str:
    """A page's HTML, or that of one block of it."""
    found = environment().get_template(template)
    if block is None:
        return found.render(values)
    return "".join(found.blocks[block](found.new_context(dict(values))))


@cache
def environment() -> Environment:
    """The templates, escaped, with filters; an unknown name in a template is an error."""
    made = Environment(
        loader=PackageLoader("hub.web", "templates/pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "charts": charts,
        "static": static_url,
        "NOTHING": formats.NOTHING,
        "brand": RINGFENCE,
    }
    made.filters |= {
        "phone": formats.phone,
        "duration": formats.duration,
        "count": formats.count,
        "percent": formats.percent,
        "money": formats.money,
        "changed": formats.change,
        "waiting": formats.waiting,
        "zone_name": formats.zone_name,
        "long_day": formats.long_day,
        "unquoted": unquote,
        "readable": titles.readable,
        "came_from": titles.came_from,
        "source_title": titles.source_title,
        "medium_title": titles.medium_title,
        "origin_title": titles.origin_title,
        "campaign_title": titles.campaign_title,
        "line_type_title": titles.line_type_title,
        "fact_title": titles.fact_title,
        "tracker_title": titles.tracker_title,
        "words": words_of,
        "marked": _marked,
        "connector": _connector,
        "at": _at,
        "day": _day,
        "ago": _ago,
    }
    return made


@pass_context
def _at(context: Context, at: datetime | None, seconds: bool = False) -> str:
    """9:16 am in the page's time zone."""
    return formats.clock_time(at, context["page"].zone, seconds=seconds)


@pass_context
def _day(context: Context, at: datetime | None) -> str:
    """Nov 24 in the page's time zone."""
    return formats.day_of(at, context["page"].zone)


@pass_context
def _ago(context: Context, at: datetime | None) -> str:
    """52 min ago."""
    return formats.ago(at, context["page"].now)


@pass_context
def _connector(context: Context, name: str) -> str:
    """A connector's title."""
    return titles.connector_title(name, context["page"].hub.plugins.connectors)


@cache
def static_url(name: str) -> str:
    """The address of a static file; it changes with the file, so browsers may keep it for a year."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:16]
    return f"/static/{digest}/{name}"


class Searched(Protocol):
    """What was searched for: words as `words_of` writes them, and runs of digits."""

    @property
    def words(self) -> Sequence[str]: ...

    @property
    def digits(self) -> Sequence[str]: ...


def _marked(text: object, found: Searched) -> Markup:
    """A text, escaped, whose words that begin as searched for and runs of digits that were searched for are `<mark>`."""
    plain = str(text)
    places = sorted(place for each in (_words(plain, found), _digits(plain, found)) for place in each)
    written, at = Markup(), 0
    for begin, end in places:
        if begin >= at:
            written += Markup("{}<mark>{}</mark>").format(plain[at:begin], plain[begin:end])
            at = end
    return written + plain[at:]


def _words(plain: str, found: Searched) -> list[tuple[int, int]]:
    letters = [(letter, place) for place, char in enumerate(plain) for letter in without_accents(char)]
    folded = "".join(letter for letter, _ in letters)
    return [
        (letters[match.start()][1], letters[match.end() - 1][1] + 1)
        for word in found.words
        for match in re.finditer(rf"(?<![^\W\d_]){re.escape(word)}", folded)
    ]


def _digits(plain: str, found: Searched) -> list[tuple[int, int]]:
    runs = (BETWEEN_DIGITS.join(digits) for digits in found.digits)
    return [match.span() for run in runs for match in re.finditer(run, plain)]
