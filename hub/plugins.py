"""Check and register plugins; the only caller of pluggy, one typed method a hook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import pluggy

from hub import metrics
from hub.contracts.answers import AnswerPoint, Instruction
from hub.contracts.connector import ConnectionReport, Connector
from hub.contracts.consent import ConsentQuestion, Decision, Opinion, strictest
from hub.contracts.conversions import CallActivity, Conversion, PendingReceipt, Receipt
from hub.contracts.events import CallEvent, Event
from hub.contracts.facts import Caller, Fact
from hub.contracts.numbers import (
    NumberOffer,
    NumberQuery,
    NumberSetup,
    OwnedNumber,
    RecordingAudio,
    RecordingControl,
)
from hub.contracts.outcomes import OutcomePage
from hub.contracts.people import Corrected, Correction, Erasure, HeldRecord, PersonReference
from hub.contracts.ports import PortOrder, PortRequest
from hub.contracts.rules import LegalRule
from hub.contracts.sources import KnownSource
from hub.contracts.texts import MediaFile, OutboundText
from hub.contracts.transcripts import SpokenAudio, Transcript
from hub.contracts.webhooks import AnswerDocument, VerifiedWebhook, WebhookRequest
from hub.discovery import GROUP as GROUP
from hub.discovery import Catalog as Catalog
from hub.discovery import discover as discover
from hub.errors import AuthError, ConfigError, NotSupported, PluginFailure, Problem, RingfenceError
from hub.guard import Guard
from hub.hookspecs import FAMILIES, PROJECT
from hub.returns import checked

Result = TypeVar("Result")
Consented = Callable[[Connector], bool]
"""Whether the owner of what a connector reads let it; asked of connectors that are `of_owner`."""


class Plugins:
    """The connectors of a running hub, each called alone and under guard."""

    def __init__(self, connectors: Iterable[Connector], consented: Consented = lambda connector: False) -> None:
        self._consented = consented
        self.connectors: dict[str, Connector] = {}
        self.guards: dict[str, Guard] = {}
        self._manager = pluggy.PluginManager(PROJECT)
        for family in FAMILIES:
            self._manager.add_hookspecs(family)
        problems = []
        for connector in connectors:
            try:
                self._manager.register(connector, name=connector.name)
                self._manager.check_pending()
            except pluggy.PluginValidationError as error:
                self._manager.unregister(name=connector.name)
                problems.append(Problem(f"plugin {connector.manifest.name!r}: {_one_line(error)}"))
                continue
            self.connectors[connector.name] = connector
            self.guards[connector.name] = Guard(connector.name)
        if problems:
            raise ConfigError("A plugin does not fit this version of the hub; update or disable it.", problems)
        self._callers: dict[tuple[str, str], Callable[..., Any] | None] = {}

    def close(self) -> None:
        """Let all connectors' threads go."""
        for guard in self.guards.values():
            guard.close()

    def with_hook(self, hook: str) -> list[str]:
        """The connectors that implement `hook`, in the order of config.yaml."""
        return [name for name in self.connectors if self._caller(name, hook) is not None]

    def may_read(self, name: str) -> bool:
        """Whether a connector's hooks may be called: where it reads what a person owns, that person's consent is stored."""
        connector = self.connectors[name]
        return not connector.of_owner or self._consented(connector)

    def implements(self, name: str, hook: str) -> bool:
        """Whether one connector implements `hook`."""
        return self._caller(name, hook) is not None

    # number provisioning

    def search_numbers(self, name: str, query: NumberQuery) -> Sequence[NumberOffer]:
        """Numbers that can be bought at one carrier."""
        return self._call(name, "search_numbers", query=query)  # type: ignore[no-any-return]

    def buy_number(self, name: str, number: str, setup: NumberSetup) -> OwnedNumber:
        """Buy a number, once."""
        return self._call(name, "buy_number", number=number, setup=setup)  # type: ignore[no-any-return]

    def configure_number(self, name: str, setup: NumberSetup) -> OwnedNumber:
        """Point an owned number's webhooks at the hub."""
        return self._call(name, "configure_number", setup=setup)  # type: ignore[no-any-return]

    def release_number(self, name: str, number: str) -> None:
        """Give a number back."""
        self._call(name, "release_number", number=number)

    def list_numbers(self, name: str) -> Sequence[OwnedNumber]:
        """All numbers of the account at one carrier."""
        return self._call(name, "list_numbers")  # type: ignore[no-any-return]

    # call ingestion

    def submit_verifications(
        self, name: str, requests: Sequence[WebhookRequest]
    ) -> Future[list[VerifiedWebhook | RingfenceError]]:
        """Start to verify several webhooks of one connector in one go; each has its own verdict."""
        caller = self._need(name, "verify_webhook")
        return self.guards[name].submit("verify_webhook", lambda: [_verdict(name, caller, each) for each in requests])

    def parse_webhook(self, name: str, request: WebhookRequest) -> Sequence[Event]:
        """The events in one verified webhook."""
        return self._call(name, "parse_webhook", request=request)  # type: ignore[no-any-return]

    def parse_webhooks(self, name: str, requests: Sequence[WebhookRequest]) -> list[Sequence[Event] | RingfenceError]:
        """The events in each of several webhooks, or why one could not be parsed."""
        caller = self._need(name, "parse_webhook")
        return self._each(name, "parse_webhook", lambda request: caller(request=request), requests)

    def submit_answers(
        self, name: str, wanted: Sequence[tuple[AnswerPoint, Sequence[Instruction]]]
    ) -> Future[list[AnswerDocument | RingfenceError]]:
        """Start to make the documents for several points in one go; each succeeds or
        fails on its own, but where all fail the call as a whole does, so that the breaker learns of it."""
        caller = self._need(name, "render_answer")
        nothing = PluginFailure(f"connector {name!r} gave no document for a call.")

        def render(point: AnswerPoint, instructions: Sequence[Instruction]) -> AnswerDocument | RingfenceError:
            call = partial(caller, point=point, instructions=instructions)
            made = _guarded_item(name, "render_answer", call)
            return made if isinstance(made, AnswerDocument | RingfenceError) else nothing

        def render_all() -> list[AnswerDocument | RingfenceError]:
            documents = [render(*each) for each in wanted]
            failures = [each for each in documents if isinstance(each, RingfenceError)]
            if failures and len(failures) == len(documents):
                raise failures[0]
            return documents

        return self.guards[name].submit("render_answer", render_all)

    def render_answers(
        self, name: str, wanted: Sequence[tuple[AnswerPoint, Sequence[Instruction]]]
    ) -> list[AnswerDocument | RingfenceError]:
        """The same, waited for."""
        deadline = 1 + 0.01 * len(wanted)
        return self.guards[name].wait("render_answer", self.submit_answers(name, wanted), deadline)

    def acknowledge_webhook(self, name: str, request: WebhookRequest) -> AnswerDocument:
        """How the provider likes its webhooks acknowledged."""
        return self._call(name, "acknowledge_webhook", request=request)  # type: ignore[no-any-return]

    def list_calls(self, name: str, since: datetime) -> Sequence[CallEvent]:
        """The carrier's own list of calls."""
        return self._call(name, "list_calls", since=since)  # type: ignore[no-any-return]

    def fetch_recording(self, name: str, recording_id: str, url: str) -> RecordingAudio:
        """The audio of a recording."""
        return self._call(name, "fetch_recording", recording_id=recording_id, url=url)  # type: ignore[no-any-return]

    def delete_recording(self, name: str, recording_id: str) -> None:
        """Delete a recording at the carrier."""
        self._call(name, "delete_recording", recording_id=recording_id)

    def control_recording(self, name: str, call_id: str, control: RecordingControl) -> None:
        """Pause or resume the recording of a call that goes on."""
        self._call(name, "control_recording", call_id=call_id, control=control)

    def transcribe(self, name: str, audio: SpokenAudio, deadline: float) -> Transcript:
        """What was said in a recording; `deadline` in seconds."""
        return self._call(name, "transcribe", deadline, audio=audio)  # type: ignore[no-any-return]

    # texts and ports

    def send_text(self, name: str, text: OutboundText) -> Receipt:
        """Send one text, once."""
        return self._call(name, "send_text", text=text)  # type: ignore[no-any-return]

    def fetch_media(self, name: str, url: str) -> MediaFile:
        """A picture of a text that came in."""
        return self._call(name, "fetch_media", url=url)  # type: ignore[no-any-return]

    def order_port(self, name: str, request: PortRequest) -> PortOrder:
        """Order that numbers be brought over from another carrier."""
        return self._call(name, "order_port", request=request)  # type: ignore[no-any-return]

    def list_ports(self, name: str) -> Sequence[PortOrder]:
        """All port orders of one carrier account."""
        return self._call(name, "list_ports")  # type: ignore[no-any-return]

    # sources, enrichment and consent

    def list_sources(self, name: str) -> Sequence[KnownSource]:
        """What one connector knows of where visits come from."""
        return self._call(name, "list_sources")  # type: ignore[no-any-return]

    def submit_enrichments(self, name: str, callers: Sequence[Caller]) -> Future[list[Sequence[Fact] | RingfenceError]]:
        """Start to enrich several callers at one connector."""
        caller = self._need(name, "enrich_caller")
        return self.guards[name].submit(
            "enrich_caller",
            lambda: [_guarded_item(name, "enrich_caller", partial(caller, caller=each)) for each in callers],
        )

    def judge(self, questions: Sequence[ConsentQuestion], deadline: float | None = None) -> list[Decision]:
        """One decision a question: every consent connector is asked, the strictest opinion wins, silence is no.

        `deadline` (seconds for each connector) is a second and more for many questions, where it is left out.
        """
        limit = deadline or 1 + 0.01 * len(questions)
        names = self.with_hook("judge")
        columns: list[list[tuple[str, Opinion]]] = []
        for name in names:
            caller = self._need(name, "judge")
            try:
                answers = self._each(name, "judge", _asking(caller), questions, limit)
            except RingfenceError as error:
                answers = [error] * len(questions)
            columns.append([(name, _opinion(name, answer)) for answer in answers])
        return [strictest(column[index] for column in columns) for index in range(len(questions))]

    def list_rules(self, name: str) -> Sequence[LegalRule]:
        """The rules of law that one consent connector judges by."""
        return self._call(name, "list_rules")  # type: ignore[no-any-return]

    # delivery

    def upload_conversions(self, name: str, conversions: Sequence[Conversion], dry_run: bool) -> Sequence[Receipt]:
        """Upload one batch to an ad network."""
        return self._call(name, "upload_conversions", conversions=conversions, dry_run=dry_run)  # type: ignore[no-any-return]

    def poll_receipts(self, name: str, pending: Sequence[PendingReceipt]) -> Sequence[Receipt]:
        """Late diagnostics of accepted items."""
        return self._call(name, "poll_receipts", pending=pending)  # type: ignore[no-any-return]

    def log_calls(self, name: str, activities: Sequence[CallActivity]) -> Sequence[Receipt]:
        """Write finished calls into a CRM."""
        return self._call(name, "log_calls", activities=activities)  # type: ignore[no-any-return]

    def pull_outcomes(self, name: str, cursor: str | None) -> OutcomePage:
        """Deals that changed since a cursor."""
        return self._call(name, "pull_outcomes", cursor=cursor)  # type: ignore[no-any-return]

    # privacy and operation

    def export_person(self, name: str, person: PersonReference) -> Sequence[HeldRecord]:
        """What one provider holds on a person."""
        return self._call(name, "export_person", person=person)  # type: ignore[no-any-return]

    def erase_person(self, name: str, person: PersonReference) -> Erasure:
        """Erase a person at one provider."""
        return self._call(name, "erase_person", person=person)  # type: ignore[no-any-return]

    def correct_person(self, name: str, correction: Correction) -> Corrected:
        """Correct a person's records at one provider."""
        return self._call(name, "correct_person", correction=correction)  # type: ignore[no-any-return]

    def check_connection(self, name: str) -> ConnectionReport:
        """Whether the provider answers with our credentials."""
        return self._call(name, "check_connection")  # type: ignore[no-any-return]

    # how a call is made

    def _call(self, name: str, hook: str, deadline: float | None = None, **arguments: Any) -> Any:
        caller = self._need(name, hook)
        return self.guards[name].call(hook, lambda: caller(**arguments), deadline)

    def _each(
        self,
        name: str,
        hook: str,
        call: Callable[[Any], Any],
        items: Sequence[Any],
        deadline: float | None = None,
    ) -> list[Any]:
        return self.guards[name].call(
            hook, lambda: [_guarded_item(name, hook, partial(call, item)) for item in items], deadline
        )

    def _need(self, name: str, hook: str) -> Callable[..., Any]:
        caller = self._caller(name, hook)
        if caller is None:
            raise NotSupported(f"connector {name!r} cannot do {hook}; its plugin does not implement it.")
        if not self.may_read(name):
            raise AuthError(f"connector {name!r} has no owner's consent stored; run hub connectors connect {name}.")
        return caller

    def _caller(self, name: str, hook: str) -> Callable[..., Any] | None:
        key = (name, hook)
        if key not in self._callers:
            connector = self.connectors[name]
            others = [plugin for plugin in self.connectors.values() if plugin is not connector]
            alone = self._manager.subset_hook_caller(hook, remove_plugins=others)
            implemented = any(impl.plugin is connector for impl in alone.get_hookimpls())

            def call(**arguments: Any) -> Any:
                results = alone(**arguments)
                return checked(name, hook, results[0] if results else None)

            self._callers[key] = call if implemented else None
        return self._callers[key]


def _guarded_item(name: str, hook: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except RingfenceError as error:
        return error
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
        metrics.HOOK_FAILURES.labels(name, hook, "crash").inc()
        return PluginFailure(f"connector {name!r} crashed in {hook} ({type(error).__name__}).")


def _verdict(name: str, caller: Callable[..., Any], request: WebhookRequest) -> VerifiedWebhook | RingfenceError:
    answer = _guarded_item(name, "verify_webhook", lambda: caller(request=request))
    if isinstance(answer, VerifiedWebhook | RingfenceError):
        return answer
    return PluginFailure(f"connector {name!r} gave no verdict on a webhook.")


def _asking(caller: Callable[..., Any]) -> Callable[[ConsentQuestion], Any]:
    return lambda question: caller(question=question)


def _opinion(name: str, answer: Any) -> Opinion:
    if isinstance(answer, Opinion):
        return answer
    reason = f"{name} failed to answer" if isinstance(answer, RingfenceError) else f"{name} said nothing"
    return Opinion(verdict="deny", rule_id="hub.no-answer", reason=f"{reason}, and silence means no.")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
