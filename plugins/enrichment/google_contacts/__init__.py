"""Google contacts: who is calling, from the address book of a person who agreed to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.api import (
    Auth,
    Caller,
    ConnectionReport,
    Connector,
    DataFlow,
    Deletion,
    Fact,
    Limits,
    Manifest,
    OwnerSignIn,
    Recipient,
    RingfenceError,
    Services,
    Share,
    hookimpl,
    phone_number,
)

from .client import Client
from .consent import SCOPES, sign_in
from .settings import GoogleContactsSettings
from .translate import facts


class GoogleContacts(Connector):
    """The contacts of one person, read only with that person's express consent."""

    Settings = GoogleContactsSettings
    of_owner = True
    manifest = Manifest(
        name="google_contacts",
        kind="enrichment",
        version="0.1.0",
        title="Google Contacts",
        summary="Name and organization of a caller who is in a person's Google contacts, by that person's consent.",
        recipient=Recipient(
            name="Google LLC",
            role="independent_controller",
            privacy_url="https://policies.google.com/privacy",
            postal_address="1600 Amphitheatre Parkway, Mountain View, CA 94043, USA",
        ),
        regions=("US",),
        hosts=("people.googleapis.com", "oauth2.googleapis.com", "accounts.google.com"),
        flows=(
            DataFlow(hook="enrich_caller", use="essential.service.operations", shares=(Share(field="phone_number"),)),
        ),
        retention="as long as Google keeps records of the searches in the owner's contacts",
        personal_in_address="The People API takes what it searches for only in the address.",
        deletion=Deletion(
            supported=False,
            note="Google offers no way to delete the record of a search; the contacts themselves are their owner's and are "
            "only read",
        ),
        auth=Auth(kind="oauth2", scopes=SCOPES),
        limits=Limits(requests_per_minute=90),
    )

    settings: GoogleContactsSettings

    def __init__(self, name: str, settings: Any, services: Services) -> None:
        super().__init__(name, settings, services)
        self._client = Client(settings, services)

    def owner_sign_in(self) -> OwnerSignIn:
        """Google's sign-in, and the text of consent.py with this connector's name and purpose."""
        return sign_in(self.name, self.settings)

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        """Facts from the contact with the caller's number."""
        number = phone_number(caller.phone_number) if caller.phone_number else None
        return tuple(facts(self._client.search(number), number)) if number else ()

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """The empty search that Google requires before other searches."""
        try:
            self._client.warm_up()
        except RingfenceError as error:
            return ConnectionReport(ok=False, detail=str(error))
        return ConnectionReport(ok=True, detail="Google answers; the contacts can be searched.")
