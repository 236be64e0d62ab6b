"""A recipient that decides for itself is a third party: nothing of a person who opted out reaches it, on any road."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from fake_connectors import FakeCrm, FakeIndex
from kept_forms import keep_form
from testbed import CONNECTORS, SHARED, TestHub
from webhook_receiver import WebhookReceiver
from webhook_stage import WebhookStage

from hub.api import Caller, Fact, Recipient, hookimpl
from hub.api.carriers import MessageEvent
from hub.contracts.categories import USES
from hub.contracts.consent import ConsentQuestion
from hub.contracts.third_parties import EXCEPTIONS, is_third_party
from hub.model import Company, Disclosure, Person, WebhookEvent
from hub.privacy.datamap import draw
from hub.privacy.datamap.notice import notice_blocks
from hub.privacy.datamap.public import public_map
from hub.privacy.opt_outs import opt_out
from hub.privacy_requests.california_marketing import disclosed_last_year
from hub.privacy_requests.steps import open_request, verify
from hub.testing import FrozenClock
from hub.visits.forms import SentForm
from plugins.consent.signals import Signals

CALIFORNIAN = "+14155550142"
SECRET = "OptedOutSecret"
THIRD_PARTY = Recipient(name="Old CRM Ltd.", role="independent_controller")
ROADS = ("call", "text", "form")


class OwnCrm(FakeCrm):
    """A CRM whose operator decides for itself."""

    manifest = FakeCrm.manifest.model_copy(update={"recipient": THIRD_PARTY})


class Bureau(FakeIndex):
    """A bureau that looks callers up and decides for itself; `asked` is what it was asked about."""

    manifest = FakeIndex.manifest.model_copy(update={"recipient": THIRD_PARTY, "name": "bureau", "regions": ("US",)})

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked: list[Caller] = []

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        self.asked.append(caller)
        return ()


@pytest.fixture
def receivers() -> Iterator[tuple[WebhookReceiver, WebhookReceiver]]:
    """The third party's receiver, and the one of a processor."""
    with ExitStack() as stack:
        yield WebhookReceiver.start(stack), WebhookReceiver.start(stack)


@pytest.fixture
def sending(lite_hub: Callable[..., TestHub], receivers: tuple[WebhookReceiver, WebhookReceiver]) -> WebhookStage:
    """A hub with a third party on every road, and a processor beside it."""
    ours = {"name": "ours", "url": receivers[1].url, "use": "essential.service.operations", "allow_private": True}
    return WebhookStage.open(
        lite_hub,
        receivers[0],
        ours,
        connectors={**CONNECTORS, "crm": OwnCrm, "bureau": Bureau, "signals": Signals},
        recipient="Old CRM Ltd.",
        role="independent_controller",
    )


def happens(stage: TestHub, road: str, number: str = SHARED, **more: Any) -> None:
    """The person calls, writes or sends a form; the hub does all that follows."""
    if road == "call":
        stage.call_in(number, CALIFORNIAN, caller_name=SECRET)
    elif road == "text":
        text = MessageEvent(
            message_id="SM1", at=stage.clock(), tracking_number=number, sender_number=CALIFORNIAN, body=f"{SECRET} text"
        )
        stage.tell(text)
    else:
        company = stage.directory.companies["lakeside"]
        fields = {"message": SECRET}
        keep_form(stage.hub, company, SentForm(key="form-1", phone=CALIFORNIAN, fields=fields, **more))
    stage.flow()
    stage.deliver("crm", "log_calls")


def opts_out(stage: TestHub, *scopes: Any) -> None:
    company = stage.directory.companies["lakeside"]
    with stage.hub.store.writing() as session:
        opt_out(
            session, stage.hub.vault, company.id, number=CALIFORNIAN, visitor_id=None, network=None, scopes=scopes,
            now=stage.clock(),
        )  # fmt: skip


def assert_only_the_processor_has_it(sending: WebhookStage, processor: WebhookReceiver) -> None:
    sending.after(minutes=3)
    assert [each.body for each in sending.receiver.received] == []
    assert processor.received, "the company's own processor still works"
    assert "held" in {each.state for each in sending.stage.rows(WebhookEvent, endpoint_id=sending.endpoint().row.id)}


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("no", ["sharing", "sensitive", "objection", "gpc"])
def test_nothing_of_a_person_who_said_no_reaches_a_third_party(
    sending: WebhookStage, receivers: tuple[WebhookReceiver, WebhookReceiver], road: str, no: str
) -> None:
    stage, number, more = sending.stage, SHARED, {}
    if no == "gpc":
        shown = stage.visit(gpc_later=True)
        number, more = shown.number, {"visit_id": shown.visit_id, "consent": {"gpc": "yes"}}
        stage.clock.advance(minutes=1)
        if road == "text":
            stage.call_in(number, CALIFORNIAN)
    elif no == "objection":
        stage.call_in(SHARED, CALIFORNIAN, process=False)
        stage.flow()
        sending.after(minutes=3)
        stage.say(stage.one(Person), "objected", "marketing", "request", basis="objection")
        for earlier in (sending.receiver.received, stage.bureau.asked, stage.crm.logged):
            earlier.clear()
    else:
        opts_out(stage, no)
    before = len(stage.rows(Disclosure, recipient="Old CRM Ltd."))
    happens(stage, road, number, **more)
    assert_only_the_processor_has_it(sending, receivers[1])
    if no != "sensitive":  # a limit is about what people say and write; these two get a number alone
        assert stage.bureau.asked == [] and stage.crm.logged == []
        assert len(stage.rows(Disclosure, recipient="Old CRM Ltd.")) == before


def test_what_a_third_party_got_is_named_as_disclosed_to_a_third_party(sending: WebhookStage) -> None:
    stage = sending.stage
    happens(stage, "text")
    sending.after(minutes=3)
    assert f"{SECRET} text" in sending.receiver.received[0].body.decode()
    stage.clock.advance(days=366)
    with stage.hub.store.writing() as session:
        request = open_request(
            session, stage.hub, session.get_one(Company, stage.directory.companies["lakeside"].id),
            "third_party_disclosure", actor="officer", channel="letter", phone=CALIFORNIAN,
        )  # fmt: skip
        verify(session, request, "officer", "officer", stage.clock())
        answer = disclosed_last_year(session, stage.hub, request)
    assert {each["recipient"] for each in answer.sections["third parties"]} == {"Old CRM Ltd."}


def test_map_and_notice_call_it_a_third_party(sending: WebhookStage) -> None:
    config = sending.stage.hub.config
    with sending.stage.hub.store.reading() as session:
        chart = draw(session, config, sending.stage.clock())
    lakeside = next(each for each in config.companies if each.name == "lakeside")
    (line,) = [each for each in notice_blocks(chart, config, lakeside, ()) if each.startswith("- **Old CRM Ltd.**")]
    assert "a third party that decides on its own" in line
    shown = {each.name: each.third_party for each in public_map(config, "lakeside", ()).receivers}
    assert shown["Old CRM Ltd."] and not shown["127.0.0.1"]


@pytest.mark.parametrize("use", sorted(USES))
def test_every_use_by_a_third_party_is_a_sale_or_sharing_but_those_with_an_article(use: str) -> None:
    question = ConsentQuestion(
        use=use, categories=frozenset(), recipient=THIRD_PARTY, recipient_regions=(), at=FrozenClock()()
    )
    articles = [each.article for each in EXCEPTIONS if use == each.use]
    assert question.is_sale_or_sharing == (not articles) and all("1798.1" in each for each in articles)
    assert not is_third_party("processor", use)
