"""A hub whose carrier keeps recordings, with a folder of the test's own for its copies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recorder import Recorder
from testbed import CONNECTORS, TestHub


@pytest.fixture
def recording_hub(hub: Callable[..., TestHub], tmp_path: Path) -> Callable[..., TestHub]:
    """A factory: `recording_hub(delete_at_carrier=True)` is a hub with that below `recordings:`."""

    def opened(**section: Any) -> TestHub:
        written = {"storage": str(tmp_path / "shelf"), **section}
        return hub(connectors={**CONNECTORS, "carrier": Recorder}, recordings=written)

    return opened
