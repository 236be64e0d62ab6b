"""The fake's HTTP side: the Data Manager API and the token endpoint."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from hub.api import json_object
from hub.api.sandbox import HeardRequest, answer_reply, filled, json_reply, received, reply, routed
from plugins.ads.google_ads.sandbox.account import Account, Ingested
from plugins.ads.google_ads.sandbox.ads_rest import AdsRest
from plugins.ads.google_ads.sandbox.events import account_violations, moment, normalized
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
        heard = await received(request)
        with self._google.lock:
            refusal = self._gate(request)
            if refusal is not None:
                return refusal
            content = json_object(heard.content)
            if content is None:
                return self._answer("invalid")
            self._google.ingested.append(content)
            return self._take(replace(heard, body=json.dumps(normalized(content)).encode()))

    def _take(self, heard: HeardRequest) -> Response:
        google, now = self._google, self._google.clock()
        said = google.rules.check(heard, now, google.rights)
        if said.answer:
            return self._answer(said.answer, field=said.field)
        request = said.request["body"]
        needed = google.login_customer_id
        accounts = {(each.get("loginAccount") or {}).get("accountId") for each in request["destinations"]}
        if needed is not None and accounts != {needed}:
            return self._answer("no_permission")
        violations = list(account_violations(request, google))
        for index, (event, refused) in enumerate(zip(said.rows, said.refused, strict=True)):
            foreign = "foreign_click" if event.get("transactionId") in google.refused else None
            name = refused or google.next_row_answer() or foreign
            violations += [filled(google.rules.answer(name).row, {"index": index})] if name else []
        operation = google.rules.file.operations[said.operation]
        if violations and google.names_fields:
            return json_reply(filled(operation["partly"]["body"], {}, violations), operation["partly"]["status"])
        if violations:
            return self._answer("invalid")
        if said.is_test:
            return json_reply({})
        request_id = f"t-{secrets.token_hex(8)}"
        google.requests[request_id] = self._count(request, now)
        return json_reply(filled(operation["reply"]["body"], {"reference": request_id}))

    def _answer(self, name: str, **values: object) -> Response:
        return answer_reply(self._google.rules.answer(name), **values)

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
                return self._answer("unknown_request")
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
            return self._answer("bad_token")
        minute = google.clock().replace(second=0, microsecond=0)
        google.requests_in[minute] += 1
        if google.requests_in[minute] > google.requests_per_minute:
            return self._answer("limited")
        return None


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


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
