"""Numbers at Telnyx: search, order, set the webhooks, release.

Telnyx has no webhooks per number: a number belongs to a TeXML application (calls) and to a messaging profile (texts), and
these hold the addresses. So to set a number's webhooks, we assign it to the connector's own two and set theirs.
Source: developers.telnyx.com/api-reference (phone-number-search, phone-number-orders, phone-number-configurations,
texml-applications, messaging-profiles).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.api import JsonObject, Money, Rejected, RetryLater, hookimpl, phone_number
from hub.api.carriers import NumberOffer, NumberQuery, NumberSetup, OwnedNumber
from plugins.carriers.telnyx.rest import Account, Rest

PAUSES = (0.0, 0.5, 1.0, 2.0, 3.0)
"""Seconds to wait before each check of an order; most orders are filled at once."""
MAX_OFFERS = 200


class Numbers(Account):
    """Search, order, set the webhooks, release."""

    @hookimpl
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers for sale that support voice, with their monthly price."""
        wanted = {
            "filter[country_code]": query.country,
            "filter[phone_number_type]": query.kind,
            "filter[features]": "voice",
            "filter[limit]": str(MAX_OFFERS if "*" in (query.contains or "") else query.limit),
        }
        if query.area_code:
            wanted["filter[national_destination_code]"] = query.area_code
        pattern = ""
        if query.contains:
            # Telnyx has no wildcards: search for the longest run of digits and filter the rest here.
            pattern = "".join(r"\d" if c == "*" else re.escape(c) for c in query.contains)
            longest = max(re.findall(r"\d+", query.contains), key=len, default="")
            if longest:
                wanted["filter[phone_number][contains]"] = longest
        found = self._rest.get("/available_phone_numbers", wanted).get("data")
        if not isinstance(found, list):
            raise RetryLater("Telnyx answered without a list of numbers.")
        offers = (_offer(item, query) for item in found if isinstance(item, dict))
        return [offer for offer in offers if re.search(pattern, offer.number)][: query.limit]

    @hookimpl
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Order a number for the connector's application and profile, and wait briefly until Telnyx has filled the order."""
        rest = self._rest
        if phone_number(number) != number:
            raise Rejected("give the number in E.164, like +13125550100.", "10002")
        order = {"phone_numbers": [{"phone_number": number}], **_joined(rest, setup.label)}
        placed = rest.post("/number_orders", order).get("data")
        order_id = placed.get("id") if isinstance(placed, dict) else None
        if not isinstance(order_id, str):
            raise RetryLater(
                "Telnyx accepted the order without an id; check with hub numbers list whether the number is there."
            )
        for pause in PAUSES:
            if pause:
                time.sleep(pause)
            status = rest.one(f"/number_orders/{order_id}").get("status")
            if status == "failure":
                raise Rejected(
                    "Telnyx could not fill the order: the number is gone or needs documents; see its portal."
                )
            if status == "success" and find(rest, number) is not None:
                return self.configure_number(setup)
        raise RetryLater(
            "Telnyx has not filled the order yet; run hub numbers list in a while, then hub numbers configure."
        )

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Assign an owned number to the application and the profile, and point their webhooks at the hub."""
        rest = self._rest
        found = find(rest, setup.number)
        if found is None:
            raise Rejected("the number is not in this Telnyx account; buy it or correct config.yaml.")
        number_id, settings = str(found.get("id")), rest.settings
        wanted = {name: value for name, value in _joined(rest, setup.label).items() if name != "messaging_profile_id"}
        if any(found.get(name) != value for name, value in wanted.items()):
            found = found | rest.patch(f"/phone_numbers/{number_id}", wanted)
        if settings.messaging_profile_id and found.get("messaging_profile_id") != settings.messaging_profile_id:
            changed = rest.patch(
                f"/phone_numbers/{number_id}/messaging", {"messaging_profile_id": settings.messaging_profile_id}
            )
            found = found | {"messaging_profile_id": changed.get("messaging_profile_id")}
        return owned(found, _point_application(rest, setup), _point_profile(rest, setup))

    @hookimpl
    def release_number(self, number: str) -> None:
        """Release a number."""
        found = find(self._rest, number)
        if found is not None:
            self._rest.delete(f"/phone_numbers/{found.get('id')}")

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account."""
        rest = self._rest
        settings = rest.settings
        application = rest.one(f"/texml_applications/{settings.application_id}")
        profile = (
            rest.one(f"/messaging_profiles/{settings.messaging_profile_id}") if settings.messaging_profile_id else {}
        )
        return [owned(item, application, profile) for item in rest.pages("/phone_numbers")]


