"""The demo ends with one person's access file, answered as any other request."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from testbed import CALLER, TestHub

from hub.model import PrivacyRequest
from hub.proof.demo.data_map import write_access_file

Factory = Callable[..., TestHub]


def test_the_access_file_tells_of_the_person_of_whom_most_was_told(lite_hub: Factory, tmp_path: Path) -> None:
    stage = lite_hub()
    stage.call_in(stage.visit().number or "")
    stage.deliver()
    screen = Console(file=io.StringIO(), width=200)
    write_access_file(screen, stage.hub, tmp_path)
    with zipfile.ZipFile(tmp_path / "access-file.zip") as file:
        told = json.loads(file.read("data.json"))
    assert told["about"]["asked_for"] == [CALLER] and told["recipients"] and told["calls"]
    assert stage.one(PrivacyRequest).state == "done"
    assert CALLER not in screen.file.getvalue()  # type: ignore[attr-defined]


def test_without_anybody_told_of_there_is_no_file(lite_hub: Factory, tmp_path: Path) -> None:
    write_access_file(Console(file=io.StringIO()), lite_hub().hub, tmp_path)
    assert list(tmp_path.iterdir()) == []
