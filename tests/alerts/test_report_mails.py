"""Reports by email to people without an account: when they come, what is in them, who gets nothing more, and how they end."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from alert_stage import AlertStage
from testbed import NORTH_SHARED, SHARED

from hub.access.brands import set_brand
from hub.access.report_subscriptions import subscribe
from hub.access.saved_views import delete_view, save_view
from hub.access.scope import AccessScope
from hub.access.users import change_role, disable
from hub.alerts.digests import queue_digests
from hub.alerts.report_mails import GONE, REFUSED, queue_copy, queue_reports
from hub.alerts.unsubscribe import end_mails, read_token
from hub.errors import CannotDo, NotFound
from hub.model import AlertDelivery, AuditEntry, ReportSubscription, SavedView, User, UserCompany
from hub.web.pages.reports import printed
from hub.web.pages.reports.printed import PRINTER

CALLER = "+13125550142"


def started(alerting: AlertStage, user: User, addresses: str = "pat@lakeside.example.com", **more: Any) -> None:
    """A user sends a report: of Lakeside's sources every Monday at eight unless `more` says otherwise."""
    given = {
        "every": "weekly",
        "hour": 8,
        "all_companies": False,
        "report": "source",
        "query": "compare=before",
        **more,
    }
    with alerting.hub.store.writing() as session:
        report, query = given.pop("report"), given.pop("query")
        subscribe(session, user, alerting.company(), addresses, report, query, now=alerting.stage.clock(), **given)


def calls_and_monday(alerting: AlertStage) -> None:
    """Two calls of Lakeside and one of Northgate on a Tuesday; then Monday, a minute before eight in UTC."""
    alerting.stage.call_in(SHARED, CALLER)
    alerting.stage.call_in(SHARED, "+13125550155", answered=False)
    alerting.stage.call_in(NORTH_SHARED, "+13135550156")
    alerting.stage.clock.advance(days=5, hours=16, minutes=59)
    sent(alerting)


def sent(alerting: AlertStage) -> list[EmailMessage]:
    """What has arrived after the worker looked."""
    queue_reports(alerting.hub)
    queue_digests(alerting.hub)
    alerting.run(printer=PRINTER)
    return alerting.mail.letters


def parts(letter: EmailMessage) -> dict[str, bytes]:
    return {str(each.get_filename()): each.get_payload(decode=True) for each in letter.iter_attachments()}  # type: ignore[misc]


def link_of(letter: EmailMessage) -> str:
    found = re.fullmatch(r"<https://calls\.example\.com/unsubscribe/(.+)>", str(letter["List-Unsubscribe"]))
    assert found and letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return found[1]


def test_a_report_comes_on_monday_at_its_hour_once_with_its_figures(alerting: AlertStage) -> None:
    maria = alerting.user()
    with alerting.hub.store.writing() as session:
        set_brand(session, maria, alerting.stage.clock(), title="Blue Wrench", accent=None, logo=None, keep_logo=False)
    started(alerting, maria)
    calls_and_monday(alerting)
    assert alerting.mail.letters == [], "a minute before its hour"
    alerting.stage.clock.advance(minutes=2)
    (letter,) = sent(alerting)
    assert len(sent(alerting)) == 1, "once"
    assert letter["To"] == "pat@lakeside.example.com" and letter["From"] == "Blue Wrench <hub@example.org>"
    assert str(letter["Subject"]).startswith("Lakeside: Sources, Nov 23 to Nov 29")
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Website: Calls 2" in text and "Blue Wrench" in letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    files = parts(letter)
    rows = list(csv.DictReader(io.StringIO(files["source-2026-11-23-2026-11-29.csv"].decode("utf-8-sig"))))
    assert [(row["Source"], row["Calls"], row["Calls, before"]) for row in rows] == [("Website", "2", "0")]
    everything = letter.as_bytes() + b"".join(files.values())
    assert b"55501" not in everything and CALLER.encode() not in everything, "aggregates only"
    (delivery,) = alerting.stage.rows(AlertDelivery)
    assert delivery.state == "sent" and delivery.finished_at is not None