def _offer(item: Mapping[str, object], query: NumberQuery) -> NumberOffer:
    regions = {str(one.get("region_type")): str(one.get("region_name")) for one in _dicts(item, "region_information")}
    place = ", ".join(regions[kind] for kind in ("location", "rate_center", "state") if regions.get(kind))
    can = {str(feature.get("name")) for feature in _dicts(item, "features")}
    return NumberOffer(
        number=str(item.get("phone_number")),
        kind=query.kind,
        country=query.country,
        place=place or None,
        monthly_price=_price(item.get("cost_information")),
        capabilities=tuple(name for name in ("voice", "sms", "mms") if name in can),
    )


def _dicts(item: Mapping[str, object], name: str) -> Iterator[Mapping[str, object]]:
    listed = item.get(name)
    return (one for one in (listed if isinstance(listed, list) else []) if isinstance(one, dict))


def _price(cost: object) -> Money | None:
    try:
        return Money(Decimal(str(cost["monthly_cost"])), str(cost["currency"]).upper())  # type: ignore[index]
    except (KeyError, TypeError, InvalidOperation):
        return None


def _joined(rest: Rest, label: str) -> dict[str, str]:
    settings = rest.settings
    profile = {"messaging_profile_id": settings.messaging_profile_id} if settings.messaging_profile_id else {}
    return {"connection_id": settings.application_id, **profile} | ({"customer_reference": label} if label else {})


def _point_application(rest: Rest, setup: NumberSetup) -> Mapping[str, object]:
    path = f"/texml_applications/{rest.settings.application_id}"
    now = rest.one(path)
    wanted: dict[str, object] = {
        "voice_url": setup.voice_url,
        "voice_method": "post",
        "voice_fallback_url": setup.fallback_url,
        "status_callback": setup.status_url,
        "status_callback_method": "post",
    }
    if all(now.get(name) == value for name, value in wanted.items()) and _verifies(now):
        return now
    inbound = now.get("inbound")
    settings = inbound if isinstance(inbound, dict) else {}
    # Without shaken_stir_enabled no webhook says who signed the caller's number.
    wanted |= {
        "friendly_name": now.get("friendly_name") or "ringfence",
        "inbound": settings | {"shaken_stir_enabled": True},
    }
    return rest.patch(path, wanted)


def _verifies(application: Mapping[str, object]) -> bool:
    inbound = application.get("inbound")
    return isinstance(inbound, dict) and inbound.get("shaken_stir_enabled") is True


def _point_profile(rest: Rest, setup: NumberSetup) -> Mapping[str, object]:
    if not rest.settings.messaging_profile_id:
        return {}
    path = f"/messaging_profiles/{rest.settings.messaging_profile_id}"
    now = rest.one(path)
    wanted = {
        "webhook_url": setup.message_url,
        "webhook_failover_url": setup.message_fallback_url,
        "webhook_api_version": "2",
    }
    return now if all(now.get(name) == value for name, value in wanted.items()) else rest.patch(path, wanted)


def owned(item: Mapping[str, Any], application: Mapping[str, Any], profile: Mapping[str, Any]) -> OwnedNumber:
    """A number of the account. Its webhooks are known only for the connector's own application and profile."""
    number, number_id = item.get("phone_number"), item.get("id")
    if not isinstance(number, str) or not isinstance(number_id, str):
        raise RetryLater("Telnyx answered with a number that has no id.")
    calls = application if item.get("connection_id") == application.get("id") else {}
    texts = profile if item.get("messaging_profile_id") == profile.get("id") else {}
    return OwnedNumber(
        number=number,
        provider_id=number_id,
        label=str(item.get("customer_reference") or ""),
        voice_url=calls.get("voice_url") or None,
        fallback_url=calls.get("voice_fallback_url") or None,
        status_url=calls.get("status_callback") or None,
        message_url=texts.get("webhook_url") or None,
        message_fallback_url=(texts.get("webhook_failover_url") or "") if texts else None,
    )


def find(rest: Rest, number: str) -> JsonObject | None:
    """The owned number that equals `number`; Telnyx' own filter also matches parts."""
    wanted = phone_number(number)
    if wanted is None:
        return None
    pages = rest.pages("/phone_numbers", {"filter[phone_number]": wanted.removeprefix("+")})
    return next((item for item in pages if item.get("phone_number") == wanted), None)
