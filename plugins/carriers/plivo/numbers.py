"""Numbers at Plivo: search, rent, set the webhooks, give back.

At Plivo a number has no webhooks of its own: its application holds them. So to set a number's webhooks, it is assigned to the
connector's application, whose addresses are set. Source: plivo.com/docs/numbers (phone-numbers, account-phone-number) and
/docs/account/api/application.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from hub.api import JsonObject, Money, Rejected, RetryLater, as_text, hookimpl
from hub.api.carriers import NumberOffer, NumberQuery, NumberSetup, OwnedNumber
from plugins.carriers.plivo.rest import Account, Rest
from plugins.carriers.plivo.translate import e164

KINDS = {"local": "local", "toll_free": "tollfree", "mobile": "mobile"}
MAX_LOOKED_AT = 400
"""Offers; Plivo filters by the beginning of a number only."""
FIELDS = {"answer_url": "voice_url", "fallback_answer_url": "fallback_url", "hangup_url": "status_url"} | {
    "message_url": "message_url"
}
"""The application's addresses → ours."""


class Numbers(Account):
    """Search, rent, set the webhooks, give back."""

    @hookimpl
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers for sale that support voice, with their monthly price."""
        area = {"pattern": query.area_code} if query.area_code else {}
        wanted = {"country_iso": query.country, "type": KINDS[query.kind], "services": "voice", **area}
        form = re.compile("".join(r"\d" if c == "*" else re.escape(c) for c in query.contains or ""))
        offers = (_offer(item, query) for item in islice(self._rest.pages("PhoneNumber", wanted), MAX_LOOKED_AT))
        return list(islice((one for one in offers if one and form.search(one.number)), query.limit))

    @hookimpl
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Rent a number for the application, and set the application's webhooks."""
        rest = self._rest
        rented = rest.post(f"PhoneNumber/{_digits(number)}", {"app_id": rest.settings.application_id})
        if rented.get("status") == "pending" or find(rest, number) is None:
            raise RetryLater(
                "Plivo has not filled the order yet; run hub numbers list later, then hub numbers configure."
            )
        return self.configure_number(setup)

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Assign an owned number to the application, and point the application's webhooks at the hub."""
        rest = self._rest
        found = find(rest, setup.number)
        if found is None:
            raise Rejected("the number is not in this Plivo account; buy it or correct config.yaml.")
        wanted = {"alias": setup.label} if setup.label and found.get("alias") != setup.label else {}
        if _application_of(found) != rest.settings.application_id:
            wanted["app_id"] = rest.settings.application_id
        if wanted:
            rest.post(f"Number/{_digits(setup.number)}", wanted)
            found = find(rest, setup.number) or found
        return owned(found, _point(rest, setup))

    @hookimpl
    def release_number(self, number: str) -> None:
        """Give a number back."""
        self._rest.delete(f"Number/{_digits(number)}")

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account, with their monthly price."""
        rest = self._rest
        application = rest.get(f"Application/{rest.settings.application_id}")
        return [owned(item, application) for item in rest.pages("Number") if e164(item.get("number"))]


def _offer(item: Mapping[str, object], query: NumberQuery) -> NumberOffer | None:
    number = e164(item.get("number"))
    place = ", ".join(as_text(item.get(name)) for name in ("city", "region") if item.get(name))
    return number and NumberOffer(  # type: ignore[return-value]
        number=number,
        kind=query.kind,
        country=query.country,
        place=place or None,
        monthly_price=_price(item),
        capabilities=tuple(name for name in ("voice", "sms", "mms") if item.get(f"{name}_enabled") is True),
    )


def _price(item: Mapping[str, object]) -> Money | None:
    """The monthly price; Plivo's prices are in US dollars."""
    try:
        return Money(Decimal(str(item.get("monthly_rental_rate"))), "USD")
    except InvalidOperation:
        return None


def _point(rest: Rest, setup: NumberSetup) -> Mapping[str, Any]:
    path = f"Application/{rest.settings.application_id}"
    now = rest.get(path)
    methods = dict.fromkeys(("answer_method", "fallback_method", "hangup_method", "message_method"), "POST")
    wanted = methods | {theirs: getattr(setup, ours) for theirs, ours in FIELDS.items()}
    if any(now.get(name) != value for name, value in wanted.items()):
        rest.post(path, wanted)
    return now | wanted


def owned(item: Mapping[str, Any], application: Mapping[str, Any]) -> OwnedNumber:
    """A number of the account. Its webhooks are known only for the connector's own application."""
    number = e164(item.get("number")) or ""
    calls = application if _application_of(item) == application.get("app_id") else {}
    addresses = {ours: as_text(calls.get(theirs)) or None for theirs, ours in FIELDS.items()}
    named = {"number": number, "provider_id": number.lstrip("+"), "label": as_text(item.get("alias"))}
    return OwnedNumber(**named, monthly_price=_price(item), **addresses)


def _application_of(item: Mapping[str, object]) -> str:
    """The id at the end of a number's link to its application; blank without one."""
    return as_text(item.get("application")).rstrip("/").rpartition("/")[2]


def find(rest: Rest, number: str) -> JsonObject | None:
    """An owned number; None if the account does not have it."""
    return rest.find(f"Number/{_digits(number)}")


def _digits(number: str) -> str:
    """A number as Plivo names it. Rejected if it is none, which would name another resource."""
    if e164(number) != number:
        raise Rejected("give the number in E.164, like +13125550100.")
    return number.removeprefix("+")
