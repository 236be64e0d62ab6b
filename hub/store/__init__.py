"""The database: engine and sessions, migrations, the ingest writer, claims with a lease, tokens."""

from hub.store.engine import Store

__all__ = ["Store"]
