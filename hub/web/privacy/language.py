"""In which language a public privacy page answers, and the links that change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

from hub.config.models import Config
from hub.model import Company
from hub.privacy.translations import LANGUAGES, Texts, preferred_language, texts_in

KEPT_PARAMETERS = ("token", "_ringfence")
"""Parameters of a page's address that a change of the language keeps."""


@dataclass(frozen=True)
class LanguageLink:
    """A link to the same page in one language."""

    language: str
    name: str
    address: str
    current: bool


class PageLanguages:
    """The language of each page: `?lang=`, else `texts: language:` of the company if it is written, else the browser's."""

    def __init__(self, config: Config) -> None:
        self._of_company = {
            each.name: each.texts.language
            for each in config.companies
            if "language" in each.texts.model_fields_set and each.texts.language in LANGUAGES
        }

    def texts(self, request: Request, company: Company) -> Texts:
        """The texts with which to answer."""
        query = _requested(request)
        browser = preferred_language(request.headers.get("accept-language", ""))
        return texts_in(query or self._of_company.get(company.name) or browser or "en")


def suffix_of(request: Request) -> str:
    """`?lang=…` for links and forms of the page if its own address names a language, else nothing."""
    query = _requested(request)
    return f"?lang={query}" if query else ""


def language_links(request: Request, company: Company, current: str) -> Sequence[LanguageLink]:
    """A link to the page in each language. The answer to a post links to the page of its form."""
    path = request.url.path
    if request.method == "POST":
        ticket = request.path_params.get("ticket")
        path = f"/privacy/{company.name}/requests/{ticket}" if ticket else f"/privacy/{company.name}"
    kept = {name: request.query_params[name] for name in KEPT_PARAMETERS if name in request.query_params}
    return [
        LanguageLink(each, texts_in(each).plain("name"), f"{path}?{urlencode({**kept, 'lang': each})}", each == current)
        for each in LANGUAGES
    ]


def _requested(request: Request) -> str | None:
    query = request.query_params.get("lang", "")
    return query if query in LANGUAGES else None
