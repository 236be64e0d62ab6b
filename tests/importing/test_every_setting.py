"""The table of docs/import-callrail.md says of every setting and field of CallRail whether the import reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
import recorded_callrail as recorded
from recorded_callrail import RecordedCallRail
from watched_json import Watched

import hub
from hub.callrail import fields
from hub.importing.callrail.account import LISTS, open_account
from hub.importing.callrail.client import CallRail, Pace
from hub.importing.callrail.rows import call_of, company_of, form_of, tag_of, thread_of, tracker_of, user_of
from hub.importing.callrail.settings import INTEGRATION, OF_LISTS

PAGE = (Path(hub.__file__).parent.parent / "docs/import-callrail.md").read_text()
AT = "2026-01-05T11:27:48.119-05:00"
BARE = {"id": "X1", "start_time": AT, "submitted_at": AT, "company": {}, "call_flow": {}}
"""An object without what is read only if something else is missing."""
SOURCES = [{"type": "search"}, {"type": "web_referrer"}, {"type": "landing_url", "landing": "/"}]
KINDS: Mapping[str, tuple[Callable[[Any], Any], list[dict[str, Any]], fields.FieldSet]] = {
    "company": (company_of, recorded.COMPANIES, fields.COMPANY),
    "tracker": (tracker_of, [*recorded.TRACKERS, *(BARE | {"source": each} for each in SOURCES)], fields.TRACKER),
    "user": (user_of, recorded.USERS, fields.USER),
    "tag": (tag_of, recorded.TAGS, fields.TAG),
    "call": (call_of, recorded.some_calls()[:4], fields.CALL),
    "form": (form_of, recorded.FORMS, fields.FORM_SUBMISSION),
    "conversation": (thread_of, recorded.TEXTS, fields.CONVERSATION),
}


def read_of(kind: str) -> set[str]:
    """The members that the import reads, with those of objects in it."""
    read, rows, _ = KINDS[kind]
    seen: set[str] = set()
    for row in (*rows, BARE | {"messages": recorded.TEXTS[0]["recent_messages"]}, BARE):
        watched = Watched(row)
        found = read(watched)
        if isinstance(found, Iterator):
            list(found)
        seen |= {".".join(place) for place in watched.seen}
    return seen


def rows_of(kind: str) -> tuple[list[str], list[str]]:
    """What the table says of a kind: what is read, and what is not."""
    table = PAGE.partition("## Every setting and field")[2].partition("\n## ")[0]
    read: list[str] = []
    left: list[str] = []
    for row in re.findall(rf"^\| {kind} \| (.+?) \| (.+?) \|$", table, re.MULTILINE):
        (left if row[1].startswith("not brought over") else read).extend(re.findall(r"`([^`]+)`", row[0]))
    return read, left


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_has_each_member_that_the_import_reads_and_each_that_it_does_not(kind: str) -> None:
    read, left = rows_of(kind)
    assert sorted(read) == sorted(read_of(kind))
    assert sorted(left) == sorted(set(KINDS[kind][2].all) - set(read))


def test_the_table_has_each_list_that_the_import_reads() -> None:
    read, _ = rows_of("list")
    structure = ("companies", "trackers", "users", "tags", "integrations")
    paths = [each.path.removesuffix(".json") for each in LISTS.values()]
    assert sorted(read) == sorted([*structure, *paths, *(each.removesuffix(".json") for each in OF_LISTS)])


def test_what_is_set_up_there_and_not_brought_over_is_listed_and_a_refused_list_stops_nothing() -> None:
    theirs = RecordedCallRail()
    rows = {"notifications": [{"id": 7}], "integrations": [{"id": 9, "type": "Custom"}, {"id": 10}]}

    def answer(request: httpx2.Request) -> httpx2.Response | None:
        name = request.url.path.rpartition("/")[2].removesuffix(".json")
        if name == "caller_ids":
            return httpx2.Response(400, json={"error": "company_id is missing"})
        if name == "summary_emails":
            return httpx2.Response(200, json={"emails": []})
        return (
            httpx2.Response(200, json={"total_pages": 1, "total_records": 1, name: rows[name]})
            if name in rows
            else None
        )

    theirs.before = answer
    source = open_account(CallRail(recorded.KEY, pace=Pace(0), transport=theirs), None)
    assert len(source.structure().companies) == 2
    integrations = [(each, INTEGRATION) for _ in recorded.COMPANIES for each in ("9", "10")]
    assert source.found == [("7", OF_LISTS["notifications.json"][1]), *integrations]
