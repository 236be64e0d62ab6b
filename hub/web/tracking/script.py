"""`/t/{company}/ringfence.js` and `ringfence-forms.js`: page scripts with the company's settings; pages can pin each
file."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import phonenumbers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.config.models import CompanySection, Config
from hub.model import Company
from hub.numbers.directory import Directory, LiveDirectory
from hub.plugin_host.captured import click_ids_of, own_click_ids
from hub.privacy.tracking_rule import Tracking, TrackingRule

STATIC = Path(__file__).parents[1] / "static"
Name = Literal["ringfence", "ringfence-forms"]
PLACEHOLDER = "__SETTINGS__"
HASH_LENGTH = 16
"""Characters of the hash in the versioned address; the whole hash is in the snippet's `integrity`."""
SHORT_CACHE = "public, max-age=300, stale-if-error=86400"
LONG_CACHE = "public, max-age=31536000, immutable"
GPC_SINCE = "2026-11-24"
"""The day since which every page of a hub honors Global Privacy Control, as `/.well-known/gpc.json` states it."""


@dataclass(frozen=True)
class Script:
    """One script of a company as it is served."""

    name: Name
    body: bytes
    compressed: bytes
    version: str
    integrity: str
    """For the `integrity` attribute: covers the script and the settings in it."""

    @property
    def file(self) -> str:
        """The file's name in its address that never changes."""
        return f"{self.name}.{self.version}.js"


@dataclass(frozen=True, kw_only=True)
class Website:
    """A company's pages, as its scripts must know them. Everybody can read this, so it holds nothing that the pages
    do not show."""

    company: str
    country: str
    domains: tuple[str, ...]
    has_pool: bool
    swap: tuple[str, ...] = ()
    cookie_days: int = 90
    linked_domains: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    click_ids: tuple[str, ...] = ()
    """Click ids that only the company's connectors know, in lower case."""
    earlier_click_ids: tuple[tuple[str, ...], ...] = ()
    """What `click_ids` was before, the latest first."""
    tracking: Tracking = "by_visitor"
    trades_in: tuple[str, ...] = ()

    @classmethod
    def of(cls, company: Company, directory: Directory) -> Website:
        """From the tables."""
        return cls(
            company=company.name,
            country=company.country,
            domains=tuple(company.domains),
            has_pool=any(tracker.type == "session" for tracker in directory.trackers.get(company.id, ())),
            click_ids=company.own_click_ids,
            earlier_click_ids=company.earlier_click_ids,
            **_for_pages(company.website),
        )

    @classmethod
    def written(cls, config: Config, section: CompanySection) -> Website:
        """From config.yaml."""
        return cls(
            company=section.name,
            country=section.country,
            domains=section.domains,
            has_pool=any(tracker.type == "session" for tracker in section.trackers),
            click_ids=own_click_ids(each.name for each in click_ids_of(config, section.name)),
            **_for_pages(section.website.model_dump(mode="json")),
        )

    @property
    def rule(self) -> TrackingRule:
        """Which visitors must say yes before they are recorded."""
        return TrackingRule(self.tracking, self.country, tuple(self.trades_in))

    def script(self, public_url: str, name: Name = "ringfence") -> Script:
        """One of the scripts; built one time for each state of the settings."""
        settings: dict[str, object] = {"track": f"{public_url.rstrip('/')}/track/{self.company}"}
        if name == "ringfence":
            settings |= {
                "swap": [_target(number) for number in self.swap],
                "days": self.cookie_days,
                "domains": self.domains,
                "linked": self.linked_domains,
                "keep": self.parameters,
                "clicks": self.click_ids,
                "ask": self.rule.for_script,
                "country": self.country,
                "pool": self.has_pool,
            }
        return _script(name, json.dumps(settings, separators=(",", ":")))

    def pinned(self, public_url: str, name: Name = "ringfence") -> Iterator[Script]:
        """The script, and those that differ only in the click ids of connectors: a page that pins one of them keeps its
        numbers when a connector is added or removed."""
        for click_ids in (self.click_ids, *self.earlier_click_ids):
            yield replace(self, click_ids=click_ids).script(public_url, name)

    def footer_link(self, public_url: str, *, limit: bool = False) -> str:
        """The HTML of the link to the opt-out without proof, or to the limit of sensitive data, as the law words it (11 CCR
        7013(b), 7014(b))."""
        page = f"{public_url.rstrip('/')}/privacy/{self.company}#opt-out"
        words = "Limit the Use of My Sensitive" if limit else "Do Not Sell or Share My"
        return f'<a href="{page}">{words} Personal Information</a>'

    def tag(self, public_url: str, name: Name = "ringfence", *, pinned: bool = True) -> str:
        """The HTML that loads a script: exactly this version, which the browser checks, or always the latest."""
        script = self.script(public_url, name)
        file = script.file if pinned else f"{name}.js"
        pin = f' integrity="{script.integrity}"' if pinned else ""
        return f'<script async src="{public_url.rstrip("/")}/t/{self.company}/{file}"{pin} crossorigin="anonymous"></script>'


