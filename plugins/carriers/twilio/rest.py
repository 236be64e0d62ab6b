"""What Twilio's REST API has besides: uploads, lists of its newer APIs, pictures, and two ways to sign in.

Source: twilio.com/docs/usage/requests-to-twilio and /docs/api/errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from hub.api import ConfigError, JsonObject, Provider, Refusal, Rejected, RetryLater, Services, as_text, each_item
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

    def credentials(self) -> tuple[str, str]:
        """An API key if the settings have one, else the auth token."""
        if self.settings.rest_key_sid and self.settings.rest_key_secret:
            return self.settings.rest_key_sid, self.settings.rest_key_secret.get_secret_value()
        return super().credentials()
