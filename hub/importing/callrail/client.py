"""A client of CallRail's API (v3): signs in with a key, keeps the pace that CallRail asks for, reads lists page by page.

Source: CallRail's API documentation: `Authorization: Token token=…`, at most 250 rows a page, about 1,000 requests an hour.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import httpx2

from hub.contracts.untrusted import JsonObject
from hub.errors import AuthError, CannotDo, ConfigError, RetryLater
from hub.platform.backoff import exponential
from hub.platform.id_words import words_of

BASE_URL = "https://api.callrail.com"
PER_PAGE = 250
REQUESTS_PER_HOUR = 900
"""Under CallRail's limit of 1,000, because the customer's other clients count as well."""
BURST = 60
"""Requests that are sent without a pause at the beginning."""
TRIES = 6
"""How often a request is sent before an import stops; each try but the last is followed by a pause."""
FIRST_TRIES = 2
"""How often the first request of all is sent: if nobody answers it, the address is wrong."""
LONGEST_PAUSE = 3_600.0
"""Seconds. An account that is at its hourly limit may go on after this time at the latest."""
MAX_RETURNS = 100
"""How often one reading of a list goes back to pages that moved."""
TIMEOUT = httpx2.Timeout(60, connect=15)
UNREACHABLE: Final = "CallRail cannot be reached; check the base URL and this machine's network, and run it again."
MAX_AUDIO_BYTES = 200_000_000
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
MOVING: Final = "CallRail's list changes faster than it can be read; run the same command again when it is quiet there."
AWAY: Final = "CallRail does not answer; run the same command again, and it goes on where it stopped."


@dataclass(frozen=True)
class RawPage:
    """A page of a list as JSON objects. `number` is 1-based. A page that is read again has only the rows that are new."""

    number: int
    total: int
    rows: tuple[JsonObject, ...]
    is_last: bool


class Pace:
    """Spreads requests evenly over an hour after a burst; `per_hour` of 0 sets no limit."""

    def __init__(self, per_hour: int, burst: int = BURST, sleep: Callable[[float], None] = time.sleep) -> None:
        self.per_hour = per_hour
        self._between = 3_600 / per_hour if per_hour else 0.0
        self._burst, self._allowance, self._sleep = burst, max(0, burst - 1) * self._between, sleep
        self._next = 0.0
        self.asked = 0
        """Requests so far."""

    def seconds(self, requests: int) -> float:
        """How long so many requests take at least, the first of them without a pause."""
        return max(0, requests - self._burst) * self._between

    def wait(self) -> None:
        """Wait until the next request may be sent."""
        now = time.monotonic()
        self._next = max(self._next, now - self._allowance)
        if self._next > now:
            self._sleep(self._next - now)
        self._next += self._between
        self.asked += 1


class CallRail:
    """One account's API. Every method raises AuthError if the key is refused, CannotDo if CallRail refuses the request, and
    RetryLater if it does not answer; the key is in none of the messages."""

    def __init__(
        self,
        key: str,
        base_url: str = BASE_URL,
        *,
        pace: Pace | None = None,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        address = urlsplit(base_url)
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in LOCAL_HOSTS):
            raise ConfigError("The base URL must begin with https://, because the key is sent to it.")
        if not key.isascii() or not key.isprintable() or not key:
            raise ConfigError("The key is empty or has characters that no key has; copy it again.")
        self.pace, self._sleep = pace or Pace(REQUESTS_PER_HOUR, sleep=sleep), sleep
        self._base, self._answered = base_url.rstrip("/"), False
        signed = {"Authorization": f"Token token={key}", "Accept": "application/json"}
        self._api = httpx2.Client(headers=signed, timeout=TIMEOUT, follow_redirects=False, transport=transport)
        self._files = httpx2.Client(timeout=TIMEOUT, follow_redirects=True, transport=transport)

    def close(self) -> None:
        """End the connections."""
        self._api.close()
        self._files.close()

    def accounts(self) -> list[JsonObject]:
        """The accounts that the key can see."""
        return [row for page in self.pages("a.json", "accounts") for row in page.rows]

    def pages(
        self,
        path: str,
        name: str,
        parameters: Mapping[str, str] | None = None,
        first: int = 1,
        per_page: int = PER_PAGE,
        before: int | None = None,
    ) -> Iterator[RawPage]:
        """The pages of a list from page `first` on, one at a time; `name` is the list's key in the answers, `before` how many
        entries it had when the page before `first` was read.

        An entry that is removed there, such as a call that is marked as spam, moves all later ones forward by one. So if the
        list has fewer entries than a page before, as many of the pages are read again. RetryLater if that happens too often.
        """
        number, seen, furthest, returns = first, set[str](), first - 1, 0
        while True:
            request = {**(parameters or {}), "page": str(number), "per_page": str(per_page)}
            answer = self.get(path, request)
            rows = answer.get(name)
            if not isinstance(rows, list):
                raise CannotDo(f"CallRail's answer has no list of {words_of(name)}; check the base URL.")
            pages, total = _count(answer.get("total_pages")), _count(answer.get("total_records"))
            lost, before = (before or 0) - total, total
            if lost > 0 and number > 1 and total:
                returns += 1
                if returns > MAX_RETURNS:
                    raise RetryLater(MOVING)
                number = max(1, number - math.ceil(lost / per_page))
                continue
            found = [(str(row.get("id")), row) for row in rows if isinstance(row, dict)]
            fresh = tuple(row for key, row in found if number > furthest or key not in seen)
            seen.update(key for key, _ in found)
            furthest, is_last = max(furthest, number), number >= pages or not rows
            yield RawPage(number, total, fresh, is_last)
            if is_last:
                return
            number += 1

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> JsonObject:
        """One JSON object below `/v3/`."""
        answer = self._ask(lambda: self._api.get(f"{self._base}/v3/{path}", params=dict(parameters or {})))
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise CannotDo("The answer is not that of CallRail's API; check the base URL.")
        return found

    def audio(self, account: str, call: str) -> bytes | None:
        """The recording of a call; None if there is none any more."""
        try:
            url = self.get(f"a/{account}/calls/{call}/recording.json").get("url")
        except NotThere:
            return None
        if not isinstance(url, str) or not self._may_fetch(url):
            return None
        return self._fetch(url)

    def _may_fetch(self, url: str) -> bool:
        return url.startswith("https://") or _origin(url) == _origin(self._base)

    def _fetch(self, url: str) -> bytes | None:
        """The bytes at an address. The key goes only to CallRail's API itself, not to where it keeps its files."""
        client = self._api if _origin(url) == _origin(self._base) else self._files

        @contextmanager
        def streamed() -> Iterator[httpx2.Response]:
            with client.stream("GET", url) as answer:
                yield answer

        def read() -> httpx2.Response:
            with streamed() as answer:
                data = bytearray()
                for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > MAX_AUDIO_BYTES:
                        raise NotThere("The recording is longer than the hub keeps.")
                return httpx2.Response(answer.status_code, headers=_plain(answer.headers), content=bytes(data))

        try:
            return self._ask(read, paced=client is self._api).content
        except (NotThere, CannotDo):
            return None

    def _ask(self, send: Callable[[], httpx2.Response], *, paced: bool = True) -> httpx2.Response:
        for left in reversed(range(TRIES)):
            if paced:
                self.pace.wait()
            try:
                answer = send()
            except httpx2.HTTPError:
                answer = None
                if not self._answered and left <= TRIES - FIRST_TRIES:
                    raise RetryLater(UNREACHABLE) from None
            self._answered = self._answered or answer is not None
            if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                return _checked(answer)
            if left:
                self._sleep(_pause(answer, TRIES - left))
        if answer is not None and answer.status_code == 429:
            raise RetryLater("CallRail's limit of requests is reached; run the same command again in an hour.")
        raise RetryLater(AWAY)


