"""Numbers at a carrier whose REST API is like Twilio's: search, buy, set the webhooks, release, list.

Source: twilio.com/docs/phone-numbers/api (availablephonenumber, incomingphonenumber), whose paths other carriers adopted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.contracts.numbers import NumberOffer, NumberQuery, NumberSetup, OwnedNumber
from hub.contracts.phones import phone_number
from hub.contracts.untrusted import JsonObject
from hub.errors import Rejected, RetryLater
from hub.hookspecs.markers import hookimpl
from hub.protocols.twiml_api.connector import TwimlApiCarrier

MAX_LABEL_CHARACTERS = 64
CAPABILITIES = ("voice", "sms", "mms")


class TwimlApiNumbers(TwimlApiCarrier):
    """The numbers of an account. What differs from Twilio stands in the fields `number_…` of `api`."""

    @hookimpl
    def search_numbers(self, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers for sale, without prices."""
        kind = self.api.number_kinds.get(query.kind)
        if kind is None:
            raise Rejected(
                f"{self.rest.name} does not sell numbers of this kind; it has {', '.join(self.api.number_kinds)}."
            )
        if "*" in (query.contains or "") and not self.api.number_wildcards:
            raise Rejected(f"{self.rest.name} searches for digits that stand together; leave out the *.")
        wanted = {name: value.format(limit=query.limit) for name, value in self.api.number_search.items()}
        wanted |= {"AreaCode": query.area_code} if query.area_code else {}
        wanted |= {"Contains": query.contains} if query.contains else {}
        address = f"{self.rest.account}/AvailablePhoneNumbers/{query.country}/{kind}.json"
        found = self.rest.get(address, wanted).get("available_phone_numbers")
        if not isinstance(found, list):
            raise RetryLater(f"{self.rest.name} answered without a list of numbers.")
        return [_offer(item, query) for item in found[: query.limit]]

    @hookimpl
    def buy_number(self, number: str, setup: NumberSetup) -> OwnedNumber:
        """Buy a number and set its webhooks in the same request."""
        form = {"PhoneNumber": number, **self.number_form(setup)}
        return self.owned(self.rest.post(f"{self.rest.account}/IncomingPhoneNumbers.json", form))

    @hookimpl
    def configure_number(self, setup: NumberSetup) -> OwnedNumber:
        """Set an owned number's webhooks."""
        address = self._address(setup.number)
        if address is None:
            raise Rejected(f"the number is not in this {self.rest.name} account; buy it or correct config.yaml.")
        return self.owned(self.rest.post(address, self.number_form(setup)))

    @hookimpl
    def release_number(self, number: str) -> None:
        """Release a number."""
        address = self._address(number)
        if address is not None:
            self.rest.delete(address)

    @hookimpl
    def list_numbers(self) -> Sequence[OwnedNumber]:
        """All numbers of the account."""
        return [self.owned(item) for item in self.rest.pages("IncomingPhoneNumbers")]

    def number_form(self, setup: NumberSetup) -> dict[str, str]:
        """A number's label and webhooks as a form. Without a label the carrier keeps the one that it has."""
        named = {field: getattr(setup, field) for field in self.api.number_fields}
        named |= {"label": setup.label[:MAX_LABEL_CHARACTERS]} if "label" in named else {}
        form = {self.api.number_fields[field][0]: value for field, value in named.items() if value or field != "label"}
        return form | dict(self.api.number_form)

    def owned(self, item: JsonObject) -> OwnedNumber:
        """A number of the account, from an item of a reply."""
        number, provider_id = item.get("phone_number"), item.get("sid")
        if not isinstance(number, str) or not isinstance(provider_id, str):
            raise RetryLater(f"{self.rest.name} answered with a number that has no id.")
        shown = {field: str(item.get(name) or "") for field, (_, name) in self.api.number_fields.items()}
        blank: dict[str, Any] = {
            field: value or ("" if field in ("label", "message_fallback_url") else None)
            for field, value in shown.items()
        }
        return OwnedNumber(number=number, provider_id=provider_id, **blank)

    def _address(self, number: str) -> str | None:
        """Where the API has an owned number; the carrier's own filter also matches parts."""
        wanted = phone_number(number)
        listed = map(self.owned, self.rest.pages("IncomingPhoneNumbers", {"PhoneNumber": number}))
        found = next((one.provider_id for one in listed if wanted and one.number == wanted), None)
        return found and f"{self.rest.account}/IncomingPhoneNumbers/{found}.json"


def _offer(item: Mapping[str, Any], query: NumberQuery) -> NumberOffer:
    can = item.get("capabilities") or {}
    return NumberOffer(
        number=str(item.get("phone_number")),
        kind=query.kind,
        country=str(item.get("iso_country") or query.country),
        place=", ".join(str(part) for part in (item.get("locality"), item.get("region")) if part) or None,
        capabilities=tuple(name for name in CAPABILITIES if can.get(name) or can.get(name.upper())),
    )
