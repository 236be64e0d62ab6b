"""What CallRail's API does while an account is read: it sets a pace, changes its lists, or does not answer at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from import_stage import Ours, hub_to_fill
from recorded_callrail import ACCOUNT, KEY, RecordedCallRail, call

from hub.errors import CannotDo, RetryLater
from hub.importing.callrail.account import open_account
from hub.importing.callrail.client import CallRail, Pace
from hub.importing.records import Position
from hub.model import Call
from hub.testing import FrozenClock


def client(theirs: httpx2.BaseTransport, sleep: Any = lambda seconds: None) -> CallRail:
    return CallRail(KEY, pace=Pace(0), sleep=sleep, transport=theirs)


def account(theirs: httpx2.BaseTransport) -> Any:
    return open_account(client(theirs), None)


@pytest.fixture
def ours(databases: Path, tmp_path: Path) -> Iterator[Ours]:
    """An empty hub of a test's own."""
    with hub_to_fill(databases, tmp_path, FrozenClock(datetime(2026, 2, 1, tzinfo=UTC))) as made:
        yield made


@pytest.mark.parametrize("gone", [40, 300])
@pytest.mark.parametrize("killed", [False, True])
def test_calls_that_are_removed_there_while_the_list_is_read_cost_no_other_call(
    ours: Ours, gone: int, killed: bool
) -> None:
    calls = [call(n, start_time=f"2026-01-{1 + n // 40:02}T11:00:00.000-05:00") for n in range(1, 801)]
    theirs = RecordedCallRail(calls=calls)

    def vanish(request: httpx2.Request) -> httpx2.Response | None:
        if request.url.path.endswith("calls.json") and request.url.params["page"] == "3" and len(theirs.calls) == 800:
            del theirs.calls[:gone]
            return httpx2.Response(400) if killed else None
        return None

    theirs.before = vanish
    if killed:
        with pytest.raises(CannotDo):
            ours.bring(account(theirs), ("calls",))
    (step,) = ours.bring(account(theirs), ("calls",))
    assert len(ours.stage.rows(Call)) == 800
    assert step.counts["new"] == 800 and (killed or step.counts == {"new": 800})


def test_a_list_that_never_rests_ends_the_import_with_one_sentence() -> None:
    theirs = RecordedCallRail(calls=[call(n) for n in range(1, 5_001)])

    def shrink(request: httpx2.Request) -> None:
        if request.url.path.endswith("calls.json"):
            del theirs.calls[:1]

    theirs.before = shrink
    with pytest.raises(RetryLater, match="changes faster than it can be read"):
        list(client(theirs).pages(f"a/{ACCOUNT}/calls.json", "calls"))


def test_the_time_that_a_reading_takes_is_known_from_the_lists_and_the_pace() -> None:
    source = open_account(CallRail(KEY, pace=Pace(900), transport=RecordedCallRail(), sleep=lambda seconds: None), None)
    assert source.requests("calls", 50_000, Position()) == 200
    assert source.requests("texts", 500, Position()) == 510
    assert source.requests("texts", 500, Position(place=9, total=500)) == 51
    assert source.client.pace.seconds(710) == 2_600
    assert CallRail(KEY, pace=Pace(0)).pace.seconds(710) == 0


def test_the_client_waits_as_long_as_callrail_asks_and_no_longer_than_an_hour() -> None:
    waited: list[float] = []
    answers = iter(
        [httpx2.Response(429, headers={"Retry-After": "17"}), httpx2.Response(429, headers={"Retry-After": "99999"})]
    )
    theirs = RecordedCallRail()
    theirs.before = lambda request: next(answers, None)
    assert [each["id"] for each in client(theirs, waited.append).accounts()] == [ACCOUNT]
    assert waited == [17.0, 3600.0]


def test_the_pace_is_even_after_a_burst() -> None:
    waited: list[float] = []
    pace = Pace(3_600, burst=3, sleep=waited.append)
    for _ in range(6):
        pace.wait()
    assert len(waited) == 3 and waited == sorted(waited) and 2.5 < waited[-1] <= 3.0


def test_an_address_where_nobody_answers_is_told_at_once() -> None:
    class Silent(httpx2.BaseTransport):
        asked = 0

        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            self.asked += 1
            raise httpx2.ConnectError("no")

    silent = Silent()
    with pytest.raises(RetryLater, match="check the base URL"):
        account(silent)
    assert silent.asked == 2