def test_the_pdf_is_the_report_on_paper_and_fetches_nothing(alerting: AlertStage) -> None:
    pytest.importorskip("weasyprint")
    maria = alerting.user()
    for report in ("companies", "trend", "source"):
        started(alerting, maria, report=report, all_companies=True)
    calls_and_monday(alerting)
    alerting.stage.clock.advance(minutes=2)
    for letter in sent(alerting):
        (pdf,) = [content for name, content in parts(letter).items() if name.endswith(".pdf")]
        assert pdf.startswith(b"%PDF-") and len(pdf) < 150_000
    assert len(alerting.mail.letters) == 3
    page = "<img src='https://outside.example.com/x.png'><img src='file:///etc/passwd'><p>All the same"
    assert (printed.make_pdf(page) or b"").startswith(b"%PDF-"), "what it may not fetch is left out"


def test_without_the_extra_the_report_is_in_the_mail_and_its_file(
    alerting: AlertStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printed, "PDF_MODULE", "no_such_module")
    started(alerting, alerting.user())
    calls_and_monday(alerting)
    alerting.stage.clock.advance(minutes=2)
    (letter,) = sent(alerting)
    assert list(parts(letter)) == ["source-2026-11-23-2026-11-29.csv"]
    assert "The figures are attached as CSV." in letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_nobody_gets_what_the_user_who_set_it_up_may_no_longer_see(alerting: AlertStage) -> None:
    maria, paul, noah = (alerting.user(name) for name in ("maria", "paul", "noah"))
    for user in (maria, paul, noah):
        started(alerting, user)
    with alerting.hub.store.writing() as session:
        session.add(UserCompany(user_id=maria.id, company_id=alerting.company("northgate").id))
        change_role(session, session.get_one(User, paul.id), "receptionist")
        disable(session, session.get_one(User, noah.id), alerting.stage.clock())
    calls_and_monday(alerting)
    alerting.stage.clock.advance(minutes=2)
    assert sent(alerting) == []
    rows = alerting.stage.rows(ReportSubscription)
    assert {row.stop_reason for row in rows} == {GONE} and all(row.stopped_at for row in rows)
    assert {each.reason for each in alerting.stage.rows(AlertDelivery)} == {GONE}
    assert {each.state for each in alerting.stage.rows(AlertDelivery)} == {"dropped"}
    assert len(alerting.stage.rows(AuditEntry, action="report_mail.stop")) == 3


def test_all_companies_are_those_that_the_user_may_see_when_it_goes(alerting: AlertStage) -> None:
    maria = alerting.user()
    started(alerting, maria, report="companies", all_companies=True)
    with alerting.hub.store.writing() as session:
        session.add(UserCompany(user_id=maria.id, company_id=alerting.company("lakeside").id))
    calls_and_monday(alerting)
    alerting.stage.clock.advance(minutes=2)
    (letter,) = sent(alerting)
    assert b"Lakeside" in letter.as_bytes() and b"orthgate" not in letter.as_bytes()


def test_one_click_stops_the_mails_to_one_address(alerting: AlertStage) -> None:
    started(alerting, alerting.user(), "pat@lakeside.example.com, Sam@lakeside.example.com")
    calls_and_monday(alerting)
    alerting.stage.clock.advance(minutes=2)
    first = next(each for each in sent(alerting) if each["To"] == "pat@lakeside.example.com")
    for _ in range(2):
        with alerting.hub.store.writing() as session:
            wanted = read_token(session, alerting.hub, link_of(first))
            assert wanted is not None and wanted.words == "The report for Lakeside by email"
            end_mails(session, alerting.hub, wanted)
    alerting.stage.clock.advance(days=7)
    assert [each["To"] for each in sent(alerting)[2:]] == ["sam@lakeside.example.com"]
    assert len(alerting.stage.rows(AuditEntry, action="report_mail.stop")) == 1


