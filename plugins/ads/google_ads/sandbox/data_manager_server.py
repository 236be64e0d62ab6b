"""The fake's HTTP side: the Data Manager API and the token endpoint."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from hub.api import json_object
from hub.api.sandbox import json_reply, reply, routed
from plugins.ads.google_ads.sandbox.account import Account, Ingested
from plugins.ads.google_ads.sandbox.ads_rest import AdsRest
from plugins.ads.google_ads.sandbox.events import (
    REQUEST,
    Fault,
    call_faults,
    event_faults,
    moment,
    normalized,
    request_faults,
)
from plugins.ads.google_ads.sandbox.ledger import Counted

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

MAX_AGE = timedelta(days=90)
MAX_AGE_WITHOUT_CLICK = timedelta(days=63)
PREFIX = "PROCESSING_ERROR_REASON_"


class DataManagerApi:
    """The paths of datamanager.googleapis.com that offline conversions need, and the token endpoint."""

    def __init__(self, google: Account) -> None:
        self._google = google

    def app(self) -> Starlette:
        """The paths as an ASGI application."""
        rest = AdsRest(self._google)
        return routed(
            [
                ("/o/oauth2/v2/auth", self._authorize, ["GET", "POST"]),
                ("/revoke", self._revoke, ["POST"]),
                ("/{version}/customers:listAccessibleCustomers", rest.accessible, ["GET"]),
                ("/{version}/customers/{customer}/googleAds:search", rest.search, ["POST"]),
                ("/v1/events:ingest", self._ingest, ["POST"]),
                ("/v1/requestStatus:retrieve", self._retrieve, ["GET"]),
                ("/token", self._token, ["POST"]),
            ]
        )

    async def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        return reply(*self._google.tokens.page_reply(request.method, query, await request.body()))

    async def _revoke(self, request: Request) -> Response:
        revoked = self._google.tokens.revoke((await _form(request)).get("token", ""))
        return json_reply({} if revoked else {"error": "invalid_token"}, 200 if revoked else 400)

    async def _token(self, request: Request) -> Response:
        form = await _form(request)
        status, content = self._google.tokens.answer(form, f"{self._google.url}/token")
        return json_reply(content, status)

    async def _ingest(self, request: Request) -> Response:

        body = await request.body()
        with self._google.lock:
            refusal = self._gate(request)
            if refusal is not None:
                return refusal
            content = json_object(body)
            if content is None or not request.headers.get("content-type", "").startswith("application/json"):
                return _error(400, "INVALID_ARGUMENT", "Invalid JSON payload received.")
            self._google.ingested.append(content)
            return self._take(content)

    def _take(self, content: Mapping[str, object]) -> Response:
        google, now = self._google, self._google.clock()
        faults: list[Fault] = []
        request = normalized(content, REQUEST, "", faults)
        if not faults:
            needed = google.login_customer_id
            accounts = {(d.get("loginAccount") or {}).get("accountId") for d in request.get("destinations") or []}
            if needed is not None and accounts != {needed}:
                return _error(403, "PERMISSION_DENIED", "The caller does not have permission.")
            faults += request_faults(request, google)
            references = [destination.get("reference", "") for destination in request.get("destinations") or []]
            for place, event in enumerate(request.get("events") or []):
                faults += event_faults(place, event, references, now)
                faults += call_faults(place, event, request, google.call_actions)
                if event.get("transactionId") in google.refused:
                    where = f"events.events[{place}].ad_identifiers"
                    faults.append(Fault(where, "INVALID_AD_IDENTIFIER_FOR_ACCOUNT", _FOREIGN_CLICK))
        if faults:
            return _error(
                400, "INVALID_ARGUMENT", "There was a problem with the request.", faults if google.names_fields else ()
            )
        if request.get("validateOnly"):
            return json_reply({})
        request_id = f"t-{secrets.token_hex(8)}"
        google.requests[request_id] = self._count(request, now)
        return json_reply({"requestId": request_id})

    def _count(self, request: Mapping[str, Any], now: datetime) -> Ingested:
        actions = {d.get("reference", ""): d["productDestinationId"] for d in request["destinations"]}
        done = Ingested(now, request["destinations"], Counter(), {})
        for row, event in enumerate(request["events"]):
            for reference in event.get("destinationReferences") or actions:
                action = actions[reference]
                done.events[action] += 1
                reason = self._count_one(action, event, now)
                if reason:
                    done.errors.setdefault(action, {}).setdefault(reason, []).append(row)
        return done

    def _count_one(self, action: str, event: Mapping[str, object], now: datetime) -> str | None:
        """Count one event, or the reason why the diagnostics will refuse it. As Google documents, an event whose
        transaction id is known changes only the value and currency of that conversion; any other event makes a new one."""
        google = self._google
        conversion = _counted(action, event)
        if conversion.order_id in google.refused_late:
            return google.refused_late[conversion.order_id]
        known = google.ledger.find(action, conversion.order_id)
        reason = self._unmatched(conversion, now, known is None)
        if reason is not None:
            return reason
        if known is None:
            if google.ledger.owner(conversion.click) is not None:
                return None if conversion.call_started_at else "DUPLICATE_GCLID"
            google.ledger.count(conversion)
        elif "conversionValue" in event and (conversion.updated_at or conversion.at) >= (known.updated_at or known.at):
            known.value, known.currency = conversion.value, conversion.currency or known.currency
            known.updated_at = conversion.updated_at
            known.retracted = conversion.updated_at is not None and known.value == 0
        return None

    def _unmatched(self, conversion: Counted, now: datetime, is_new: bool) -> str | None:
        """Why Google ties an event to no ad: too old, or a person who clicked none."""
        google, clicks, age = self._google, conversion.click_ids, now - conversion.at
        if age > (MAX_AGE if clicks or conversion.call_started_at else MAX_AGE_WITHOUT_CLICK):
            return "EVENT_TOO_OLD"
        if conversion.action in google.one_per_click and clicks.keys() & {"gbraid", "wbraid"}:
            return "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID"
        tagged = {conversion.hashed_phone, conversion.hashed_email} & google.tagged
        return "CLICK_NOT_FOUND" if is_new and not (clicks or conversion.call_started_at or tagged) else None

    async def _retrieve(self, request: Request) -> Response:
        google = self._google
        with google.lock:
            refusal = self._gate(request)
            if refusal is not None:
                return refusal
            done = google.requests.get(request.query_params.get("requestId", ""))
            if done is None:
                fault = Fault("request_id", "INVALID_REQUEST_ID", "The request ID is not valid.")
                return _error(400, "INVALID_ARGUMENT", "There was a problem with the request.", [fault])
            ready = google.clock() >= done.received_at + google.diagnostics_delay
            return json_reply(
                {
                    "requestStatusPerDestination": [
                        _status(done, d, ready, google.names_rows) for d in done.destinations
                    ]
                },
            )

    def _gate(self, request: Request) -> Response | None:
        google = self._google
        if not google.tokens.allows(request.headers.get("authorization", "")):
            return _error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        minute = google.clock().replace(second=0, microsecond=0)
        google.requests_in[minute] += 1
        if google.requests_in[minute] > google.requests_per_minute:
            limit = {"quota_limit": "IngestionRequestsPerMinutePerProject", "service": "datamanager.googleapis.com"}
            return _error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", reason="RATE_LIMIT_EXCEEDED", metadata=limit)
        return None


_FOREIGN_CLICK = "The ad identifier is not valid for the account."


def _counted(action: str, event: Mapping[str, Any]) -> Counted:
    people = (event.get("userData") or {}).get("userIdentifiers") or []
    at = moment(event.get("eventTimestamp"))
    assert at is not None  # checked before
    consent = event.get("consent") or {}
    return Counted(
        order_id=event.get("transactionId") or f"unnamed-{secrets.token_hex(4)}",
        action=action,
        at=at,
        value=event.get("conversionValue"),
        currency=event.get("currency"),
        updated_at=moment(event.get("lastUpdatedTimestamp")),
        call_started_at=moment((event.get("callInfo") or {}).get("startTimestamp")),
        click_ids={name: text for name, text in (event.get("adIdentifiers") or {}).items() if isinstance(text, str)},
        hashed_phone=next((person["phoneNumber"] for person in people if "phoneNumber" in person), None),
        hashed_email=next((person["emailAddress"] for person in people if "emailAddress" in person), None),
        ad_user_data=consent.get("adUserData", "UNSPECIFIED").removeprefix("CONSENT_"),
        ad_personalization=consent.get("adPersonalization", "UNSPECIFIED").removeprefix("CONSENT_"),
    )


def _status(done: Ingested, destination: Mapping[str, Any], ready: bool, names_rows: bool) -> dict[str, object]:
    action = destination["productDestinationId"]
    total, errors = done.events[action], done.errors.get(action, {})
    status: dict[str, object] = {
        "destination": destination,
        "requestStatus": "PROCESSING",
        "eventsIngestionStatus": {"recordCount": str(total)},
    }
    if ready:
        failed = sum(map(len, errors.values()))
        status["requestStatus"] = "SUCCESS" if not failed else "PARTIAL_SUCCESS" if failed < total else "FAILED"
        if failed:
            counts: list[dict[str, object]] = [
                {"recordCount": str(len(rows)), "reason": PREFIX + reason}
                | ({"recordIndices": rows} if names_rows else {})
                for reason, rows in errors.items()
            ]
            status["errorInfo"] = {"errorCounts": counts}
    return status


def _error(
    code: int,
    status: str,
    message: str,
    faults: Sequence[Fault] = (),
    reason: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Response:
    info: dict[str, object] = {"reason": reason or status, "domain": "datamanager.googleapis.com"}
    if metadata:
        info["metadata"] = dict(metadata)
    details: list[dict[str, object]] = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", **info},
        {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": f"t-{secrets.token_hex(8)}"},
    ]
    if faults:
        violations = [{"field": f.field, "description": f.description, "reason": f.reason} for f in faults]
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations})
    content = {"error": {"code": code, "message": message, "status": status, "details": details}}
    return json_reply(content, code)


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
