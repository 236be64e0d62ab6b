"""The prices of numbers at Twilio. Source: twilio.com/docs/phone-numbers/pricing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from hub.api import AuthError, Money, Rejected, RetryLater, hookimpl
from hub.api.carriers import NumberOffer, NumberQuery, OwnedNumber
from hub.api.places import places_of_number
from plugins.carriers.twilio.rest import Account, Rest

PRICED = {"local": "local", "toll_free": "toll free", "mobile": "mobile"}
"""Our kinds of numbers → Twilio's names in its price list."""
TOLL_FREE = re.compile(r"\+18(00|33|44|55|66|77|88)")


class Numbers(Account):
    """The account's numbers with their prices."""

    @hookimpl
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers for sale that support voice, with their monthly price if Twilio shows it."""
        found = super().search_numbers(query)
        prices = _prices(self.rest, query.country, self.settings.pricing_url) if found else {}
        return [replace(offer, monthly_price=prices.get(PRICED[query.kind])) for offer in found]

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account; those of North America with their monthly price, which follows from country and kind."""
        found = super().list_numbers()
        kinds = {one.number: _kind(one.number) for one in found}
        countries = {kind[0] for kind in kinds.values() if kind}
        prices = {country: _prices(self.rest, country, self.settings.pricing_url) for country in sorted(countries)}
        return [
            replace(one, monthly_price=prices[kind[0]].get(kind[1])) if (kind := kinds[one.number]) else one
            for one in found
        ]


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
