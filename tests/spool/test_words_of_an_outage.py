"""What the log says of a database that does not take a write: away if it refused, slow if nobody knows more."""

from __future__ import annotations

from structlog.testing import capture_logs

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