def script_routes(directory: LiveDirectory, public_url: str) -> list[BaseRoute]:
    """The routes of the script and of the site's statement on Global Privacy Control."""

    def script(request: Request) -> Response:
        now, file = directory.current(), request.path_params["file"]
        company, name = now.companies.get(request.path_params["company"]), file.partition(".")[0]
        if company is None or name not in get_args(Name):
            return _missing()
        website = Website.of(company, now)
        if file == f"{name}.js":
            return _served(request, website.script(public_url, name), SHORT_CACHE)
        pinned = next((each for each in website.pinned(public_url, name) if each.file == file), None)
        return _served(request, pinned, LONG_CACHE) if pinned else _missing()

    def gpc(request: Request) -> Response:
        return JSONResponse({"gpc": True, "lastUpdate": GPC_SINCE}, headers={"Access-Control-Allow-Origin": "*"})

    return [
        Route("/t/{company}/{file}", script),
        Route("/.well-known/gpc.json", gpc),
    ]


def _served(request: Request, script: Script, cache: str) -> Response:
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "Cache-Control": cache,
        "ETag": f'"{script.version}{"-gzip" if zipped else ""}"',
        "Vary": "Accept-Encoding",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Timing-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return Response(
        script.compressed if zipped else script.body, headers=headers, media_type="text/javascript; charset=utf-8"
    )


def _missing() -> Response:
    return Response("Not found", 404, headers={"Cache-Control": "no-store"}, media_type="text/plain")


@lru_cache(maxsize=1_000)
def _script(name: Name, settings: str) -> Script:
    body = _source(name).replace(PLACEHOLDER, settings).encode()
    return Script(
        name=name,
        body=body,
        compressed=gzip.compress(body, 9, mtime=0),
        version=hashlib.sha256(body).hexdigest()[:HASH_LENGTH],
        integrity="sha384-" + base64.b64encode(hashlib.sha384(body).digest()).decode(),
    )


@lru_cache(maxsize=2)
def _source(name: Name) -> str:
    """A script as it is served: without comments, and with short names. `make docs` builds it from the `.js` beside
    it."""
    return (STATIC / f"{name}.min.js").read_text(encoding="utf-8")


def _for_pages(section: Mapping[str, object]) -> dict[str, Any]:
    """What the pages need of a company's `website:`; which fields of forms are ignored is the hub's own affair."""
    return {name: value for name, value in section.items() if name != "ignored_fields"}


def _target(number: str) -> tuple[str, str, str]:
    """A number as the script looks for it: calling code, the prefix of calls inside the country, national number."""
    parsed = phonenumbers.parse(number)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(phonenumbers.region_code_for_number(parsed) or "", None)
    national = phonenumbers.national_significant_number(parsed)
    prefix = metadata.national_prefix if metadata else "1" if parsed.country_code == 1 else ""
    return str(parsed.country_code), prefix or "", national
