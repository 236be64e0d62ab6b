"""The spool: a small SQLite file beside the hub that takes what comes in while the main database is away.

`Spool.put(kind, rows)` is durable when it returns. A `Drainer` takes the rows to the main database, in their order, as
soon as it answers; `Drainer.drains[kind]` writes the rows of a kind, and must do so idempotently: after a commit whose
outcome is unknown, a row is in both.
"""

from hub.store.spool.drain import Drainer
from hub.store.spool.file import Row, Spool, Spooled, spool_file

__all__ = ["Drainer", "Row", "Spool", "Spooled", "spool_file"]