def test_an_address_that_the_server_refuses_gets_no_more(alerting: AlertStage) -> None:
    started(alerting, alerting.user(), "nobody@lakeside.example.com")
    calls_and_monday(alerting)
    alerting.stage.clock.advance(minutes=2)
    alerting.mail.refused.add("nobody@lakeside.example.com")
    assert sent(alerting) == []
    (delivery,), (row,) = alerting.stage.rows(AlertDelivery), alerting.stage.rows(ReportSubscription)
    assert (delivery.state, delivery.reason, row.stop_reason) == ("failed", REFUSED, REFUSED)
    assert row.expires_at is not None and row.expires_at > alerting.stage.clock() + timedelta(days=29)


def test_a_server_that_is_down_gets_it_later(alerting: AlertStage) -> None:
    started(alerting, alerting.user(), every="monthly", hour=0)
    alerting.mail.refusal = "451 try again"
    alerting.stage.clock.advance(days=6, hours=9, minutes=1)
    assert sent(alerting) == []
    (delivery,) = alerting.stage.rows(AlertDelivery)
    assert delivery.state == "ready" and delivery.due_at > alerting.stage.clock()
    alerting.mail.refusal = None
    alerting.stage.clock.advance(hours=1)
    assert len(sent(alerting)) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"addresses": "pat"}, "is not an email address"),
        ({"addresses": " "}, "at least one"),
        ({"addresses": "\r\nBcc: x@example.com"}, "is not an email address"),
        ({"addresses": " ".join(f"p{n}@example.com" for n in range(21))}, "at most 20"),
        ({"every": "hourly"}, "weekly or monthly"),
        ({"hour": 24}, "hour of the day"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_sentence(
    alerting: AlertStage, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(CannotDo, match=words):
        started(alerting, alerting.user(), **given)
    assert alerting.stage.rows(ReportSubscription) == []


def saved(
    alerting: AlertStage, user: User, report: str, name: str, query: str, company: str | None = None
) -> SavedView:
    with alerting.hub.store.writing() as session:
        scope, of = AccessScope(user), alerting.company(company) if company else None
        return save_view(session, scope, f"reports/{report}", name, query, alerting.stage.clock(), company=of)


def copied(alerting: AlertStage, user: User, row_id: str) -> EmailMessage:
    """What a user gets who asks for one now."""
    with alerting.hub.store.writing() as session:
        queue_copy(session, alerting.hub, session.get_one(User, user.id), row_id)
    return sent(alerting)[-1]


def test_a_copy_is_what_the_schedule_sends_but_to_the_user_who_asks_and_without_a_link_to_stop_it(
    alerting: AlertStage,
) -> None:
    maria = alerting.user()
    started(alerting, maria)
    calls_and_monday(alerting)
    alerting.stage.clock.advance(minutes=2)
    (scheduled,) = sent(alerting)
    copy = copied(alerting, maria, alerting.stage.one(ReportSubscription).id)
    assert copy["To"] == "maria@example.com" and copy["Subject"] == scheduled["Subject"]
    assert parts(copy).keys() == parts(scheduled).keys()
    csv_name = next(name for name in parts(copy) if name.endswith(".csv"))
    assert parts(copy)[csv_name] == parts(scheduled)[csv_name]
    bodies = [each.get_body(("plain",)).get_content() for each in (copy, scheduled)]  # type: ignore[union-attr]
    assert bodies[0].partition("--")[0] == bodies[1].partition("--")[0]
    assert "You asked for this copy." in bodies[0] and copy["List-Unsubscribe"] is None
    assert len(alerting.stage.rows(AuditEntry, action="report_mail.copy", actor=maria.id)) == 1
    alerting.stage.clock.advance(days=7)
    assert sent(alerting)[-1]["To"] == "pat@lakeside.example.com", "the schedule goes on"


def test_a_saved_report_is_sent_as_it_is_saved_then_with_its_own_days(alerting: AlertStage) -> None:
    maria = alerting.user()
    view = saved(alerting, maria, "number", "Trackers of a month", "period=30d&company=lakeside", "lakeside")
    started(alerting, maria, report="number", query=view.query, saved_view_id=view.id)
    saved(alerting, maria, "number", "Trackers of a month", "period=last_week&company=lakeside", "lakeside")
    calls_and_monday(alerting)
    alerting.stage.clock.advance(minutes=2)
    (letter,) = sent(alerting)
    assert str(letter["Subject"]) == "Lakeside: Trackers of a month, Nov 23 to Nov 29"
    saved(alerting, maria, "number", "Trackers of a month", "period=30d&company=lakeside", "lakeside")
    again = copied(alerting, maria, view.id)
    assert "Oct 31 to Nov 29" in str(again["Subject"]), "30 whole days; today is not over"


def test_nobody_gets_a_saved_report_that_was_deleted(alerting: AlertStage) -> None:
    maria = alerting.user()
    views = [saved(alerting, maria, "source", name, "period=7d") for name in ("Deleted", "Erased")]
    for view in views:
        started(alerting, maria, saved_view_id=view.id, all_companies=True)
    with alerting.hub.store.writing() as session:
        delete_view(session, AccessScope(maria), views[0].id, alerting.stage.clock())
        session.delete(session.get_one(SavedView, views[1].id))
    calls_and_monday(alerting)
    alerting.stage.clock.advance(minutes=2)
    assert sent(alerting) == []
    assert {row.stop_reason for row in alerting.stage.rows(ReportSubscription)} == {
        "Its saved report was deleted.",
        GONE,
    }


def test_nobody_gets_a_copy_of_what_they_may_not_see(alerting: AlertStage) -> None:
    maria, noah, paul = alerting.user(), alerting.user("noah"), alerting.user("paul", "receptionist")
    with alerting.hub.store.writing() as session:
        session.add(UserCompany(user_id=noah.id, company_id=alerting.company().id))
    view = saved(alerting, maria, "source", "Ours", "period=7d&company=lakeside", "lakeside")
    started(alerting, maria, saved_view_id=view.id)
    started(alerting, maria, "all@lakeside.example.com", report="companies", all_companies=True)
    rows = {row.email: row.id for row in alerting.stage.rows(ReportSubscription)}
    for user, row_id in ((noah, rows["all@lakeside.example.com"]), (paul, rows["pat@lakeside.example.com"]),
                         (noah, view.id), (maria, "01900000-0000-7000-8000-000000000000")):  # fmt: skip
        with pytest.raises(NotFound):
            copied(alerting, user, row_id)
    assert copied(alerting, noah, rows["pat@lakeside.example.com"])["To"] == "noah@example.com"
    with alerting.hub.store.writing() as session:
        session.merge(view).company_id = alerting.company("northgate").id
    with pytest.raises(NotFound):
        copied(alerting, noah, rows["pat@lakeside.example.com"])


def test_a_copy_that_cannot_arrive_is_refused_with_a_sentence(alerting: AlertStage) -> None:
    alone = alerting.user("lee", email=None)
    view = saved(alerting, alone, "source", "Mine", "period=7d")
    with pytest.raises(CannotDo, match="no email address"):
        copied(alerting, alone, view.id)
    maria = alerting.user()
    with_address = saved(alerting, maria, "source", "Mine", "period=7d")
    alerting.hub = replace(alerting.hub, config=replace(alerting.hub.config, mail=None))
    with pytest.raises(CannotDo, match="no mail server"):
        copied(alerting, maria, with_address.id)
    assert alerting.stage.rows(AlertDelivery) == []
