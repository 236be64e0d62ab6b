"""`/connectors`: health in words, repairs that clear themselves, pause and resume, and what each role sees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fake_connectors import FakeNetwork
from page_client import signed_in
from testbed import ACCOUNTS, CONNECTORS, EVERY_CALL, TestHub

from hub.api import AuthError, ConnectionReport, hookimpl
from hub.model import AuditEntry, ConnectorNote, ConnectorState, OutcomeRow, SyncSlot
from hub.model.states import WorkState
from hub.store.connectors import pause, resume

REFUSED = "Network refuses the sign-in (invalid_grant); reconnect this account."


class Gate(FakeNetwork):
    """A network that says whether it accepts the credentials."""

    refuses: AuthError | None = None

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        if self.refuses:
            raise self.refuses
        return ConnectionReport(ok=True, detail="The network answers.")


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    return lite_hub(
        connectors={**CONNECTORS, "network": Gate},
        common={"network": {"schedule": "every 15 minutes"}, "crm": {"companies": ["northgate"]}},
    )


def slot(stage: TestHub, minutes_ago: int, trouble: str | None, connector: str = "network") -> None:
    at = stage.clock() - timedelta(minutes=minutes_ago)
    stage.add(
        SyncSlot(connector=connector, due_at=at, finished_at=at, state=WorkState.DONE, result="", trouble=trouble)
    )


def test_a_connector_whose_sign_in_is_refused_is_a_repair_that_goes_away_when_it_is_mended(stage: TestHub) -> None:
    browser = signed_in(stage)
    assert "Repairs" not in browser.text("/connectors")
    stage.call_in()
    pause(stage.hub.store, "network", REFUSED, stage.clock())
    page = browser.text("/connectors")
    assert "1 stopped" in page and REFUSED in page and "1 item waits" in page
    assert "needs you" in browser.text("/").replace("need you", "needs you")
    assert REFUSED in browser.text("/connectors/network")
    resume(stage.hub.store, "network")
    assert "Repairs" not in browser.text("/connectors")


def test_syncs_that_fail_for_a_while_are_a_repair_until_one_ends_well(stage: TestHub) -> None:
    browser = signed_in(stage)
    slot(stage, 40, None)
    for minutes in (30, 15):
        slot(stage, minutes, "conversions: the network is unavailable (HTTP 503).")
    page = browser.text("/connectors")
    assert "its syncs fail" in page and "HTTP 503" in page and "Away" in page
    assert "2" in browser.text("/connectors/network").partition("HTTP 503")[2][:20]
    slot(stage, 0, None)
    assert "its syncs fail" not in browser.text("/connectors")


def test_a_quota_that_is_nearly_used_up_is_told_and_can_be_ignored(stage: TestHub) -> None:
    browser, colleague = signed_in(stage), signed_in(stage, "admin")
    stage.hub.plugins.connectors["crm"].services.note_quota(13_800, 15_000)
    page = browser.text("/connectors")
    assert "92% of today's requests are used" in page and "13,800 of 15,000" in page and "Near its limit" in page
    (note,) = stage.rows(ConnectorNote, name="quota")
    key = f"quota/crm/{stage.clock():%Y-%m-%d}"
    assert browser.post("/connectors/ignore", {"key": key}).status_code == 303
    assert "of today's requests" not in browser.text("/connectors")
    assert "of today's requests" in colleague.text("/connectors")
    assert browser.post("/connectors/ignore", {"key": "made/up"}).status_code == 422
    stage.clock.advance(days=2)
    assert "of today's requests" not in signed_in(stage, "admin").text("/connectors")
    assert note.connector == "crm"


@pytest.mark.parametrize(("connector", "looks_up"), [("index", True), ("network", False)])
def test_a_quota_that_is_nearly_used_up_says_what_is_not_done_for_that_reason(
    stage: TestHub, connector: str, looks_up: bool
) -> None:
    browser = signed_in(stage)
    stage.hub.plugins.connectors[connector].services.note_quota(13_800, 15_000)
    page = browser.text("/connectors")
    assert "of today's requests are used" in page
    assert ("Callers are not looked up" in page) is looks_up


def test_a_stage_that_neither_the_settings_nor_a_rule_knows_is_a_repair(lite_hub: Callable[..., TestHub]) -> None:
    rule = {**EVERY_CALL, "name": "visit", "when": {"event": "outcome", "stage": "Visited"}}
    stage = lite_hub(conversions=[rule])
    for number, stage_name in enumerate(("Booked", "Booked", "Visited", "won")):
        now = stage.clock()
        stage.add(
            OutcomeRow(connector="crm", external_id=str(number), stage=stage_name, occurred_at=now, changed_at=now)
        )
    page = signed_in(stage).text("/connectors")
    assert "the stage “Booked” means nothing yet" in page and "2 deals reached it" in page and "Visited" not in page


def test_a_person_pauses_a_connector_and_it_waits_until_somebody_resumes_it(stage: TestHub) -> None:
    browser = signed_in(stage)
    assert browser.post("/connectors/network/pause").status_code == 303
    page = browser.text("/connectors/network")
    assert "Paused" in page and "by owner-agency" in page
    assert "Repairs" not in browser.text("/connectors") and "all work" in browser.text("/")
    assert browser.post("/connectors/network/pause").status_code == 422
    assert browser.post("/connectors/network/resume").status_code == 303
    assert stage.one(ConnectorState).paused_at is None
    assert [row.why for row in stage.rows(SyncSlot)] == ["command"]
    assert [row.action for row in stage.rows(AuditEntry)][-2:] == ["connectors.pause", "connectors.resume"]


def test_a_connector_that_is_still_refused_stays_paused(stage: TestHub) -> None:
    browser = signed_in(stage)
    pause(stage.hub.store, "network", REFUSED, stage.clock())
    stage.hub.plugins.connectors["network"].refuses = AuthError(REFUSED)
    answer = browser.post("/connectors/network/resume")
    assert answer.status_code == 422 and "It stays paused" in answer.text
    assert stage.one(ConnectorState).paused_at is not None


def test_a_connector_whose_check_is_wrong_is_resumed_anyway(stage: TestHub) -> None:
    browser = signed_in(stage)
    pause(stage.hub.store, "network", REFUSED, stage.clock())
    stage.hub.plugins.connectors["network"].refuses = AuthError(REFUSED)
    assert "Resume it anyway" in browser.post("/connectors/network/resume").text
    assert browser.post("/connectors/network/resume", {"anyway": "yes"}).status_code == 303
    assert stage.one(ConnectorState).paused_at is None
    assert [row.action for row in stage.rows(AuditEntry)] == ["connectors.resume"]


def test_a_connector_page_says_what_it_is_given_and_what_failed(stage: TestHub) -> None:
    page = signed_in(stage, "marketer").text("/connectors/crm")
    assert "What it is given" in page and "log calls" in page and "Nothing failed" in page
    assert "Pause" not in page


def test_a_user_of_one_company_sees_only_its_connectors(stage: TestHub) -> None:
    browser = signed_in(stage, "marketer", "lakeside")
    page = browser.text("/connectors")
    assert "network" in page and "crm" not in page.partition("Installed plugins")[0]
    assert browser.get("/connectors/crm").status_code == 404
    assert browser.get("/connectors/none").status_code == 404


def test_the_tests_of_all_connectors_are_told_in_one_sentence(stage: TestHub) -> None:
    browser = signed_in(stage)
    answer = browser.post("/connectors/test")
    assert answer.status_code == 303
    shown: Any = browser.get("/connectors").text
    assert "answer and accept our credentials" in shown


def test_a_connector_that_serves_another_account_too_is_left_to_the_operator(lite_hub: Callable[..., TestHub]) -> None:
    rival = {"name": "rival", "title": "Rival", "companies": [{**ACCOUNTS[0]["companies"][0], "name": "riverside"}]}
    rival["companies"][0]["trackers"] = []
    stage = lite_hub(accounts=[*ACCOUNTS, rival], common={"network": {"companies": ["lakeside", "northgate"]}})
    browser = signed_in(stage)
    answer = browser.post("/connectors/crm/pause")
    assert answer.status_code == 422 and "also serves companies of another account" in answer.text
    assert browser.post("/connectors/network/pause").status_code == 303
    assert signed_in(stage, account="rival").get("/connectors/network").status_code == 404
