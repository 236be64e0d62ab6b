"""A voicemail comes by email with its sound and its transcript: only if the user wants it, and only where it is permitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from alert_stage import AlertStage, MailServer
from recorder import PaperEars, Recorder, tell_of, tone
from testbed import CALLER, CONNECTORS, TestHub

from hub.api.privacy import Opinion
from hub.config.mail import MailSection
from hub.model import AuditEntry, Call, ConsentDecision, Disclosure, Recording
from hub.privacy.datamap.recipients import MAIL, recipients_of
from hub.recordings.keep import fetch_due
from hub.recordings.transcribe import transcribe_due

MESSAGES = {"recipient": "Example Mail Inc.", "regions": ["US"]}


@pytest.fixture
def office(lite_hub: Callable[..., TestHub], mail_server: MailServer) -> AlertStage:
    """A hub whose users may have voicemail by email, with a carrier that keeps recordings, and a transcriber."""
    connectors = {**CONNECTORS, "carrier": Recorder, "ears": PaperEars}
    stage = lite_hub(connectors=connectors, recordings={"storage": "memory://mailed", "transcribe": "ears"})
    return declared(AlertStage.of(stage, mail_server), MESSAGES)


def declared(office: AlertStage, messages: Any) -> AlertStage:
    mail = office.hub.config.mail
    assert mail is not None
    section = MailSection.model_validate({"smtp": mail.smtp, "from": mail.sender, "messages": messages})
    office.hub = office.stage.hub = replace(office.hub, config=replace(office.hub.config, mail=section))
    return office


def message_left(office: AlertStage) -> None:
    tell_of(office.stage, kind="voicemail", choice=None)
    office.stage.flow()


def store(office: AlertStage) -> None:
    fetch_due(office.hub)
    transcribe_due(office.hub, office.stage.directory)


def test_the_sound_and_the_transcript_come_with_the_day_by_which_the_mail_is_to_be_deleted(office: AlertStage) -> None:
    maria = office.user()
    office.wants(maria, "voicemail", attaches_messages=True)
    message_left(office)
    office.after(minutes=2)
    assert office.mail.letters == [], "the recording is not there yet"
    store(office)
    office.after(minutes=2)
    (letter,) = office.mail.letters
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "“My sink is blocked. We come today.”" in text and "Delete this email by Feb 22" in text
    assert CALLER not in letter.as_string()
    (sound,) = letter.iter_attachments()
    assert (sound.get_content_type(), sound.get_content()) == ("audio/wav", tone())
    assert str(sound.get_filename()).startswith("voicemail-20261124-")
    (told,) = office.stage.rows(Disclosure, connector=MAIL)
    assert told.recipient == "Example Mail Inc."
    assert told.categories == ["user.content.private", "user.telephony.recording"]
    assert office.stage.one(ConsentDecision, id=told.decision_id).verdict == "allow"
    assert [row.actor for row in office.stage.rows(AuditEntry, action="recording.mail")] == [maria.id]
    assert recipients_of(office.hub.config)[MAIL].connector_class.manifest.recipient.name == "Example Mail Inc."


def test_who_did_not_ask_for_it_or_whose_mailboxes_nobody_declared_gets_the_link_alone(office: AlertStage) -> None:
    office.wants(office.user(), "voicemail")
    message_left(office)
    store(office)
    office.after(minutes=2)
    declared(office, None)
    office.wants(office.user("paul"), "voicemail", attaches_messages=True)
    tell_of(office.stage, "RE2", kind="voicemail", choice=None, call_id="CA2")
    office.stage.flow()
    store(office)
    office.after(minutes=2)
    assert len(office.mail.letters) == 3
    assert not [file for letter in office.mail.letters for file in letter.iter_attachments()]
    assert office.stage.rows(Disclosure, connector=MAIL) == []


def test_without_consent_the_mail_says_why_the_sound_is_missing(office: AlertStage) -> None:
    office.wants(office.user(), "voicemail", attaches_messages=True)
    message_left(office)
    store(office)
    office.stage.law.rule = lambda question: Opinion(verdict="deny", rule_id="x", reason="The caller objects.")
    office.after(minutes=2)
    (letter,) = office.mail.letters
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "The sound is not attached: The caller objects" in text and not list(letter.iter_attachments())
    assert office.stage.rows(Disclosure, connector=MAIL) == []


def test_a_recording_that_never_comes_holds_the_mail_up_for_minutes_only(office: AlertStage) -> None:
    office.wants(office.user(), "voicemail", attaches_messages=True)
    message_left(office)
    for _ in range(6):
        office.after(minutes=2)
    (letter,) = office.mail.letters
    assert not list(letter.iter_attachments()) and office.stage.one(Recording).stored_at is None
    assert office.stage.one(Call).voicemail
