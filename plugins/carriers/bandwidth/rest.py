"""Bandwidth's three APIs over the hub's HTTP client: calls and texts in JSON, sign-in and numbers (numbers in XML).

Sources: dev.bandwidth.com/docs/account/credentials (client credentials; API users with a password end on 2 December 2026),
/docs/voice/errors, /docs/messaging/errors, /docs/numbers, and the SDK 23.3.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement, tostring

from hub.api import (
    ConfigError,
    Connector,
    JsonObject,
    Provider,
    Refusal,
    Rejected,
    RetryLater,
    Services,
    as_mappings,
    as_text,
    each_item,
    json_object,
    xml_root,
)
from hub.api.oauth import OAuthGrant
from plugins.carriers.bandwidth.proof import Proof
from plugins.carriers.bandwidth.settings import BandwidthSettings

if TYPE_CHECKING:
    import httpx2

NOT_FOUND = (404, 410)
REFUSED = (400, 404, 405, 409, 410, 415, 422)
PASSING = ("1000", "4009", "5014", "5015", "5086")
"""Codes of the numbers API whose words ask for another try. Source: dev.bandwidth.com/docs/numbers/errors."""


def refusal_details(refusal: Refusal) -> tuple[str, str]:
    """The error's type and words; the HTTP status replaces a missing type."""
    code = as_text(refusal.body.get("type"))
    fields = [as_text(each.get("description")) for each in as_mappings(refusal.body.get("fieldErrors"))]
    words = " ".join(filter(None, [as_text(refusal.body.get("description")), *fields]))
    return (code if re.fullmatch(r"[\w.-]{1,40}", code, re.ASCII) else str(refusal.status)), words


BANDWIDTH = Provider(
    name="Bandwidth",
    remedy="check client_id, client_secret and the credential's roles",
    details=refusal_details,
    codes=dict.fromkeys(PASSING, RetryLater),
)


class Rest:
    """One account. Every method returns its result or raises one of the hub's errors."""

    def __init__(self, settings: BandwidthSettings, services: Services) -> None:
        self.settings, self.log, self._services = settings, services.log, services
        secret = settings.client_secret.get_secret_value()
        grant = OAuthGrant(
            provider=BANDWIDTH,
            token_url=f"{settings.api_url}/api/v1/oauth2/token",
            client_id=settings.client_id,
            client_secret=secret,
            client_credentials=True,
            identity=(settings.api_url, settings.client_id, secret),
        )
        self._tokens = services.access_tokens(grant)
        self.voice = f"{settings.voice_url}/api/v2/accounts/{settings.account_id}"
        self.texts = f"{settings.messaging_url}/api/v2/users/{settings.account_id}"
        self.numbers = f"{settings.api_url}/api/accounts/{settings.account_id}"
        self.all_numbers = f"{settings.api_url}/api/tns"

    def send(self, method: str, url: str, *, provider: Provider = BANDWIDTH, **options: Any) -> httpx2.Response:
        """One request with an access token."""
        return self._services.send(provider, method, url, tokens=self._tokens, **options)

    def post_once(self, url: str, body: Mapping[str, object], provider: Provider = BANDWIDTH) -> dict[str, object]:
        """Create something that must not be created twice. Raises OutcomeUnknown if Bandwidth may have created it anyway."""
        return self._services.json(provider, "POST", url, once=True, json=body, tokens=self._tokens)

    def read_json(self, url: str, query: Mapping[str, str]) -> dict[str, object]:
        """A JSON object that must exist."""
        return self._services.json(BANDWIDTH, "GET", url, params=query, tokens=self._tokens)

    def get(self, url: str) -> JsonObject | None:
        """A JSON object; None if it does not exist."""
        reply = self.send("GET", url, expected=NOT_FOUND)
        if reply.status_code in NOT_FOUND:
            return None
        found = json_object(reply.content)
        if found is None:
            raise RetryLater("Bandwidth did not return a JSON object.")
        return found

    def command(self, method: str, url: str, expected: Collection[int], **options: Any) -> bool:
        """A command that has no content in reply; whether it was carried out, False for an `expected` status."""
        reply = self.send(method, url, expected=expected, **options)
        if reply.is_success and reply.content:
            raise RetryLater("Bandwidth's reply to a command is not Bandwidth's.")
        return reply.is_success

    def lists(self, url: str, query: Mapping[str, str]) -> Iterator[dict[str, object]]:
        """Each item of a list of the voice API, through the pages that its Link header names."""

        def ask(following: str | None) -> JsonObject:
            if following and not following.startswith(self.settings.voice_url + "/"):
                raise RetryLater("Bandwidth names a next page that is not its own.")
            reply = self.send("GET", following) if following else self.send("GET", url, params=query)
            link = re.search(r'<([^<>]+)>;\s*rel="?next"?', reply.headers.get("link", ""))
            return {"items": _items(reply), "next": link[1] if link else None}

        return each_item(ask, "items", "next")

    # The numbers API

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Element | None:
        """A resource of the numbers API; None if it does not exist. `path` is below the account, or a whole address."""
        reply = self.send("GET", self._at(path), params=query, expected=REFUSED)
        return None if reply.status_code in NOT_FOUND else _shown(reply)

    def must_read(self, path: str, query: Mapping[str, str] | None = None) -> Element:
        """A resource that must exist."""
        found = self.read(path, query)
        if found is None:
            raise Rejected(
                f"Bandwidth does not know {path.lstrip('/').partition('/')[0]}; check the ids in the settings."
            )
        return found

    def write(self, method: str, path: str, body: Element | None, **options: Any) -> Element:
        """Create, change or delete a resource. Returns what Bandwidth shows of it."""
        if body is not None:
            sent = {"content-type": "application/xml; charset=utf-8"}
            options |= {"content": tostring(body, encoding="utf-8", xml_declaration=True), "headers": sent}
        reply = self.send(method, self._at(path), expected=REFUSED, **options)
        return _shown(reply) if reply.content else Element("Done")

    def pages(self, path: str, item: str, query: Mapping[str, str], size: int) -> Iterator[Element]:
        """Each item of a list of the numbers API. A list that says no count ends at a page that is not full."""

        def ask(number: int) -> JsonObject:
            page = self.must_read(path, {**query, "page": str(number), "size": str(size)})
            found = [{"xml": tostring(each)} for each in page.iter(item)]
            counted = "" if len(found) == size else str((number - 1) * size + len(found))
            return {"items": found, "total": said(page, "TotalCount", "TelephoneNumberCount") or counted}

        return (parsed(each["xml"]) for each in each_item(ask, "items", by="page", total="total"))

    def _at(self, path: str) -> str:
        return path if path.startswith("http") else self.numbers + path


