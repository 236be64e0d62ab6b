"""What picked up a call, as the carrier said it: a column of calls that every face shows, and CallRail's API has not."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from typing import Any

from commands import CliRunner
from page_client import signed_in
from starlette.testclient import TestClient
from testbed import CALLER, KEY, OTHER_CALLER, SHARED, TestHub

from hub.access.keys import new_api_key
from hub.api import CallEvent
from hub.callrail.calls import READERS
from hub.cli import app
from hub.model import Call
from hub.web.api import create_api


def test_every_face_says_what_picked_up(config_stage: TestHub) -> None:
    stage = config_stage
    begin = stage.clock()

    def told(kind: Any, after: int, **more: Any) -> CallEvent:
        at = begin + timedelta(seconds=after)
        return CallEvent(kind=kind, at=at, call_id="CA0", tracking_number=SHARED, caller_number=CALLER, **more)

    stage.tell(told("ringing", 0), told("answered", 4, answered_device="client"), told("completed", 64, duration=64))
    stage.flow()
    call, other = stage.one(Call, carrier_call_id="CA0"), stage.call_in(caller=OTHER_CALLER)
    browser = signed_in(stage)
    assert "by somebody in an app or browser after 4 s" in browser.text(f"/calls/{call.id}")
    assert "in an app" not in browser.text(f"/calls/{other.id}")
    exported = {
        row["id"]: row["answered_device"]
        for row in csv.DictReader(browser.get("/calls.csv").content.decode("utf-8-sig").splitlines())
    }
    assert exported == {call.id: "client", other.id: ""}
    assert browser.user is not None and stage.config_file is not None
    with stage.hub.store.writing() as session:
        key = new_api_key(session, browser.user, stage.clock())
    api = TestClient(create_api(stage.hub, stage.live), headers={"authorization": f"Bearer {key}"})
    listed = {each["id"]: each["answered_device"] for each in api.get("/calls").json()["calls"]}
    assert listed == {call.id: "client", other.id: None}
    assert api.get(f"/calls/{call.id}").json()["answered_device"] == "client"
    options, env = ["--config", str(stage.config_file.path), "--json"], {"HUB_KEY": KEY}
    for command in (["call", call.id], ["calls", "list"]):
        shown = json.loads(CliRunner().invoke(app, [*command, *options], env=env).stdout)
        one = shown if command[0] == "call" else next(each for each in shown["calls"] if each["id"] == call.id)
        assert one["answered_device"] == "client"
    assert "answered_device" not in READERS, "CallRail has no such field"


def test_every_face_names_the_sip_phone_that_picked_up(config_stage: TestHub) -> None:
    stage = config_stage
    assert stage.config_file is not None
    begin, sip = stage.clock(), {"answered_by": "phone:anna", "answered_device": "sip"}

    def told(kind: Any, after: int, **more: Any) -> CallEvent:
        at = begin + timedelta(seconds=after)
        return CallEvent(kind=kind, at=at, call_id="CA0", tracking_number=SHARED, caller_number=CALLER, **more)

    stage.tell(told("ringing", 0), told("answered", 4, **sip))
    stage.flow()
    call, browser = stage.one(Call, carrier_call_id="CA0"), signed_in(stage)
    assert "with phone:anna" in browser.text("/")
    stage.tell(told("completed", 64, duration=64))
    stage.flow()
    assert "by phone:anna on a SIP phone" in browser.text(f"/calls/{call.id}")
    options, env = ["--config", str(stage.config_file.path)], {"HUB_KEY": KEY}
    assert "phone:anna" in CliRunner().invoke(app, ["call", call.id, *options], env=env).stdout
    listed = json.loads(CliRunner().invoke(app, ["calls", "list", *options, "--json"], env=env).stdout)
    assert [each["answered_by"] for each in listed["calls"]] == ["phone:anna"]
    assert [
        row["id"]
        for row in csv.DictReader(browser.get("/calls.csv?agent=phone:anna").content.decode("utf-8-sig").splitlines())
    ] == [call.id]
