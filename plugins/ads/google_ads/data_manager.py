"""The sink for most accounts: Google's Data Manager API, `events:ingest` and `requestStatus:retrieve`."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hub.api import ConfigError, PendingReceipt, Provider, Receipt, RetryLater, RingfenceError, Services, json_object
from hub.api import Refusal as HttpRefusal
from plugins.ads.google_ads.conversion import GoogleConversion
from plugins.ads.google_ads.diagnostics import receipts_of
from plugins.ads.google_ads.policy import WHOLE_ACCOUNT, receipt_for
from plugins.ads.google_ads.reference import Match, Reference
from plugins.ads.google_ads.refusal import Refusal, Violation
from plugins.ads.google_ads.settings import GoogleAdsSettings
from plugins.ads.google_ads.sign_in import SignIn
from plugins.ads.google_ads.translate import ingest_request, without

if TYPE_CHECKING:
    import httpx2

EVENTS_A_REQUEST = 2000
DESTINATIONS_A_REQUEST = 10
REQUESTS_PER_BATCH = 60
"""Most requests that one batch may use while bad items are searched for. Google allows 300 a minute per project."""
FORGOTTEN = timedelta(days=1)
"""After this time a request that Google no longer knows is sent again. Transaction ids make the repeat harmless."""


def _busy_or_elsewhere(refusal: HttpRefusal) -> RingfenceError | None:
    parsed = Refusal.of(refusal)
    if refusal.status == 404:
        return ConfigError(f"There is no Data Manager API at this address ({parsed.code}); check data_manager_url.")
    if refusal.status == 429 or refusal.status >= 500:
        return RetryLater(f"The Data Manager API cannot accept the batch now ({parsed.code}).", parsed.retry_after)
    return None


DATA_MANAGER = Provider(
    name="The Data Manager API",
    remedy="reconnect this account, enable the Data Manager API in the Google Cloud project, and give the sign-in access to "
    "the account and the scope auth/datamanager",
    details=lambda refusal: (Refusal.of(refusal).code, ""),
    special=_busy_or_elsewhere,
)


class DataManager:
    """Sends conversions to the Data Manager API and asks for their result later."""

    def __init__(self, settings: GoogleAdsSettings, services: Services, sign_in: SignIn) -> None:
        self._settings = settings
        self._services = services
        self._sign_in = sign_in

    def upload(self, conversions: Sequence[GoogleConversion], validate_only: bool) -> list[Receipt]:
        """One receipt per item, in order.

        Google refuses a whole request for one bad field. The items that it names are then removed. If it names none, the
        request is halved until the rest is accepted. An exception applies to all items that were passed in.
        """
        receipts = {each.order_id: _nothing_to_find(each) for each in conversions if not each.secrets}
        waiting = deque(_requests([each for each in conversions if each.secrets]))
        spent = 0
        while waiting:
            request = waiting.popleft()
            if spent == REQUESTS_PER_BATCH:
                receipts |= _later([request, *waiting], "Too many items were rejected; the others will be sent later.")
                break
            spent += 1
            try:
                answer = self._ingest(request, validate_only)
            except RetryLater as error:
                if not receipts:
                    raise
                receipts |= _later([request, *waiting], str(error), error.after)
                break
            if isinstance(answer, str):
                receipts |= dict(self._accepted(request, answer))
                continue
            refused = _refused_items(request, answer, self._services.clock())
            receipts |= refused
            rest = [conversion for conversion in request if conversion.order_id not in refused]
            if refused and rest:
                waiting.appendleft(rest)
            elif rest:
                middle = len(rest) // 2
                waiting.extendleft((rest[middle:], rest[:middle]))
        return [receipts[conversion.order_id] for conversion in conversions]

    def _accepted(self, request: Sequence[GoogleConversion], request_id: str) -> Iterator[tuple[str, Receipt]]:
        now, after = self._services.clock(), self._settings.diagnostics_after
        for row, sent in enumerate(request):
            young = sent.kind == "new" and sent.is_young(now)
            reference = Reference(request_id, row, sent.match, young, sent.kind == "retract")
            yield (
                sent.order_id,
                Receipt(key=sent.order_id, status="accepted", reference=str(reference), retry_after=after),
            )

    def poll(self, pending: Sequence[PendingReceipt]) -> list[Receipt]:
        """What Google's diagnostics say about accepted items; one query per request."""
        by_request: dict[str, list[PendingReceipt]] = {}
        for item in pending:
            by_request.setdefault(Reference.read(item.reference).request, []).append(item)
        receipts: list[Receipt] = []
        for reference, items in by_request.items():
            answer = self._call("GET", "/v1/requestStatus:retrieve", params={"requestId": reference})
            receipts += self._unknown(items) if isinstance(answer, Refusal) else receipts_of(items, answer)
        return receipts

    def probe(self) -> None:
        """Query a request that does not exist: this needs valid credentials and changes nothing."""
        self._call("GET", "/v1/requestStatus:retrieve", params={"requestId": "ringfence-connection-check"})

    def _unknown(self, items: Sequence[PendingReceipt]) -> Iterator[Receipt]:
        now = self._services.clock()
        for item in items:
            if now - item.accepted_at < FORGOTTEN:
                yield Receipt(key=item.key, status="accepted", reference=item.reference)
            else:
                yield Receipt(
                    key=item.key, status="retry", reason="Google no longer knows the request; it is sent again."
                )

    def _ingest(self, request: Sequence[GoogleConversion], validate_only: bool) -> str | Refusal:
        """The id of the request, which a dry run has not ("Only errors are returned, not results"), or Google's refusal."""
        body = ingest_request(request, self._settings, validate_only)
        answer = self._call("POST", "/v1/events:ingest", body=body)
        if isinstance(answer, Refusal):
            return answer
        if validate_only:
            return ""
        reference = answer.get("requestId")
        if not isinstance(reference, str) or not reference:
            raise RetryLater("The Data Manager API answered without a request id; the batch is tried again.")
        return reference

    def _call(
        self, method: str, path: str, body: Mapping[str, object] | None = None, params: Mapping[str, str] | None = None
    ) -> Mapping[str, object] | Refusal:
        """The answer, or Google's refusal of the content (400, or 404 for a query). Everything else is raised."""
        token = self._sign_in.token()
        response = self._send(method, path, token, body, params)
        if response.status_code == 401:
            response = self._send(method, path, self._sign_in.token(refused=token), body, params)
        if response.status_code == 200:
            content = json_object(response.content)
            if content is None:
                raise RetryLater("The Data Manager API did not return JSON; it is tried again.")
            return content
        details = DATA_MANAGER.refusal(response.status_code, response.headers, response.content, self._services.clock())
        refusal = Refusal.of(details)
        if response.status_code == 400 or (response.status_code == 404 and method == "GET" and refusal.status):
            return refusal
        raise DATA_MANAGER.error(details)

    def _send(
        self, method: str, path: str, token: str, body: Mapping[str, object] | None, params: Mapping[str, str] | None
    ) -> httpx2.Response:
        return self._services.send(
            DATA_MANAGER,
            method,
            self._settings.data_manager_url + path,
            content=json.dumps(body, allow_nan=False).encode() if body is not None else None,
            params=params,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            expected=(400, 401, 404),
        )


