"""People ask for their data on the company's page, show who they are, and fetch the answer; nobody learns who is known."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from privacy_browser import PAGE, STRANGER, Browser
from sqlmodel import select
from web_edge import CALLER, Edge

from hub.delivery.send_texts import send_texts
from hub.model import PrivacyRequest
from hub.platform.rate_limit import networks_of
from hub.privacy_requests.certificate import is_genuine
from hub.privacy_requests.run import run, work_tasks
from hub.store.encryption.encrypted_fields import correction_in
from hub.testing import FrozenClock
from hub.web.privacy.forms import RequestLimiter


@pytest.fixture
def browser(edge: Edge) -> Browser:
    edge.twilio.messages.clear()
    return Browser(edge)


def requests_of(edge: Edge) -> list[dict[str, Any]]:
    return edge.rows("SELECT * FROM privacy_request ORDER BY received_at, id")


def test_a_person_asks_proves_reads_everything_has_it_erased_and_holds_the_certificate(browser: Browser) -> None:
    edge = browser.edge
    for request in edge.call():
        edge.send(request)
    edge.work()
    here = browser.ask("access", place="US-CA")
    assert browser.get(f"{here}/file").status_code == 404
    assert browser.prove(here).status_code == 303
    work_tasks(edge.opened.hub)
    assert "Download your file" in browser.get(here).text
    with zipfile.ZipFile(io.BytesIO(browser.get(f"{here}/file").content)) as file:
        told = json.loads(file.read("data.json"))
    assert [call["caller_number"] for call in told["calls"]] == [CALLER]
    assert "Twilio Inc." in {each["recipient"] for each in told["what providers have"]}

    there = browser.ask("erasure")
    edge.clock.advance(minutes=1)
    assert browser.prove(there).status_code == 303
    erasure = requests_of(edge)[-1]
    done = run(edge.opened.hub, erasure["id"], "officer")
    assert done.state == "done"
    assert edge.rows("SELECT * FROM call WHERE caller_number IS NOT NULL") == []
    certificate = Browser(edge).get(f"{there}/certificate").json()
    assert is_genuine(edge.opened.hub, certificate)
    assert {each["result"] for each in certificate["erased_at_providers"]} == {"erased"}
    assert browser.get(f"{here}/file").status_code == 404


def test_the_page_is_the_same_whether_a_person_is_known_or_not(browser: Browser) -> None:
    edge = browser.edge
    for request in edge.call():
        edge.send(request)
    edge.work()
    known, unknown = browser.ask("access"), browser.ask("access", STRANGER)
    pages = [browser.get(each).text.replace(each, "") for each in (known, unknown)]
    same = [re.sub(r"[0-9a-f-]{36}", "", page) for page in pages]
    assert same[0] == same[1]
    work_tasks(edge.opened.hub)
    send_texts(edge.opened.hub, edge.opened.directory.current(), "twilio")
    assert sorted(text["recipient"] for text in edge.twilio.texts()) == sorted([CALLER, STRANGER])


def test_a_mailed_link_asks_for_one_more_press_so_that_no_scanner_uses_it_up(browser: Browser) -> None:
    here = browser.ask("access")
    page = browser.get(f"{here}/confirm?token=a-token").text
    assert 'name="secret" value="a-token"' in page and "Yes, this is my address" in page


def test_a_network_that_asks_too_often_waits_and_others_do_not() -> None:
    door, now = RequestLimiter(), FrozenClock()()
    asked = [door.may_ask("company", networks_of("8.8.8.8"), now) for _ in range(12)]
    assert asked == [True] * 10 + [False] * 2
    assert door.may_ask("company", networks_of("9.9.9.9"), now)
    tried = [door.may_try(networks_of("8.8.8.8"), now) for _ in range(31)]
    assert tried == [True] * 30 + [False]


def test_a_code_is_good_for_five_tries_and_ten_minutes(browser: Browser) -> None:
    here = browser.ask("access")
    code = browser.code()
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert "not right" in browser.prove(here, wrong).text
    assert "not right" in browser.prove(here, code).text
    assert browser.post(f"{here}/again", form=browser.form(here)).status_code == 303
    fresh = browser.code()
    browser.edge.clock.advance(minutes=11)
    assert "not right" in browser.prove(here, fresh).text
    assert [each["state"] for each in requests_of(browser.edge)] == ["identity_pending"]


def test_one_number_is_written_to_three_times_an_hour_and_the_page_says_nothing_of_it(browser: Browser) -> None:
    for _ in range(4):
        assert browser.ask("access")
        work_tasks(browser.edge.opened.hub)
    send_texts(browser.edge.opened.hub, browser.edge.opened.directory.current(), "twilio")
    assert len(browser.edge.twilio.texts()) == 3


@pytest.mark.parametrize("origin", [None, "https://evil.example.com", "null"])
def test_a_post_from_elsewhere_is_refused(browser: Browser, origin: str | None) -> None:
    form = browser.form()
    reply = browser.post(f"{PAGE}/requests", origin, form=form, kind="access", phone=CALLER)
    assert reply.status_code == 403
    assert browser.post(f"{PAGE}/requests", form="0" * 64, kind="access", phone=CALLER).status_code == 403
    assert Browser(browser.edge).post(f"{PAGE}/requests", form=form, kind="access", phone=CALLER).status_code == 403
    assert requests_of(browser.edge) == []


def test_another_browser_and_a_guessed_address_see_nothing(browser: Browser) -> None:
    here = browser.ask("access")
    browser.prove(here)
    work_tasks(browser.edge.opened.hub)
    stranger = Browser(browser.edge)
    assert stranger.get(f"{here}/file").status_code == 404
    assert "Download your file" not in stranger.get(here).text
    forged = here[:-1] + ("0" if here[-1] != "0" else "1")
    assert stranger.get(forged).status_code == 404
    assert stranger.get(here.replace("lakeside", "harbour")).status_code == 404


def test_the_page_runs_no_script_loads_nothing_from_elsewhere_and_tells_of_gpc(browser: Browser) -> None:
    reply = browser.get(PAGE, **{"sec-gpc": "1"})
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "unsafe" not in policy
    assert "<script" not in reply.text and "style=" not in reply.text
    assert re.findall(r'src=|<link[^>]*href="(?!/)|action="(?!/)', reply.text) == []
    assert "Your browser sends it now" in reply.text
    assert browser.get("/privacy.css").headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "everything", "phone": CALLER}, "choose"),
        ({"kind": "access"}, "one of them"),
        ({"kind": "access", "phone": CALLER, "email": "pat@example.com"}, "one of them"),
        ({"kind": "access", "phone": "12"}, "phone number"),
        ({"kind": "correction", "phone": CALLER}, "what is right"),
        ({"kind": "correction", "phone": CALLER, "new_name": "Pat", "new_email": "pat"}, "is not valid"),
        ({"kind": "correction", "phone": CALLER, "new_phone": "call me"}, "is not valid"),
        ({"kind": "access", "phone": CALLER, "place": "Atlantis"}, "choose"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_written(
    browser: Browser, fields: dict[str, str], words: str
) -> None:
    reply = browser.post(f"{PAGE}/requests", form=browser.form(), **fields)
    assert reply.status_code == 422 and words in reply.text
    assert requests_of(browser.edge) == []


def test_a_correction_of_a_number_is_kept_as_a_number(browser: Browser) -> None:
    browser.ask("correction", new_phone="(312) 555-0177", place="NZ")
    hub = browser.edge.opened.hub
    with hub.store.reading() as session:
        request = session.exec(select(PrivacyRequest)).one()
        assert correction_in(hub.vault, session, request) == {"phone_number": "+13125550177"}
    assert request.rule == "nz.privacy-44"


def test_a_request_knows_the_place_that_the_person_named(browser: Browser) -> None:
    browser.ask("objection", place="EU")
    (row,) = requests_of(browser.edge)
    assert "EU" in json.dumps(row["places"])


@pytest.mark.parametrize(
    ("company", "verdict", "words"),
    [("harbour", "deny", "Control is honored"), ("northgate", "allow", "not honored here")],
)
def test_the_page_says_of_gpc_what_the_consent_plugins_really_do(
    edge: Edge, company: str, verdict: str, words: str
) -> None:
    edge.lawyer.verdict = verdict
    page = edge.client.get(f"/privacy/{company}").text
    assert words in " ".join(page.replace("<strong>", "").split())


def test_anybody_sees_where_data_goes_and_nothing_of_the_business(edge: Edge) -> None:
    first = edge.client.get(PAGE)
    assert f'href="{PAGE}/map"' in first.text
    page = edge.client.get(f"{PAGE}/map")
    assert page.status_code == 200 and "set-cookie" not in page.headers
    assert "default-src 'none'" in page.headers["content-security-policy"]
    told = re.sub(r"<[^>]+>", " ", page.text)
    for shown in (
        "Twilio Inc.",
        "phone number",
        "on our behalf",
        "The audio of calls and voicemail.",
        "Only rehearsed",
    ):
        assert shown in told
    config = edge.opened.hub.config
    for secret in (*config.connectors, str(config.hub.database), "api.twilio.com", "http"):
        assert not re.search(rf"(?<![\w.]){re.escape(secret)}(?![\w.])", told), secret


def test_a_company_that_is_not_there_has_no_map(edge: Edge) -> None:
    assert edge.client.get("/privacy/nobody/map").status_code == 404
