"""`/t/{company}/ringfence.js` and `ringfence-forms.js`: page scripts with the company's settings, each a file to be pinned."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import phonenumbers
import rjsmin
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.model import Company
from hub.numbers.directory import Directory, LiveDirectory

STATIC = Path(__file__).parent / "static"
Name = Literal["ringfence", "ringfence-forms"]
PLACEHOLDER = "__SETTINGS__"
HASH_LENGTH = 16
"""Characters of the hash in the versioned address; the whole hash is in the snippet's `integrity`."""
SHORT_LIFE = "public, max-age=300, stale-if-error=86400"
LONG_LIFE = "public, max-age=31536000, immutable"
GPC_SINCE = "2026-11-24"
"""The day since which every page of a hub honours Global Privacy Control, as `/.well-known/gpc.json` tells it."""


@dataclass(frozen=True)
class Script:
    """One script of a company's as it is served."""

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


def script_of(company: Company, directory: Directory, public_url: str, name: Name = "ringfence") -> Script:
    """A script of the company's; made once for each state of its settings."""
    settings = settings_of(company, directory, public_url)
    if name == "ringfence-forms":
        settings = {"track": settings["track"]}
    return _script(name, json.dumps(settings, separators=(",", ":")))


def settings_of(company: Company, directory: Directory, public_url: str) -> dict[str, Any]:
    """What the script knows of its company; everybody can read it, so it holds nothing that the pages do not show."""
    website: Mapping[str, Any] = company.website
    return {
        "track": f"{public_url.rstrip('/')}/track/{company.name}",
        "swap": [_target(number) for number in website.get("swap", ())],
        "days": website.get("cookie_days", 0),
        "domains": list(company.domains),
        "linked": list(website.get("linked_domains", ())),
        "optIn": asks_first(company),
        "country": company.country,
        "pool": any(tracker.type == "session" for tracker in directory.trackers.get(company.id, ())),
    }


def asks_first(company: Company) -> bool:
    """Whether visitors must say yes before they are recorded: as `website.consent` says, else outside the United States."""
    said = company.website.get("consent")
    return said == "opt_in" if said else company.country != "US"


def script_routes(directory: LiveDirectory, public_url: str) -> list[BaseRoute]:
    """The routes of the script and of the site's word on Global Privacy Control."""

    def script(request: Request) -> Response:
        now = directory.current()
        company = now.companies.get(request.path_params["company"])
        name, _, version = request.path_params["file"].removesuffix(".js").partition(".")
        if company is None or name not in get_args(Name) or not request.path_params["file"].endswith(".js"):
            return _missing()
        found = script_of(company, now, public_url, name)
        if version not in ("", found.version):
            return _missing()
        return _served(request, found, LONG_LIFE if version else SHORT_LIFE)

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
    """A script without its comments and indentation."""
    return str(rjsmin.jsmin((STATIC / f"{name}.js").read_text(encoding="utf-8")))


def _target(number: str) -> tuple[str, str, str]:
    """A number as the script looks for it: calling code, the prefix of calls inside the country, national number."""
    parsed = phonenumbers.parse(number)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(phonenumbers.region_code_for_number(parsed) or "", None)
    national = phonenumbers.national_significant_number(parsed)
    prefix = metadata.national_prefix if metadata else "1" if parsed.country_code == 1 else ""
    return str(parsed.country_code), prefix or "", national
