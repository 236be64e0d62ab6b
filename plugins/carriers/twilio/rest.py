"""What Twilio's REST API has besides: uploads, lists of its newer APIs, pictures, and two ways to sign in.

Source: twilio.com/docs/usage/requests-to-twilio and /docs/api/errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from hub.api import (
    AuthError,
    ConfigError,
    JsonObject,
    Provider,
    Refusal,
    Rejected,
    RetryLater,
    Services,
    as_text,
    each_item,
)
from hub.api.carriers import type_and_bytes
from hub.api.twiml import TwimlApi, TwimlApiNumbers, TwimlApiPeople, TwimlRest
from plugins.carriers.twilio.settings import TwilioSettings
from plugins.carriers.twilio.translate import CALL_REASONS, REASONS

REDIRECTS = range(300, 400)


def _details(refusal: Refusal) -> tuple[str, str]:
    code = str(refusal.body.get("code") or refusal.status)
    return (code if code.isdecimal() else str(refusal.status)), as_text(refusal.body.get("message"))


TWILIO = Provider(
    name="Twilio",
    remedy="check account_sid and its auth token or API key",
    details=_details,
    help="https://www.twilio.com/docs/api/errors/{code}",
    # Limits and full queues pass, whatever their HTTP status; a person pays the bill of an account that is not active.
    codes={
        **dict.fromkeys(("10004", "14107", "21611", "60728", "63017", "63038"), RetryLater),
        **dict.fromkeys(("10001", "20005"), ConfigError),
    },
)


class Rest(TwimlRest):
    """One account's REST API. Every method returns its result or raises one of the hub's errors."""

    def post_json(self, url: str, body: Mapping[str, object]) -> dict[str, object]:
        """Create a resource of one of Twilio's newer APIs."""
        return self.json("POST", url, json=body)

    def upload(self, url: str, form: Mapping[str, str], name: str, content_type: str, data: bytes) -> JsonObject:
        """Upload a document."""
        return self.json("POST", url, data=form, files={"File": (name, data, content_type)})

    def media(self, url: str, media_origin: str) -> tuple[str, bytes]:
        """A text's picture: content type and bytes. Twilio redirects to `media_origin`, which needs no credentials; an
        address elsewhere is refused."""
        response = self.send("GET", url, expected=REDIRECTS)
        if response.is_redirect:
            where = urlsplit(response.headers.get("location", ""))
            if f"{where.scheme}://{where.netloc}" != media_origin:
                raise Rejected("Twilio redirects to a host that is not its own for pictures; it is not fetched.")
            response = self.send("GET", where.geturl(), auth=None)
        content_type, data = type_and_bytes(response)
        if not re.fullmatch(r"(image|video|audio|text|application)/[\w.+-]{1,80}", content_type) or (
            content_type in ("application/json", "application/xml", "text/xml")
        ):
            raise RetryLater("Twilio did not return a picture.")
        return content_type, data

    def listed(self, url: str, name: str) -> Iterator[JsonObject]:
        """Each item of a list of one of Twilio's newer APIs, through all pages."""
        origin = urlsplit(url)._replace(path="", query="").geturl()

        def ask(following: str | None) -> JsonObject:
            if following is not None and not str(following).startswith(f"{origin}/"):
                raise RetryLater("Twilio names a next page that is not its own.")
            return self.get(following or url)

        return each_item(ask, name, "meta.next_page_url")


class Account(TwimlApiNumbers, TwimlApiPeople):
    """One account as a connector; the modules beside this one add its hooks by subject."""

    settings: TwilioSettings
    rest: Rest
    rest_class = Rest
    api = TwimlApi(
        provider=TWILIO,
        token="auth_token",  # noqa: S106 - the name of a setting
        reasons=REASONS,
        call_reasons=CALL_REASONS,
        number_kinds={"local": "Local", "toll_free": "TollFree", "mobile": "Mobile"},
        number_search={"PageSize": "{limit}", "VoiceEnabled": "true"},
        number_form={
            f"{name}Method": "POST" for name in ("Voice", "VoiceFallback", "StatusCallback", "Sms", "SmsFallback")
        },
    )

    def __init__(self, name: str, settings: TwilioSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        missing = settings.missing_secrets()
        if missing:
            raise ConfigError(f"connector {name!r} has an empty {' and '.join(missing)}; set it in config.yaml.")

    @property
    def api_key(self) -> tuple[str, str] | None:
        """The API key that signs in to the REST API in place of the auth token, if the settings have one."""
        secret = self.settings.rest_key_secret
        return (
            (self.settings.rest_key_sid, secret.get_secret_value()) if self.settings.rest_key_sid and secret else None
        )

    def credentials(self) -> tuple[str, str]:
        """An API key if the settings have one, else the auth token."""
        return self.api_key or super().credentials()

    def check_credentials(self) -> str:
        """Sign in with each secret that is in use; the account's status, `active` in the good case.

        A standard key may not read the account, which shows nothing of the auth token that signs the webhooks either. So the
        key reads a number, and the auth token the account, unless shared keys alone sign the webhooks.
        Source: twilio.com/docs/iam/api-keys/keys-in-console ("Types of keys").
        """
        if self.api_key is not None:
            self.rest.get(f"{self.rest.account}/IncomingPhoneNumbers.json", {"PageSize": "1"})
            if self.settings.shared_keys and self.settings.require_shared_key:
                return "active"
        try:
            account = self.rest.json("GET", f"{self.rest.account}.json", auth=super().credentials())
        except AuthError as error:
            if self.api_key is None:
                raise
            raise AuthError(
                "Twilio takes the API key and refuses auth_token, so no webhook could be verified; copy the account's auth "
                "token from its console."
            ) from error
        return as_text(account.get("status"))