MATCHES: Sequence[Match] = ("click", "person", "call")


def _requests(conversions: Sequence[GoogleConversion]) -> Iterator[list[GoogleConversion]]:
    """Split the conversions into as few requests as Google's limits allow. People who clicked no ad never share a request
    with people who did: that Google matches none of them says nothing about the others."""
    for match in MATCHES:
        request: list[GoogleConversion] = []
        actions: set[str] = set()
        for conversion in (each for each in conversions if each.match == match):
            full = len(actions) == DESTINATIONS_A_REQUEST and conversion.action not in actions
            if full or len(request) == EVENTS_A_REQUEST:
                yield request
                request, actions = [], set()
            request.append(conversion)
            actions.add(conversion.action)
        if request:
            yield request


def _later(
    requests: Sequence[Sequence[GoogleConversion]], reason: str, after: float | None = None
) -> dict[str, Receipt]:
    return {
        conversion.order_id: Receipt(key=conversion.order_id, status="retry", reason=reason, retry_after=after)
        for request in requests
        for conversion in request
    }


def _nothing_to_find(change: GoogleConversion) -> Receipt:
    return Receipt(
        key=change.order_id,
        status="rejected",
        code="NO_IDENTIFIERS_PROVIDED",
        reason="Nothing identifies the person any more, and the Data Manager API changes no conversion without an identifier.",
        sent=False,
    )


def _refused_items(request: Sequence[GoogleConversion], refusal: Refusal, now: datetime) -> dict[str, Receipt]:
    """The receipts of the items that Google names. Empty if it names none and several could be at fault."""
    blamed: dict[str, list[Violation]] = {}
    actions = list(dict.fromkeys(conversion.action for conversion in request))
    for violation in refusal.violations:
        for conversion in _at_fault(violation, request, actions):
            blamed.setdefault(conversion.order_id, []).append(violation)
    if not blamed and len(request) == 1:
        blamed[request[0].order_id] = [Violation("", refusal.code, refusal.message)]
    named = {conversion.order_id: conversion for conversion in request if conversion.order_id in blamed}
    return {
        order_id: receipt_for(
            order_id,
            [violation.code or refusal.code for violation in violations],
            without(named[order_id].secrets, " ".join(v.words or refusal.message for v in violations)),
            match=named[order_id].match,
            young=named[order_id].is_young(now),
        )
        for order_id, violations in blamed.items()
    }


def _at_fault(
    violation: Violation, request: Sequence[GoogleConversion], actions: Sequence[str]
) -> Sequence[GoogleConversion]:
    action: str | None = None
    if violation.event is not None and violation.event < len(request):
        conversion = request[violation.event]
        if violation.code not in WHOLE_ACCOUNT:
            return [conversion]
        action = conversion.action
    elif violation.destination is not None and violation.destination < len(actions):
        action = actions[violation.destination]
    return [conversion for conversion in request if conversion.action == action]
