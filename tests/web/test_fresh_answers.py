"""The copy of the directory for outages is kept fresh, and a process whose copy cannot be written reports it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select
from web_edge import Edge, open_edge

from hub.model import HealthReport
from hub.platform.liveness import Liveness
from hub.queries.status.jobs import JobReport, jobs
from hub.web import app


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def reported(edge: Edge) -> JobReport | None:
    """What another process reads of the answers of this one."""
    hub = edge.opened.hub
    with hub.store.reading() as session:
        if session.exec(select(HealthReport).where(HealthReport.name == "answers")).first() is None:
            return None
        found = jobs(session, hub.config, (), Liveness(), edge.clock())
        return next(each for each in found if each.name == "Keep answers ready for an outage")


def test_a_web_process_whose_copy_cannot_be_written_says_so_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "REFRESH_SECONDS", 0.01)
    monkeypatch.setattr(app, "REPORT_SECONDS", 0.01)
    copy = tmp_path / "ringfence.db.copy"
    (copy / "in the way").mkdir(parents=True)
    with open_edge(tmp_path) as edge:
        until(lambda: (found := reported(edge)) is not None and found.is_failing)
        found = reported(edge)
        assert found is not None and found.state == "failed" and found.error == "IsADirectoryError"
        (copy / "in the way").rmdir()
        copy.rmdir()
        until(copy.is_file)
        until(lambda: (found := reported(edge)) is not None and found.state == "on time")
        found = reported(edge)
        assert found is not None and not found.is_failing and not found.error
