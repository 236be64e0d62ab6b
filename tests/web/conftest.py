"""One hub behind HTTP for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from web_edge import Edge, open_edge


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    """A hub with an empty database, served over HTTP."""
    with open_edge(tmp_path) as opened:
        yield opened
