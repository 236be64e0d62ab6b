"""`/track/{company}/visit`: record a visit and tell the page which number to show; `…/end` when the visitor leaves."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Header, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError

from hub.assembly import Hub
from hub.flow.visit import Arrival, end_visit, record_visit
from hub.flow.visit_parameters import LONGEST_ADDRESS
from hub.model import Company
from hub.numbers.directory import LiveDirectory
from hub.web.bodies import read_body

BODY_CAP = 300_000
"""Bytes of a visit: two long addresses and room to spare; more is refused with 413."""

Answer = Literal["granted", "denied"]
Id = Annotated[str | None, Field(pattern=r"^[!-~]{1,64}$")]


class Consent(BaseModel):
    """What the visitor allows, as the page's consent tool tells it; what is left out is unknown."""

    model_config = ConfigDict(extra="forbid")

    analytics: Answer | None = None
    ads: Answer | None = None
    ad_user_data: Answer | None = None
    all: Answer | None = None


class VisitBody(BaseModel):
    """A visit as a page reports it."""

    model_config = ConfigDict(extra="forbid")

    landing_page: str | None = None
    referrer: str | None = None
    visitor_id: Id = None
    visit_id: Id = Field(default=None, description="Of an earlier reply: the visitor is still there.")
    country: Annotated[str | None, Field(pattern="^[A-Z]{2}$")] = Field(
        default=None, description="Where the visitor says to be, as an ISO 3166 code."
    )
    consent: Consent = Consent()


FIELDS = {*VisitBody.model_fields, *(f"consent.{name}" for name in Consent.model_fields)}


class VisitReply(BaseModel):
    """The number to show; `number` is null where the page keeps its own."""

    number: str | None
    visit_id: str | None
    tracker: str | None
    lease_seconds: int | None = Field(description="How long the number is the visitor's own; null for a shared one.")
    honoured: list[str] = Field(description="The privacy signals that were seen and are honoured: gpc, dnt.")


class TrackingRoute(APIRoute):
    """A route for requests of strangers: a capped body, and errors that repeat nothing of what was sent."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, with a guard around it."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            body = await read_body(request, BODY_CAP)
            if body is None:
                return _refusal(413, "The visit is too large.")

            async def replay() -> dict[str, Any]:
                return {"type": "http.request", "body": body, "more_body": False}

            try:
                return await handle(Request(request.scope, replay))
            except RequestValidationError as error:
                fields = sorted({".".join(map(str, each["loc"][1:])) for each in error.errors()} & FIELDS)
                return _refusal(422, f"The visit is not of its form: {', '.join(fields) or 'see the body'}.")
            except SQLAlchemyError:
                return _refusal(503, "Try again")

        return guarded


def tracking_router(hub: Hub, directory: LiveDirectory) -> APIRouter:
    """The routes that browsers call."""
    router = APIRouter(prefix="/track", route_class=TrackingRoute)

    def company_of(name: str) -> Company:
        company = directory.current().companies.get(name)
        if company is None:
            raise HTTPException(404, "Not found")
        return company

    @router.options("/{company}/visit")
    @router.options("/{company}/visit/{visit_id}/end")
    def preflight(company: str, request: Request) -> Response:
        headers = _cors(company_of(company), request)
        if "Access-Control-Allow-Origin" in headers:
            headers |= {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "content-type"}
        return Response(status_code=204, headers=headers)

    @router.post("/{company}/visit")
    def visit(
        company: str,
        body: VisitBody,
        request: Request,
        response: Response,
        dnt: Annotated[str | None, Header()] = None,
        user_agent: Annotated[str | None, Header()] = None,
    ) -> VisitReply:
        """Record a visit; the reply holds the number to show to this visitor."""
        found = company_of(company)
        response.headers.update({"Cache-Control": "no-store", **_cors(found, request)})
        # The signal's value is exactly 1, and with several headers one exact 1 counts. Source: the GPC specification.
        gpc = "1" in request.headers.getlist("sec-gpc")
        arrival = Arrival(
            landing_page=_clean(body.landing_page),
            referrer=_clean(body.referrer),
            visitor_id=body.visitor_id,
            visit_id=body.visit_id,
            consent={name: answer for name, answer in body.consent.model_dump().items() if answer is not None},
            country=body.country,
            gpc=gpc,
            dnt=dnt == "1",
            user_agent=(user_agent or "")[:400] or None,
        )
        shown = record_visit(hub, directory.current(), found, arrival)
        left = (shown.lease_until - hub.clock()).total_seconds() if shown.lease_until else None
        return VisitReply(
            number=shown.number,
            visit_id=shown.visit_id,
            tracker=shown.tracker,
            lease_seconds=round(left) if left is not None else None,
            honoured=[name for name, seen in (("gpc", gpc), ("dnt", dnt == "1")) if seen],
        )

    @router.post("/{company}/visit/{visit_id}/end")
    def end(company: str, visit_id: str, request: Request) -> Response:
        """The visitor left the page: the lease ends. Made for `navigator.sendBeacon`, which sends no body of use and reads
        no reply, so an unknown visit is no error."""
        found = company_of(company)
        end_visit(hub, found, _clean(visit_id) or "")
        return Response(status_code=204, headers={"Cache-Control": "no-store", **_cors(found, request)})

    return router


def _cors(company: Company, request: Request) -> dict[str, str]:
    """Cross-origin permission for the company's own sites; tidiness, not a secret: the endpoint is public by nature."""
    origin = request.headers.get("origin", "")
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        host = ""
    own = any(host == domain or host.endswith("." + domain) for domain in company.domains)
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"} if own else {"Vary": "Origin"}


def _clean(text: str | None) -> str | None:
    """Text that a database can hold: without NUL and lone surrogates, which PostgreSQL refuses.

    One character more than is read of an address stays, so that its reader sees that something was cut off.
    """
    if text is None:
        return None
    return text[: LONGEST_ADDRESS + 1].replace("\x00", "").encode("utf-8", "replace").decode("utf-8") or None


def _refusal(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status, headers={"Cache-Control": "no-store"})
