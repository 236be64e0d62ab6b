"""Plivo's REST API over the hub's HTTP client: signing in, pages, and what each failure means.

Source: plivo.com/docs/voice/api/overview, /docs/voice/concepts/account-limits and the SDK's `plivo.rest.client`. Plivo's
errors have no codes of their own, so the HTTP status is the code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from hub.api import ConfigError, JsonObject, Provider, Refusal, Rejected, RetryLater, Services, each_item
from hub.api.carriers import rejecting, type_and_bytes
from hub.api.twiml import CallbackAddresses, TwimlCarrier, address_at
from plugins.carriers.plivo.settings import PlivoSettings

PAGE_SIZE = 20
"""The most that Plivo puts on a page."""
STORAGE = "s3.amazonaws.com"
"""Where Plivo keeps recordings besides its own host, below `FOLDERS`; that host gets no auth token."""
FOLDERS = ("/recordings_", "/plivocloud/")


def _details(refusal: Refusal) -> tuple[str, str]:
    said = refusal.body.get("error") or refusal.body.get("message")
    return str(refusal.status), said if isinstance(said, str) else ""


PLIVO = Provider(name="Plivo", remedy="check auth_id and auth_token", details=_details)


def _one_only(refusal: Refusal) -> Rejected | None:
    """403 on a call or a text is about its country or numbers, not about the token. Source: the SDK's GeoPermissionError."""
    why = "Plivo does not allow it: look at the account's geo permissions and the sender's registration."
    return Rejected(why, "403") if refusal.status == 403 else None


PLIVO_ONCE = replace(PLIVO, special=_one_only)


class Rest:
    """One account's REST API. Every method returns its result or raises one of the hub's errors.

    Paths start after the account, as in `Call/{id}`.
    """

    def __init__(self, settings: PlivoSettings, services: Services) -> None:
        self.settings = settings
        self.services = services

    def get(self, path: str, query: Mapping[str, str] | None = None) -> JsonObject:
        """A resource."""
        return self.services.json(PLIVO, "GET", self._url(path), auth=self._auth(), params=query)

    def find(self, path: str) -> dict[str, object] | None:
        """A resource; None if it does not exist."""
        try:
            return self.get(path)
        except Rejected as error:
            if error.code != "404":
                raise
            return None

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        """Create or change a resource. Returns Plivo's reply, which seldom shows the resource."""
        return self.services.json(PLIVO, "POST", self._url(path), auth=self._auth(), json=body)

    def post_once(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        """Create something that must not be created twice. Raises OutcomeUnknown if Plivo may have created it anyway."""
        return self.services.json(PLIVO_ONCE, "POST", self._url(path), auth=self._auth(), json=body, once=True)

    def delete(self, path: str) -> bool:
        """Delete a resource; False if it was already gone."""
        response = self.services.send(PLIVO, "DELETE", self._url(path), auth=self._auth(), expected=(404,))
        if response.status_code not in (202, 204, 404):
            raise RetryLater("Plivo did not confirm the deletion.")
        return response.status_code != 404

    def pages(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[JsonObject]:
        """Each item of a list, through all pages."""

        def ask(following: object) -> JsonObject:
            return self.get(path, {**(query or {}), **_place(following)})

        return each_item(ask, "objects", "meta.next", total="meta.total_count")

    def download(self, url: object, what: str) -> tuple[str, bytes]:
        """A file of Plivo's: content type and bytes. Rejected for an address that is not Plivo's.

        Plivo's own host gets the auth token, which it wants if the account protects its media.
        """
        address = str(url).replace("http://", "https://", 1) if urlsplit(str(url)).netloc == STORAGE else url
        with rejecting(f"The {what} is not fetched."):
            known = address_at(address, (self.settings.media_url,), "Plivo", (STORAGE,))
        stored = urlsplit(known).netloc == STORAGE
        if stored and not urlsplit(known).path.startswith(FOLDERS):
            raise Rejected(f"the {what} is not in Plivo's storage, so it is not fetched.")
        response = self.services.send(PLIVO, "GET", known, auth=None if stored else self._auth())
        return type_and_bytes(response)

    def _url(self, path: str) -> str:
        return f"{self.settings.base_url}/v1/Account/{self.settings.auth_id}/{path}/"

    def _auth(self) -> tuple[str, str]:
        return self.settings.auth_id, self.settings.auth_token.get_secret_value()


def _place(following: object) -> dict[str, str]:
    """The query of the page at the address that Plivo names, or of the first: by offset, or by a cursor, with which no offset
    may be sent. Source: `_next_page_params` of the SDK 4.63, which knows both kinds of deployment, and their hybrid."""
    query = parse_qs(urlsplit(str(following or "")).query)
    name = next((each for each in ("cursor", "offset") if each in query), "offset")
    return {"limit": query.get("limit", [str(PAGE_SIZE)])[0], name: query.get(name, ["0"])[0]}


class Account(TwimlCarrier):
    """One account as a connector; the modules beside this one add its hooks by subject."""

    settings: PlivoSettings

    def __init__(self, name: str, settings: PlivoSettings, services: Services) -> None:
        super().__init__(name, settings, services)
        if not all(token.strip() for token in settings.tokens()):
            raise ConfigError(f"connector {name!r} has an empty auth token; set it in config.yaml.")
        # Plivo's signature covers a query without its encoding, so each of our addresses has a proof.
        token, *earlier = settings.tokens()
        self.addresses = CallbackAddresses(services.webhook_url, token, earlier)
        self._rest = Rest(settings, services)


def stamp(at: datetime) -> str:
    """A time as Plivo's filters want it, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
