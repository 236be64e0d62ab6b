"""Fetches a page of a company's own sites for its users, and nothing else: no other host, no address that is not public,
no endless answer.

The host's addresses are looked up once and the connection goes to the address that was checked, so a name that changes its
mind leads nowhere. Source: OWASP, Server-Side Request Forgery Prevention.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx2

from hub.contracts.addresses import is_public
from hub.errors import CannotDo

MAX_PAGE_BYTES = 2_000_000
MAX_REDIRECTS = 3
MAX_SECONDS = 10.0
STEP_SECONDS = 5.0
MAX_ADDRESS = 2_000
USUAL_PORTS = frozenset({80, 443})
AT_ONCE = threading.BoundedSemaphore(4)
Resolve = Callable[[str, int], Collection[str]]


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


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a host; CannotFetch if it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise CannotFetch(f"{host} has no address on the internet. Is the domain written right?") from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def fetch_page(
    address: str, sites: Collection[str], *, allow_local: bool = False, resolve: Resolve = resolved
) -> FetchedPage:
    """The page at an address of one of `sites`, or of their subdomains. `allow_local` admits this machine's own addresses
    and any port, for a hub that itself runs on it."""
    url = address if "://" in address else f"https://{address}"
    ends = time.monotonic() + MAX_SECONDS
    with _turn():
        for _ in range(MAX_REDIRECTS + 1):
            parts = _checked(url, sites, allow_local=allow_local)
            answer = _get(parts, _public_address(parts, resolve, allow_local=allow_local), ends)
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


def _public_address(parts: SplitResult, resolve: Resolve, *, allow_local: bool) -> str:
    """The host's first address, if all of them may be called."""
    host = str(parts.hostname)
    addresses = list(resolve(host, _port(parts)))
    parsed = [ipaddress.ip_address(each.partition("%")[0]) for each in addresses]
    if not parsed or not all(is_public(str(each)) or (allow_local and each.is_loopback) for each in parsed):
        raise CannotFetch(f"{host} leads to an address that is not public, so it is not fetched.")
    return str(parsed[0])


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _get(parts: SplitResult, address: str, ends: float) -> FetchedPage | str:
    """The page, or where it redirects to."""
    host = str(parts.hostname)
    literal = f"[{address}]" if ":" in address else address
    target = parts._replace(netloc=f"{literal}:{_port(parts)}", fragment="", path=parts.path or "/").geturl()
    usual = _port(parts) == (443 if parts.scheme == "https" else 80)
    headers = {
        "Host": host if usual else f"{host}:{_port(parts)}",
        "Accept": "text/html",
        "User-Agent": "Mozilla/5.0 (compatible; Ringfence page check)",
    }
    try:
        with (
            httpx2.Client(timeout=STEP_SECONDS, trust_env=False, follow_redirects=False) as client,
            client.stream("GET", target, headers=headers, extensions={"sni_hostname": host}) as answer,
        ):
            if answer.is_redirect:
                return str(answer.headers.get("location", ""))
            return FetchedPage(
                parts.geturl(),
                answer.status_code,
                answer.headers.get("content-type", ""),
                tuple(answer.headers.get_list("content-security-policy")),
                _text(answer, ends),
            )
    except httpx2.TimeoutException:
        raise CannotFetch(f"{host} did not answer in time.") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
        said = "its certificate is not valid" if "CERTIFICATE" in str(error).upper() else "the connection failed"
        raise CannotFetch(f"{host} could not be read: {said}.") from None


def _text(answer: httpx2.Response, ends: float) -> str:
    body = bytearray()
    for chunk in answer.iter_bytes(65_536):
        body += chunk
        if time.monotonic() > ends:
            raise CannotFetch("The page did not arrive in time.")
        if len(body) > MAX_PAGE_BYTES:
            raise CannotFetch("The page is larger than 2 MB, so it is not read to its end.")
    return bytes(body).decode(answer.charset_encoding or "utf-8", "replace")
