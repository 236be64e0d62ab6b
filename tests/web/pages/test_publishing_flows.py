"""A flow is edited, simulated, published and called: new calls hear the new version, a call under way ends on the old."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from config_on_disk import open_config_stage
from flow_forms import menu
from flow_strategies import OFFICE_TEXT
from page_client import PageClient, seen, signed_in
from sqlalchemy import update
from testbed import SHARED, TestHub

from hub.answering.answer import Answerer
from hub.api.carriers import AnswerPoint
from hub.model import CallStep, ConfigProcess, ConfigVersion, FlowDraft, FlowVersion
from hub.testing import FrozenClock
from hub.web.pages.flows import publish

PATH = "/flows/lakeside/office"


@pytest.fixture
def stage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    """A hub opened from a config.yaml whose Lakeside has a flow."""
    with open_config_stage(sqlite_url, clock, tmp_path, OFFICE_TEXT) as opened:
        yield opened


@pytest.fixture
def owner(stage: TestHub) -> PageClient:
    return signed_in(stage)


@pytest.fixture
def ring(stage: TestHub) -> Iterator[Callable[..., str]]:
    """Asks for the document of a call at a point, as the carrier's webhook does."""
    answerer = Answerer(stage.hub, stage.live)

    def ask(call_id: str, moment: str = "ringing", **more: Any) -> str:
        stage.live.refresh()
        point = AnswerPoint(moment=moment, tracking_number=SHARED, call_id=call_id, **more)  # type: ignore[arg-type]
        (document,) = answerer.submit("carrier", [point]).documents.result(20)
        return document.body  # type: ignore[union-attr]

    yield ask
    answerer.close()


def mark_of(document: str) -> str:
    return document.split("mark='")[1].split("'")[0]


def text_of(stage: TestHub) -> str:
    assert stage.config_file is not None
    return stage.config_file.path.read_text()


def test_a_flow_is_edited_simulated_published_and_called(
    stage: TestHub, owner: PageClient, ring: Callable[..., str]
) -> None:
    before = ring("CA1")
    assert "Press 1." in before
    sorry = {"form": "step", "was": "", "after": "menu", "way": "keys.2", "shown_do": "text_back", "do": "text_back"}
    owner.post(PATH, sorry | {"name": "sorry", "text": "We will call you.", "then": "night", "deed": "save"})
    owner.post(PATH, menu(say="One or two?", **{"keys.to": ["desk", "sorry"]}))
    assert "Hears “One or two?” Presses 2. sorry" in owner.text(f"{PATH}?simulate=yes&keys=2")
    assert "Press 1." in ring("CA2"), "a draft changes nothing for callers"
    asked = owner.text(f"{PATH}/publish")
    assert "New calls on Website, Shared, Yellow pages hear it at once" in asked
    assert "say: Press 1." in asked and "say: One or two?" in asked
    done = owner.post(f"{PATH}/publish", {"note": "clearer words"})
    assert done.status_code == 303, seen(done.text)
    after = ring("CA3")
    assert "One or two?" in after
    ring("CA3", "digits", mark=mark_of(after), digits="2")
    assert [row.step for row in stage.rows(CallStep, carrier_call_id="CA3")][-2:] == ["sorry", "night"]
    ended = ring("CA1", "digits", mark=mark_of(before), digits="2")
    assert "Leave a message." in ended
    assert "sorry" not in [row.step for row in stage.rows(CallStep, carrier_call_id="CA1")], "it began before"
    assert {row.flow_version for row in stage.rows(CallStep, carrier_call_id="CA1")} == {1}
    text = text_of(stage)
    assert "# since the move" in text and "say: One or two?   # the owner's own words" in text
    assert stage.rows(FlowDraft) == [] and len(stage.rows(FlowVersion, name="office")) == 2
    said = owner.text(PATH)
    assert "owner-agency flow office published: clearer words" in said and "Roll back" in said


