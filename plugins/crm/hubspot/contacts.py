"""Contacts by phone number or email, found by HubSpot's search and compared with the requested number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import phonenumbers

from hub.api import phone_number
from plugins.crm.hubspot.client import Client
from plugins.crm.hubspot.objects import Found, portions, search_all
from plugins.crm.hubspot.translate import CONTACT_PROPERTIES, PHONES, phones

SEARCHABLE = ("hs_searchable_calculated_phone_number", "hs_searchable_calculated_mobile_number")
"""HubSpot's own normal form of `phone` and `mobilephone`: area code and local number, without the country code
(source: HubSpot's guide to searching the CRM)."""


def by_phone(client: Client, numbers: Sequence[str], country: str) -> dict[str, list[Found]]:
    """The contacts of each of `numbers` (E.164), oldest first.

    Many numbers share a search, because search allows only about five requests a second.
    """
    found: dict[str, list[Found]] = {number: [] for number in numbers}
    for whole in by_search(found):
        national = sorted({phonenumbers.national_significant_number(phonenumbers.parse(number)) for number in whole})
        filters = [_within(name, national) for name in SEARCHABLE] + [_within(name, whole) for name in PHONES]
        for contact in search(client, filters):
            # The searchable form has no country code: compare the whole number to be sure of the contact.
            for number in phones(contact[1], country):
                if number in whole:
                    found[number].append(contact)
    return found


def by_search(numbers: Iterable[str]) -> Iterator[list[str]]:
    """The numbers among `numbers` that are valid, in portions of one search each."""
    return portions((one for one in numbers if phone_number(one) == one), len(SEARCHABLE) + len(PHONES))


def by_email(client: Client, emails: Sequence[str]) -> list[Found]:
    """The contacts with one of `emails`."""
    addresses = portions(email.lower() for email in emails)
    return [contact for some in addresses for contact in search(client, [_within("email", some)])]


def search(client: Client, any_of: Sequence[dict[str, object]]) -> list[Found]:
    """All contacts that pass one of the filters, the oldest (the smallest id) first."""
    request = {
        "filterGroups": [{"filters": [one]} for one in any_of],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": list(CONTACT_PROPERTIES),
    }
    return sorted(search_all(client, "contacts", request), key=lambda contact: int(contact[0]))


def _within(name: str, values: Sequence[str]) -> dict[str, object]:
    return {"propertyName": name, "operator": "IN", "values": list(values)}
