"""Public requests, such as browsers': limited bodies, errors that never repeat the sent data, CORS for the company's
own sites."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.contracts.clean_urls import MAX_ADDRESS_CHARS
from hub.model import Company
from hub.numbers.directory import LiveDirectory
from hub.platform.rate_limit import Networks, networks_of
from hub.privacy.tracking_rule import Hints, TrackingRule
from hub.runtime import Hub
from hub.store.outage import DatabaseAway
from hub.web.client_ip import Proxies, UnlistedProxies
from hub.web.edge_rules import headers_of_answers
from hub.web.request_body import ASGI, read_body
from hub.web.tracking.country_file import CountryFile


def objects_by_gpc(headers: Iterable[str], javascript: object = None) -> bool:
    """Whether the visitor objects to sale, sharing and targeted ads. Source: W3C, Global Privacy Control.

    `headers` are the values of all `Sec-GPC` headers. If one is exactly `1`, it counts, whatever the others are. Any
    other value, such as `1, 1` or `1;q=1`, is ignored, because the header has no other syntax. `javascript` is the
    page's `navigator.globalPrivacyControl`: only `true` counts. Either signal is enough.
    """
    return javascript is True or "1" in list(headers)


def objects_by_dnt(header: str | None) -> bool:
    """Whether the header `DNT` is exactly `1`. It is deprecated and not legally binding; the hub treats it as an
    objection anyway.

    `0` means yes to tracking, which the hub does not need. All other values are ignored.
    """
    return header == "1"


Answered = TypeVar("Answered")
ANSWER_TIMEOUT_SECONDS = 30.0
"""Seconds that a visitor waits for the database; the page gives up sooner."""

Answer = Literal["granted", "denied"]
Id = Annotated[str | None, Field(pattern=r"^[!-~]{1,64}$")]
Evidence = Annotated[str | None, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
TimeZone = Annotated[
    str | None, Field(max_length=64, description="The browser's IANA time zone, which suggests a place.")
]


CONSENT_CHOICES = ("analytics", "ads", "ad_user_data", "all")


class Default(BaseModel):
    """What a page denies until the visitor has chosen, such as the `default` of Google's consent mode. It is not the
    visitor's choice."""

    model_config = ConfigDict(extra="forbid", frozen=True)  # Pydantic copies no default that cannot be changed

    analytics: Answer | None = None
    ads: Answer | None = None
    ad_user_data: Answer | None = None

    def held_back(self) -> dict[str, str]:
        """What is denied; what a page grants by default says nothing about the visitor."""
        return {f"default_{name}": "denied" for name, answer in self if answer == "denied"}


class Consent(BaseModel):
    """What the visitor has chosen, as the page's consent tool reports it; missing values are unknown. Send a choice
    only if the visitor made it: what a page assumes before that belongs into `default`, and never counts as a yes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default: Default = Default()

    analytics: Answer | None = None
    ads: Answer | None = None
    ad_user_data: Answer | None = None
    all: Answer | None = None
    tcf: Evidence = Field(default=None, description="`sha256:` and the hex digest of the TC string that says so.")
    gpp: Evidence = Field(default=None, description="`sha256:` and the hex digest of the GPP string that says so.")

    def said(self) -> dict[str, str]:
        """The answers with their evidence, and under `default_` what the page denies by default."""
        values = {
            name: getattr(self, name) for name in (*CONSENT_CHOICES, "tcf", "gpp") if getattr(self, name) is not None
        }
        return self.default.held_back() | values


class Refused(Exception):
    """A public request is answered with this status and sentence."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


class PublicEndpoint:
    """ASGI application for what pages send to `/track/{company}/…`, without a framework's routing, validation and threads,
    which take longer than a visit itself. It waits for a writer on the event loop."""

    def __init__(self, directory: LiveDirectory, public_url: str) -> None:
        self._directory = directory
        self._scheme, self._headers = public_url.partition(":")[0], headers_of_answers(public_url)

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Answer a report, or a browser's question whether its page may send one."""
        request = Request({**scope, "scheme": self._scheme}, receive)
        _, _, company_name, *path = scope["path"].split("/")
        try:
            company = await self._company(company_name)
            if request.method == "OPTIONS":
                response = preflighted(company, request)
            else:
                response = await self.answer(company, path, request)
        except Refused as refused:
            response = refusal(refused.status, refused.detail, refused.headers)
        except (SQLAlchemyError, sqlite3.Error, DatabaseAway):
            response = refusal(503, "Try again")
        response.raw_headers.extend(self._headers)
        await response(scope, receive, send)

    async def answer(self, company: Company, path: Sequence[str], request: Request) -> Response:
        """Store what is reported. `path`: what comes after the company in the address."""
        raise NotImplementedError

    async def _company(self, name: str) -> Company:
        directory = self._directory
        known = directory.latest if directory.is_fresh else await run_in_threadpool(directory.current)
        company = known.companies.get(name)
        if company is None:
            raise Refused(404, "Not found")
        return company