class Account(Connector):
    """One account as a connector; the modules beside this one add its hooks by subject."""

    settings: BandwidthSettings

    def __init__(self, name: str, settings: BandwidthSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        if not settings.client_secret.get_secret_value().strip():
            raise ConfigError(f"connector {name!r} has an empty client_secret; set it in config.yaml.")
        self._rest, self._proof = Rest(settings, services), Proof(settings, services.webhook_url)


def _shown(reply: httpx2.Response) -> Element:
    """What a reply of the numbers API shows, or the error in it."""
    if reply.is_success:
        return parsed(reply.content)
    refused = errors_of(parsed(reply.content) if reply.content.lstrip()[:1] == b"<" else Element("Nothing"))
    code, words = refused[0] if refused else (str(reply.status_code), "")
    raise BANDWIDTH.error(replace(Refusal(reply.status_code), body={"type": code, "description": words}))


def _items(reply: httpx2.Response) -> list[JsonObject]:
    try:
        items = json.loads(reply.content)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise RetryLater("Bandwidth answered without a list.")
    return items


def parsed(content: bytes) -> Element:
    """An XML reply."""
    found = xml_root(content)
    if found is None:
        raise RetryLater("Bandwidth did not return XML.")
    return found


def element(tag: str, fields: Mapping[str, Any]) -> Element:
    """An element with children: a text, a mapping, or a list of texts for a repeated child. Blank ones are left out."""
    made = Element(tag)
    for name, value in fields.items():
        if isinstance(value, Mapping):
            made.append(element(name, value))
        else:
            for each in [value] if isinstance(value, str) else value or ():
                if each:
                    SubElement(made, name).text = each
    return made


def said(found: Element, *names: str) -> str:
    """The text of the first descendant with one of the names; blank if there is none."""
    return next(((each.text or "").strip() for name in names for each in found.iter(name)), "")


def errors_of(found: Element) -> list[tuple[str, str]]:
    """The errors in a reply: code and words. `Status` holds codes of success."""
    holders: Iterable[Element] = (each for each in found.iter() if each.tag in ("Error", "Errors", "ResponseStatus"))
    reported = ((said(each, "Code", "ErrorCode"), said(each, "Description")) for each in [*holders, found])
    return [(code, words) for code, words in reported if code and not re.fullmatch(r"2\d\d", code)]
