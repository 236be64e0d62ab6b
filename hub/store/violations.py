"""Adds manifest violations to the counts of their day, in one short statement."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.model import Refusal
from hub.plugin_host.violations import ManifestViolations
from hub.store.dialects import upsert
from hub.store.engine import Store

log = structlog.get_logger(__name__)


def write_refusals(store: Store, refusals: ManifestViolations) -> int:
    """Write the pending counts; returns how many violations. If the database does not answer, they are written the
    next time."""
    counts = refusals.take()
    if not counts:
        return 0
    rows = [
        {"connector": connector, "kind": kind, "name": name, "day": day, "count": count}
        for (connector, kind, name, day), count in sorted(counts.items())
    ]
    try:
        with store.connected() as connection:
            upsert(connection, Refusal.__table__, rows, ("connector", "kind", "name", "day"), add=("count",))
    except SQLAlchemyError as error:
        refusals.give_back(counts)
        log.error("refusals not written", error=type(error).__name__)
        return 0
    return counts.total()
