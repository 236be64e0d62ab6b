"""A call that failed after it was answered: every face says so, with the reason and the length that is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from commands import CliRunner
from page_client import signed_in
from starlette.testclient import TestClient
from testbed import CALLER, KEY, OTHER_CALLER, SHARED, TestHub

from hub.access.keys import new_api_key
from hub.api import CallEvent
from hub.cli import app
from hub.model import Call, SpamScore
from hub.web.api import create_api

REASON = "The gateway ended in the middle of the call."


def broken_off(stage: TestHub, seconds: int) -> Call:
    """A call that somebody answered, and in which the gateway then ended."""
    begin = stage.clock()

    def told(kind: Any, after: int, **more: Any) -> CallEvent:
        at = begin + timedelta(seconds=after)
        return CallEvent(kind=kind, at=at, call_id="CA0", tracking_number=SHARED, caller_number=CALLER, **more)

    stage.tell(
        told("ringing", 0),
        told("answered", 4, answered_by="+13125550190"),
        told("failed", 4 + seconds, duration=seconds, failure="gateway_ended"),
    )
    stage.flow()
    return stage.one(Call, carrier_call_id="CA0")


def test_a_call_that_broke_off_is_shown_as_failed_with_its_reason_and_length(config_stage: TestHub) -> None:
    stage = config_stage
    call, whole = broken_off(stage, 42), stage.call_in(caller=OTHER_CALLER)
    browser = signed_in(stage)
    page = browser.text(f"/calls/{call.id}")
    assert "Failed , answered by +1 312 555 0190 after 4 s, talked 0:42" in page
    assert f"The call failed {REASON} Talked 0:42." in page and page.count(REASON) == 2
    listed = browser.text("/calls?outcome=failed")
    assert "Failed 0:42" in listed and "+1 312 555 0143" not in listed
    assert "2 calls" in browser.text("/calls?outcome=answered"), "a person did answer it"
    assert browser.user is not None and stage.config_file is not None
    with stage.hub.store.writing() as session:
        key = new_api_key(session, browser.user, stage.clock())
    api = TestClient(create_api(stage.hub, stage.live), headers={"authorization": f"Bearer {key}"})
    answer = api.get(f"/calls/{call.id}").json()
    assert (answer["status"], answer["failure"], answer["duration"]) == ("failed", "gateway_ended", 42)
    assert api.get(f"/calls/{whole.id}").json()["failure"] is None
    command, env = ["call", call.id, "--config", str(stage.config_file.path)], {"HUB_KEY": KEY}
    assert REASON in CliRunner().invoke(app, command, env=env).stdout
    shown = json.loads(CliRunner().invoke(app, [*command, "--json"], env=env).stdout)
    assert (shown["status"], shown["failure"]) == ("failed", "gateway_ended")


def test_a_caller_is_not_taken_for_spam_because_the_gateway_cut_the_call_short(
    lite_hub: Callable[..., TestHub],
) -> None:
    stage = lite_hub()
    call, short = broken_off(stage, 3), stage.call_in(caller=OTHER_CALLER, seconds=3)
    codes = {row.carrier_call_id: {each["code"] for each in row.reasons} for row in stage.rows(SpamScore)}
    assert "very_short" in codes[short.carrier_call_id]
    assert "very_short" not in codes.get(call.carrier_call_id, set())
