"""The inbox of texts: who reads it, what a thread shows, answering, and what forbids an answer."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from page_client import PageClient, seen, signed_in
from testbed import CALLER, NORTH_SHARED, OTHER_CALLER, TestHub
from text_steps import accounts, outbound, queue, write_in

from hub.api.privacy import Opinion
from hub.model import AuditEntry, TextMedia, TextMessage
from hub.model.columns import MESSAGE_RETENTION
from hub.model.states import MediaState
from hub.texts.bodies import seal_file

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
HOSTILE = "<script>alert(1)</script>"


def thread_of(stage: TestHub, number: str = CALLER) -> str:
    return max(stage.rows(TextMessage, person_number=number), key=lambda text: (text.at, text.id)).id


def once_of(browser: PageClient, path: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', browser.get(path).text)
    assert found, "the page has no answer box"
    return found.group(1)


def answer(browser: PageClient, path: str, body: str, **more: str) -> Any:
    return browser.post(path, {"body": body, "once": once_of(browser, path), **more})


def closed_until(stage: TestHub, hours: int) -> None:
    """The law allows texts only after so many hours."""
    opens = stage.clock() + timedelta(hours=hours)
    stage.law.rule = lambda question: Opinion(
        verdict="deny", rule_id="quiet_hours", reason="Texts may not be sent at this hour.", not_before=opens
    )


def add_picture(stage: TestHub, content_type: str, data: bytes) -> str:
    write_in(stage, "See the picture")
    with stage.hub.store.writing() as session:
        text = stage.one(TextMessage, direction="in")
        media = TextMedia(
            text_id=text.id,
            position=0,
            content_type=content_type,
            size=len(data),
            state=MediaState.DONE,
            due_at=stage.clock(),
            expires_at=stage.clock() + MESSAGE_RETENTION,
        )
        media.data = seal_file(stage.hub.vault, session, text, media.id, data)
        session.add(media)
    return media.id


def test_a_thread_shows_its_texts_and_the_calls_between_them(stage: TestHub) -> None:
    write_in(stage, "Is my car ready?")
    stage.flow()
    stage.clock.advance(minutes=5)
    stage.call_in()
    stage.clock.advance(minutes=5)
    queue(stage, "Yes, come by.")
    stage.send_texts()
    browser = signed_in(stage, "receptionist")
    assert "Yes, come by." in browser.text("/texts"), "the list shows the last line"
    text = browser.text(f"/texts/{thread_of(stage)}")
    order = [text.rindex(each) for each in ("Is my car ready?", "Call ,", "Yes, come by.")]
    assert order == sorted(order) and "Sent" in text


def test_no_page_has_a_phone_number_in_its_address(stage: TestHub) -> None:
    write_in(stage, "Hello")
    links = re.findall(r'href="([^"]+)"', signed_in(stage).get("/texts").text)
    assert any(link.startswith("/texts/") for link in links)
    assert not [link for link in links if CALLER.lstrip("+") in link]


def test_roles_that_may_not_read_texts_have_no_inbox(stage: TestHub) -> None:
    write_in(stage, "Hello")
    for role in ("marketer", "agent", "auditor", "privacy_officer"):
        browser = signed_in(stage, role)
        assert browser.get("/texts").status_code == 403, role
        assert browser.get(f"/texts/{thread_of(stage)}").status_code == 403, role
        assert browser.post(f"/texts/{thread_of(stage)}", {"body": "Hi"}).status_code == 403, role


def test_a_user_of_one_company_reads_and_answers_no_thread_of_the_other(stage: TestHub) -> None:
    write_in(stage, "Hello north", number=NORTH_SHARED)
    browser, thread = signed_in(stage, "receptionist", "lakeside"), thread_of(stage)
    assert "Hello north" not in browser.text("/texts") and "No texts yet" in browser.text("/texts")
    assert browser.get(f"/texts/{thread}").status_code == 404
    assert browser.get(f"/texts/new?subject={thread}").status_code == 404
    for path in ("", "/release", "/doubt"):
        assert browser.post(f"/texts/{thread}{path}", {"body": "Hi", "decision": "stop"}).status_code == 404
    assert outbound(stage) == []


def test_what_people_write_is_escaped(stage: TestHub) -> None:
    write_in(stage, HOSTILE)
    browser = signed_in(stage)
    for path in ("/texts", f"/texts/{thread_of(stage)}"):
        page = browser.get(path).text
        assert HOSTILE not in page and "&lt;script&gt;alert(1)" in page


def test_reading_a_thread_is_audited_once(stage: TestHub) -> None:
    write_in(stage, "One")
    write_in(stage, "Two")
    browser, thread = signed_in(stage), thread_of(stage)
    browser.get(f"/texts/{thread}")
    assert browser.user is not None
    entry = stage.one(AuditEntry, action="text.read")
    assert (entry.subject, entry.actor, entry.detail) == (thread, browser.user.id, "thread, 2 texts")
    assert stage.one(AuditEntry, action="text.list").detail == "last lines of 1 threads"


def test_the_filters_show_who_waits_who_is_doubtful_and_who_opted_out(stage: TestHub) -> None:
    write_in(stage, "When do you open?")
    write_in(stage, "STOP", OTHER_CALLER)
    write_in(stage, "enough already", "+13125550144")
    queue(stage, "At eight.", "+13125550145")
    browser = signed_in(stage)

    def listed(show: str) -> set[str]:
        text = browser.text(f"/texts?show={show}")
        return {each for each in ("0142", "0143", "0144", "0145") if f"+1 312 555 {each}" in text}

    assert listed("all") == {"0142", "0143", "0144", "0145"}
    assert listed("waiting") == {"0142", "0144"}
    assert listed("doubtful") == {"0144"}
    assert listed("stopped") == {"0143"}
    assert listed("held") == set()


def test_a_text_that_was_answered_waits_no_longer_but_an_automatic_answer_is_none(stage: TestHub) -> None:
    write_in(stage, "Are you open?")
    stage.clock.advance(minutes=1)
    queue(stage, "We are closed.", purpose="auto_reply")
    browser = signed_in(stage)
    assert "Are you open?" in browser.text("/texts?show=waiting")
    stage.clock.advance(minutes=1)
    queue(stage, "Yes, we are.")
    assert "Nobody waits for an answer." in browser.text("/texts?show=waiting")


def test_an_answer_is_queued_audited_and_sent(stage: TestHub) -> None:
    write_in(stage, "Is my car ready?")
    browser, thread = signed_in(stage, "receptionist"), thread_of(stage)
    assert answer(browser, f"/texts/{thread}", "Yes, come by.").status_code == 303
    (text,) = outbound(stage)
    assert browser.user is not None
    assert (text.person_number, text.purpose) == (CALLER, "reply")
    entry = stage.one(AuditEntry, action="texts.send")
    assert (entry.actor, entry.subject) == (browser.user.id, text.id)
    assert stage.send_texts() == {"sent": 1}
    assert "receptionist" in browser.text(f"/texts/{thread}"), "the thread says who wrote it"


def test_a_double_submit_sends_once(stage: TestHub) -> None:
    write_in(stage, "Is my car ready?")
    browser, path = signed_in(stage), f"/texts/{thread_of(stage)}"
    form = {"body": "Yes, come by.", "once": once_of(browser, path)}
    assert [browser.post(path, form).status_code for _ in range(2)] == [303, 303]
    assert len(outbound(stage)) == 1 and len(stage.rows(AuditEntry, action="texts.send")) == 1


def test_nobody_who_opted_out_can_be_answered(stage: TestHub) -> None:
    write_in(stage, "Is my car ready?")
    browser, path = signed_in(stage), f"/texts/{thread_of(stage)}"
    once = once_of(browser, path)
    write_in(stage, "STOP")
    page = browser.get(path).text
    assert "The person has asked the company to stop texts." in page and "<textarea" not in page
    refused = browser.post(path, {"body": "One more thing", "once": once})
    assert refused.status_code == 422 and "The person has asked the company to stop texts." in refused.text
    assert [text.purpose for text in outbound(stage)] == ["opt_out_confirmation"]


def test_in_quiet_hours_the_page_says_when_and_a_text_goes_then(stage: TestHub) -> None:
    write_in(stage, "Is my car ready?")
    browser, path = signed_in(stage), f"/texts/{thread_of(stage)}"
    once = once_of(browser, path)
    closed_until(stage, 9)
    assert "Texts may not be sent at this hour. It can be sent from" in browser.text(path)
    refused = browser.post(path, {"body": "Yes, come by.", "once": once})
    assert refused.status_code == 422 and "Texts may not be sent at this hour." in refused.text
    assert "Yes, come by." in refused.text and outbound(stage) == []
    assert answer(browser, path, "Yes, come by.", later="yes").status_code == 303
    assert stage.delivery("carrier").due_at == stage.clock() + timedelta(hours=9)


def test_an_empty_text_is_refused_beside_the_box(stage: TestHub) -> None:
    write_in(stage, "Hello")
    browser = signed_in(stage)
    refused = answer(browser, f"/texts/{thread_of(stage)}", "  ")
    assert refused.status_code == 422 and "Write the text first." in seen(refused.text)


def test_a_doubtful_text_is_asked_about_and_decided(stage: TestHub) -> None:
    write_in(stage, "enough already")
    browser, thread = signed_in(stage), stage.one(TextMessage, direction="in").id
    assert "Is this a stop?" in browser.text(f"/texts/{thread}")
    assert browser.post(f"/texts/{thread}/doubt", {"decision": "stop"}).status_code == 303
    assert "Opted out" in browser.text(f"/texts/{thread}")
    assert browser.user is not None
    assert stage.one(AuditEntry, action="contact.refuse").actor == browser.user.id
    assert browser.post(f"/texts/{thread}/doubt", {"decision": "keep"}).status_code == 422


def test_a_user_may_say_that_a_doubtful_text_is_no_stop(stage: TestHub) -> None:
    write_in(stage, "enough already")
    browser, thread = signed_in(stage), stage.one(TextMessage, direction="in").id
    assert browser.post(f"/texts/{thread}/doubt", {"decision": "keep"}).status_code == 303
    assert "Is this a stop?" not in browser.text(f"/texts/{thread}")


@pytest.mark.parametrize(("decision", "status"), [("again", "queued"), ("went", "sent")])
def test_a_held_text_is_decided_by_a_person(stage: TestHub, decision: str, status: str) -> None:
    stage.carrier.text_script.append(RuntimeError("the reply was lost"))
    text = queue(stage)
    stage.send_texts()
    assert stage.one(TextMessage, id=text.id).status == "held"
    browser = signed_in(stage)
    assert "It is unknown whether the carrier took this text." in browser.text(f"/texts/{text.id}")
    assert "+1 312 555 0142" in browser.text("/texts?show=held")
    assert browser.post(f"/texts/{text.id}/release", {"decision": decision}).status_code == 303
    assert stage.one(TextMessage, id=text.id).status == status
    assert len(stage.rows(AuditEntry, action="texts.release")) == 1
    assert browser.post(f"/texts/{text.id}/release", {"decision": decision}).status_code == 422


def test_a_template_fills_the_box_without_javascript(hub: Any) -> None:
    stage = hub(accounts=accounts({"templates": {"On our way": "{company} is on its way."}}))
    write_in(stage, "Hello")
    page = signed_in(stage).get(f"/texts/{thread_of(stage)}?template=On+our+way").text
    assert "Lakeside is on its way.</textarea>" in page
    assert "23 characters" in seen(page)


def test_a_picture_is_shown_inline_only_if_it_is_one(stage: TestHub) -> None:
    media = add_picture(stage, "image/png", PNG)
    browser = signed_in(stage)
    assert f'src="/texts/media/{media}"' in browser.get(f"/texts/{thread_of(stage)}").text
    answered = browser.get(f"/texts/media/{media}")
    assert answered.content == PNG and answered.headers["content-type"] == "image/png"
    assert answered.headers["content-disposition"].startswith("inline")
    assert answered.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answered.headers["content-security-policy"]
    assert signed_in(stage, "marketer").get(f"/texts/media/{media}").status_code == 403
    assert signed_in(stage, "receptionist", "northgate").get(f"/texts/media/{media}").status_code == 404
    assert browser.get("/texts/media/unknown").status_code == 404


@pytest.mark.parametrize(
    ("content_type", "data"), [("image/svg+xml", b"<svg onload='alert(1)'/>"), ("image/png", b"<html>")]
)
def test_any_other_file_is_a_download(stage: TestHub, content_type: str, data: bytes) -> None:
    answered = signed_in(stage).get(f"/texts/media/{add_picture(stage, content_type, data)}")
    assert answered.headers["content-disposition"].startswith("attachment")
    assert answered.headers["content-type"] == "application/octet-stream"


def test_a_first_text_starts_from_a_call(stage: TestHub) -> None:
    call = stage.call_in(answered=False)
    browser, path = signed_in(stage, "receptionist"), f"/texts/new?subject={call.id}"
    assert "There is no text with this person yet." in browser.text(path)
    sent = answer(browser, path, "Sorry that we missed your call.")
    (text,) = outbound(stage)
    assert sent.status_code == 303 and sent.headers["location"].startswith(f"/texts/{text.id}")
    assert browser.get(path).headers["location"].startswith(f"/texts/{text.id}"), "a thread is there now"


def test_a_call_from_a_hidden_number_cannot_be_texted(stage: TestHub) -> None:
    call = stage.call_in(caller=None)
    refused = signed_in(stage).get(f"/texts/new?subject={call.id}")
    assert refused.status_code == 422 and "No number of this person is known" in refused.text
    assert signed_in(stage).get("/texts/new").status_code == 404


def test_an_erased_person_is_shown_as_such(stage: TestHub) -> None:
    write_in(stage, "Hello")
    thread = thread_of(stage)
    with stage.hub.store.writing() as session:
        row = session.get(TextMessage, thread)
        assert row is not None
        row.person_number = row.body = None
    browser = signed_in(stage)
    text = browser.text(f"/texts/{thread}")
    assert "Erased person" in text and "<textarea" not in text
    assert browser.post(f"/texts/{thread}", {"body": "Hi"}).status_code == 404


def test_unknown_parameters_do_no_harm(stage: TestHub) -> None:
    write_in(stage, "Hello")
    browser, thread = signed_in(stage), thread_of(stage)
    for query in ("show=nothing", "template=%00", "company=%F0%9F%98%80"):
        assert browser.get(f"/texts?{query}").status_code == 200
        assert browser.get(f"/texts/{thread}?{query}").status_code in (200, 404)
    for path in ("/texts?after=nothing", f"/texts/{thread}?older=nothing"):
        assert "begin with the first page" in browser.get(path).text


def test_a_thread_that_ends_with_our_own_text_is_not_tagged_as_unanswered(stage: TestHub) -> None:
    write_in(stage, "Thank you, that was quick.")
    browser = signed_in(stage)
    assert '<span class="new">Unanswered</span>' in browser.get("/texts").text
    stage.clock.advance(minutes=5)
    queue(stage, "This week only: drains cleaned.", purpose="marketing")
    page = browser.get("/texts").text
    assert "You: This week only" in page and '<span class="new">Unanswered</span>' not in page
    assert "Thank you, that was quick." in browser.text("/texts?show=waiting")
