"""The page of the audit log: filters, the proof of the chain, the file, and who may read it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from page_client import PageClient, signed_in
from starlette.testclient import TestClient
from testbed import ACCOUNTS, TestHub, company

from hub.access.keys import new_api_key
from hub.access.users import add_user
from hub.model import Account, AuditEntry
from hub.queries.lists.keyset import Cursor
from hub.store import audit
from hub.web.api import create_api

RIVAL = {"name": "rival", "title": "Rival", "companies": [company("southside", ("+13145550100",), "+13145550120")]}
HOSTILE = "=<img src=x>"


@pytest.fixture
def stage(hub: Callable[..., TestHub]) -> TestHub:
    """A hub with two accounts, on both databases."""
    return hub(accounts=[*ACCOUNTS, RIVAL])


@pytest.fixture
def auditor(stage: TestHub) -> PageClient:
    return signed_in(stage, "auditor")


def noted(
    stage: TestHub, action: str, *, account: str = "agency", subject: str = "", detail: str = "", **at: Any
) -> None:
    with stage.hub.store.writing() as session:
        of = subject or stage.one(Account, name=account).id
        audit.note(session, stage.clock() - timedelta(**at), "root", action, of, detail)


def rows(browser: PageClient, query: str = "") -> list[str]:
    html = browser.get("/audit" + query).text
    return re.findall(r'data-label="Did"><span><a [^>]*>([^<]+)</a>', html)


def test_what_a_program_did_stands_there_with_its_requests_id(stage: TestHub, auditor: PageClient) -> None:
    call = stage.call_in()
    with stage.hub.store.writing() as session:
        owner = add_user(session, stage.one(Account, name="agency"), "program", "owner", stage.clock())
        key = new_api_key(session, owner, stage.clock())
    api = TestClient(create_api(stage.hub, stage.live))
    headers = {"authorization": f"Bearer {key}", "x-request-id": "crm-4711"}
    assert api.post(f"/calls/{call.id}/tags", headers=headers, json={"name": "roof"}).status_code == 200
    (entry,) = stage.rows(AuditEntry, subject=call.id)
    assert entry.request_id == "crm-4711" and ">crm-4711<" in auditor.get("/audit").text
    found = api.get("/audit", headers=headers, params={"subject": call.id}).json()["entries"]
    assert [each["request_id"] for each in found] == ["crm-4711"]
    noted(stage, "users.add", subject=owner.id)
    (told,) = api.get("/audit", headers=headers, params={"action": "users.add"}).json()["entries"]
    assert told["request_id"] is None


def test_each_filter_leaves_only_what_it_names(stage: TestHub, auditor: PageClient) -> None:
    user = auditor.user
    assert user is not None
    noted(stage, "users.add", subject=user.id, minutes=3)
    noted(stage, "users.role", subject=user.id, minutes=2)
    noted(stage, "config.apply", detail="version 2", minutes=1)
    noted(stage, "a.new_deed", days=40)
    noted(stage, "config.apply", account="rival")
    assert rows(auditor) == ["Changed config.yaml", "Changed a user&#39;s role", "Added a user"]
    assert rows(auditor, "?action=users.") == ["Changed a user&#39;s role", "Added a user"]
    assert rows(auditor, "?action=users.add") == ["Added a user"]
    assert rows(auditor, f"?subject={user.id}&action=users.role") == ["Changed a user&#39;s role"]
    assert rows(auditor, "?who=root") == rows(auditor) and rows(auditor, "?who=nobody") == []
    assert rows(auditor, "?period=90d")[-1] == "a.new_deed"
    assert rows(auditor, "?action=%25") == rows(auditor, "?action=.") == []
    assert "auditor-agency" in auditor.text("/audit") and "version 2" in auditor.text("/audit")


def test_older_entries_follow_page_by_page(stage: TestHub, auditor: PageClient) -> None:
    with stage.hub.store.writing() as session:
        of = stage.one(Account, name="agency").id
        for _ in range(205):
            audit.note(session, stage.clock(), "root", "view.save", of, "")
    path, seen = "/audit", 0
    for _ in range(3):
        html = auditor.get(path).text
        seen += html.count('data-label="Did"')
        following = re.search(r'href="([^"]+)" rel="next"', html)
        path = following[1].replace("&amp;", "&") if following else ""
    assert path == "" and seen == 205
    assert "begin with the first page" in auditor.get("/audit?after=nothing").text


def test_the_chain_is_checked_and_the_result_stays(stage: TestHub, auditor: PageClient) -> None:
    noted(stage, "view.save")
    assert "Not checked yet" in auditor.text("/audit")
    answer = auditor.post("/audit/verify")
    assert answer.status_code == 303 and "whole" in answer.headers["set-cookie"]
    text = auditor.text("/audit")
    assert re.search(r"Whole The log stands in a chain of \d+ entries", text)
    assert re.search(r"Checked 0 s ago by auditor-agency: sound: \d+ records", text)


def test_the_file_holds_the_chosen_entries_no_formula_and_is_audited(stage: TestHub, auditor: PageClient) -> None:
    noted(stage, "users.add", detail=HOSTILE)
    noted(stage, "view.save")
    answer = auditor.get("/audit.csv?action=users.")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["who"], row["did"], row["of"], row["detail"]) == ("root", "Added a user", "Agency", "'" + HOSTILE)
    entry = stage.one(AuditEntry, action="audit.export")
    assert (entry.detail, entry.chain) == ("action", stage.one(Account, name="agency").id)
    assert "<img" not in auditor.get("/audit").text and "&lt;img" in auditor.get("/audit").text


def test_another_account_sees_its_own_log_only(stage: TestHub, auditor: PageClient) -> None:
    noted(stage, "config.apply", account="rival", detail="theirs")
    row = stage.one(AuditEntry)
    assert (
        "theirs"
        not in auditor.get("/audit").text
        + auditor.get(f"/audit?after={Cursor((row.at + timedelta(days=1), row.id))}").text
    )
    assert "theirs" not in auditor.get("/audit.csv").text
    assert "theirs" in signed_in(stage, account="rival").text("/audit")


def test_an_auditor_begins_with_the_log(auditor: PageClient) -> None:
    assert auditor.get("/").headers["location"] == "/audit"
    assert "Users and keys" not in auditor.text("/audit")


def test_other_roles_read_no_log(stage: TestHub) -> None:
    for role in ("admin", "marketer", "receptionist", "agent", "privacy_officer"):
        browser = signed_in(stage, role)
        assert {browser.get(path).status_code for path in ("/audit", "/audit.csv")} == {403}, role
        assert browser.post("/audit/verify").status_code == 403, role
