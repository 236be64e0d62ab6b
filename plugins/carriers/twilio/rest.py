"""Twilio's REST API over the hub's HTTP client: signing in, pages, and what each failure means.

Source: twilio.com/docs/usage/requests-to-twilio and /docs/api/errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hub.api import AuthError, OutcomeUnknown, Rejected, RetryLater, Services
from plugins.carriers.twilio.settings import TwilioSettings

if TYPE_CHECKING:
    import httpx

PAGE_SIZE = 1000
"""The most that Twilio puts on a page."""
NOT_FOUND = "20404"
NOT_TAKEN = (429, 503)
"""The answers by which Twilio surely did not take a request that makes something."""


class Rest:
    """One account's REST API; every method ends in its result or in one of the hub's errors."""

    def __init__(self, settings: TwilioSettings, services: Services) -> None:
        self._settings = settings
        self._services = services
        self.account = f"{settings.base_url}/2010-04-01/Accounts/{settings.account_sid}"
        """The address of the account, to which resources are appended."""

    def get(self, url: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A resource."""
        return _object(self._send("GET", url, params=query))

    def find(self, url: str) -> dict[str, Any] | None:
        """A resource; None if it is not there."""
        try:
            return self.get(url)
        except Rejected as error:
            if error.code != NOT_FOUND:
                raise
            return None

    def post(self, url: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Make or change a resource; its new state."""
        return _object(self._send("POST", url, data=form))

    def post_once(self, url: str, form: Mapping[str, str | Sequence[str]]) -> dict[str, Any]:
        """Make a resource that must not be made twice; OutcomeUnknown where Twilio may have made it all the same."""
        import httpx

        unknown = "whether Twilio took it is not known; look in its log before it is tried again"
        try:
            response = self._request("POST", url, data=form)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise RetryLater(f"Twilio cannot be reached ({type(error).__name__}).") from None
        except httpx.TransportError as error:
            raise OutcomeUnknown(f"Twilio did not answer ({type(error).__name__}); {unknown}.") from None
        if not response.is_success:
            failure = _failure(response)
            if isinstance(failure, RetryLater) and response.status_code not in NOT_TAKEN:
                raise OutcomeUnknown(f"Twilio had trouble (HTTP {response.status_code}); {unknown}.")
            raise failure
        try:
            return _object(response)
        except RetryLater as error:
            raise OutcomeUnknown(f"{str(error).rstrip('.')}; {unknown}.") from None

    def post_json(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make a resource of one of Twilio's newer APIs."""
        return _object(self._send("POST", url, json=body))

    def upload(self, url: str, form: Mapping[str, str], name: str, content_type: str, data: bytes) -> dict[str, Any]:
        """Hand over a document."""
        return _object(self._send("POST", url, data=form, files={"File": (name, data, content_type)}))

    def delete(self, url: str) -> None:
        """Delete a resource; one that is gone already is no error."""
        try:
            response = self._send("DELETE", url)
        except Rejected as error:
            if error.code != NOT_FOUND:
                raise
            return
        if response.status_code != 204:
            raise RetryLater("Twilio answered with something that is no deletion.")

    def audio(self, url: str) -> tuple[str, bytes]:
        """A media file: content type and bytes."""
        response = self._send("GET", url)
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not content_type.startswith("audio/"):
            raise RetryLater("Twilio answered with something that is no audio.")
        return content_type, response.content

    def media(self, url: str, media_origin: str) -> tuple[str, bytes]:
        """A text's picture: content type and bytes. Twilio sends on to `media_origin`, which needs no credentials; an
        address elsewhere is refused."""
        response = self._send("GET", url)
        if response.is_redirect:
            where = urlsplit(response.headers.get("location", ""))
            if f"{where.scheme}://{where.netloc}" != media_origin:
                raise Rejected("Twilio sends on to a host that is not its own for pictures; it is not fetched.")
            response = self._send("GET", where.geturl(), auth=None)
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not re.fullmatch(r"(image|video|audio|text|application)/[\w.+-]{1,80}", content_type) or (
            content_type in ("application/json", "application/xml", "text/xml")
        ):
            raise RetryLater("Twilio answered with something that is no picture.")
        return content_type, response.content

    def pages(self, resource: str, query: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """Each item of a list, through all pages; `resource` as in `IncomingPhoneNumbers`."""
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", resource).lower()
        page = self.get(f"{self.account}/{resource}.json", {"PageSize": str(PAGE_SIZE), **(query or {})})
        while True:
            items = page.get(name)
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise RetryLater(f"Twilio answered without a list of {name}.")
            yield from items
            following = page.get("next_page_uri")
            if not following or not items:
                return
            if not re.match(r"/[^/]", str(following)):
                raise RetryLater("Twilio names a next page that is not its own.")
            page = self.get(f"{self._settings.base_url}{following}")

    def listed(self, url: str, name: str) -> Iterator[dict[str, Any]]:
        """Each item of a list of one of Twilio's newer APIs, through all pages."""
        origin = urlsplit(url)._replace(path="", query="").geturl()
        page = self.get(url)
        while True:
            items = page.get(name)
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise RetryLater(f"Twilio answered without a list of {name}.")
            yield from items
            meta = page.get("meta")
            following = str(meta.get("next_page_url") or "") if isinstance(meta, dict) else ""
            if not following or not items:
                return
            if not following.startswith(f"{origin}/"):
                raise RetryLater("Twilio names a next page that is not its own.")
            page = self.get(following)

    def _send(self, method: str, url: str, **options: Any) -> httpx.Response:
        import httpx

        try:
            response = self._request(method, url, **options)
        except httpx.TransportError as error:
            # Its text may hold the address with a phone number in it.
            raise RetryLater(f"Twilio cannot be reached ({type(error).__name__}).") from None
        if response.is_success or response.is_redirect:
            return response
        raise _failure(response)

    def _request(self, method: str, url: str, **options: Any) -> httpx.Response:
        return self._services.http().request(method, url, **{"auth": self._credentials(), **options})

    def _credentials(self) -> tuple[str, str]:
        settings = self._settings
        if settings.rest_key_sid and settings.rest_key_secret:
            return settings.rest_key_sid, settings.rest_key_secret.get_secret_value()
        return settings.account_sid, settings.auth_token.get_secret_value()


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RetryLater("Twilio answered with something that is no JSON object.")
    return body


def _failure(response: httpx.Response) -> Exception:
    """The error that a refusal of Twilio's means, with its code and its words, without the numbers in them."""
    status = response.status_code
    try:
        body = response.json()
    except ValueError:
        body = None
    told = body if isinstance(body, dict) else {}
    code = str(told.get("code") or status)
    code = code if code.isdecimal() else str(status)
    words = re.sub(r"\+?\d[\d\s().-]{5,}\d", "[number]", str(told.get("message") or "no reason given"))[:200].rstrip(
        "."
    )
    if status in (401, 403):
        return AuthError(
            f"Twilio refuses the credentials (error {code}); check account_sid and its auth token or API key."
        )
    if status == 429:
        return RetryLater(f"Twilio takes no more requests for now (error {code}).", _wait(response))
    if status in (408, 425) or status >= 500:
        return RetryLater(f"Twilio has trouble of its own (HTTP {status}).", _wait(response))
    return Rejected(f"Twilio refuses (error {code}): {words}; see https://www.twilio.com/docs/api/errors/{code}.", code)


def _wait(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return float(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else None
