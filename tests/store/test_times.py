"""Times are written to SQLite as SQLAlchemy would write them, and come back as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import DateTime
from sqlalchemy.dialects import sqlite

from hub.model.columns import UTCTime

DIALECT = sqlite.dialect()
TIMES = st.datetimes(
    datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5))])
)


@given(TIMES)
@settings(max_examples=50)
def test_sqlite_holds_a_time_as_sqlalchemy_writes_and_reads_it(at: datetime) -> None:
    write = UTCTime().dialect_impl(DIALECT).bind_processor(DIALECT)
    plain = DateTime().dialect_impl(DIALECT).bind_processor(DIALECT)
    read = UTCTime().dialect_impl(DIALECT).result_processor(DIALECT, None)
    assert write is not None and plain is not None and read is not None
    assert write(at) == plain(at.astimezone(UTC))
    assert read(write(at)) == at


def test_a_time_without_a_zone_is_refused() -> None:
    write = UTCTime().dialect_impl(DIALECT).bind_processor(DIALECT)
    assert write is not None
    with pytest.raises(ValueError, match="without a zone"):
        write(datetime(2026, 11, 2))
