"""A link by email shows that an address is its person's: sent by SMTP, used once, within an hour."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from testbed import TestHub

from hub.access.users import add_user
from hub.config.mail import MailSection
from hub.model import Account, Company, FormSubmission, IdentityProof, PrivacyRequest, RequestTask
from hub.platform.loopback import free_port
from hub.privacy_requests import identity_proof
from hub.privacy_requests.identity_proof import prove, want_link
from hub.privacy_requests.reminders import remind
from hub.privacy_requests.run import work_tasks
from hub.privacy_requests.steps import open_request, refuse
from hub.runtime import Hub

ADDRESS = "pat@example.com"


@dataclass
class Letterbox:
    """A mail server that keeps what comes, or refuses it."""

    letters: list[str] = field(default_factory=list)
    refusal: str | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusal:
            return self.refusal
        self.letters.append(envelope.content.decode().replace("=\r\n", "").replace("=3D", "="))
        return "250 OK"


@pytest.fixture
def box() -> Iterator[tuple[Letterbox, int]]:
    """A letterbox on loopback."""
    box, port = Letterbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def mailing(lite_hub: Callable[..., TestHub], box: tuple[Letterbox, int]) -> tuple[TestHub, Hub]:
    """A hub that may write to people."""
    stage = lite_hub()
    mail = MailSection.model_validate({"smtp": f"smtp://127.0.0.1:{box[1]}", "from": "privacy@example.org"})
    return stage, replace(stage.hub, config=replace(stage.hub.config, mail=mail))


def wanted(stage: TestHub, hub: Hub) -> str:
    """A request of somebody with an address, whose link is wanted."""
    with hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        request = open_request(session, hub, company, "access", actor="the person", channel="page", email=ADDRESS)
        assert want_link(session, hub, request)
    return request.id


def proves(hub: Hub, request_id: str, secret: str) -> bool:
    with hub.store.writing() as session:
        return prove(session, hub, session.get_one(PrivacyRequest, request_id), secret)


def test_a_link_is_mailed_and_proves_an_address_once(mailing: tuple[TestHub, Hub], box: tuple[Letterbox, int]) -> None:
    stage, hub = mailing
    request_id = wanted(stage, hub)
    work_tasks(hub)
    (letter,) = box[0].letters
    assert f"To: {ADDRESS}" in letter and "https://calls.example.com/privacy/lakeside/requests/" in letter
    (token,) = re.findall(r"confirm\?token=([\w-]+)", letter)
    assert token not in str(stage.rows(IdentityProof))
    assert not proves(hub, request_id, token[:-1] + "!")
    assert proves(hub, request_id, token)
    assert not proves(hub, request_id, token)
    assert stage.one(PrivacyRequest, id=request_id).verified_at is not None


def test_strangers_use_up_the_links_of_a_day_only_for_strangers(
    mailing: tuple[TestHub, Hub], box: tuple[Letterbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, hub = mailing
    monkeypatch.setattr(identity_proof, "MAX_LINKS_PER_DAY", 1)
    wanted(stage, hub)
    work_tasks(hub)
    stage.clock.advance(hours=2)
    wanted(stage, hub)
    work_tasks(hub)
    assert len(box[0].letters) == 1
    with hub.store.writing() as session:
        session.add(
            FormSubmission(
                company_id=stage.directory.companies["lakeside"].id, submission_key="k", email="other@example.com",
                submitted_at=stage.clock(), due_at=stage.clock(), expires_at=stage.clock(),
            )
        )  # fmt: skip
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        known = open_request(
            session, hub, company, "access", actor="the person", channel="page", email="other@example.com"
        )
        assert want_link(session, hub, known)
    work_tasks(hub)
    assert len(box[0].letters) == 2


def test_a_link_ends_after_an_hour(mailing: tuple[TestHub, Hub], box: tuple[Letterbox, int]) -> None:
    stage, hub = mailing
    request_id = wanted(stage, hub)
    work_tasks(hub)
    (token,) = re.findall(r"confirm\?token=([\w-]+)", box[0].letters[0])
    stage.clock.advance(minutes=61)
    assert not proves(hub, request_id, token)


def test_a_server_that_refuses_is_asked_again_and_no_address_stands_in_the_reason(
    mailing: tuple[TestHub, Hub], box: tuple[Letterbox, int]
) -> None:
    stage, hub = mailing
    wanted(stage, hub)
    box[0].refusal = f"451 {ADDRESS} is busy"
    work_tasks(hub)
    task = stage.one(RequestTask)
    assert task.state == "ready" and task.reason and ADDRESS not in task.reason
    box[0].refusal = None
    stage.clock.advance(minutes=5)
    work_tasks(hub)
    assert len(box[0].letters) == 1


def test_without_a_mail_server_no_link_is_offered(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub()
    with stage.hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        request = open_request(session, stage.hub, company, "access", actor="x", channel="page", email=ADDRESS)
        assert not want_link(session, stage.hub, request)


def test_officers_are_reminded_by_mail_once_a_share_and_told_nothing_of_the_person(
    mailing: tuple[TestHub, Hub], box: tuple[Letterbox, int]
) -> None:
    stage, hub = mailing
    employ(stage, owen="owner", ana="privacy_officer", ben="privacy_officer", max="marketer")
    request_id = opened_request(stage, hub)
    stage.clock.advance(days=23)
    for _ in range(3):
        remind(hub)
        work_tasks(hub)
    (letter,) = box[0].letters
    assert "To: ana@example.com, ben@example.com" in letter and request_id in letter and "overdue" not in letter
    assert ADDRESS not in letter
    stage.clock.advance(days=40)
    remind(hub)
    work_tasks(hub)
    assert len(box[0].letters) == 2 and "(overdue)" in box[0].letters[1]


def test_owners_are_reminded_where_there_is_no_officer_and_nobody_once_a_request_is_closed(
    mailing: tuple[TestHub, Hub], box: tuple[Letterbox, int]
) -> None:
    stage, hub = mailing
    employ(stage, owen="owner", max="marketer")
    request_id = opened_request(stage, hub)
    stage.clock.advance(days=23)
    box[0].refusal = "451 later"
    remind(hub)
    work_tasks(hub)
    assert stage.one(RequestTask).state == "ready"
    box[0].refusal = None
    stage.clock.advance(minutes=5)
    remind(hub)
    work_tasks(hub)
    (letter,) = box[0].letters
    assert "To: owen@example.com" in letter
    stage.clock.advance(days=40)
    remind(hub)
    with hub.store.writing() as session:
        refuse(session, session.get_one(PrivacyRequest, request_id), "ana", "Nobody showed who asks.", stage.clock())
    work_tasks(hub)
    assert len(box[0].letters) == 1


def employ(stage: TestHub, **roles: str) -> None:
    """Users of the company's account."""
    with stage.hub.store.writing() as session:
        account = session.get_one(Account, stage.directory.companies["lakeside"].account_id)
        for name, role in roles.items():
            add_user(session, account, name, role, stage.clock(), email=f"{name}@example.com")


def opened_request(stage: TestHub, hub: Hub) -> str:
    """A request that came by letter."""
    with hub.store.writing() as session:
        company = session.get_one(Company, stage.directory.companies["lakeside"].id)
        return open_request(session, hub, company, "access", actor="ana", channel="letter", email=ADDRESS).id
