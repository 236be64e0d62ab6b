"""`/track/{company}/visit`: records a visit and returns the number to show; `…/end` when the visitor leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.model import Company
from hub.numbers.directory import LiveDirectory
from hub.runtime import Hub
from hub.visits.batch_writer import VisitBatchWriter
from hub.visits.visit_request import VisitRequest
from hub.web.public_requests import (
    Consent,
    Id,
    Origins,
    PublicEndpoint,
    TimeZone,
    clean,
    own_site,
    report_of,
    result_of,
    signals,
)

MAX_BEACON_BYTES = 300_000
"""Maximum bytes of a visit: two long addresses, with a margin; larger ones get 413."""


class VisitBody(BaseModel):
    """A visit as a page reports it."""

    model_config = ConfigDict(extra="forbid")

    landing_page: str | None = Field(
        default=None, description="The page's address; for a known visit, this is a page view."
    )
    referrer: str | None = None
    title: str | None = Field(default=None, description="The page's title.")
    visitor_id: Id = None
    visit_id: Id = Field(default=None, description="The id from an earlier reply: the visitor is still there.")
    country: Annotated[str | None, Field(pattern="^[A-Z]{2}$")] = Field(
        default=None, description="The country that the visitor gives, as an ISO 3166 code."
    )
    time_zone: TimeZone = None
    human: bool = Field(
        default=False,
        description="Whether the page saw a sign of a person: it was visible, and was touched or stayed visible for two "
        "seconds. Without it every visitor gets the shared number, and no number is lent.",
    )
    consent: Consent = Consent()
    cookies: dict[str, str] = Field(
        default={}, description="The page's cookies that an earlier reply named, by name. Others are not stored."
    )


class VisitReply(BaseModel):
    """The number to show; `number` is null if the page keeps its own."""

    number: str | None
    national: str | None = Field(description="The number as it is written inside its country.")
    international: str | None = Field(description="The number as it is written in other countries.")
    visit_id: str | None
    tracker: str | None
    lease_until: datetime | None = Field(
        description="When the visitor's lease of the number ends; null for a shared number."
    )
    lease_seconds: int | None = Field(
        description="The same, in seconds from now, because browsers' clocks may be wrong."
    )
    ask_first: bool = Field(
        description="Whether this visitor is recorded only after saying yes, by `website: tracking:`. The hub decides this for "
        "browsers, which send Accept-Language; a server that reports visits must decide it itself."
    )
    honoured: list[str] = Field(
        description="What the hub honors for this browser: gpc, dnt, and opt_out if it opted out on the privacy page."
    )
    cookies: list[str] = Field(
        description="Names of ad networks' cookies that the page may read and send for this visit; one may end in `*`. Empty "
        "unless the visitor allows it."
    )


class VisitEndpoint(PublicEndpoint):
    """ASGI application for `/track/{company}/visit` and `…/visit/{visit_id}/end`."""

    def __init__(self, hub: Hub, directory: LiveDirectory, batch_writer: VisitBatchWriter, origins: Origins) -> None:
        super().__init__(directory, str(hub.config.hub.public_url))
        self._batch_writer, self._origins, self._clock = batch_writer, origins, hub.clock

    def routes(self) -> list[Route]:
        """Its addresses."""
        paths = ("/track/{company}/visit", "/track/{company}/visit/{visit_id}/end")
        return [Route(path, self, methods=["OPTIONS", "POST"]) for path in paths]

    async def answer(self, company: Company, path: Sequence[str], request: Request) -> Response:
        """Record a visit, or its end."""
        headers = {"Cache-Control": "no-store", **own_site(company, request)}
        if len(path) > 1:
            await self._end(company, path[1], request)
            return Response(status_code=204, headers=headers)
        reply = await self._visit(company, await report_of(request, VisitBody, "visit", MAX_BEACON_BYTES), request)
        return Response(reply.model_dump_json(), headers=headers, media_type="application/json")

    async def _visit(self, company: Company, body: VisitBody, request: Request) -> VisitReply:
        """The reply holds the number to show to this visitor."""
        gpc, dnt = signals(request)
        asks_first = self._origins.asks_first(company, request, body.time_zone, body.country)
        visit_request = VisitRequest(
            landing_page=clean(body.landing_page),
            referrer=clean(body.referrer),
            title=clean(body.title),
            visitor_id=body.visitor_id,
            visit_id=body.visit_id,
            human=body.human,
            consent=body.consent.said(),
            cookies=body.cookies,
            country=body.country,
            asks_first=asks_first,
            gpc=gpc,
            dnt=dnt,
            user_agent=request.headers.get("user-agent", "")[:400] or None,
            networks=self._origins.networks(request),
        )
        shown = await result_of(self._batch_writer.receive(self._directory.latest, company, visit_request))
        seen = [name for name, said in (("gpc", gpc), ("dnt", dnt), ("opt_out", shown.opted_out)) if said]
        left = (shown.lease_until - self._clock()).total_seconds() if shown.lease_until else None
        national, international = _written(shown.number) if shown.number else (None, None)
        return VisitReply(
            number=shown.number,
            national=national,
            international=international,
            visit_id=shown.visit_id,
            tracker=shown.tracker,
            lease_until=shown.lease_until,
            lease_seconds=round(left) if left is not None else None,
            ask_first=asks_first,
            honoured=seen,
            cookies=list(shown.cookies),
        )

    async def _end(self, company: Company, visit_id: str, request: Request) -> None:
        """The visitor left the page: the lease ends. With the `lease_until` of a reply as `until`, it ends only if no later
        page has prolonged it: browsers send one page's end and the next page's visit in any order. Made for
        `navigator.sendBeacon`, which sends no useful body and ignores the reply, so an unknown visit does not cause
        an error."""
        until = _time(request.query_params.get("until", ""))
        await result_of(self._batch_writer.dismiss(company, clean(visit_id) or "", until))


def is_visit(scope: Any) -> bool:
    """Whether a request reports a visit: the busiest road beside the webhooks."""
    path = scope.get("path", "")
    return bool(
        path.startswith("/track/") and path.endswith("/visit") and path.count("/") == 3 and scope["method"] == "POST"
    )


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=10_000)
def _written(number: str) -> tuple[str, str]:
    parsed = phonenumbers.parse(number)
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, form.NATIONAL), phonenumbers.format_number(parsed, form.INTERNATIONAL)
