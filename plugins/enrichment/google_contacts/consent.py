"""The text that the owner of the contacts agrees to, and Google's sign-in."""

from __future__ import annotations

from hub.api import OwnerSignIn

from .settings import GoogleContactsSettings

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
