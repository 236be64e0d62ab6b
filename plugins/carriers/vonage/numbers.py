"""Numbers at Vonage: search, buy, join to the application, release.

A number has no addresses of its own: it belongs to an application, whose capabilities hold them. So a change for one number
of the connector changes all its numbers.
Source: developer.vonage.com/en/api/numbers and /en/api/application.v2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import phonenumbers

from hub.api import (
    JsonObject,
    Money,
    Rejected,
    RetryLater,
    as_mapping,
    as_mappings,
    as_text,
    each_item,
    hookimpl,
    phone_number,
    value_at,
)
from hub.api.carriers import NumberOffer, NumberQuery, NumberSetup, OwnedNumber
from hub.api.twiml import TEXT_STATUS_PATH
from plugins.carriers.vonage.rest import PAGE_SIZE, Account, Rest
from plugins.carriers.vonage.translate import number as e164

KINDS = {"local": "landline", "toll_free": "landline-toll-free", "mobile": "mobile-lvn"}
NORTH_AMERICAN_CODE = 1
LOCAL_IN_NORTH_AMERICA = "mobile-lvn"
"""What Vonage calls local numbers of countries with the code 1, where mobile and fixed numbers have the same form; it has no
`landline` there. Source: developer.vonage.com/en/numbers/guides/numbers-cli and the recorded answer of rest.nexmo.com to
`country=US`, read 2026-11-30."""


class Numbers(Account):
    """Search, buy, join to the application, release."""

    @hookimpl
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers for sale that support voice, with their monthly price (in euros)."""
        code = phonenumbers.country_code_for_region(query.country)
        if not code:
            raise Rejected("give the country as two capital letters, like US.")
        is_north_american = code == NORTH_AMERICAN_CODE and query.kind == "local"
        kind = LOCAL_IN_NORTH_AMERICA if is_north_american else KINDS[query.kind]
        wanted = {"country": query.country, "type": kind, "features": "VOICE"}
        pattern = "".join(r"\d" if c == "*" else re.escape(c) for c in query.contains or "")
        longest = max(re.findall(r"\d+", query.contains or ""), key=len, default="")
        if query.area_code:
            wanted |= {"pattern": f"{code}{query.area_code}", "search_pattern": "0"}
        elif longest:
            wanted |= {"pattern": longest, "search_pattern": "1"}
        size = PAGE_SIZE if pattern else min(max(query.limit, 1), PAGE_SIZE)
        found = self._rest.numbers("GET", "/number/search", params={**wanted, "size": str(size), "index": "1"})
        offers = (_offer(item, query) for item in as_mappings(found.get("numbers")))
        return [offer for offer in offers if offer.number and re.search(pattern, offer.number)][: query.limit]

    @hookimpl
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Buy a number and point its webhooks at the hub."""
        if phone_number(number) != number:
            raise Rejected("give the number in E.164, like +13125550100.")
        country = phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "US"
        self._rest.numbers("POST", "/number/buy", data={"country": country, "msisdn": number.removeprefix("+")})
        return self.configure_number(setup)

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Join an owned number to the application, and point the application's webhooks at the hub."""
        rest = self._rest
        found = find(rest, setup.number)
        if found is None:
            raise Rejected("the number is not in this Vonage account; buy it or correct config.yaml.")
        if found.get("voiceCallbackType") in ("sip", "tel"):
            raise Rejected(
                "Vonage forwards this number itself; remove the forwarding in its dashboard, then configure again."
            )
        ours = rest.settings.application_id
        if found.get("app_id") != ours:
            joined = {"country": as_text(found.get("country")), "msisdn": as_text(found.get("msisdn")), "app_id": ours}
            rest.numbers("POST", "/number/update", data=joined)
        return owned({**found, "app_id": ours}, ours, _point(rest, setup))

    @hookimpl
    def release_number(self, number: str) -> None:
        """Release a number."""
        found = find(self._rest, number)
        if found is not None:
            named = {"country": as_text(found.get("country")), "msisdn": as_text(found.get("msisdn"))}
            self._rest.numbers("POST", "/number/cancel", data=named)

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account."""
        rest = self._rest
        application = rest.application()
        return [owned(item, rest.settings.application_id, application) for item in _pages(rest, {})]


def _offer(item: Mapping[str, object], query: NumberQuery) -> NumberOffer:
    features = item.get("features")
    can = {str(name).lower() for name in features} if isinstance(features, list) else set()
    try:
        price = Money(Decimal(str(item.get("cost"))), "EUR")
    except InvalidOperation:
        price = None
    return NumberOffer(
        number=e164(item.get("msisdn")),
        kind=query.kind,
        country=query.country,
        monthly_price=price,
        capabilities=tuple(name for name in ("voice", "sms", "mms") if name in can),
    )


def _point(rest: Rest, setup: NumberSetup) -> Mapping[str, Any]:
    """Set the application's webhooks. A PUT replaces it, so everything else is sent back as it was."""
    now = rest.application()
    capabilities = as_mapping(now.get("capabilities"))
    voice, messages = as_mapping(capabilities.get("voice")), as_mapping(capabilities.get("messages"))
    answers = {"answer_url": setup.voice_url, "fallback_answer_url": setup.fallback_url, "event_url": setup.status_url}
    base = setup.status_url.rpartition("/")[0]
    reports = {"inbound_url": setup.message_url, "status_url": f"{base}/{TEXT_STATUS_PATH}"}
    wanted = {
        **capabilities,
        "voice": {**voice, "signed_callbacks": True, "webhooks": _posted(voice, answers)},
        "messages": {
            **messages,
            "version": "v1",
            "authenticate_inbound_media": True,
            "webhooks": _posted(messages, reports),
        },
    }
    if wanted == capabilities:
        return now
    kept = {name: now[name] for name in ("keys", "privacy") if now.get(name)}
    return rest.application({"name": now.get("name") or "ringfence", **kept, "capabilities": wanted})


