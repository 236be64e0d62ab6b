"""Buying a number: its price is first compared with the cap, and a number that may already be bought is never bought
twice."""

from __future__ import annotations

from typing import Literal

import phonenumbers

from hub.contracts.numbers import NumberKind, NumberOffer, NumberQuery, NumberSetup, OwnedNumber
from hub.contracts.values import Money
from hub.errors import CircuitOpen, NotSupported, PluginFailure, Rejected, RetryLater, RingfenceError
from hub.hookspecs import NumberHooks
from hub.runtime import Hub

LOOK_AT = 50
"""Maximum number of offers searched for a number's price."""

Answer = Literal["buy", "ask"]


class NotBought(RingfenceError):
    """A number was not bought, or the outcome is unknown; the message says what to do."""


class OutcomeNotKnown(NotBought):
    """The carrier's answer never came: the number may be ours."""


def find_offer(hub: Hub, connector: str, number: str, country: str) -> NumberOffer | None:
    """The carrier's present offer of exactly this number, with its price; None if it has none.

    RingfenceError if the carrier does not answer.
    """
    if not hub.plugins.implements(connector, NumberHooks.search_numbers):
        return None
    local, kind, home = _read(number, country)
    area_code = local[:3] if kind == "local" and number.startswith("+1") else None
    query = NumberQuery(country=home, kind=kind, area_code=area_code, contains=local, limit=LOOK_AT)
    offers = hub.plugins.call(connector, NumberHooks.search_numbers, query)
    return next((offer for offer in offers if offer.number == number), None)


def decide(price: Money | None, cap: Money | None, *, agreed: bool) -> Answer:
    """Whether to buy at once or to ask a person first; NotBought if a cap forbids it.

    A cap always holds: above it, in another currency, or at an unknown price nothing is bought, even if a person agreed.
    Without a cap a person decides; `agreed` means that they agreed in advance to any price.
    """
    if cap is not None:
        if price is None:
            raise NotBought(
                "The carrier reports no price, so --max-price cannot be checked; leave it out to decide yourself."
            )
        if price.currency != cap.currency:
            raise NotBought(f"The price is in {price.currency}, the cap in {cap.currency}; give --max-price in that.")
        if price.amount > cap.amount:
            raise NotBought(f"It costs {price} a month, more than {cap}; nothing was bought.")
    return "buy" if agreed else "ask"


def buy(hub: Hub, connector: str, setup: NumberSetup) -> OwnedNumber:
    """Buy a number whose webhooks point to this hub. After a time-out, check the carrier's list instead of buying
    again."""
    if not hub.plugins.implements(connector, NumberHooks.buy_number):
        raise NotSupported(
            f"The plugin of {connector!r} cannot buy numbers; buy it at the carrier and add it to config.yaml."
        )
    try:
        return hub.plugins.call(connector, NumberHooks.buy_number, setup.number, setup)
    except CircuitOpen:
        raise
    except (RetryLater, PluginFailure) as error:
        return _found_after(hub, connector, setup.number, error)


def _found_after(hub: Hub, connector: str, number: str, error: RingfenceError) -> OwnedNumber:
    """The number as the carrier lists it after a purchase of unknown outcome."""
    try:
        listed = hub.plugins.call(connector, NumberHooks.list_numbers)
    except RingfenceError:
        raise OutcomeNotKnown(
            f"{error} Whether the number was bought is unknown; check with hub numbers list {connector} before you "
            "try again."
        ) from None
    found = next((each for each in listed if each.number == number), None)
    if found is None:
        raise OutcomeNotKnown(
            f"{error} The carrier does not list the number, so it was most likely not bought; check with hub numbers "
            f"list {connector} before you try again."
        )
    return found


def _read(number: str, country: str) -> tuple[str, NumberKind, str]:
    """The number without its country code, its kind, and its country (`country` if the number does not show it)."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        raise Rejected("That is not a phone number; write it in E.164, like +13125550142.") from None
    kinds: dict[object, NumberKind] = {
        phonenumbers.PhoneNumberType.TOLL_FREE: "toll_free",
        phonenumbers.PhoneNumberType.MOBILE: "mobile",
    }
    kind = kinds.get(phonenumbers.number_type(parsed), "local")
    home = phonenumbers.region_code_for_number(parsed)
    if home is None:
        # Not in any numbering plan yet: use the country code, and prefer the company's country if several share it.
        shared = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(parsed.country_code or 0, (country,))
        home = country if country in shared else shared[0]
    return phonenumbers.national_significant_number(parsed), kind, home
