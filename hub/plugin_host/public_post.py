"""Requests to an address that a user or a program wrote: over TLS, to public addresses only, no redirects, small answers, short
waits.

A name is resolved once, every address that it has is checked, and the connection goes to the checked address; so neither a
name of this network nor one that changes between check and use reaches anything inside. Proxies of the environment are not
used.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hub.contracts.addresses import NOT_PUBLIC, WEBHOOK_PORTS, is_public, why_no_webhook
from hub.contracts.refusals import retry_after
from hub.errors import CannotDo, Rejected, RetryLater
from hub.platform.clock import utc_now

if TYPE_CHECKING:
    import ssl

    from hub.plugin_host.checked_connections import Resolve

TIMEOUT_SECONDS = 10.0
MAX_ANSWER_BYTES = 16_384
LOOK_UP_SECONDS = 2.0
BUSY = (408, 425, 429)


@dataclass(frozen=True)
class Answer:
    """What the other side said."""

    status: int
    retry_after: float | None


def checked_url(text: str) -> str:
    """An address that a POST may go to; CannotDo says what is wrong with it."""
    if wrong := why_no_webhook(text):
        raise CannotDo(wrong)
    return text.strip()


def warning_of(url: str, resolve: Resolve | None = None) -> str:
    """A sentence if the name in an address that was just typed has no address now, else empty: it may be typed wrongly, or not
    be set up yet."""
    from hub.plugin_host.checked_connections import resolved

    if why_no_webhook(url, private=True):
        return ""
    host, found = urlsplit(url).hostname or "", threading.Event()

    def look() -> None:
        with suppress(Exception):
            (resolve or resolved)(host, WEBHOOK_PORTS[0])
            found.set()

    looking = threading.Thread(target=look, name="look up a name", daemon=True)
    looking.start()
    looking.join(LOOK_UP_SECONDS)
    return "" if found.is_set() else f"{host} has no address now; if it is typed wrongly, nothing arrives."


@dataclass(frozen=True)
class PublicPost:
    """Sends POST requests to public addresses. Tests give another rule for addresses, and their own certificates."""

    allowed: Callable[[str], bool] = is_public
    resolve: Resolve | None = None
    ssl_context: ssl.SSLContext | None = None
    timeout: float = TIMEOUT_SECONDS

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer, whatever its status. Rejected if the address is not public, RetryLater if nothing answers."""
        return self._exchange("POST", url, headers, body, MAX_ANSWER_BYTES)[0]

    def fetch(self, url: str, headers: Mapping[str, str], most: int) -> tuple[Answer, bytes]:
        """The answer to a GET, with its content. Rejected too if that has more than `most` bytes."""
        answer, content = self._exchange("GET", url, headers, None, most)
        if len(content) > most:
            raise Rejected(f"The address answered with more than {most} bytes.")
        return answer, content

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most: int
    ) -> tuple[Answer, bytes]:
        """The answer with the content that was read of it, more than `most` bytes if it is longer."""
        import httpcore2

        from hub.plugin_host.checked_connections import CheckedConnections, resolved

        until = time.monotonic() + 2 * self.timeout
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self.timeout)
        with httpcore2.ConnectionPool(
            ssl_context=self.ssl_context,
            network_backend=CheckedConnections(self._refuse, self.resolve or resolved, until),
            retries=0,
        ) as pool:
            try:
                with pool.stream(
                    method, url, headers=[*headers.items()], content=body, extensions={"timeout": limits}
                ) as answer:
                    content = b""
                    for part in answer.iter_stream():
                        content += part
                        if len(content) > most or time.monotonic() > until:
                            break
                    reported = {name.lower(): value for name, value in answer.headers}
                    wait = retry_after(reported.get(b"retry-after", b"").decode("latin-1"), utc_now())
                    return Answer(answer.status, wait), content
            except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError) as error:
                raise RetryLater(f"The address did not answer ({type(error).__name__}).") from None

    def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """The same, for a request that must be taken: RetryLater or Rejected if it is not."""
        self.judge(self.send(url, headers, body))

    def _refuse(self, host: str, addresses: Sequence[str]) -> None:
        if not all(map(self.allowed, addresses)):
            raise Rejected(NOT_PUBLIC)

    @staticmethod
    def judge(answer: Answer) -> None:
        """Nothing if the request was taken; RetryLater or Rejected if not."""
        if 200 <= answer.status < 300:
            return
        if answer.status >= 500 or answer.status in BUSY:
            raise RetryLater(f"The address answered {answer.status}.", after=answer.retry_after)
        if 300 <= answer.status < 400:
            raise Rejected(f"The address answered {answer.status}; redirects are not followed.", str(answer.status))
        raise Rejected(f"The address answered {answer.status}.", str(answer.status))
