"""The worker: processes the inbox, runs calls through the flow, runs due syncs. One, or several on PostgreSQL."""

from hub.worker.due_sync import run_due_sync
from hub.worker.worker import Worker

__all__ = ["Worker", "run_due_sync"]
