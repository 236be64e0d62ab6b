"""Fetches a page of a company's own sites for its users, and nothing else: no other host, no address that is not public,
no endless answer.

Which addresses its host may have is checked as for every address that a user writes (hub.plugin_host.checked_connections).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx2

from hub.contracts.addresses import is_loopback, is_public
from hub.errors import CannotDo
from hub.plugin_host.checked_connections import CheckedConnections, NoAddress, Resolve, connecting_by, resolved

MAX_PAGE_BYTES = 2_000_000
MAX_REDIRECTS = 3
MAX_SECONDS = 10.0
STEP_SECONDS = 5.0
MAX_ADDRESS = 2_000
USUAL_PORTS = frozenset({80, 443})
HEADERS = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (compatible; Ringfence page check)"}
AT_ONCE = threading.BoundedSemaphore(4)


class CannotFetch(CannotDo):
    """The page could not be fetched, or may not be; the message says why."""


@dataclass(frozen=True)
class FetchedPage:
    """A page as it was answered, after redirects."""

    url: str
    status: int
    content_type: str
    policies: tuple[str, ...]
    """Its Content-Security-Policy headers."""
    html: str


def fetch_page(
    address: str, sites: Collection[str], *, allow_local: bool = False, resolve: Resolve = resolved
) -> FetchedPage:
    """The page at an address of one of `sites`, or of their subdomains. `allow_local` admits this machine's own addresses
    and any port, for a hub that itself runs on it."""
    url = address if "://" in address else f"https://{address}"

    def refuse(host: str, addresses: Sequence[str]) -> None:
        if not addresses or not all(is_public(each) or (allow_local and is_loopback(each)) for each in addresses):
            raise CannotFetch(f"{host} leads to an address that is not public, so it is not fetched.")

    checked = CheckedConnections(refuse, resolve, time.monotonic() + MAX_SECONDS)
    transport = connecting_by(checked)
    with _turn(), httpx2.Client(transport=transport, headers=HEADERS, timeout=STEP_SECONDS, trust_env=False) as client:
        for _ in range(MAX_REDIRECTS + 1):
            answer = _get(client, _checked(url, sites, allow_local=allow_local))
            if not isinstance(answer, str):
                return answer
            url = urljoin(url, answer)
    raise CannotFetch(f"The page redirects more than {MAX_REDIRECTS} times.")


@contextmanager
def _turn() -> Iterator[None]:
    if not AT_ONCE.acquire(blocking=False):
        raise CannotFetch("Several pages are being checked now. Try again in some seconds.")
    try:
        yield
    finally:
        AT_ONCE.release()


def _checked(url: str, sites: Collection[str], *, allow_local: bool) -> SplitResult:
    """The address taken apart; CannotFetch if it does not belong to the company."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError:
        raise CannotFetch("That is not the address of a page; write it like https://www.example.com/contact.") from None
    if parts.scheme not in ("http", "https") or not host or len(url) > MAX_ADDRESS or not url.isprintable():
        raise CannotFetch("That is not the address of a page; write it like https://www.example.com/contact.")
    if parts.username is not None or parts.password is not None:
        raise CannotFetch("An address with a password in it is not checked.")
    if not any(host == site or host.endswith(f".{site}") for site in sites):
        raise CannotFetch(f"{host} is not one of the company's domains: {', '.join(sorted(sites)) or 'none is set'}.")
    if port is not None and port not in USUAL_PORTS and not allow_local:
        raise CannotFetch("Only pages on the usual ports are checked.")
    return parts


def _get(client: httpx2.Client, parts: SplitResult) -> FetchedPage | str:
    """The page, or where it redirects to."""
    host = str(parts.hostname)
    try:
        with client.stream("GET", parts._replace(fragment="").geturl()) as answer:
            if answer.is_redirect:
                return str(answer.headers.get("location", ""))
            return FetchedPage(
                parts.geturl(),
                answer.status_code,
                answer.headers.get("content-type", ""),
                tuple(answer.headers.get_list("content-security-policy")),
                _text(answer),
            )
    except httpx2.TimeoutException:
        raise CannotFetch(f"{host} did not answer in time.") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
        if isinstance(error.__cause__, NoAddress):
            raise CannotFetch(f"{host} has no address on the internet. Is the domain written right?") from None
        said = "its certificate is not valid" if "CERTIFICATE" in str(error).upper() else "the connection failed"
        raise CannotFetch(f"{host} could not be read: {said}.") from None


def _text(answer: httpx2.Response) -> str:
    body = bytearray()
    for chunk in answer.iter_bytes(65_536):
        body += chunk
        if len(body) > MAX_PAGE_BYTES:
            raise CannotFetch("The page is larger than 2 MB, so it is not read to its end.")
    return bytes(body).decode(answer.charset_encoding or "utf-8", "replace")
