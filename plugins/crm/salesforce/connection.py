"""Our requests to an org through simple_salesforce. A request is repeated once if its session has just expired.

Imported only when a hook really calls Salesforce, because it imports the vendor's library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatch
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from hub.api import Refusal, Rejected, RetryLater, Services, each_item
from plugins.crm.salesforce.library import Client, SalesforceExpiredSession, format_soql
from plugins.crm.salesforce.refusals import SALESFORCE, first_entry
from plugins.crm.salesforce.settings import SalesforceSettings
from plugins.crm.salesforce.sign_in import access_tokens
from plugins.crm.salesforce.sosl import MAX_SEARCH_ROWS

USAGE = re.compile(r"api-usage=(\d{1,12})/(\d{1,12})")
"""Source: Salesforce, REST API, "Limit Info Header": the requests of the last 24 hours, and the limit."""
AnySession = TypeVar("AnySession", bound=requests.Session)


class Wire(HTTPAdapter):
    """The one adapter of a connector: it sends to the declared hosts only, with the hub's timeouts.

    simple_salesforce always writes `https://`, so the scheme is corrected here if a base URL has plain HTTP.
    """

    def __init__(self, settings: SalesforceSettings, services: Services, hosts: tuple[str, ...]) -> None:
        super().__init__()
        bases = [urlsplit(url) for url in (settings.login_url, settings.instance_url) if url]
        limits = services.http().timeout
        self._hosts = {*hosts, *(base.hostname for base in bases if base.hostname)}
        self._plain = {base.netloc for base in bases if base.scheme == "http"}
        self._timeout = (limits.connect, limits.read)
        self._clock, self._services = services.clock, services

    def carry(self, session: AnySession) -> AnySession:
        """`session`, with all its requests through this adapter and no settings from the environment."""
        session.trust_env = False
        session.mount("https://", self)
        session.mount("http://", self)
        return session

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request. A refusal is raised as one of our errors; simple_salesforce gets only that of a token (401)."""
        address = urlsplit(request.url or "")
        if not any(fnmatch(address.hostname or "", pattern) for pattern in self._hosts):
            raise Rejected(
                f"Salesforce redirected to {address.hostname}, which the manifest does not declare; set "
                "instance_url in config.yaml."
            )
        if address.scheme == "https" and address.netloc in self._plain:
            request.url = address._replace(scheme="http").geturl()
        response = super().send(request, *args, **{**kwargs, "timeout": self._timeout})
        usage = USAGE.search(response.headers.get("Sforce-Limit-Info") or "")
        if usage:
            self._services.note_quota(int(usage[1]), int(usage[2]))
        if response.status_code >= 300 and response.status_code != 401 and not response.is_redirect:
            raise SALESFORCE.error(
                SALESFORCE.refusal(response.status_code, response.headers, response.content, self._clock())
            )
        return response


Answer = TypeVar("Answer")
Row = Mapping[str, Any]

MAX_RECORDS_PER_REQUEST = 200
"""Most records in one request of the collections API. Source: Salesforce, REST API, "Create Multiple Records"."""
MAX_VALUES_PER_QUERY = 100
"""Most values in one query, so that the address stays below 16,384 bytes."""
COLLECTION = "composite/sobjects"


class Connection:
    """One org, signed in."""

    def __init__(self, settings: SalesforceSettings, services: Services, hosts: tuple[str, ...]) -> None:
        self.settings = settings
        wire = Wire(settings, services, hosts)
        self._sign_in = access_tokens(settings, services)
        self._session = wire.carry(requests.Session())

    def select(self, query: str, *values: object, archived: bool = False) -> list[Row]:
        """All rows of a SOQL query, page by page; each `{}` in it is replaced by a value or list, quoted here.

        With `archived` also activities of more than a year ago; then the query must leave out deleted records itself.
        Source: Salesforce Help, "Archived Activities".
        """
        text = format_soql(query, *values)

        def ask(following: str | None) -> Any:
            if following is None:
                return self._call(lambda client: client.query(text, include_deleted=archived))
            return self._call(lambda client: client.query_more(following, identifier_is_url=True))

        return list(each_item(ask, "records", "nextRecordsUrl", total="totalSize"))

    def select_each(self, query: str, values: Sequence[str], archived: bool = False) -> list[Row]:
        """The rows of a query for a list of values of any length."""
        parts = (values[start : start + MAX_VALUES_PER_QUERY] for start in range(0, len(values), MAX_VALUES_PER_QUERY))
        return [row for part in parts for row in self.select(query, list(part), archived=archived)]

    def search(self, text: str) -> list[Row]:
        """The records that a SOSL search finds. Rejected if it may have found more than it can show."""
        found = _rows(self._call(lambda client: client.search(text)), "searchRecords")
        if len(found) >= MAX_SEARCH_ROWS:
            raise Rejected(f"A search in Salesforce shows {MAX_SEARCH_ROWS} records at most and found as many.")
        return found

    def create(self, records: Sequence[Row]) -> list[Row]:
        """Create up to `MAX_RECORDS_PER_REQUEST` records independently; one result each, in order."""
        body = {"allOrNone": False, "records": list(records)}
        return _results(self._call(lambda client: client.restful(COLLECTION, method="POST", json=body)), len(records))

    def update(self, records: Sequence[Row]) -> list[Row]:
        """Change up to `MAX_RECORDS_PER_REQUEST` records by their `id`, independently; one result each, in order."""
        body = {"allOrNone": False, "records": list(records)}
        return _results(self._call(lambda client: client.restful(COLLECTION, method="PATCH", json=body)), len(records))

    def delete(self, ids: Sequence[str]) -> list[Row]:
        """Delete up to `MAX_RECORDS_PER_REQUEST` records independently; one result each, in order."""
        chosen = {"ids": ",".join(ids), "allOrNone": "false"}
        return _results(self._call(lambda client: client.restful(COLLECTION, params=chosen, method="DELETE")), len(ids))

    def limits(self) -> Row:
        """The org's limits and their remaining amounts."""
        answer = self._call(lambda client: client.limits())
        return answer if isinstance(answer, Mapping) else {}

    def _call(self, work: Callable[[Client], Answer]) -> Answer:
        token = self._sign_in.answer()
        try:
            return self._attempt(work, token)
        except SalesforceExpiredSession:
            token = self._sign_in.answer(refused=token["access_token"])
        try:
            return self._attempt(work, token)
        except SalesforceExpiredSession as error:
            raise SALESFORCE.error(Refusal(error.status, body=first_entry(error.content))) from None

    def _attempt(self, work: Callable[[Client], Answer], token: Row) -> Answer:
        client = Client(
            session_id=token["access_token"],
            instance_url=self.settings.instance_url or token["instance_url"],
            session=self._session,
            version=self.settings.api_version,
            parse_float=Decimal,
        )
        try:
            return work(client)
        except requests.JSONDecodeError:
            raise RetryLater("Salesforce's answer is not JSON; the hub tries again.") from None
        except requests.RequestException as error:
            raise RetryLater(f"Salesforce does not answer ({type(error).__name__}); the hub tries again.") from None


def _rows(answer: object, name: str) -> list[Row]:
    rows = answer.get(name) if isinstance(answer, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise RetryLater("Salesforce's response does not match its documentation; the hub tries again.")
    return rows


def _results(answer: object, count: int) -> list[Row]:
    if not isinstance(answer, list) or len(answer) != count or not all(isinstance(row, Mapping) for row in answer):
        raise RetryLater("Salesforce did not answer for each record; the hub checks again which of them it has.")
    return answer
