"""A hub whose carrier keeps recordings, with a folder of the test's own for its copies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recorder import Recorder
from stage import CONNECTORS, Stage


@pytest.fixture
def recording_hub(hub: Callable[..., Stage], tmp_path: Path) -> Callable[..., Stage]:
    """A factory: `recording_hub(delete_at_carrier=True)` is a hub with that below `recordings:`."""

    def opened(**section: Any) -> Stage:
        written = {"storage": str(tmp_path / "shelf"), **section}
        return hub(connectors={**CONNECTORS, "carrier": Recorder}, recordings=written)

    return opened
