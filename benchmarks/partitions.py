"""Whether partitions by month would pay on PostgreSQL: the same calls in one table and in one partition a month, with the
indexes of the hub's own table. A month is emptied and a month is deleted as retention does it, 500 at a time, and vacuumed; in
the partitioned table each statement names the month, and the deleted month is dropped. Then calls are looked up by their
carrier's id, whose month nobody knows.

All figures are CPU seconds of the server's process. `python -m benchmarks partitions` runs it; it is asked for by name.
"""

from __future__ import annotations

import psutil
import psycopg
from sqlalchemy.engine import make_url

from benchmarks.figures import Figure, print_figures, shown
from benchmarks.postgres import postgres
from hub.model import Call, every_table
from hub.store.engine import Store

CALLS, MONTHS = 1_200_000, 24
BATCH = 500
LOOKUPS = 5_000
FILL = """
INSERT INTO {0} (id, connector, carrier_call_id, company_id, tracking_number, caller_number, status, started_at,
  start_reported, answered_at, duration, voicemail, found_by, expires_at, state, due_at, attempts, deaths, spam)
SELECT lpad(n::text, 36, '0'), 'twilio', md5(n::text), NULL, '+1312555' || lpad((n % 100)::text, 4, '0'),
  '+1' || (2000000000 + (n::bigint * 7919) % 7999999999), 'completed', at,
  true, at, 90, false, 'webhook', at + interval '761 days', 'done', at, 1, 0, false
FROM (SELECT n, timestamptz '2024-01-01' + n * (interval '{1} months' / {2}) AS at FROM generate_series(1, {2}) AS n) AS calls
"""
NEXT = "WHERE {2} id IN (SELECT id FROM {0} WHERE {2} expires_at <= '{3}' LIMIT {1} FOR UPDATE SKIP LOCKED)"
EMPTY = "UPDATE {0} SET caller_number = NULL, person_id = NULL, expires_at = NULL " + NEXT
DELETE = "DELETE FROM {0} " + NEXT
FIND = "SELECT status FROM {0} WHERE connector = 'twilio' AND carrier_call_id = md5(%s)"


def measure() -> list[Figure]:
    """The figures of both tables."""
    every_table()
    with postgres() as server:
        address = server.create("measured")
        store = Store(address)
        with store.connected() as connection:
            Call.metadata.create_all(connection)
        store.close()
        url = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as one:
            return [*_figures(_Table(one, "call", parted=False)), *_figures(_Table(one, "call_of_months", parted=True))]


class _Table:
    """One of the tables, filled."""

    def __init__(self, connection: psycopg.Connection, name: str, *, parted: bool) -> None:
        self.name, self.parted, self._connection = name, parted, connection
        self._process = psutil.Process(connection.info.backend_pid)
        if parted:
            self._divide()
        self.run(FILL.format(name, MONTHS, CALLS))
        self.run(f"VACUUM ANALYZE {name}")

    def _divide(self) -> None:
        indexes = self.run("SELECT indexdef FROM pg_indexes WHERE tablename = 'call'").fetchall()
        self.run(f"CREATE TABLE {self.name} (LIKE call INCLUDING DEFAULTS) PARTITION BY RANGE (started_at)")
        for month in range(MONTHS + 1):
            begins, ends = self.month(month), self.month(month + 1)
            self.run(f"CREATE TABLE month_{month} PARTITION OF {self.name} FOR VALUES FROM ('{begins}') TO ('{ends}')")
        for number, (made,) in enumerate(indexes):
            head, _, columns = made.partition(" USING btree (")
            unique = "UNIQUE" if "UNIQUE" in head else ""
            more = "started_at, " if unique else ""  # a unique key must contain what divides the table
            self.run(f"CREATE {unique} INDEX divided_{number} ON {self.name} USING btree ({more}{columns}")

    def run(self, statement: str, *values: object) -> psycopg.Cursor[tuple[object, ...]]:
        """Run one statement."""
        return self._connection.execute(statement, values or None)  # type: ignore[arg-type]

    def cpu(self) -> float:
        """Seconds of CPU of the server's process so far."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    @staticmethod
    def month(number: int) -> str:
        """The day on which a month begins."""
        return f"{2024 + number // 12}-{number % 12 + 1:02}-01"

    def all_of(self, statement: str, month: int) -> None:
        """Run a statement until it changes no row of a month."""
        begins, ends = self.month(month), self.month(month + 1)
        within = f"started_at >= '{begins}' AND started_at < '{ends}' AND" if self.parted else ""
        ((over,),) = self.run("SELECT %s::timestamptz + interval '761 days'", ends).fetchall()
        while self.run(statement.format(self.name, BATCH, within, over)).rowcount:
            pass


def _figures(table: _Table) -> list[Figure]:
    kind = "partitions" if table.parted else "one table"
    steps = {
        "a month emptied": lambda: table.all_of(EMPTY, 0),
        "vacuum after it": lambda: table.run("VACUUM month_0" if table.parted else f"VACUUM {table.name}"),
        "a month deleted": (lambda: table.run("DROP TABLE month_1"))
        if table.parted
        else (lambda: table.all_of(DELETE, 1)),
        "vacuum after that": (lambda: None) if table.parted else (lambda: table.run(f"VACUUM {table.name}")),
        f"{LOOKUPS:,} calls found by the carrier's id": lambda: [
            table.run(FIND.format(table.name), str(n * 200 + 100_001)) for n in range(LOOKUPS)
        ],
    }
    found = []
    for name, step in steps.items():
        before = table.cpu()
        step()
        found.append(Figure(what=f"{kind}: {name}", measured=shown(table.cpu() - before, "s of CPU")))
    return found


if __name__ == "__main__":
    print_figures(measure())
