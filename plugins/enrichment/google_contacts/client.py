"""The People API: find contacts by phone number, after the warm-up that a search needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.api import Provider, Services, as_mappings
from hub.api.oauth import OAuthGrant

from .settings import GoogleContactsSettings
from .translate import spellings

READ_MASK = "names,phoneNumbers,organizations"
MAX_SEARCH_RESULTS = 30
"""Most results of one search."""
PEOPLE = Provider(
    name="Google", remedy="enable the People API in the project of client_id, or have the owner sign in again"
)
OWNER = Provider(
    name="The owner of the contacts at Google", remedy="let the owner sign in again with hub connectors connect"
)
WARM_FOR = timedelta(minutes=10)
"""Time between warm-ups, so that contacts that the owner changed are found."""


class Client:
    """One person's contacts."""

    def __init__(self, settings: GoogleContactsSettings, services: Services) -> None:
        self._settings = settings
        self._services = services
        self._tokens = services.access_tokens(
            OAuthGrant(
                provider=OWNER,
                token_url=settings.token_url,
                client_id=settings.client_id,
                client_secret=settings.client_secret.get_secret_value(),
            )
        )
        self._warmed_at: datetime | None = None

    def search(self, number: str) -> list[Mapping[str, Any]]:
        """The contacts that Google finds for an E.164 number: its formats are tried until one finds any.

        A search matches the beginnings of a contact's fields, so a found contact may have another number.
        Source: people.searchContacts, developers.google.com/people/api/rest/v1/people/searchContacts.
        """
        self.warm_up()
        for spelling in spellings(number):
            found = self._ask(spelling)
            if found:
                return found
        return []

    def warm_up(self) -> None:
        """The empty search that Google requires first, to update its index of the contacts."""
        now = self._services.clock()
        if self._warmed_at is None or now - self._warmed_at >= WARM_FOR:
            self._ask("")
            self._warmed_at = now

    def _ask(self, query: str) -> list[Mapping[str, object]]:
        content = self._services.json(
            PEOPLE,
            "GET",
            f"{self._settings.base_url.rstrip('/')}/v1/people:searchContacts",
            params={"query": query, "readMask": READ_MASK, "pageSize": MAX_SEARCH_RESULTS},
            tokens=self._tokens,
        )
        found = (each.get("person") for each in as_mappings(content.get("results")))
        return [person for person in found if isinstance(person, dict)]
