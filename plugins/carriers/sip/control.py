"""The control addresses of the gateways, over the hub's HTTP client: each request is signed, and what each failure means.

`sandbox/operations.yaml` lists the operations.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hub.api import JsonObject, Provider, RetryLater, RingfenceError, Services
from hub.api.twiml import TwimlCarrier
from plugins.carriers.sip.engine.limits import ABROAD, CALL_BACKS, FORWARDS, WORDS
from plugins.carriers.sip.settings import SipSettings
from plugins.carriers.sip.signature import HEADER, sign

if TYPE_CHECKING:
    import httpx2

GATEWAY = Provider(
    name="The gateway",
    remedy="check that its secret is the hub's, and that both clocks are right",
    code="code",
    words="message",
    help="",
)
MISSING = frozenset({404})
PAGES = 10_000
"""More than a gateway ever has; a list that does not end is a fault."""


ALMOST = 0.8
"""The part of a cap from which it is reported."""
CAPS: Mapping[str, tuple[str, str, str]] = {
    FORWARDS: (WORDS[FORWARDS], "forward_minutes_per_day", "calls that come in go on reaching your phones"),
    CALL_BACKS: (WORDS[CALL_BACKS], "call_back_minutes_per_day", "no more are placed today"),
    ABROAD: (WORDS[ABROAD], "abroad_minutes_per_day", "no phone abroad is rung any more today"),
}
"""What outgoing calls are for → in words, the setting of the cap, and what happens when it is reached."""


class Control:
    """The gateways of one connector. Every method returns its result or raises one of the hub's errors."""

    def __init__(self, settings: SipSettings, services: Services) -> None:
        self.gateways: tuple[str, ...] = tuple(settings.gateways)
        self._secret, self._services = settings.secrets[0], services

    def json(
        self, gateway: str, method: str, path: str, body: Mapping[str, object] | None = None, *, once: bool = False
    ) -> JsonObject:
        """The JSON object that answers a request to one gateway."""
        signed = self._signed(gateway, method, path, body)
        return self._services.json(GATEWAY, method, f"{gateway}{path}", once=once, **signed)

    def reply(self, gateway: str, method: str, path: str, body: Mapping[str, object] | None = None) -> httpx2.Response:
        """The reply to a request to one gateway: a success, or 404."""
        signed = self._signed(gateway, method, path, body)
        return self._services.send(GATEWAY, method, f"{gateway}{path}", expected=MISSING, **signed)

    def listed(self, path: str, query: Mapping[str, str]) -> Iterator[tuple[str, JsonObject]]:
        """Each page of a list, of all gateways, each with its gateway."""
        for gateway in self.gateways:
            after = ""
            for _ in range(PAGES):
                page = self.json(gateway, "GET", f"{path}?{urlencode({**query, 'after': after})}")
                yield gateway, page
                after = page.get("next") or ""
                if not isinstance(after, str):
                    raise RetryLater("The gateway names a next page that it cannot have.")
                if not after:
                    break

    def first(self, ask: Callable[[str], Any]) -> Any:
        """The result of the first gateway that answers; the last one's error if none does."""
        error: RingfenceError | None = None
        for gateway in self.gateways:
            try:
                return ask(gateway)
            except RetryLater as failed:
                error = failed
        raise error or RetryLater("No gateway is configured.")

    def _signed(self, gateway: str, method: str, path: str, body: Mapping[str, object] | None) -> JsonObject:
        content = b"" if body is None else json.dumps(body).encode()
        signature = sign(self._secret, self._services.clock(), method, f"{gateway}{path}", content)
        headers = {HEADER: signature} | ({"content-type": "application/json"} if content else {})
        return {"content": content, "headers": headers}


def items(page: Mapping[str, object], name: str) -> list[JsonObject]:
    """The list in a reply; RetryLater if there is none."""
    found = page.get(name)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise RetryLater(f"The gateway answered without a list of {name}.")
    return found


def caps_reached(caps: object) -> str:
    """The caps of the day of which 80 % or all is used, in a sentence with what to do; blank if there is none."""
    found = []
    for kind, (words, setting, effect) in CAPS.items():
        used, cap = caps.get(kind, (0, 0)) if isinstance(caps, dict) else (0, 0)
        if cap and used >= cap:
            found.append(f"the {cap} minutes a day for {words} are used up: {effect}; limits.{setting} sets them")
        elif cap and used >= ALMOST * cap:
            found.append(f"80 % of the {cap} minutes a day for {words} are used; limits.{setting} sets them")
    return "; ".join(found)


class Account(TwimlCarrier):
    """One trunk with its gateways as a connector; the modules beside this one add its hooks by subject."""

    settings: SipSettings

    def __init__(self, name: str, settings: SipSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        self._control = Control(settings, services)
