"""The page of voicemail boxes: whose each is, what callers hear, what is new, who is mailed, and its PIN."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from config_on_disk import open_config_stage
from flow_strategies import OFFICE_TEXT
from page_client import PageClient, signed_in
from sqlalchemy import update
from testbed import TestHub

from hub.alerts.settings import AlertSettings, WantedKind, save_settings
from hub.answering.voicemail_boxes import pin_fits
from hub.config.callflow.definition import Messages
from hub.model import AuditEntry, CallStep, Company, FlowVersion, Recording, User
from hub.store import audit
from hub.testing import FrozenClock

PATH = "/flows/voicemails"
BOX = """\
              night: {do: voicemail, say: "Leave a message.", user: owner@example.com}
              ask: {do: messages, say: PIN?, box: night, pin: 1111111111111111.aa, otherwise: end}
"""
TEXT = OFFICE_TEXT.replace(
    '              night: {{do: voicemail, say: "Leave a message."}}\n', BOX.replace("{", "{{").replace("}", "}}")
).replace('"2": night', '"2": night, "3": ask')


@pytest.fixture
def stage(database_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    with open_config_stage(database_url, clock, tmp_path, TEXT) as opened:
        yield opened


def leave(stage: TestHub, number: str) -> Recording:
    """A message that a caller left in the voicemail `night`."""
    call, now = stage.call_in(), stage.clock()
    row = Recording(
        connector=call.connector, carrier_recording_id=number, call_id=call.id, kind="voicemail", recorded_at=now,
        due_at=now, state="stored", path=f"{number}.sealed", stored_at=now, expires_at=now + timedelta(days=90),
    )  # fmt: skip
    taken = [
        CallStep(
            connector=call.connector, carrier_call_id=call.carrier_call_id, company_id=str(call.company_id), position=0,
            flow_version=1, point=f"{moment}:", at=now, step="night", do="voicemail", result=result,
            expires_at=now + timedelta(days=90),
        )
        for moment, result in (("ringing", "takes a message"), ("message_left", "a message was left"))
    ]  # fmt: skip
    with stage.hub.store.writing() as session:
        session.add_all([row, *taken])
    return row


def of_another_flow(stage: TestHub) -> None:
    """Let all calls have taken the steps of another flow of the company, in which they are named alike."""
    company = stage.one(Company, name="lakeside")
    other = FlowVersion(
        company_id=company.id, name="other", number=77, revision=1, definition={}, hash="0", made_at=stage.clock()
    )
    with stage.hub.store.writing() as session:
        session.add(other)
        session.execute(update(CallStep).values(flow_version=other.number))


def row_of(browser: PageClient) -> str:
    return browser.text(PATH).partition("By email")[2].partition("Who is sent messages")[0]


def test_a_box_shows_its_person_greeting_new_messages_and_who_is_mailed(stage: TestHub) -> None:
    owner = signed_in(stage)
    shown = row_of(owner)
    assert "owner@example.com" in shown and "Leave a message." in shown and "0 of 0" in shown and "nobody" in shown
    first, _ = leave(stage, "R1"), leave(stage, "R2")
    with stage.hub.store.writing() as session:
        user = session.get_one(User, next(each.id for each in stage.rows(User) if each.role == "owner"))
        user.email = "owner@example.com"
        company = session.get_one(Company, stage.one(Company, name="lakeside").id)
        wanted = AlertSettings({"voicemail": WantedKind(("email",))}, attaches_messages=True)
        save_settings(session, user, company, wanted, stage.clock())
    assert "owner@" not in row_of(owner) and "2 of 2" in row_of(owner)
    with stage.hub.store.writing() as session:
        audit.note(session, stage.clock(), "phone", "recording.phone", first.id)
    assert "1 of 2" in row_of(owner)
    assert "1 of 2" not in row_of(signed_in(stage, "marketer", "northgate")), "another company's"
    stage.clock.advance(days=31)
    assert "0 of 0" in row_of(signed_in(stage))


def test_a_pin_is_set_sealed_and_never_shown(stage: TestHub) -> None:
    owner = signed_in(stage)
    assert "PIN is set" in owner.text(PATH)
    form = {"box": "lakeside/office/night", "pin": "482915"}
    for wrong, why in (("123456", "that nobody guesses"), ("48291", "Choose 6 digits"), ("", "Choose 6 digits")):
        refused = owner.post(PATH, {**form, "pin": wrong})
        assert refused.status_code == 422 and why in refused.text
    assert owner.post(PATH, {**form, "box": "lakeside/every/night"}).status_code == 404
    done = owner.post(PATH, form)
    assert done.status_code == 303
    assert stage.config_file is not None
    written = stage.config_file.path.read_text()
    assert "482915" not in written + owner.get(done.headers["location"]).text
    (flow,) = [each for each in stage.config_file.check(written).companies[0].flows if each.name == "office"]
    door = flow.steps["ask"]
    assert isinstance(door, Messages) and pin_fits(stage.hub.keyring, door.pin, "482915")
    assert door.pin not in owner.get(PATH).text
    assert any(row.action.startswith("config") for row in stage.rows(AuditEntry))
    assert signed_in(stage, "marketer").post(PATH, form).status_code == 403


def test_a_box_of_the_same_name_in_another_flow_has_messages_of_its_own(stage: TestHub) -> None:
    leave(stage, "R1")
    assert "1 of 1" in row_of(signed_in(stage))
    of_another_flow(stage)
    assert "0 of 0" in row_of(signed_in(stage))
