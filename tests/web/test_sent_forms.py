"""A page sends a form; it is durable before the page is told, and strangers learn nothing from trying."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlmodel import select
from web_edge import Edge

from hub.model import FormSubmission
from hub.store.encryption.encrypted_fields import fields_of, names_of

FORM = "/track/lakeside/form"
OWN = {"origin": "https://www.lakeside.example.com"}


def send(edge: Edge, headers: Any = None, path: str = FORM, **body: Any) -> httpx2.Response:
    told = {"submission_key": "submission-1", "fields": {"phone": "(312) 555-0142"}} | body
    return edge.client.post(path, json=told, headers=headers)


def opened(edge: Edge) -> tuple[str, dict[str, str]]:
    """The name and the answers of the only form, opened."""
    hub = edge.opened.hub
    with hub.store.reading() as session:
        form = session.exec(select(FormSubmission)).one()
        names, fields = names_of(hub.vault, session, [form]), fields_of(hub.vault, session, [form])
    return names.get(form.id, ""), fields.get(form.id, {})


def test_a_form_is_kept_once_and_the_page_is_told(edge: Edge) -> None:
    visit = edge.visit().json()["visit_id"]
    first = send(
        edge, OWN, visit_id=visit, form_id="contact", page="https://lakeside.example.com/contact", name="Pat Doe"
    )
    assert (first.status_code, first.content) == (204, b"")
    assert first.headers["cache-control"] == "no-store"
    assert first.headers["access-control-allow-origin"] == OWN["origin"]
    assert send(edge, fields={"phone": "another"}).status_code == 204
    (row,) = edge.rows("SELECT * FROM form_submission")
    assert (row["phone_number"], row["form_id"], row["state"]) == ("+13125550142", "contact", "ready")
    assert b"Pat Doe" not in row["sealed_name"] and b"555-0142" not in row["sealed_fields"]
    assert (row["visit_id"], *opened(edge)) == (visit, "Pat Doe", {"phone": "(312) 555-0142"})


def test_a_form_that_waited_in_the_browser_counts_from_when_it_was_sent_and_for_a_week_at_most(edge: Edge) -> None:
    for key, seconds in (("one-hour-ago", 3_600), ("long-ago", 10**30), ("too-long-ago", -5)):
        send(edge, submission_key=key, seconds_ago=seconds)
    kept = edge.rows("SELECT submitted_at FROM form_submission ORDER BY submitted_at")
    ages = [edge.clock() - datetime.fromisoformat(row["submitted_at"]).replace(tzinfo=UTC) for row in kept]
    assert ages == [timedelta(days=7), timedelta(hours=1)]


def test_a_beacon_sends_a_form_as_plain_text(edge: Edge) -> None:
    body = json.dumps({"submission_key": "submission-1", "email": "pat@example.com"})
    sent = edge.client.post(FORM, content=body, headers=OWN | {"content-type": "text/plain;charset=UTF-8"})
    assert sent.status_code == 204
    assert edge.one("SELECT email FROM form_submission") == "pat@example.com"


def test_only_the_companys_own_sites_may_send_from_a_browser(edge: Edge) -> None:
    asked = edge.client.options(FORM, headers=OWN)
    assert asked.headers["access-control-allow-methods"] == "POST"
    for origin in ("https://lakeside.example.com.evil.example", "https://notlakeside.example.com", "null", "https://["):
        asked = edge.client.options(FORM, headers={"origin": origin})
        assert asked.status_code == 204 and "access-control-allow-origin" not in asked.headers
        assert "access-control-allow-origin" not in send(edge, {"origin": origin}).headers


def test_secrets_on_a_form_are_never_stored(edge: Edge) -> None:
    fields = {"password": "hunter2", "cc-number": "4111111111111111", "message": "charge 4111 1111 1111 1111 please"}
    send(edge, fields=fields)
    assert opened(edge)[1] == {"message": "charge [card number removed] please"}


def test_privacy_signals_and_what_is_ticked_are_kept_with_the_form(edge: Edge) -> None:
    send(edge, {"sec-gpc": "1", "dnt": "1"}, consent={"ads": "denied"})
    said = json.loads(edge.one("SELECT consent FROM form_submission"))
    assert said == {"ads": "denied", "gpc": "seen", "dnt": "seen"}


def test_what_is_too_much_is_cut_and_what_is_far_too_much_is_refused(edge: Edge) -> None:
    assert send(edge, fields={f"field {n}": "x" * 4_500 for n in range(110)}).status_code == 204
    kept = opened(edge)[1]
    assert len(kept) == 100 and {len(value) for value in kept.values()} == {4_096}
    assert send(edge, fields={"message": "x" * 600_000}).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        {"submission_key": ""},
        {"submission_key": "short"},
        {"submission_key": "x" * 61},
        {"submission_key": "two words"},
        {"submission_key": None},
        {"fields": ["phone"]},
        {"fields": {"phone": 5}},
        {"fields": {"phone": ["+13125550142"]}},
        {"consent": {"ads": "maybe"}},
        {"consent": {"sms": "granted"}},
        {"visit_id": "x" * 65},
        {"unknown": "+13125550142"},
    ],
)
def test_a_form_that_makes_no_sense_is_refused_without_repeating_it(edge: Edge, body: dict[str, Any]) -> None:
    refused = send(edge, **body)
    assert refused.status_code == 422
    assert "+1312" not in refused.text and "maybe" not in refused.text and "sms" not in refused.text
    assert edge.one("SELECT count(*) FROM form_submission") == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"form"', b"\xff\xfe", b"null"])
def test_what_is_no_json_is_refused(edge: Edge, body: bytes) -> None:
    assert edge.client.post(FORM, content=body).status_code == 422


def test_hostile_text_is_stored_as_databases_can_hold_it(edge: Edge) -> None:
    body = '{"submission_key": "submission-1", "form_id": "a\\u0000b", "page": "/a\\ud800x", "name": "Pat\\u0000 Doe\\udc00",'
    body += '"fields": {"mess\\u0000age": "a\\ud800b\\u0000c", "email": "\\u202epat@example.com"}}'
    assert edge.client.post(FORM, content=body).status_code == 204
    (row,) = edge.rows("SELECT * FROM form_submission")
    name, fields = opened(edge)
    assert fields["message"] == "abc"
    assert "\x00" not in row["form_id"] + name + row["page"]


def test_an_unknown_company_has_no_forms(edge: Edge) -> None:
    assert send(edge, path="/track/nobody/form").status_code == 404


def test_a_page_is_not_told_that_a_form_arrived_while_neither_database_nor_spool_takes_it(
    own_edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with own_edge.without_database(), monkeypatch.context() as patched:
        patched.setattr(own_edge.opened.hub.spool, "put", full)
        assert (send(own_edge).status_code, own_edge.visit().status_code) == (503, 503)
    assert send(own_edge).status_code == 204


def test_a_form_goes_all_the_way(edge: Edge) -> None:
    visit = edge.visit(landing_page="https://lakeside.example.com/?gclid=Cj0Kabcdef").json()["visit_id"]
    send(edge, visit_id=visit)
    edge.work()
    (row,) = edge.rows(
        "SELECT form_submission.state, attribution.rule, attribution.source, person.phone_number FROM form_submission "
        "JOIN attribution ON subject_id = form_submission.id JOIN person ON person.id = form_submission.person_id"
    )
    assert tuple(row.values()) == ("done", "form.visit", "google", "+13125550142")