def test_published_is_said_only_when_every_process_has_taken_it_and_else_who_has_not_and_why(
    stage: TestHub, owner: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "TAKEN_SECONDS", 0.0)
    process = {"started_at": stage.clock(), "seen_at": stage.clock(), "host": "a"}
    with stage.hub.store.writing() as session:
        session.add(ConfigProcess(id="p1", role="web", pid=11, version=2, **process))
        session.add(
            ConfigProcess(id="p2", role="worker", pid=12, version=1, trouble="secret.key cannot be read", **process)
        )
    owner.post(PATH, menu(say="One or two?"))
    assert "Published" not in owner.client.get(owner.post(f"{PATH}/publish").headers["location"]).text
    said = owner.text(PATH)
    assert "Not heard everywhere yet" in said and "worker on a, process 12: secret.key cannot be read" in said
    assert "process 11" not in said
    with stage.hub.store.writing() as session:
        session.get_one(ConfigProcess, "p2").version = 2
    assert "Not heard everywhere yet" not in owner.text(PATH)
    owner.post(PATH, menu(say="Two or one?"))
    with stage.hub.store.writing() as session:
        session.execute(update(ConfigProcess).values(version=3))
    done = owner.client.get(owner.post(f"{PATH}/publish").headers["location"])
    assert "Published. New calls hear it from now on." in seen(done.text)


def test_an_earlier_version_is_published_again(stage: TestHub, owner: PageClient, ring: Callable[..., str]) -> None:
    owner.post(PATH, menu(say="One or two?"))
    owner.post(f"{PATH}/publish")
    said = owner.text(f"{PATH}?version=1&compare=2")
    assert "An earlier version" in said and "say: One or two?" in said
    assert "Publish version 1" in owner.text(f"{PATH}/publish?version=1")
    assert owner.post(f"{PATH}/publish?version=1").status_code == 303
    assert "Press 1." in ring("CA9")
    assert stage.rows(ConfigVersion)[-1].note == "flow office back to version 1"


def test_a_draft_with_problems_and_a_file_that_changed_meanwhile_are_refused(stage: TestHub, owner: PageClient) -> None:
    owner.post(PATH, menu(**{"keys.to": ["desk", "desk"], "otherwise": "night"}))
    owner.post(PATH, menu(**{"keys.to": ["night", "night"], "otherwise": "night"}))
    refused = owner.post(f"{PATH}/publish")
    assert refused.status_code == 422 and "no call ever comes to this step" in seen(refused.text).lower()
    owner.post(PATH, menu(say="One or two?"))
    late = owner.post(f"{PATH}/publish", {"base": "0" * 64})
    assert late.status_code == 422 and "changed in the meantime" in late.text
    assert "Press 1." in text_of(stage)
    assert owner.get("/flows/northgate/route/publish").status_code == 422


def test_a_route_becomes_a_flow_of_its_own(stage: TestHub, owner: PageClient) -> None:
    path = owner.post("/flows/northgate/route/change").headers["location"]
    assert "in place of route" in owner.text(f"{path}/publish")
    assert owner.post(f"{path}/publish").status_code == 303
    assert "flow: all_calls" in text_of(stage)
    stage.live.refresh()
    assert stage.directory.lines["+13135550120"].flow.name == "all_calls"
    assert "All calls" in owner.text(path), "before this process has taken the new file"


def test_a_step_plays_a_file_of_the_folder_of_config_yaml_and_no_other(stage: TestHub, owner: PageClient) -> None:
    assert stage.config_file is not None
    folder = stage.config_file.path.parent
    (folder / "night.wav").write_bytes(b"RIFF....WAVE")
    assert (
        '<option value="' + str(folder / "night.wav") + '">night.wav</option>' in owner.get(f"{PATH}?step=night").text
    )
    night = {"form": "step", "was": "night", "shown_do": "voicemail", "do": "voicemail", "name": "night", "say": ""}
    night |= {"longest": "60", "then": "end", "deed": "save"}
    assert owner.post(PATH, night | {"play": "/etc/other.wav"}).status_code == 422
    assert owner.post(PATH, night | {"play": str(folder / "night.wav")}).status_code == 303
    assert owner.post(f"{PATH}/publish").status_code == 303
    assert "play: night.wav" in text_of(stage)


def test_a_flow_that_nothing_uses_is_deleted_and_one_in_use_is_not(stage: TestHub, owner: PageClient) -> None:
    assert "Delete…" in owner.get("/flows/lakeside/every").text and "Delete…" not in owner.get(PATH).text
    assert owner.post(f"{PATH}/delete").status_code == 422
    assert "no caller hears a difference" in owner.text("/flows/lakeside/every/delete")
    assert owner.post("/flows/lakeside/every/delete").headers["location"] == "/flows"
    assert "name: every\n" not in text_of(stage) and "name: office" in text_of(stage)
    assert stage.rows(FlowVersion, name="every"), "its versions stay"
