"""Google contacts: who is calling, from the address book of a person who agreed to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.api import (
    ApiVersion,
    Auth,
    Caller,
    ConnectionReport,
    Connector,
    DataFlow,
    Deletion,
    Fact,
    Limits,
    Manifest,
    Recipient,
    RingfenceError,
    Services,
    Share,
    hookimpl,
    phone_number,
)
from hub.api.oauth import OwnerSignIn
from plugins.enrichment.google_contacts.client import Client
from plugins.enrichment.google_contacts.settings import GoogleContactsSettings
from plugins.enrichment.google_contacts.translate import facts

SCOPES = ("https://www.googleapis.com/auth/contacts.readonly",)

CONSENT_TEXT = """\
Reading your Google contacts (connector "{name}")

What is read: for each caller, your Google contacts are searched for the caller's phone number. Of a contact with exactly
this number its name, its phone numbers and its organizations are read; nothing else, and nothing is changed.

Why: {purpose}.

Who learns what: Google LLC receives the phone number that is searched for. The name and the organization are given to the
people who work with this call-tracking hub. They are used while a call is worked on and are not stored, unless "keep" is
written for this connector in config.yaml.

The people in your contacts have not agreed to this themselves: agree only for contacts that you may share for this purpose.

You can take this back at any time, with effect from then on: run "hub connectors disconnect {name}", or remove the app at
https://myaccount.google.com/permissions. This text, its hash, your name and the time are stored as evidence of what you
agreed to."""


def sign_in(name: str, settings: GoogleContactsSettings) -> OwnerSignIn:
    """The sign-in for one connector.

    `access_type=offline` and `prompt=consent` make Google issue a refresh token each time.
    Source: OAuth 2.0 for desktop apps, developers.google.com/identity/protocols/oauth2/native-app.
    """
    return OwnerSignIn(
        consent_text=CONSENT_TEXT.format(name=name, purpose=settings.purpose.rstrip(". ")),
        authorize_url=settings.authorize_url,
        token_url=settings.token_url,
        revoke_url=settings.revoke_url,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        scopes=SCOPES,
        parameters={"access_type": "offline", "prompt": "consent"},
    )


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
        versions=(ApiVersion(name="v1", api="People API"),),
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
