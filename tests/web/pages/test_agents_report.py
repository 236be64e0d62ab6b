"""The report of agents: what each phone answered, and what rang there in vain."""

from __future__ import annotations

import csv
from datetime import timedelta

from page_client import signed_in
from test_reports_page import rows_of
from testbed import SHARED, TestHub

from hub.model import Call, CallStep


def test_the_page_and_the_file_of_agents_say_how_many_calls_each_phone_missed(stage: TestHub) -> None:
    stage.call_in(SHARED)
    stage.call_in(SHARED, "+13125550144", answered=False, seconds=30)
    browser = signed_in(stage)
    lost = next(each for each in stage.rows(Call) if not each.answered_at)
    about = {"connector": lost.connector, "carrier_call_id": lost.carrier_call_id, "company_id": lost.company_id}
    about |= {"flow_version": 1, "point": "ringing", "position": 0, "at": lost.started_at}
    about |= {"step": "sales", "do": "dial", "result": "rings +13125550190"}
    stage.add(CallStep(**about, expires_at=lost.started_at + timedelta(days=761)))
    assert rows_of(browser.get("/reports/agent").text)["+1 312 555 0190"][:4] == ["1", "1", "0", "1"]
    (line,) = csv.DictReader(browser.get("/reports/agent/csv").content.decode("utf-8-sig").splitlines())
    assert (line["Calls answered"], line["Missed"]) == ("1", "1")
