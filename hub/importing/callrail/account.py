"""One CallRail account, read through its API as structure, totals and pages of records."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from hub.contracts.untrusted import JsonObject
from hub.errors import CannotDo
from hub.importing.callrail.client import PER_PAGE, CallRail, NotPermitted, NotThere, RawPage
from hub.importing.callrail.rows import (
    CALL_FIELDS,
    FORM_FIELDS,
    MAX_ID,
    TEXT_FIELDS,
    Unreadable,
    call_of,
    company_of,
    form_of,
    id_of,
    records_of,
    tag_of,
    thread_of,
    tracker_of,
    user_of,
)
from hub.importing.callrail.settings import INTEGRATION, OF_LISTS
from hub.importing.records import BEGINNING, Page, Position, Record, Structure
from hub.model.imports import CALLRAIL

THREADS_PER_PAGE = 50
"""Each takes a request of its own, so that a page of them takes minutes, and is kept as a whole."""
Reads = Callable[[Mapping[str, Any]], Iterable[Record]]


@dataclass(frozen=True)
class _List:
    """A list of the API: its path, its key in the answers, how a row is read, and what is asked for."""

    path: str
    key: str
    read: Reads
    fields: tuple[str, ...]
    sort: str
    per_page: int = PER_PAGE


LISTS: Mapping[str, _List] = {
    "calls": _List("calls.json", "calls", call_of, CALL_FIELDS, "start_time"),
    "forms": _List("form_submissions.json", "form_submissions", form_of, FORM_FIELDS, "submitted_at"),
    "texts": _List("text-messages.json", "conversations", thread_of, TEXT_FIELDS, "", THREADS_PER_PAGE),
}
ACCOUNT_PREFIX = f"{CALLRAIL}/"
MAX_COMPANIES_ASKED = 50
"""Companies whose integrations are listed, a request each."""
MAX_RECENT_PAGES = 40
"""10,000 calls: enough to know the websites of an account."""


@dataclass
class CallRailAccount:
    """An account there. `since` and `until` are days, both included; `companies` are ids there, empty for all."""

    client: CallRail
    account: str
    title: str = ""
    since: date | None = None
    until: date | None = None
    companies: Sequence[str] = ()
    found: list[tuple[str, str]] = field(default_factory=list)
    """(id, reason) of what of the structure cannot be read."""

    @property
    def service(self) -> str:
        """Whose account it is."""
        return CALLRAIL

    @property
    def source(self) -> str:
        """The name of the account in our tables."""
        return f"{ACCOUNT_PREFIX}{self.account}"

    @property
    def options(self) -> str:
        """What was asked for: with something else, a list is read from its beginning."""
        return f"{self.since or ''}..{self.until or ''} {','.join(self.companies)}".strip()[:200]

    def structure(self) -> Structure:
        """Companies, trackers and users."""
        chosen = set(self.companies)
        companies = self._read("companies.json", "companies", company_of)
        unknown = chosen - {each.id for each in companies}
        if unknown:
            raise CannotDo(f"The account has no company {sorted(unknown)[0]}; without --company all are brought over.")
        trackers = self._read("trackers.json", "trackers", tracker_of)
        tags = self._permitted("tags.json", "tags", tag_of)
        self._list_settings([each.id for each in companies if not chosen or each.id in chosen])
        return Structure(
            companies=tuple(each for each in companies if not chosen or each.id in chosen),
            trackers=tuple(each for each in trackers if not chosen or each.company_id in chosen),
            users=tuple(self._permitted("users.json", "users", user_of)),
            tags=tuple(each for each in tags if not chosen or each.company_id in (None, *chosen)),
        )

    def recent(self, since: date) -> Iterator[Record]:
        """Calls and forms since a day, the newest first, at most MAX_RECENT_PAGES pages of each."""
        for resource in ("calls", "forms"):
            wanted = LISTS[resource]
            request = {**self._requested(resource), "order": "desc", "start_date": str(since)}
            request.pop("date_range", None)
            pages = self.client.pages(self._path(wanted.path), wanted.key, request)
            try:
                for raw in islice(pages, MAX_RECENT_PAGES):
                    yield from records_of(raw.rows, wanted.read)[0]
            except NotPermitted:
                continue

    def total(self, resource: str) -> int:
        """How many calls, forms or threads of texts the account has."""
        wanted = LISTS[resource]
        pages = self.client.pages(self._path(wanted.path), wanted.key, self._requested(resource), per_page=1)
        return next(pages).total

    def requests(self, resource: str, total: int, position: Position) -> int:
        """How many requests it takes at most to read what is left of a list with `total` entries."""
        size = LISTS[resource].per_page
        pages = max(1, math.ceil(total / size) - position.place)
        return pages + (max(0, total - position.place * size) if resource == "texts" else 0)

    def pages(self, resource: str, position: Position = BEGINNING) -> Iterator[Page]:
        """The pages of a list behind `position`. The whole history is never in memory."""
        wanted = LISTS[resource]
        for raw in self.client.pages(
            self._path(wanted.path), wanted.key, self._requested(resource),
            first=position.place + 1, per_page=wanted.per_page, before=position.total,
        ):  # fmt: skip
            rows = self._threads(raw) if resource == "texts" else raw.rows
            records, unreadable = records_of(rows, wanted.read)
            done = min(raw.number * wanted.per_page, raw.total)
            yield Page(raw.number, done, raw.total, records, unreadable, raw.is_last)

    def _threads(self, raw: RawPage) -> Iterator[JsonObject]:
        """The conversations of a page, each with all its texts: the list has only the latest of each, and no field asks for
        more, so each costs a request of its own. An earlier run saves none: a STOP may be in any of them.

        Source: CallRail's API documentation, Text Messages (`recent_messages` in the list, `messages` of one conversation).
        """
        for row in raw.rows:
            try:
                whole = self.client.get(self._path(f"text-messages/{id_of(row)}.json"))
            except (NotThere, Unreadable):
                whole = {}
            yield {**row, **{name: whole[name] for name in ("messages", "recent_messages") if whole.get(name)}}

    def _permitted(self, path: str, key: str, read: Callable[[Mapping[str, Any]], Any]) -> list[Any]:
        """A list that not every key may read; then it is left out, and the report says so."""
        try:
            return self._read(path, key, read)
        except NotPermitted:
            self.found.append(("", f"CallRail does not permit this key to read the {key}"))
            return []

    def _list_settings(self, companies: Sequence[str]) -> None:
        """List what is set up there and is not brought over. A list that CallRail refuses, or answers in another form, is left
        out."""
        wanted: list[tuple[str, str, str, dict[str, str]]] = [
            (path, key, words, {}) for path, (key, words) in OF_LISTS.items()
        ]
        wanted += [
            ("integrations.json", "integrations", INTEGRATION, {"company_id": each})
            for each in companies[:MAX_COMPANIES_ASKED]
        ]
        for path, key, words, parameters in wanted:
            with suppress(CannotDo):
                for page in self.client.pages(self._path(path), key, parameters):
                    self.found += [(str(row.get("id", ""))[:MAX_ID], words) for row in page.rows]
        if len(companies) > MAX_COMPANIES_ASKED:
            self.found.append(("", f"{INTEGRATION}; only those of {MAX_COMPANIES_ASKED} companies were looked for"))

    def _read(self, path: str, key: str, read: Callable[[Mapping[str, Any]], Any]) -> list[Any]:
        found = []
        for page in self.client.pages(self._path(path), key):
            for row in page.rows:
                try:
                    found.append(read(row))
                except Unreadable as refusal:
                    self.found.append((refusal.external_id, refusal.reason))
        return found

    def _requested(self, resource: str) -> dict[str, str]:
        wanted = LISTS[resource]
        request = {"fields": ",".join(wanted.fields)}
        if wanted.sort:
            # The oldest first: what comes in during an import is appended, and moves no page.
            request |= {"sort": wanted.sort, "order": "asc"}
        if self.since is None and self.until is None:
            request["date_range"] = "all_time"
        else:
            request["start_date"] = str(self.since or date(2000, 1, 1))
            if self.until is not None:
                request["end_date"] = str(self.until)
        if len(self.companies) == 1:
            request["company_id"] = self.companies[0]
        return request

    def _path(self, path: str) -> str:
        return f"a/{self.account}/{path}"


def open_account(
    client: CallRail,
    wanted: str | None,
    *,
    since: date | None = None,
    until: date | None = None,
    companies: Sequence[str] = (),
) -> CallRailAccount:
    """The account with an id, or the only one that the key can see; CannotDo lists them if there are several."""
    accounts = {str(row.get("id")): str(row.get("name") or "") for row in client.accounts()}
    if wanted is None and len(accounts) > 1:
        listed = ", ".join(f"{each} ({title})" for each, title in sorted(accounts.items()))
        raise CannotDo(f"The key can see several accounts; choose one with --account: {listed}.")
    if not accounts:
        raise CannotDo("The key can see no account; make one in the account that you want to bring over.")
    if wanted is not None and wanted not in accounts:
        raise CannotDo(f"The key can see no account {wanted}; it sees {', '.join(sorted(accounts))}.")
    chosen = wanted or next(iter(accounts))
    return CallRailAccount(client, chosen, accounts[chosen], since, until, tuple(companies))