def _posted(capability: Mapping[str, object], addresses: Mapping[str, str]) -> dict[str, object]:
    """The webhooks of a capability with our addresses; the customer's time-outs stay."""
    webhooks = as_mapping(capability.get("webhooks"))
    ours = {
        name: {**as_mapping(webhooks.get(name)), "address": address, "http_method": "POST"}
        for name, address in addresses.items()
    }
    return {**webhooks, **ours}


def owned(item: Mapping[str, Any], ours: str, application: Mapping[str, Any]) -> OwnedNumber:
    """A number of the account. Its webhooks are known only if it belongs to the connector's application."""
    number = e164(item.get("msisdn"))
    if not number:
        raise RetryLater("Vonage answered with something that is no number.")
    joined = item.get("app_id") == ours

    def address(capability: str, name: str) -> str | None:
        found = value_at(application, f"capabilities.{capability}.webhooks.{name}.address") if joined else None
        return found if isinstance(found, str) and found else None

    return OwnedNumber(
        number=number,
        provider_id=as_text(item.get("msisdn")),
        voice_url=address("voice", "answer_url"),
        fallback_url=address("voice", "fallback_answer_url"),
        status_url=address("voice", "event_url"),
        message_url=address("messages", "inbound_url"),
    )


def find(rest: Rest, number: str) -> JsonObject | None:
    """The owned number that equals `number`; Vonage's own filter also matches parts."""
    digits = (phone_number(number) or "").removeprefix("+")
    if not digits:
        return None
    pages = _pages(rest, {"pattern": digits, "search_pattern": "0"})
    return next((dict(item) for item in pages if item.get("msisdn") == digits), None)


def _pages(rest: Rest, query: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
    def ask(index: int) -> JsonObject:
        page = rest.numbers("GET", "/account/numbers", params={**query, "size": str(PAGE_SIZE), "index": str(index)})
        # Without numbers Vonage answers with an empty object.
        return page or {"numbers": [], "count": 0 if index == 1 else None}

    return each_item(ask, "numbers", by="page", total="count")
