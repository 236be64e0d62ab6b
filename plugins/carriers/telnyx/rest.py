"""Telnyx' REST API over the hub's HTTP client: signing in, pages, and what each failure means.

Source: developers.telnyx.com/development/api-fundamentals (authentication, rate limiting, API errors, pagination).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hub.api import AuthError, Rejected, RetryLater, Services
from plugins.carriers.telnyx.settings import TelnyxSettings

if TYPE_CHECKING:
    import httpx

PAGE_SIZE = 250
"""The most that Telnyx puts on a page of most lists."""
NOT_FOUND = ("404", "10005")
MOST_PAGES = 10_000


class Rest:
    """One account's REST API; every method ends in its result or in one of the hub's errors.

    Paths start behind `/v2`, as in `/phone_numbers`.
    """

    def __init__(self, settings: TelnyxSettings, services: Services) -> None:
        self.settings = settings
        self._services = services
        self.texml = f"/texml/Accounts/{settings.account_id}"
        """The path of the account's TeXML resources."""

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A reply as it is; most hold `data`."""
        return _object(self._send("GET", path, params=query))

    def find(self, path: str) -> dict[str, Any] | None:
        """A reply as it is; None if the resource is not there."""
        try:
            return self.get(path)
        except Rejected as error:
            if error.code not in NOT_FOUND:
                raise
            return None

    def one(self, path: str) -> dict[str, Any]:
        """The `data` of one resource."""
        return _data(self.get(path))

    def post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Make something, or command; the reply as it is."""
        return _object(self._send("POST", path, json=body, headers=headers))

    def patch(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change a resource; the `data` of its new state."""
        return _data(_object(self._send("PATCH", path, json=body)))

    def delete(self, path: str) -> None:
        """Delete a resource; one that is gone already is no error."""
        try:
            response = self._send("DELETE", path)
        except Rejected as error:
            if error.code not in NOT_FOUND:
                raise
            return
        if response.content:
            # Telnyx shows what it deleted; anything else did not come from it.
            _object(response)

    def pages(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """Each item of a list, through all pages."""
        for number in range(1, MOST_PAGES):
            page = self.get(path, {"page[size]": str(PAGE_SIZE), "page[number]": str(number), **(query or {})})
            items = _items(page.get("data"))
            yield from items
            meta = page.get("meta")
            total = meta.get("total_pages") if isinstance(meta, dict) else None
            if not items or not isinstance(total, int) or number >= total:
                return

    def texml_pages(self, resource: str, query: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """Each item of a TeXML list, whose pages name the next one; `resource` as in `Calls` or `Calls/…/Recordings.json`."""
        name = resource.rpartition("/")[2].partition(".")[0].lower()
        page = self.get(f"{self.texml}/{resource}", {"PageSize": "100", **(query or {})})
        for _ in range(MOST_PAGES):
            items = _items(page.get(name))
            yield from items
            following = page.get("next_page_uri")
            if not following or not items:
                return
            if not re.match(r"/v2/texml/Accounts/", str(following)):
                raise RetryLater("Telnyx names a next page that is not its own.")
            page = self.get(str(following).removeprefix("/v2"))

    def download(self, url: str) -> tuple[str, bytes]:
        """A file from Telnyx' storage, whose address holds its own permission: content type and bytes.

        The API key never goes along: the storage is not the API, and refuses a request with two permissions.
        """
        response = self._request("GET", url, authorized=False)
        if response.status_code in (403, 404, 410):
            raise RetryLater("Telnyx' storage does not give the file out now.")
        if not response.is_success:
            raise failure(response)
        return response.headers.get("content-type", "").partition(";")[0].strip().lower(), response.content

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        response = self._request(method, f"{self.settings.base_url}/v2{path}", **content)
        if response.is_success:
            return response
        raise failure(response)

    def _request(self, method: str, url: str, authorized: bool = True, **content: Any) -> httpx.Response:
        import httpx

        headers = dict(content.pop("headers", None) or {})
        if authorized:
            headers["authorization"] = f"Bearer {self.settings.api_key.get_secret_value()}"
        try:
            return self._services.http().request(method, url, headers=headers, **content)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            # Its text may hold the address with a phone number in it.
            raise NotSent(f"Telnyx cannot be reached ({type(error).__name__}).") from None
        except httpx.TransportError as error:
            raise RetryLater(f"Telnyx cannot be reached ({type(error).__name__}).") from None


class NotSent(RetryLater):
    """The request surely did not reach Telnyx, or Telnyx surely did not take it."""


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RetryLater("Telnyx answered with something that is no JSON object.")
    return body


def _data(body: Mapping[str, Any]) -> dict[str, Any]:
    data = body.get("data")
    if not isinstance(data, dict):
        raise RetryLater("Telnyx answered without data.")
    return data


def _items(items: object) -> list[dict[str, Any]]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise RetryLater("Telnyx answered without a list.")
    return items


def failure(response: httpx.Response) -> Exception:
    """The error that a refusal of Telnyx' means, with its code and its words, without the numbers in them."""
    status = response.status_code
    code, words = _told(response)
    if status in (401, 403):
        return AuthError(f"Telnyx refuses the API key (error {code}); check api_key and its permissions.")
    if status == 429:
        return NotSent(f"Telnyx takes no more requests for now (error {code}).", _wait(response))
    if status == 503:
        return NotSent("Telnyx takes no requests for now (HTTP 503).", _wait(response))
    if status in (408, 425) or status >= 500:
        return RetryLater(f"Telnyx has trouble of its own (HTTP {status}).", _wait(response))
    return Rejected(f"Telnyx refuses (error {code}): {words}.", code)


def _told(response: httpx.Response) -> tuple[str, str]:
    """The first error's code and its words; the HTTP status stands for a code that is missing."""
    try:
        errors = response.json().get("errors")
    except (ValueError, AttributeError):
        errors = None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = str(first.get("code") or response.status_code)
    words = str(first.get("detail") or first.get("title") or "no reason given")
    safe = re.sub(r"\+?\d[\d\s().-]{5,}\d", "[number]", words)[:200].rstrip(".")
    return (code if re.fullmatch(r"\w{1,20}", code, re.ASCII) else str(response.status_code)), safe


def _wait(response: httpx.Response) -> float | None:
    """Seconds until Telnyx takes requests again, from whichever header says so."""
    texts = (response.headers.get("retry-after", ""), response.headers.get("x-ratelimit-reset", ""))
    told = [float(text) for text in texts if re.fullmatch(r"\d{1,6}", text, re.ASCII)]
    return max(told) if told else None
