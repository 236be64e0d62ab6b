"""The hub as the gateway asks it: signed forms to its webhooks, at the first of its addresses that answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode

import httpx2
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from plugins.carriers.sip.gateway.fields import Fields, now
from plugins.carriers.sip.gateway.start import Start
from plugins.carriers.sip.signature import HEADER, sign

log = structlog.get_logger(__name__)
ASK_SECONDS = 2.0
"""How long a caller waits for a document; then the gateway repeats one."""
ONE_ADDRESS_SECONDS = 1.2
"""How long one of several addresses may take, so that another one gets its turn."""
REPORT_SECONDS = 10.0
WEBHOOKS = "/webhooks/"
"""How the path of each of the hub's webhooks begins."""
MAX_DOCUMENT_BYTES = 262_144
MAX_AUDIO_BYTES = 20_000_000
MAX_MESSAGE_BYTES, MAX_MESSAGES = 20_000, 8
"""Of the hub in a conversation: of one, and how many wait."""
PING_SECONDS = 10


class HubClient:
    """Sends forms to the hub, and fetches its audio."""

    def __init__(self, start: Start) -> None:
        self._start, self._secret = start, start.settings.secrets[0]
        self._http = httpx2.AsyncClient(trust_env=False, timeout=REPORT_SECONDS)
        self.refused = False
        """Whether the hub refused our signature the last time."""
        self.answered = asyncio.Event()
        """Set when the hub answers a question, so that reports need not wait any longer."""

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(self, url: str, fields: Mapping[str, str]) -> str | None:
        """The document that answers a form; None if the hub gives none in time."""
        try:
            async with asyncio.timeout(ASK_SECONDS):
                for hub in self._start.hub_addresses:
                    limit = ASK_SECONDS if len(self._start.hub_addresses) == 1 else ONE_ADDRESS_SECONDS
                    reply = await self._post(hub, url, fields, limit)
                    if reply is not None and reply.status_code == 200 and len(reply.content) <= MAX_DOCUMENT_BYTES:
                        self.answered.set()
                        return reply.text
        except TimeoutError:
            pass
        return None

    async def report(self, url: str, fields: Mapping[str, str]) -> bool | None:
        """Send a form that only reports something; whether the hub has taken it, None if it does not answer. An address
        from before `hub.public_url` was changed is the same path of the present one."""
        if not self.is_ours(url):
            url = f"{self._start.public_url}{url[url.find(WEBHOOKS) :]}"
        taken = None
        for hub in self._start.hub_addresses:
            reply = await self._post(hub, url, fields, REPORT_SECONDS)
            if reply is not None:
                taken = reply.status_code == 200
            if taken:
                break
        return taken

    async def audio(self, url: str) -> bytes | None:
        """A file that the hub serves; None if it does not. Nothing is fetched from elsewhere."""
        if not self.is_ours(url):
            return None
        for hub in self._start.hub_addresses:
            try:
                reply = await self._http.get(f"{hub}{url.removeprefix(self._start.public_url)}", timeout=ASK_SECONDS)
            except httpx2.HTTPError:
                continue
            if reply.status_code == 200 and len(reply.content) <= MAX_AUDIO_BYTES:
                return reply.content
        return None

    async def converse(self, url: str) -> ClientConnection | None:
        """The websocket on which an assistant of the hub talks; None if the hub opens none."""
        public = f"ws{self._start.public_url.removeprefix('http')}"
        if not url.startswith(f"{public}{WEBHOOKS}"):
            log.error("a document names a websocket that is not the hub's")
            return None
        headers = {HEADER: sign(self._secret, now(), "GET", url, b"")}
        for hub in self._start.hub_addresses:
            try:
                return await connect(
                    f"ws{hub.removeprefix('http')}{url.removeprefix(public)}", additional_headers=headers, proxy=None,
                    open_timeout=ASK_SECONDS, ping_interval=PING_SECONDS, ping_timeout=PING_SECONDS, close_timeout=1,
                    max_size=MAX_MESSAGE_BYTES, max_queue=MAX_MESSAGES, compression=None,
                )  # fmt: skip
            except (OSError, TimeoutError, WebSocketException) as error:
                log.warning("the hub opens no conversation", error=type(error).__name__)
        return None

    def is_ours(self, url: str) -> bool:
        """Whether an address is the hub's."""
        return url.startswith(f"{self._start.public_url}/")

    async def _post(self, hub: str, url: str, fields: Mapping[str, str], seconds: float) -> httpx2.Response | None:
        if not self.is_ours(url):
            log.error("a document names an address that is not the hub's")
            return None
        body = urlencode(fields).encode()
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            HEADER: sign(self._secret, now(), "POST", url, body),
        }
        where = f"{hub}{url.removeprefix(self._start.public_url)}"
        try:
            reply = await self._http.post(where, content=body, headers=headers, timeout=seconds)
        except httpx2.HTTPError as error:
            log.warning("the hub does not answer", error=type(error).__name__)
            return None
        self.refused = reply.status_code == 403
        if reply.status_code != 200:
            log.warning("the hub does not take a webhook", status=reply.status_code)
        return reply

    def form(self, fields: Fields) -> Fields:
        """The fields with the account that every webhook names."""
        return {"AccountSid": self._start.name, **fields}
