"""The page about spam, the score on a call's page, and what reports leave out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from page_client import signed_in
from testbed import CALLER, SHARED, TestHub

from hub.config.edit import tree_of
from hub.model import Call, CallerRule, SpamScore

Factory = Callable[..., TestHub]
ROBOT = "+13125550166"


def spam_of(stage: TestHub) -> Any:
    assert stage.config_file is not None
    tree = tree_of(Path(stage.config_file.path).read_text())
    return tree["accounts"][0]["companies"][0].get("spam", {})


def test_a_policy_is_an_edit_of_the_configuration(config_stage: TestHub) -> None:
    owner = signed_in(config_stage)
    assert "What happens to suspect calls" in owner.text("/spam")
    form = {"mark": "60", "challenge": "80", "voicemail": "", "reject": "", "blocked": "voicemail"}
    assert owner.post("/spam/lakeside", form).status_code == 303
    assert spam_of(config_stage) == {"mark": 60, "challenge": 80, "blocked": "voicemail"}
    wrong = owner.post("/spam/lakeside", {**form, "reject": "101"})
    assert wrong.status_code == 422 and "from 1 to 100" in wrong.text


def test_callers_are_blocked_from_the_page_of_a_call_and_taken_off_the_list(lite_hub: Factory) -> None:
    stage = lite_hub()
    call = stage.call_in(caller=ROBOT)
    owner = signed_in(stage)
    shown = owner.text(f"/calls/{call.id}")
    assert "Spam score" in shown and "Block this caller" in shown
    assert owner.post(f"/calls/{call.id}/block", {}).status_code == 303
    assert "Marked as spam" in owner.text(f"/calls/{call.id}") and "Spam Answered" in owner.text("/calls?period=30d")
    assert "Spam Answered" in owner.text("/calls?spam=yes") and "Spam Answered" not in owner.text("/calls?spam=no")
    assert "Shown: Only spam" in owner.text("/calls?spam=yes")
    (rule,) = stage.rows(CallerRule)
    assert "555" in owner.text("/spam")
    assert owner.post(f"/spam/callers/{rule.id}/remove", {}).status_code == 303
    added = owner.post("/spam/callers", {"number": "+1900*", "kind": "block", "place": "", "note": "<b>premium</b>"})
    assert added.status_code == 303 and "&lt;b&gt;premium" in owner.get("/spam").text
    wrong = owner.post("/spam/callers", {"number": "hello", "kind": "block", "place": "lakeside", "note": ""})
    assert wrong.status_code == 422 and "no phone number" in wrong.text
    northern = signed_in(stage, "marketer", "northgate")
    (rule,) = stage.rows(CallerRule)
    assert "premium" not in northern.text("/spam")
    assert northern.post(f"/spam/callers/{rule.id}/remove", {}).status_code == 404


def test_reports_leave_spam_out_and_count_it_if_asked(lite_hub: Factory) -> None:
    stage = lite_hub()
    stage.call_in(SHARED, CALLER)
    spam = stage.call_in(SHARED, ROBOT)
    owner = signed_in(stage)
    assert owner.post(f"/calls/{spam.id}/spam", {"spam": "yes"}).status_code == 303
    assert stage.one(Call, id=spam.id).spam
    for report in ("source", "number", "hours"):
        left_out = owner.text(f"/reports/{report}?period=30d")
        assert "Without 1 call, text or form that is spam" in left_out, report
        assert "is spam and counted here" in owner.text(f"/reports/{report}?period=30d&spam=counted"), report
    totals = [
        owner.get(f"/reports/number/csv?period=30d{query}").text.splitlines()[1].split(",")
        for query in ("", "&spam=counted")
    ]
    assert totals[0] != totals[1]
    assert owner.post(f"/calls/{spam.id}/spam", {"spam": "no"}).status_code == 303
    assert "Without 1" not in owner.text("/reports/source?period=30d")
    assert stage.one(SpamScore, carrier_call_id=spam.carrier_call_id).overruled_at is not None