class NotThere(CannotDo):
    """CallRail has no such thing."""


def _checked(answer: httpx2.Response) -> httpx2.Response:
    status = answer.status_code
    if status < 300:
        return answer
    if status == 401:
        raise AuthError("CallRail refuses the key; make one under Settings, API keys, and give it again.")
    if status == 403:
        raise NotPermitted("CallRail does not permit this key, or this plan, to read it.")
    if status == 404:
        raise NotThere("CallRail has no such account or resource; check the account's id and the base URL.")
    if status < 400:
        raise CannotDo("The base URL leads to another address; give the address of the API itself.")
    raise CannotDo(f"CallRail refuses the request with status {status}.")


class NotPermitted(CannotDo):
    """The plan or the key does not include a list."""


def _pause(answer: httpx2.Response | None, tried: int) -> float:
    """Seconds before the next try: as CallRail says, else twice as long each time."""
    reported = answer.headers.get("Retry-After") if answer is not None else None
    if reported is None:
        return exponential(1, tried, LONGEST_PAUSE)
    try:
        seconds = float(reported)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(reported) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            seconds = exponential(1, tried, LONGEST_PAUSE)
    return min(max(seconds, 1.0), LONGEST_PAUSE)


def _plain(headers: httpx2.Headers) -> dict[str, str]:
    """The headers of a body that was decoded already."""
    return {name: value for name, value in headers.items() if name not in ("content-encoding", "content-length")}


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def _count(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
