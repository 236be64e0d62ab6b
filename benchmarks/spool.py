"""How fast the spool takes webhooks in, and how fast it is drained to the main database: `python -m benchmarks spool`."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Figure, at_least, print_figures, spread
from benchmarks.postgres import postgres
from hub.model.columns import new_id
from hub.store.encryption.keyring import Keyring, new_key
from hub.store.engine import Store
from hub.store.schema import upgrade
from hub.store.spool import Drainer, Spool
from hub.store.writers.inbox_writer import SPOOLED_AS, InboxWriter

ROUNDS, ROWS, TOGETHER = 5, 6_000, 20
BODY = b"CallSid=CA00000000000000000000000000000001&CallStatus=ringing&From=%2B13125550142&To=%2B13125550121&" * 8


def measure() -> list[Figure]:
    """Rows a second into the spool, and from it to each database."""
    with tempfile.TemporaryDirectory() as folder, postgres() as server:
        urls = {"SQLite": f"sqlite:///{folder}/hub.db", "PostgreSQL": server.create("spool")}
        return [figure for name, url in urls.items() for figure in _measured(name, url, Path(folder) / name)]


def _measured(name: str, url: str, file: Path) -> list[Figure]:
    kept, drained = [], []
    with ExitStack() as stack:
        store = Store(url)
        stack.callback(store.close)
        upgrade(store)
        spool = Spool(file, Keyring([new_key()]))
        stack.callback(spool.close)
        writer = InboxWriter(store, spool=spool)
        stack.callback(writer.close)
        drainer = Drainer(store, spool, {SPOOLED_AS: writer.drain})
        for _ in range(ROUNDS):
            rows = [_row() for _ in range(ROWS)]
            begun = time.perf_counter()
            for start in range(0, ROWS, TOGETHER):
                spool.put(SPOOLED_AS, rows[start : start + TOGETHER])
            kept.append(ROWS / (time.perf_counter() - begun))
            begun = time.perf_counter()
            assert drainer.look() == ROWS
            drained.append(ROWS / (time.perf_counter() - begun))
    return [
        at_least(f"webhooks drained to {name}", median(drained), 500.0, "/s", spread(drained, "/s")),
        Figure(what=f"webhooks into the spool, {TOGETHER} at a time", measured=spread(kept, "/s")),
    ]


def _row() -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "id": new_id(),
        "connector": "twilio",
        "event_key": new_id(),
        "received_at": now,
        "method": "POST",
        "url": "https://calls.example.com/webhooks/twilio/status",
        "headers": "{}",
        "body": BODY,
        "state": "ready",
        "due_at": now,
        "attempts": 0,
        "expires_at": now + timedelta(days=30),
    }


if __name__ == "__main__":
    print_figures(measure())
