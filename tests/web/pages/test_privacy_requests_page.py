"""The privacy officer's requests in the browser: taken in, proven, planned, confirmed, held, certified, handed over."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fake_card_crm import FakeCardCrm
from page_client import PageClient, seen, signed_in
from page_samples import HOSTILE
from testbed import CALLER, CONNECTORS, NORTH_SHARED, TestHub

from hub.model import AuditEntry, Call, LegalHold, Person, PrivacyRequest
from hub.privacy_requests.run import work_tasks

DESK = "/privacy-desk"


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    """A hub whose CRM can show, erase and correct people; one person has called from an ad."""
    made = lite_hub(connectors={**CONNECTORS, "cabinet": FakeCardCrm}, common={"cabinet": {"companies": ["lakeside"]}})
    made.call_in(made.visit().number, caller_name="Zqcaller")
    made.deliver()
    return made


def taken_in(officer: PageClient, kind: str = "erasure", **more: str) -> str:
    """A request that an officer takes in; its address."""
    form = {"company": "lakeside", "kind": kind, "phone": CALLER, "channel": "letter", **more}
    answer = officer.post(f"{DESK}/requests/new", form)
    assert answer.status_code == 303, seen(answer.text)
    return str(answer.headers["location"])


def confirmed(officer: PageClient, one: str) -> Any:
    """Confirm the plan as it is shown."""
    plan = officer.get(f"{one}/plan").text
    return officer.post(f"{one}/run", {"seen": re.findall(r'name="seen" value="(\w+)"', plan)[0]})


def deeds(stage: TestHub) -> list[str]:
    return [each.action for each in stage.rows(AuditEntry)]


def test_an_erasure_goes_from_the_letter_to_the_certificate(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    one = taken_in(officer)
    assert "Not shown" in officer.text(DESK) and "Note the proof" in officer.text(one)
    assert officer.post(f"{one}/run").status_code == 422, "not before the person has shown who they are"
    assert officer.post(f"{one}/proof", {"proof": "invoice compared"}).status_code == 303
    plan = officer.text(f"{one}/plan")
    assert "Calls 1" in plan and "cannot be undone" in plan, plan
    assert confirmed(officer, one).status_code == 303
    assert "A worker carries it out" in officer.text(one) and stage.one(Call).caller_number == CALLER
    work_tasks(stage.hub)
    request = stage.one(PrivacyRequest)
    assert (request.state, request.phone_number) == ("done", None)
    assert officer.user and request.outcome["erased_by"] == officer.user.id
    certificate = officer.text(f"{DESK}/certificates/{request.id}")
    assert "Genuine" in certificate and "Cabinet Inc. Erased" in certificate and officer.user.name in certificate
    assert "Erased person" in officer.text(one)
    assert "Erased person" in signed_in(stage, "owner").text("/calls")
    file = officer.get(f"{DESK}/certificates/{request.id}/file").text
    checked = officer.post(f"{DESK}/certificates", {"certificate": file})
    assert "Genuine" in checked.text and "Not genuine" not in checked.text
    changed = json.dumps({**json.loads(file), "remains": []})
    assert "Not genuine" in officer.post(f"{DESK}/certificates", {"certificate": changed}).text
    assert officer.post(f"{DESK}/certificates", {"certificate": "[" * 5000}).status_code == 422


def test_what_is_confirmed_is_what_was_seen(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    one = taken_in(officer, proof="invoice compared")
    plan = officer.get(f"{one}/plan").text
    stage.call_in(caller=CALLER)
    answer = officer.post(f"{one}/run", {"seen": re.findall(r'name="seen" value="(\w+)"', plan)[0]})
    assert answer.status_code == 422 and "Read the plan once more" in answer.text
    assert officer.post(f"{one}/run").status_code == 422, "a plan must have been seen"
    work_tasks(stage.hub)
    assert stage.one(PrivacyRequest).state == "verified"


def test_the_person_is_masked_until_somebody_looks_and_that_is_written_down(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    one = taken_in(officer, proof="recalled, said Zqproof")
    for path in (DESK, one, f"{one}/plan"):
        text = officer.get(path).text
        assert "+1 312 ••• ••42" in text and CALLER not in text and "Zqproof" not in text, path
    assert "privacy.request.reveal" not in deeds(stage)
    shown = officer.post(f"{one}/reveal").text
    assert CALLER in shown and "Zqproof" in shown and "privacy.request.reveal" in deeds(stage)


def test_a_file_is_handed_over_and_who_took_it_is_written_down(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    one = taken_in(officer, "access", proof="passport seen")
    assert officer.get(f"{one}/file").status_code == 422
    assert officer.post(f"{one}/run").status_code == 303
    work_tasks(stage.hub)
    answer = officer.get(f"{one}/file")
    assert (
        answer.headers["content-disposition"].startswith("attachment")
        and "data.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    )
    assert deeds(stage).count("privacy.request.export") == 2


def test_a_correction_is_compared_before_it_is_made(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    one = taken_in(officer, "correction", proof="passport seen", name="Pat Lee")
    assert "Pat Lee" not in officer.text(one)
    compared = seen(officer.post(f"{one}/reveal").text)
    assert "After the correction Name nothing Pat Lee" in compared, compared
    officer.post(f"{one}/run")
    work_tasks(stage.hub)
    work_tasks(stage.hub)
    assert stage.one(PrivacyRequest).state == "done" and stage.name_of(stage.one(Person)) == "Pat Lee"


def test_an_answer_goes_out_without_a_provider_that_keeps_silent(stage: TestHub) -> None:
    stage.cabinet.away = 9
    officer = signed_in(stage, "privacy_officer")
    one = taken_in(officer, proof="invoice compared")
    confirmed(officer, one)
    work_tasks(stage.hub)
    assert "cabinet has not answered" in officer.text(DESK) and "Send without Cabinet" in officer.text(one)
    assert officer.post(f"{one}/without", {"connector": "cabinet", "reason": " "}).status_code == 422
    assert officer.post(f"{one}/without", {"connector": "crm", "reason": "away"}).status_code == 422
    assert officer.post(f"{one}/without", {"connector": "cabinet", "reason": "bankrupt"}).status_code == 303
    request = stage.one(PrivacyRequest)
    assert request.state == "done"
    assert "closed without it: bankrupt" in officer.text(f"{DESK}/certificates/{request.id}")


def test_a_hold_stops_an_erasure_until_it_is_lifted(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    one = taken_in(officer, proof="invoice compared")
    bad = officer.post(f"{DESK}/holds", {"company": "lakeside", "covers": "person", "reason": "Case 17"})
    assert bad.status_code == 422 and "Say who it covers" in bad.text
    hold = {"company": "lakeside", "covers": "person", "phone": CALLER, "reason": "Case 17"}
    assert officer.post(f"{DESK}/holds", hold).status_code == 303
    assert "“Case 17” keeps this data" in officer.text(f"{one}/plan")
    assert confirmed(officer, one).status_code == 422
    work_tasks(stage.hub)
    assert stage.one(Call).caller_number == CALLER
    held = stage.one(LegalHold)
    assert "Case 17" in officer.text(f"{DESK}/holds") and CALLER not in officer.get(f"{DESK}/holds").text
    assert officer.post(f"{DESK}/holds/{held.id}/lift").status_code == 303
    assert officer.post(f"{DESK}/holds/{held.id}/lift").status_code == 422
    assert "Lifted" in officer.text(f"{DESK}/holds?show=all")
    assert confirmed(officer, one).status_code == 303
    assert {"privacy.hold.set", "privacy.hold.lift"} <= set(deeds(stage))


def test_the_most_urgent_request_stands_first_and_one_over_its_time_says_so(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    taken_in(officer, "erasure", phone="+13125550151")
    late = (stage.clock() - timedelta(days=60)).date().isoformat()
    taken_in(officer, "access", phone="+13125550152", received=late)
    text = officer.text(DESK)
    assert text.index("••52") < text.index("••51") and "days over" in text and "Queue 2" in text


def test_more_time_and_a_refusal_need_a_reason(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    one = taken_in(officer, "access", place="US-CA")
    assert officer.post(f"{one}/extend").status_code == 422
    assert officer.post(f"{one}/extend", {"reason": "many recordings"}).status_code == 303
    assert officer.post(f"{one}/refuse").status_code == 422
    assert officer.post(f"{one}/refuse", {"reason": "cannot be verified"}).status_code == 303
    assert "Refused on" in officer.text(f"{DESK}/requests") and "No open request" in officer.text(DESK)
    assert officer.post(f"{one}/refuse", {"reason": "again"}).status_code == 422


def test_a_restriction_ends_when_the_officer_says_so(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    one = taken_in(officer, "restriction", proof="recalled")
    officer.post(f"{one}/run")
    work_tasks(stage.hub)
    assert "End the restriction" in officer.text(one)
    assert officer.post(f"{one}/unrestrict").status_code == 422
    assert officer.post(f"{one}/unrestrict", {"reason": "the dispute is over"}).status_code == 303
    assert officer.post(f"{one}/unrestrict", {"reason": "again"}).status_code == 422


def test_what_cannot_be_taken_in_is_said_and_what_was_typed_stays(stage: TestHub) -> None:
    officer = signed_in(stage, "privacy_officer")
    wrong: list[tuple[dict[str, str], str]] = [
        ({"kind": "forgetting"}, "not a kind"),
        ({"phone": "12"}, "Give a phone number"),
        ({"received": "2099-01-01"}, "in the future"),
        ({"received": "0001-01-01"}, "three years"),
        ({"received": "yesterday"}, "not a date"),
        ({"place": "Atlantis"}, "from the list"),
        ({"name": "Pat"}, "belong to a correction"),
        ({"company": ""}, "Choose the company"),
        ({"phone": HOSTILE, "proof": HOSTILE}, "Give a phone number"),
    ]
    for form, why in wrong:
        typed = {"company": "lakeside", "phone": CALLER, "kind": "access", **form}
        answer = officer.post(f"{DESK}/requests/new", typed)
        assert answer.status_code == 422 and why in seen(answer.text), form
        assert html.escape(typed["phone"]) in answer.text or typed["phone"] == HOSTILE, form
        assert "<script>alert" not in answer.text and not stage.rows(PrivacyRequest), form


def test_an_officer_of_one_company_sees_and_takes_in_only_its_requests(stage: TestHub) -> None:
    whole = signed_in(stage, "privacy_officer")
    mine, theirs = taken_in(whole), taken_in(whole, company="northgate", phone="+13125550177")
    limited = signed_in(stage, "privacy_officer", "lakeside")
    stage.call_in(NORTH_SHARED, "+13125550177")
    assert "••42" in limited.text(DESK) and "••77" not in limited.text(DESK)
    assert limited.get(mine).status_code == 200 and limited.get(theirs).status_code == 404
    for deed in ("proof", "run", "reveal", "refuse"):
        assert limited.post(f"{theirs}/{deed}", {"proof": "x", "reason": "x"}).status_code == 404, deed
    assert limited.post(f"{DESK}/requests/new", {"company": "northgate", "kind": "access"}).status_code == 404
    assert limited.post(f"{DESK}/holds", {"company": "northgate", "reason": "x"}).status_code == 404


def test_a_marketer_finds_nothing_here_and_an_admin_no_requests(stage: TestHub) -> None:
    taken_in(signed_in(stage, "privacy_officer"))
    assert signed_in(stage, "marketer").get(DESK).status_code == 403
    admin = signed_in(stage, "admin")
    assert "Take in a request" not in admin.text(DESK) and admin.get(f"{DESK}/requests").status_code == 403
