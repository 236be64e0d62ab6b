"""Our requests to an org over the hub's HTTP client."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hub.api import RetryLater, Services

from .refusals import SALESFORCE
from .settings import SalesforceSettings
from .sign_in import access_tokens

Row = Mapping[str, Any]

MAX_RECORDS_PER_REQUEST = 200
"""Most records in one request of the collections API. Source: Salesforce, REST API, "Create Multiple Records"."""
MAX_VALUES_PER_QUERY = 100
"""Most values in one query, so that the address stays below 16,384 bytes."""
COLLECTION = "composite/sobjects"
USAGE = re.compile(r"api-usage=(\d{1,12})/(\d{1,12})")
"""Source: Salesforce, REST API, "Limit Info Header": the requests of the last 24 hours, and the limit."""
UNREADABLE = "Salesforce's response does not match its documentation; the hub tries again."


class Connection:
    """One org, signed in."""

    def __init__(self, settings: SalesforceSettings, services: Services) -> None:
        self.settings, self._services = settings, services
        self._sign_in = access_tokens(settings, services)

    def select(self, query: str, *values: str | Sequence[str], archived: bool = False) -> list[Row]:
        """All rows of a SOQL query, page by page; each `{}` in it is replaced by a value or list, quoted here.

        With `archived` also activities of more than a year ago; then the query must leave out deleted records itself.
        Source: Salesforce Help, "Archived Activities".
        """
        text = query.format(*map(quoted, values))
        answer = self._ask("GET", "queryAll/" if archived else "query/", params={"q": text})
        rows = _rows(answer, "records")
        while answer.get("done") is False and answer.get("nextRecordsUrl"):
            answer = self._ask("GET", str(answer["nextRecordsUrl"]))
            rows += _rows(answer, "records")
        return rows

    def select_each(self, query: str, values: Sequence[str], archived: bool = False) -> list[Row]:
        """The rows of a query for a list of values of any length."""
        parts = (values[start : start + MAX_VALUES_PER_QUERY] for start in range(0, len(values), MAX_VALUES_PER_QUERY))
        return [row for part in parts for row in self.select(query, part, archived=archived)]

    def search(self, text: str) -> list[Row]:
        """The records that a SOSL search finds."""
        return _rows(self._ask("GET", "search/", params={"q": text}), "searchRecords")

    def create(self, records: Sequence[Row]) -> list[Row]:
        """Create up to `MAX_RECORDS_PER_REQUEST` records independently; one result each, in order."""
        return _results(self._ask("POST", COLLECTION, json=_independent(records)), len(records))

    def update(self, records: Sequence[Row]) -> list[Row]:
        """Change up to `MAX_RECORDS_PER_REQUEST` records by their `id`, independently; one result each, in order."""
        return _results(self._ask("PATCH", COLLECTION, json=_independent(records)), len(records))

    def delete(self, ids: Sequence[str]) -> list[Row]:
        """Delete up to `MAX_RECORDS_PER_REQUEST` records independently; one result each, in order."""
        chosen = {"ids": ",".join(ids), "allOrNone": "false"}
        return _results(self._ask("DELETE", COLLECTION, params=chosen), len(ids))

    def limits(self) -> Row:
        """The org's limits and their remaining amounts."""
        answer = self._ask("GET", "limits/")
        return answer if isinstance(answer, Mapping) else {}

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of a reply; its amounts are exact."""
        instance = str(self.settings.instance_url or self._sign_in.answer()["instance_url"]).rstrip("/")
        place = path if path.startswith("/") else f"/services/data/v{self.settings.api_version}/{path}"
        reply = self._services.send(SALESFORCE, method, instance + place, tokens=self._sign_in, **options)
        usage = USAGE.search(reply.headers.get("Sforce-Limit-Info") or "")
        if usage:
            self._services.note_quota(int(usage[1]), int(usage[2]))
        try:
            return json.loads(reply.content, parse_float=Decimal)
        except (ValueError, RecursionError):
            raise RetryLater("Salesforce's answer is not JSON; the hub tries again.") from None


def quoted(value: str | Sequence[str]) -> str:
    """A value or a list of values in SOQL. Source: Salesforce, SOQL and SOSL Reference, "Quoted String Escape Sequences"."""
    if not isinstance(value, str):
        return f"({','.join(map(quoted, value))})"
    escapes = str.maketrans({"\n": r"\n", "\r": r"\r", "\t": r"\t", "\b": r"\b", "\f": r"\f"})
    return "'" + re.sub(r"""(['"\\])""", r"\\\1", value).translate(escapes) + "'"


def _independent(records: Sequence[Row]) -> dict[str, Any]:
    return {"allOrNone": False, "records": list(records)}


def _rows(answer: Any, name: str) -> list[Row]:
    rows = answer.get(name) if isinstance(answer, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise RetryLater(UNREADABLE)
    return rows


def _results(answer: Any, count: int) -> list[Row]:
    if not isinstance(answer, list) or len(answer) != count or not all(isinstance(row, Mapping) for row in answer):
        raise RetryLater("Salesforce did not answer for each record; the hub checks again which of them it has.")
    return answer
