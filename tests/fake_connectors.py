"""Small plugins of every kind whose behavior a test writes down: real connectors, called through the real guards."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from hub.api import (
    AnswerDocument,
    BadPayload,
    BadSignature,
    Caller,
    CallEvent,
    Connector,
    Conversion,
    DataFlow,
    Event,
    Fact,
    Limits,
    Manifest,
    PendingReceipt,
    PluginSettings,
    Receipt,
    Recipient,
    Share,
    VerifiedWebhook,
    WebhookRequest,
    hookimpl,
)
from hub.api.ads import ClickId, Cost, Days
from hub.api.carriers import (
    AnswerPoint,
    CallBack,
    CallBackEvent,
    Instruction,
    MediaFile,
    MessageEvent,
    MessageStatusEvent,
    OutboundText,
    TextListQuery,
)
from hub.api.crm import CallActivity, OutcomePage
from hub.api.privacy import ConsentQuestion, Opinion

SECRET = "paper"


class Settings(PluginSettings):
    """Nothing to set."""


class Destination(PluginSettings):
    """Where a conversion goes."""

    action: int = 1


def play(script: list[Any], *arguments: Any) -> Any:
    """The next line of a script: an error is raised, a function is asked, anything else is the answer."""
    line = script.pop(0)
    if isinstance(line, BaseException):
        raise line
    return line(*arguments) if callable(line) else line


class FakeCarrier(Connector):
    """A carrier whose webhooks are JSON: {"key", "secret", "events": [CallEvent or MessageEvent as an object]}."""

    manifest = Manifest(
        name="paper_carrier",
        kind="carrier",
        version="1",
        summary="Calls on paper.",
        recipient=Recipient(name="Paper Carrier", role="processor"),
        regions=("US",),
        hosts=("carrier.example.com",),
        flows=(
            DataFlow(
                hook="send_text",
                use="essential.service.notifications.sms",
                shares=(Share(field="recipient_number"), Share(field="body"), Share(field="media_urls")),
            ),
            DataFlow(
                hook="place_call",
                use="essential.service.call_back",
                shares=(Share(field="user_number"), Share(field="person_number")),
            ),
        ),
        abilities=("call_back", "phone"),
    )
    Settings = Settings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.texts: list[OutboundText] = []
        self.text_script: list[Any] = []
        """Answers of send_text (a receipt's status, a receipt, an error, a function); then every text is accepted."""
        self.placed: list[CallBack] = []
        self.place_script: list[Any] = []
        """Answers of place_call, as for texts; then every call is accepted."""
        self.media: dict[str, Any] = {}
        """What fetch_media gives for an address: a file, or an error that it raises."""
        self.listed: list[CallEvent] = []
        self.asked_since: list[datetime] = []
        self.script: list[Any] = []
        """Answers of parse_webhook, before its own."""
        self.list_script: list[Any] = []
        self.listed_texts: list[MessageEvent] = []
        self.asked_texts: list[TextListQuery] = []

    @hookimpl
    def verify_webhook(self, request: WebhookRequest) -> VerifiedWebhook:
        told = json.loads(request.body)
        if told.get("secret") != SECRET:
            raise BadSignature("forged")
        return VerifiedWebhook(event_key=told["key"])

    @hookimpl
    def parse_webhook(self, request: WebhookRequest) -> Sequence[Event]:
        if self.script:
            answer: Sequence[Event] = play(self.script, request)
            return answer
        return [event_of(each) for each in json.loads(request.body)["events"]]

    @hookimpl
    def render_answer(self, point: AnswerPoint, instructions: Sequence[Instruction]) -> AnswerDocument:
        return AnswerDocument("text/plain", " / ".join(map(spelled, instructions)))

    @hookimpl
    def send_text(self, text: OutboundText) -> Receipt:
        self.texts.append(text)
        answer = play(self.text_script, text) if self.text_script else "accepted"
        if isinstance(answer, str):
            reference = f"SM{len(self.texts):04}" if answer == "accepted" else None
            return Receipt(key=text.key, status=answer, reference=reference)  # type: ignore[arg-type]
        return answer  # type: ignore[no-any-return]

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        self.placed.append(call)
        answer = play(self.place_script, call) if self.place_script else "accepted"
        if isinstance(answer, str):
            return Receipt(key=call.key, status=answer, reference=f"CB{len(self.placed):04}")  # type: ignore[arg-type]
        return answer  # type: ignore[no-any-return]

    @hookimpl
    def fetch_media(self, url: str) -> MediaFile:
        found = self.media[url]
        if isinstance(found, BaseException):
            raise found
        return found  # type: ignore[no-any-return]

    @hookimpl
    def acknowledge_webhook(self, request: WebhookRequest) -> AnswerDocument:
        return AnswerDocument("text/plain", "ok")

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        self.asked_since.append(since)
        if self.list_script:
            answer: Sequence[CallEvent] = play(self.list_script, since)
            return answer
        begun = {event.call_id for event in self.listed if event.at >= since}
        return [event for event in self.listed if event.call_id in begun]

    @hookimpl
    def list_texts(self, query: TextListQuery) -> Sequence[MessageEvent]:
        self.asked_texts.append(query)
        return [event for event in self.listed_texts if event.at >= query.since]


def spelled(instruction: Instruction) -> str:
    """An instruction as PaperCarrier writes it: its name and what is in it."""
    return f"{type(instruction).__name__}({', '.join(f'{n}={v!r}' for n, v in asdict(instruction).items() if v)})"


def body_of(key: str, *events: Event, secret: str = SECRET) -> bytes:
    """A webhook's body as PaperCarrier sends it."""
    told = [{"type": type(event).__name__, **asdict(event), "at": event.at.isoformat()} for event in events]
    return json.dumps({"key": key, "secret": secret, "events": told}).encode()


def event_of(told: dict[str, Any]) -> Event:
    """The event in a webhook; BadPayload where it is none."""
    try:
        kinds: tuple[type, ...] = (CallEvent, MessageEvent, MessageStatusEvent, CallBackEvent)
        kind = {each.__name__: each for each in kinds}[told.pop("type")]
        told["at"] = datetime.fromisoformat(told["at"])
        if kind is MessageEvent:
            told["media_urls"] = tuple(told["media_urls"])
        event: Event = kind(**told)
    except (KeyError, TypeError, ValueError) as error:
        raise BadPayload("this is no event") from error
    return event


class FakeNetwork(Connector):
    """An ad network: `script` holds its answers to uploads (a status for all, an error, a function); then all is delivered."""

    manifest = Manifest(
        name="paper_network",
        title="Paper Network",
        kind="ads",
        version="1",
        summary="Ads on paper.",
        recipient=Recipient(name="Paper Network", role="independent_controller"),
        regions=("US",),
        hosts=("ads.example.com",),
        flows=(
            DataFlow(
                hook="upload_conversions",
                use="marketing.advertising.third_party.targeted",
                shares=(
                    Share(field="click_ids", keys=("gclid",)),
                    Share(field="phone_number", transform="sha256_e164"),
                    Share(field="call_started_at"),
                ),
            ),
        ),
        click_ids=tuple(ClickId(parameter=name, source="paper") for name in ("msclkid", "fbclid", "gbraid", "wbraid")),
        limits=Limits(batch_size=3, max_age=timedelta(days=90)),
        abilities=("restate", "retract", "dry_run"),
    )
    Settings = Settings
    Destination = Destination

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.batches: list[Sequence[Conversion]] = []
        self.dry_runs: list[Sequence[Conversion]] = []
        self.script: list[Any] = []
        self.polled: list[Sequence[PendingReceipt]] = []
        self.poll_script: list[Any] = []
        self.costs: list[Cost] = []
        self.cost_script: list[Any] = []
        self.cost_days: list[Days] = []

    @property
    def uploaded(self) -> list[Conversion]:
        """Everything that was handed over, in order."""
        return [conversion for batch in self.batches for conversion in batch]

    @hookimpl
    def upload_conversions(self, conversions: Sequence[Conversion], dry_run: bool) -> Sequence[Receipt]:
        (self.dry_runs if dry_run else self.batches).append(conversions)
        answer = play(self.script, conversions) if self.script else "delivered"
        if isinstance(answer, str):
            return [Receipt(key=each.key, status=answer, reference="upload-1") for each in conversions]  # type: ignore[arg-type]
        return answer  # type: ignore[no-any-return]

    @hookimpl
    def poll_receipts(self, pending: Sequence[PendingReceipt]) -> Sequence[Receipt]:
        self.polled.append(pending)
        answer = play(self.poll_script, pending) if self.poll_script else "delivered"
        if isinstance(answer, str):
            return [Receipt(key=each.key, status=answer) for each in pending]  # type: ignore[arg-type]
        return answer  # type: ignore[no-any-return]

    @hookimpl
    def pull_costs(self, days: Days) -> Sequence[Cost]:
        self.cost_days.append(days)
        if self.cost_script:
            return play(self.cost_script, days)  # type: ignore[no-any-return]
        return [each for each in self.costs if days.first <= each.day <= days.last]


class FakeCrm(Connector):
    """A CRM: `pages` are its outcome pages by cursor; `script` holds its answers to logged calls."""

    manifest = Manifest(
        name="paper_crm",
        kind="crm",
        version="1",
        summary="A card index.",
        recipient=Recipient(name="Paper CRM", role="processor"),
        regions=("US",),
        hosts=("crm.example.com",),
        flows=(DataFlow(hook="log_calls", use="essential.service", shares=(Share(field="caller_number"),)),),
        limits=Limits(batch_size=3),
    )
    Settings = Settings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.logged: list[CallActivity] = []
        self.script: list[Any] = []
        self.pages: dict[str | None, Any] = {}
        self.asked_cursors: list[str | None] = []

    @hookimpl
    def log_calls(self, activities: Sequence[CallActivity]) -> Sequence[Receipt]:
        if self.script:
            return play(self.script, activities)  # type: ignore[no-any-return]
        self.logged += activities
        return [Receipt(key=each.key, status="delivered") for each in activities]

    @hookimpl
    def pull_outcomes(self, cursor: str | None) -> OutcomePage:
        self.asked_cursors.append(cursor)
        page = self.pages.get(cursor) or OutcomePage(outcomes=(), cursor=cursor)
        if isinstance(page, BaseException):
            raise page
        return page


class FakeIndex(Connector):
    """An enricher without a provider: `facts` by phone number, or an answer from `script`."""

    manifest = Manifest(
        name="paper_index",
        kind="enrichment",
        version="1",
        summary="A telephone directory.",
        recipient=Recipient(name="Nobody", role="none"),
        flows=(DataFlow(hook="enrich_caller", use="essential.service", shares=(Share(field="phone_number"),)),),
    )
    Settings = Settings

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.facts: Sequence[Fact] = [
            Fact(name="country", value="US", category="user.contact.address.country"),
            Fact(name="region", value="IL", category="user.contact.address.state"),
        ]
        self.script: list[Any] = []

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        if self.script:
            return play(self.script, caller)  # type: ignore[no-any-return]
        return self.facts


def allow(question: ConsentQuestion) -> Opinion:
    """Yes to everything that the person has not refused."""
    word = question.latest_record()
    if word is not None and word.state != "given":
        return Opinion(verdict="deny", rule_id="paper.refused", reason="The person said no.")
    return Opinion(verdict="allow", rule_id="paper.allowed", reason="Nobody minds.")


class FakeLaw(Connector):
    """A consent plugin: `rule` answers each question."""

    manifest = Manifest(
        name="paper_law",
        kind="consent",
        version="1",
        summary="A law on paper.",
        recipient=Recipient(name="Nobody", role="none"),
    )
    Settings = Settings
    rule: Callable[[ConsentQuestion], Any] = staticmethod(allow)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.questions: list[ConsentQuestion] = []

    @hookimpl
    def judge(self, question: ConsentQuestion) -> Opinion:
        self.questions.append(question)
        return self.rule(question)  # type: ignore[no-any-return]