Report = TypeVar("Report", bound=BaseModel)


async def report_of(request: Request, body: type[Report], thing: str, cap: int) -> Report:
    """What a request of at most `cap` bytes reports. A beacon says that it is text/plain, so that browsers send it without a
    preflight request; its content is JSON all the same."""
    content = await read_body(request, cap)
    if content is None:
        raise Refused(413, f"The {thing} is too large.")
    found = set[str]()
    try:
        return body.model_validate(json.loads(content))
    except ValidationError as error:
        known = {*body.model_fields, *(f"consent.{name}" for name in Consent.model_fields)}
        found = {".".join(map(str, each["loc"])) for each in error.errors()} & known
    except (ValueError, RecursionError):
        pass
    raise Refused(422, f"The {thing} is not of its form: {', '.join(sorted(found)) or 'see the body'}.")


async def result_of(waited: Future[Answered]) -> Answered:
    """What a writer answers; 503 if that takes too long. A request that waits no more does not cancel the writer's answer: the
    writer gives it all the same, and then those of the others in its batch."""
    answer = asyncio.wrap_future(waited)
    await asyncio.wait((answer,), timeout=ANSWER_TIMEOUT_SECONDS)
    if not answer.done():
        raise Refused(503, "Try again")
    return answer.result()


class Origins:
    """Where requests come from: their address, and whether their visitor must say yes first. Addresses are not stored."""

    def __init__(self, hub: Hub, countries: CountryFile) -> None:
        self._proxies, self._countries = Proxies(hub.config.hub.trusted_proxies), countries
        self._unlisted, self._clock = UnlistedProxies(), hub.clock

    def networks(self, request: Request) -> Networks:
        """The visitor's networks, for rate limits. A proxy that hides the visitors is noted."""
        unlisted = self._proxies.unlisted_peer(request)
        if unlisted is not None:
            self._unlisted.note(unlisted, self._clock())
        return networks_of(self._proxies.client_of(request))

    def asks_first(self, company: Company, request: Request, time_zone: str | None, country: str | None = None) -> bool:
        """Whether this visitor is recorded only after saying yes. A server that reports visits must ensure that
        itself."""
        website = company.website
        rule = TrackingRule(website.get("tracking", "by_visitor"), company.country, tuple(website.get("trades_in", ())))
        hints = Hints(
            time_zone=time_zone,
            languages=request.headers.get("accept-language"),
            network_country=self._countries.country_of(self._proxies.client_of(request)) if self._countries else None,
            declared_country=country,
        )
        return hints.is_browser and rule.asks_first(hints)


def own_site(company: Company, request: Request) -> dict[str, str]:
    """Cross-origin permission for the company's own sites, over https and on the usual port only; a hub that is tried out on
    http permits all ports. This is not access control: the endpoint is public."""
    origin = request.headers.get("origin", "")
    try:
        parts = urlsplit(origin)
        host, usual = parts.hostname or "", parts.scheme == "https" and parts.port is None
    except ValueError:
        host, usual = "", False
    own = (usual or request.scope["scheme"] == "http") and any(
        host == domain or host.endswith("." + domain) for domain in company.sites
    )
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"} if own else {"Vary": "Origin"}


def preflighted(company: Company, request: Request) -> Response:
    """The answer to a browser's preflight request whether its page may post here."""
    headers = own_site(company, request)
    if "Access-Control-Allow-Origin" in headers:
        headers |= {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "content-type"}
    return Response(status_code=204, headers=headers)


def signals(request: Request) -> tuple[bool, bool]:
    """Whether the browser sends Global Privacy Control, and Do Not Track.

    The page's script also reads the browser's own properties, and reports them as a denial.
    """
    return objects_by_gpc(request.headers.getlist("sec-gpc")), objects_by_dnt(request.headers.get("dnt"))


def clean(text: str | None) -> str | None:
    """Text that a database can store: without NUL and lone surrogates, which PostgreSQL refuses.

    One character more than the limit of an address is kept, so that its reader can detect the cut.
    """
    if text is None:
        return None
    return text[: MAX_ADDRESS_CHARS + 1].replace("\x00", "").encode("utf-8", "replace").decode("utf-8") or None


def refusal(status: int, detail: str, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """An error response that is never cached."""
    return JSONResponse({"detail": detail}, status, headers={"Cache-Control": "no-store", **headers})
