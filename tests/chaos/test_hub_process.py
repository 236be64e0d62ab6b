"""A hub that is asked to end finishes what it has begun."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from hub.model import SyncSlot
from hub.proof.chaos.environment import set_stage
from hub.proof.chaos.hub_process import HubProcess
from hub.store.engine import Store

pytestmark = pytest.mark.soak


def test_a_hub_that_is_told_to_end_ends_its_syncs_first(tmp_path: Path) -> None:
    with set_stage(tmp_path) as stage:
        victim = HubProcess(stage)
        try:
            victim.start()
            victim.wait_until_ready()
            assert victim.stop(), "ended by itself, not by the signal"
        finally:
            victim.end()
        store = Store(stage.database)
        with store.reading() as session:
            assert "leased" not in set(session.exec(select(SyncSlot.state)))
        store.close()
