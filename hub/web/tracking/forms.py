"""`/track/{company}/form`: a page sends what a visitor entered on a form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.model import Company
from hub.numbers.directory import LiveDirectory
from hub.platform.rate_limit import Counters, NetworkLimiter
from hub.runtime import Hub
from hub.visits.form_writer import FormWriter
from hub.visits.forms import SentForm
from hub.visits.rate_limits import FORMS, form_cost
from hub.web.public_requests import (
    Consent,
    Id,
    Origins,
    PublicEndpoint,
    Refused,
    TimeZone,
    clean,
    own_site,
    report_of,
    result_of,
    signals,
)

MAX_FORM_BYTES = 500_000
"""Maximum bytes of a form: its hundred fields of 4 kB, with a margin; larger ones get 413."""

MAX_SECONDS_AGO = 7 * 86_400
"""How long a page keeps a form until the hub has it."""


class FormBody(BaseModel):
    """A form as a page reports it. Fields after the hundredth, and a field's content beyond 4 kB, are not kept."""

    model_config = ConfigDict(extra="forbid")

    submission_key: Annotated[str, Field(pattern=r"^[!-~]{8,60}$")]
    visit_id: Id = None
    form_id: str | None = None
    page: str | None = None
    fields: dict[str, str] = {}
    phone: str | None = None
    email: str | None = None
    name: str | None = None
    time_zone: TimeZone = None
    consent: Consent = Consent()
    seconds_ago: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="How long ago the visitor sent it, if the hub could not be reached then. Above a week: a week.",
    )


class FormEndpoint(PublicEndpoint):
    """ASGI application for `/track/{company}/form`."""

    def __init__(
        self, hub: Hub, directory: LiveDirectory, writer: FormWriter, origins: Origins, counters: Counters
    ) -> None:
        super().__init__(directory, str(hub.config.hub.public_url))
        self._hub, self._writer, self._origins = hub, writer, origins
        self._limiter = counters.of("forms", partial(NetworkLimiter, FORMS))

    def routes(self) -> list[Route]:
        """Its address."""
        return [Route("/track/{company}/form", self, methods=["OPTIONS", "POST"])]

    async def answer(self, company: Company, path: Sequence[str], request: Request) -> Response:
        """Store a form; 204 as soon as it is durable. The same submission_key again changes nothing. A form from a
        browser is not stored if its visitor must say yes first and has not: the page then sends none."""
        body = await report_of(request, FormBody, "form", MAX_FORM_BYTES)
        now, networks = self._hub.clock(), self._origins.networks(request)
        size = sum(len(name) + len(value) for name, value in body.fields.items())
        if not self._limiter.may(company.id, networks, now, form_cost(size)):
            headers = {"Retry-After": "60", **own_site(company, request)}
            raise Refused(429, "Too many forms; try again later.", headers)
        gpc, dnt = signals(request)
        sent = SentForm(
            key=body.submission_key,
            fields=body.fields,
            visit_id=body.visit_id,
            form_id=clean(body.form_id),
            page=clean(body.page),
            phone=body.phone,
            email=body.email,
            name=body.name,
            consent=body.consent.said(),
            gpc=gpc,
            dnt=dnt,
            sent_at=now - timedelta(seconds=min(body.seconds_ago, MAX_SECONDS_AGO)),
        )
        said_yes = "granted" in (sent.consent.get("analytics"), sent.consent.get("all"))
        if said_yes or not self._origins.asks_first(company, request, body.time_zone):
            await result_of(self._writer.keep(self._hub.vault, company, sent))
        return Response(status_code=204, headers={"Cache-Control": "no-store", **own_site(company, request)})
