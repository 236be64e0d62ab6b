"""A hub behind HTTP: one that tests share and wipe, and one of a test's own where it is put under strain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from web_edge import Edge, open_edge


@pytest.fixture(scope="session")
def shared_edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """One hub for all tests that leave its connectors well. A busy machine makes no call late."""
    with open_edge(tmp_path_factory.mktemp("edge"), answer_seconds=20.0) as opened:
        yield opened


@pytest.fixture
def edge(shared_edge: Edge) -> Edge:
    """A hub in which nothing has happened yet."""
    shared_edge.forget()
    shared_edge.lawyer.behave()
    return shared_edge


@pytest.fixture
def own_edge(tmp_path: Path) -> Iterator[Edge]:
    """A hub of the test's own, for faults whose marks stay, such as an open circuit breaker."""
    with open_edge(tmp_path) as opened:
        yield opened
