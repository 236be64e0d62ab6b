"""Beside the button that saves a lead: where it goes, what each recipient gets or waits for, and the rule if none does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from page_client import seen, signed_in
from starlette.testclient import TestClient
from testbed import EVERY_CALL, TestHub

from hub.access.keys import new_api_key
from hub.api.privacy import Opinion
from hub.config.models import ConversionRule
from hub.flow.leads import convert_leads
from hub.model import ConversionRow, Lead, LeadChange, Tag
from hub.reload import ConfigFile
from hub.web.api import create_api
from hub.web.pages.call.lead_rule import TAKES_EFFECT

Factory = Callable[..., TestHub]
LEADS = {
    "name": "lead",
    "when": {"event": "lead", "status": ["qualified", "booked"]},
    "value": "from lead",
    "send_to": {"network": {"action": 8}},
}
QUALIFIED = {"status": "qualified", "amount": "250", "tags": ""}


def goes(stage: TestHub, path: str, role: str = "owner") -> str:
    """What stands beside Save."""
    html = signed_in(stage, role).get(path).text
    begin = html.index('<div class="goes')
    return seen(html[begin : html.index(">Save<", begin)]).strip().replace(" .", ".")


@pytest.fixture
def stage(lite_hub: Factory) -> TestHub:
    return lite_hub(conversions=[EVERY_CALL, LEADS])


def test_it_says_where_a_lead_goes_before_and_after_it_is_saved_and_sent(stage: TestHub) -> None:
    path = f"/calls/{stage.call_in().id}"
    before = goes(stage, path)
    assert before.startswith("Goes to Paper Network at the next sync after it is saved as qualified.")
    assert signed_in(stage).post(f"{path}/lead", QUALIFIED).status_code == 303
    saved = goes(stage, path)
    assert saved.startswith("Goes to Paper Network at the next sync.") and "as lead (action 8), $250.00" in saved
    convert_leads(stage.hub, stage.directory)
    stage.deliver()
    sent = goes(stage, path)
    assert sent.startswith("Went to Paper Network.") and "$250.00" in sent
    assert [each.amount for each in stage.rows(ConversionRow, rule="lead")] == [250]


def test_a_recipient_that_consent_holds_says_why_and_a_receptionist_reads_no_reasons(stage: TestHub) -> None:
    stage.law.rule = lambda question: Opinion(verdict="deny", rule_id="paper.no", reason="The law says no.")
    path = f"/calls/{stage.call_in().id}"
    held = goes(stage, path)
    assert held.startswith("Nobody hears of it yet.") and "held The law says no." in held
    assert "law" not in goes(stage, path, "receptionist")


def test_spam_and_a_status_that_no_rule_counts_reach_nobody(stage: TestHub) -> None:
    path = f"/calls/{stage.call_in().id}"
    signed_in(stage).post(f"{path}/lead", {**QUALIFIED, "status": "new"})
    assert goes(stage, path).startswith("Nobody hears of it: no rule counts this lead.")
    signed_in(stage).post(f"{path}/spam", {"spam": "yes"})
    signed_in(stage).post(f"{path}/lead", QUALIFIED)
    assert goes(stage, path).startswith("Nobody hears of it: it is spam, and no rule counts spam.")


def test_a_lead_that_was_marked_before_its_rule_is_sent_on_demand(lite_hub: Factory) -> None:
    stage = lite_hub()
    path = f"/calls/{stage.call_in().id}"
    signed_in(stage).post(f"{path}/lead", QUALIFIED)
    convert_leads(stage.hub, stage.directory)
    assert goes(stage, path).startswith("Nobody hears of it: no rule counts leads.")
    rules = tuple(map(ConversionRule.model_validate, (EVERY_CALL, LEADS)))
    stage.hub = replace(stage.hub, config=replace(stage.hub.config, conversions=rules))
    assert goes(stage, path).startswith("Nobody heard of it: it was marked before a rule counted leads.")
    assert signed_in(stage).post(f"{path}/lead/count").status_code == 303
    stage.clock.advance(seconds=TAKES_EFFECT.total_seconds() + 1)
    convert_leads(stage.hub, stage.directory)
    assert [each.amount for each in stage.rows(ConversionRow, rule="lead")] == [250]
    assert len(stage.rows(LeadChange)) == 1, "the timeline has one change"


def test_the_rule_is_one_click_away_and_others_see_whom_to_ask(config_stage: TestHub, tmp_path: Path) -> None:
    stage = config_stage
    path = f"/calls/{stage.call_in().id}"
    signed_in(stage).post(f"{path}/lead", QUALIFIED)
    assert "An owner or admin of the account can make one" in goes(stage, path, "marketer")
    assert signed_in(stage, "marketer").post(f"{path}/lead/rule").status_code == 403
    assert "Save and make a rule" in goes(stage, path)
    owner = signed_in(stage)
    refused = owner.post(f"{path}/lead/rule", {**QUALIFIED, "amount": "plenty"})
    assert refused.status_code == 422 and 'value="plenty"' in refused.text
    answer = owner.post(f"{path}/lead/rule", {**QUALIFIED, "amount": "300", "tags": "roof"})
    assert answer.status_code == 303, seen(answer.text)
    assert [(each.amount, each.status) for each in stage.rows(Lead)] == [(300, "qualified")], "what was typed is kept"
    assert [each.name for each in stage.rows(Tag)] == ["roof"]
    file = stage.config_file
    assert isinstance(file, ConfigFile)
    rule = file.check((tmp_path / "config.yaml").read_text()).conversions[-1]
    assert (rule.name, rule.when.company, rule.value) == ("lead of lakeside", "lakeside", "from lead")
    assert rule.send_to == {"network": {"action": 7}}, "as the other rule sends"
    change = stage.rows(LeadChange)[-1]
    assert (change.state, change.due_at) == ("ready", stage.clock() + TAKES_EFFECT)


def test_of_many_that_are_marked_at_once_it_is_said_where_they_go(stage: TestHub) -> None:
    browser, calls = signed_in(stage), [stage.call_in(caller=f"+1312555015{place}") for place in range(3)]
    assert "A lead goes to Paper Network at the next sync." in browser.text("/calls?company=lakeside")

    def marked(status: str, *places: int) -> str:
        answer = browser.post("/calls/mark", {"id": [calls[each].id for each in places], "lead": status})
        return browser.text(answer.headers["location"])

    assert "2 marked. They go to Paper Network at the next sync." in marked("qualified", 0, 1)
    assert "1 marked. It goes to Paper Network at the next sync." in marked("booked", 0)
    browser.post(f"/calls/{calls[2].id}/spam", {"spam": "yes"})
    assert "3 marked. 2 of them go to Paper Network at the next sync; the pages of the others say why not." in marked(
        "booked", 0, 1, 2
    )
    assert "1 marked. Nobody hears of it: its page says why." in marked("qualified", 2)
    assert "Nobody hears of it" not in marked("not_a_lead", 0), "that is no lead"


def test_without_a_rule_the_list_says_that_nobody_hears_of_leads(lite_hub: Factory) -> None:
    stage = lite_hub()
    call, browser = stage.call_in(), signed_in(stage)
    assert "Nobody hears of a lead: no rule counts leads." in browser.text("/calls?company=lakeside")
    answer = browser.post("/calls/mark", {"id": call.id, "lead": "booked"})
    assert "1 marked. Nobody hears of it: no rule counts leads." in browser.text(answer.headers["location"])


def test_a_program_that_marks_a_lead_reads_who_hears_of_it(stage: TestHub) -> None:
    call, owner = stage.call_in(), signed_in(stage)
    assert owner.user is not None
    with stage.hub.store.writing() as session:
        key = new_api_key(session, owner.user, stage.clock())
    api = TestClient(create_api(stage.hub, stage.live))

    def mark(**body: Any) -> Any:
        answer = api.post(f"/calls/{call.id}/lead", headers={"authorization": f"Bearer {key}"}, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    (hears,) = mark(status="booked", amount="99.50")["goes_to"]
    assert (hears["connector"], hears["state"], hears["amount"]) == ("network", "goes", "99.5000")
    assert mark(status="new")["goes_nowhere"] == "No rule counts this lead."
    assert mark(status=None)["goes_to"] == []
