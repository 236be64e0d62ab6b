"""What the page script and the privacy pages keep in a visitor's browser: one table for the visitor and for docs/website.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from hub.config.models import CompanySection
from hub.privacy.translations import Texts
from hub.web.privacy.forms import FORM_COOKIE, PERSON_COOKIE
from hub.web.privacy.opt_outs import COOKIE


@dataclass(frozen=True)
class Stored:
    """One thing in the browser, by the keys of its texts (`cookies.…`)."""

    place: str
    name: str
    what: str
    life: str


BY_WEBSITE = (
    Stored("cookie", COOKIE, "visit", "visit_life"),
    Stored("session", COOKIE, "tab", "tab_life"),
    Stored("local", "ringfence-form:…", "forms", "forms_life"),
)
"""By the page script on the company's website (hub/web/static/ringfence.js, ringfence-forms.js)."""
BY_PRIVACY_PAGE = (
    Stored("cookie", FORM_COOKIE, "form_cookie", "hour"),
    Stored("cookie", PERSON_COOKIE, "person_cookie", "hour"),
)


def stored_rows(things: tuple[Stored, ...], texts: Texts, days: str) -> Iterator[tuple[str, str, str]]:
    """Place, content and life of each thing in words; `days` is how long the cookie of the website stays."""
    for each in things:
        life = texts.plain(f"cookies.{each.life}", days=days)
        yield texts.plain(f"cookies.{each.place}", name=each.name), texts.plain(f"cookies.{each.what}"), life


def stored_here(company: CompanySection | None, texts: Texts) -> list[tuple[str, str, str]]:
    """What a company's website and its privacy pages keep; without `domains:` the page script is on no website."""
    by_website = BY_WEBSITE if company and company.domains else ()
    days = texts.life(timedelta(days=company.website.cookie_days if company else 0))
    return list(stored_rows((*by_website, *BY_PRIVACY_PAGE), texts, days))
