"""What the log says of a database that does not take a write: away if it refused, slow if nobody knows more."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from hub.platform.liveness import Outages
from hub.store.outage import Outage


class Late:
    """Work that has taken too long."""

    def give_up_after(self, seconds: float) -> bool:
        return True


def test_a_slow_write_is_told_as_slow_and_only_a_refused_one_as_a_database_that_is_away() -> None:
    outage, late = Outage(), Late()
    outage.watch(late)
    with capture_logs() as told:
        outage.look()
        outage.end()
        outage.begin("OperationalError")
    assert [(each["log_level"], each["event"]) for each in told] == [
        ("warning", "a write takes too long; what comes in is spooled meanwhile"),
        ("info", "the database takes writes again"),
        ("error", "the database is away; what comes in is spooled"),
    ]


class Once:
    """Work that was late one time."""

    late = True

    def give_up_after(self, seconds: float) -> bool:
        late, self.late = self.late, False
        return late


def test_a_file_is_slow_for_ten_seconds_before_it_counts_as_away_and_pages_are_read_even_then() -> None:
    now = [100.0]
    outage, work = Outage(of_file=True, monotonic=lambda: now[0]), Once()
    outage.watch(work)
    outage.look()
    assert outage.is_spooling and outage.since is None
    now[0] += 9
    outage.look()
    assert outage.since is None, "nothing is refused and no page is away because a machine is busy"
    outage.end()
    assert not outage.is_spooling
    work.late = True
    outage.look()
    now[0] += 10
    outage.look()
    assert outage.since is not None and outage.slow and outage.readable


def test_an_outage_lasts_as_long_as_it_does_although_the_clock_is_set_back() -> None:
    now = [100.0]
    outage = Outage(monotonic=lambda: now[0])
    outage.begin("OperationalError")
    outage.since = datetime.now(UTC) + timedelta(hours=1)
    now[0] += 40
    assert outage.seconds == 40, "pages would wait for a frozen database, and nobody would be told"
    ended = outage.end()
    assert ended is not None and ended[1] == 40 and outage.seconds == 0


class Raising:
    """Work whose first look fails."""

    def __init__(self) -> None:
        self.looks = 0
        self.asked_again = threading.Event()

    def give_up_after(self, seconds: float) -> bool:
        self.looks += 1
        if self.looks == 1:
            raise RuntimeError("can't start new thread")
        self.asked_again.set()
        return False


def test_the_thread_that_watches_the_database_goes_on_after_an_error() -> None:
    outage, work = Outage(), Raising()
    outage.watch(work)
    outage.start()
    assert work.asked_again.wait(10), "a frozen database would hold every caller"
    outage.close()


def test_a_held_file_is_slow_and_one_that_is_gone_is_away(tmp_path: Path) -> None:
    file = tmp_path / "some.db"
    with (
        closing(sqlite3.connect(file, isolation_level=None)) as holder,
        closing(sqlite3.connect(file, timeout=0)) as other,
    ):
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError) as busy:
            other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as gone:
        sqlite3.connect(tmp_path / "nowhere" / "some.db")
    outage = Outage(of_file=True)
    outage.refused(busy.value)
    assert outage.is_spooling and outage.since is None
    outage.refused(gone.value)
    assert outage.since is not None and not outage.slow and not outage.readable


def test_tasks_that_fail_for_the_database_write_one_line_a_minute_and_others_all_of_theirs() -> None:
    now = [0.0]
    lines = Outages(lambda: now[0])
    away = OperationalError("select", {}, Exception())
    assert [lines.line(away) for _ in range(4)] == [{}, None, None, None]
    assert lines.line(ValueError()) == lines.line(ValueError()) == {}
    now[0] += 60
    assert lines.line(away) == {"more_left_out": 3}
