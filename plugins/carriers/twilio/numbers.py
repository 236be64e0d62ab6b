"""Numbers at Twilio: search, price, buy, set the webhooks, release.

Source: twilio.com/docs/phone-numbers/api (availablephonenumber, incomingphonenumber) and /pricing/api.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.api import AuthError, Money, Rejected, RetryLater, hookimpl, phone_number
from hub.api.carriers import NumberOffer, NumberQuery, NumberSetup, OwnedNumber
from hub.api.places import places_of_number
from plugins.carriers.twilio.rest import Account, Rest

NUMBER_KINDS = {"local": ("Local", "local"), "toll_free": ("TollFree", "toll free"), "mobile": ("Mobile", "mobile")}
"""Our kinds of numbers → Twilio's names in its search and in its price list."""
TOLL_FREE = re.compile(r"\+18(00|33|44|55|66|77|88)")


class Numbers(Account):
    """Search, price, buy, set the webhooks, release."""

    @hookimpl
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers for sale that support voice, with their monthly price if Twilio shows it."""
        rest = self.rest
        wanted = {"PageSize": str(query.limit), "VoiceEnabled": "true"}
        if query.area_code:
            wanted["AreaCode"] = query.area_code
        if query.contains:
            wanted["Contains"] = query.contains
        address = f"{rest.account}/AvailablePhoneNumbers/{query.country}/{NUMBER_KINDS[query.kind][0]}.json"
        found = rest.get(address, wanted).get("available_phone_numbers")
        if not isinstance(found, list):
            raise RetryLater("Twilio answered without a list of numbers.")
        price = _monthly_price(rest, query, self.settings.pricing_url) if found else None
        return [_offer(item, query, price) for item in found[: query.limit]]

    @hookimpl
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Buy a number and set its webhooks in the same request."""
        return owned(
            self.rest.post(f"{self.rest.account}/IncomingPhoneNumbers.json", {"PhoneNumber": number, **form_of(setup)})
        )

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Set an owned number's webhooks."""
        rest = self.rest
        found = find(rest, setup.number)
        if found is None:
            raise Rejected("the number is not in this Twilio account; buy it or correct config.yaml.")
        return owned(rest.post(f"{rest.account}/IncomingPhoneNumbers/{found.provider_id}.json", form_of(setup)))

    @hookimpl
    def release_number(self, number: str) -> None:
        """Release a number."""
        rest = self.rest
        found = find(rest, number)
        if found is not None:
            rest.delete(f"{rest.account}/IncomingPhoneNumbers/{found.provider_id}.json")

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account; those of North America with their monthly price, which follows from country and kind."""
        found = [owned(item) for item in self.rest.pages("IncomingPhoneNumbers")]
        kinds = {one.number: _kind(one.number) for one in found}
        countries = {kind[0] for kind in kinds.values() if kind}
        prices = {country: _prices(self.rest, country, self.settings.pricing_url) for country in sorted(countries)}
        return [
            replace(one, monthly_price=prices[kind[0]].get(kind[1])) if (kind := kinds[one.number]) else one
            for one in found
        ]


def _offer(item: Mapping[str, Any], query: NumberQuery, price: Money | None) -> NumberOffer:
    place = ", ".join(str(part) for part in (item.get("locality"), item.get("region")) if part)
    can = item.get("capabilities") or {}
    capabilities = tuple(name for name in ("voice", "sms", "mms") if can.get(name) or can.get(name.upper()))
    return NumberOffer(
        number=str(item.get("phone_number")),
        kind=query.kind,
        country=str(item.get("iso_country")),
        place=place or None,
        monthly_price=price,
        capabilities=capabilities,
    )


def _monthly_price(rest: Rest, query: NumberQuery, pricing_url: str) -> Money | None:
    return _prices(rest, query.country, pricing_url).get(NUMBER_KINDS[query.kind][1])


def _prices(rest: Rest, country: str, pricing_url: str) -> dict[str, Money]:
    """The account's prices in a country, by Twilio's name of the kind. Empty if Twilio does not show them, so that a key
    without access to prices still finds numbers."""
    try:
        answer = rest.get(f"{pricing_url}/v1/PhoneNumbers/Countries/{country}")
        unit = str(answer["price_unit"]).upper()
        return {
            str(entry["number_type"]): Money(Decimal(entry["current_price"]), unit)
            for entry in answer["phone_number_prices"]
        }
    except (AuthError, Rejected, RetryLater, KeyError, TypeError, InvalidOperation):
        return {}


def _kind(number: str) -> tuple[str, str] | None:
    """Country and kind of a North American number; None elsewhere, where a number does not show its kind."""
    if TOLL_FREE.match(number):
        return "US", "toll free"
    countries = {place.country for place in places_of_number(number)} if number.startswith("+1") else set()
    return (countries.pop(), "local") if len(countries) == 1 else None


def form_of(setup: NumberSetup) -> dict[str, str]:
    """A number's webhook addresses, as Twilio's fields."""
    form = {
        "VoiceUrl": setup.voice_url,
        "VoiceMethod": "POST",
        "VoiceFallbackUrl": setup.fallback_url,
        "VoiceFallbackMethod": "POST",
        "StatusCallback": setup.status_url,
        "StatusCallbackMethod": "POST",
        "SmsUrl": setup.message_url,
        "SmsMethod": "POST",
        "SmsFallbackUrl": setup.message_fallback_url,
        "SmsFallbackMethod": "POST",
    }
    return form | ({"FriendlyName": setup.label[:64]} if setup.label else {})


def owned(item: Mapping[str, Any]) -> OwnedNumber:
    """A number of the account, from Twilio's fields."""
    number, provider_id = item.get("phone_number"), item.get("sid")
    if not isinstance(number, str) or not isinstance(provider_id, str):
        raise RetryLater("Twilio answered with a number that has no id.")
    return OwnedNumber(
        number=number,
        provider_id=provider_id,
        label=str(item.get("friendly_name") or ""),
        voice_url=item.get("voice_url") or None,
        fallback_url=item.get("voice_fallback_url") or None,
        status_url=item.get("status_callback") or None,
        message_url=item.get("sms_url") or None,
        message_fallback_url=item.get("sms_fallback_url") or "",
    )


def find(rest: Rest, number: str) -> OwnedNumber | None:
    """The owned number that equals `number`; Twilio's own filter also matches parts."""
    wanted = phone_number(number)
    listed = map(owned, rest.pages("IncomingPhoneNumbers", {"PhoneNumber": number}))
    return next((one for one in listed if wanted and one.number == wanted), None)
