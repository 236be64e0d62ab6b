"""What a plugin for a phone carrier must prove."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from xml.etree import ElementTree

import pytest

from hub.contracts.answers import AnswerPoint, Gather, Instruction, Moment, Say, abilities_needed
from hub.contracts.connector import Connector
from hub.contracts.disclosure import disclose
from hub.contracts.events import CallEvent, MessageEvent
from hub.contracts.manifest import Webhooks
from hub.contracts.numbers import NumberQuery, RecordingAudio
from hub.contracts.people import PersonReference
from hub.contracts.sandbox import CarrierSandbox, Sandbox, SimulatedCall
from hub.contracts.texts import TextListQuery
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.errors import BadPayload, BadSignature, RingfenceError
from hub.hookspecs import CallHooks, NumberHooks, RecordingHooks
from hub.testing import samples
from hub.testing.asking import WireCall, ask, attempt, implemented_hooks
from hub.testing.carriers.call_backs import CallBackConformance, call_back
from hub.testing.carriers.call_checks import PlacedCallConformance
from hub.testing.carriers.event_checks import EventConformance
from hub.testing.carriers.forgeries import forgeries
from hub.testing.carriers.people_checks import PeopleConformance
from hub.testing.carriers.ports import PortConformance, port_request
from hub.testing.carriers.recording_checks import RecordingConformance
from hub.testing.carriers.sender_checks import SenderConformance
from hub.testing.carriers.texts import PICTURE, TextConformance
from hub.testing.factories import FrozenClock
from hub.testing.secrecy import leaked, listening, secrets_of
from hub.testing.switchboard import carrier_of

OUTCOMES = ("answered", "voicemail", "abandoned")
UNSIGNED_HEADERS = {
    "x-forwarded-for": "203.0.113.9",
    "x-request-id": "another-one",
    "i-twilio-idempotency-token": "another-one",
    "idempotency-key": "another-one",
    "user-agent": "somebody else",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}
ODD_BODIES = (b"", b"{", b"[]", b"null", b'{"a":' * 2000, b"\xff\xfe", b"a=1&a=2&%00=%zz", b"\x1f\x8b garbage")
FOREIGN_URLS = ("http://169.254.169.254/latest", "https://files.example.net/a.wav", "file:///etc/passwd", "not a url")


class CarrierConformance(
    SenderConformance,
    EventConformance,
    PlacedCallConformance,
    CallBackConformance,
    RecordingConformance,
    TextConformance,
    PortConformance,
    PeopleConformance,
):
    """Only genuine webhooks count, each once; every step of a call has its document; no call is overlooked.

    Calls, recordings, texts, ports and people's requests have their own promises, each tested only for a plugin that has the
    hook for it.
    """

    kind = "carrier"
    required_hooks: ClassVar[frozenset[str]] = frozenset(
        {"verify_webhook", "parse_webhook", "render_answer", "acknowledge_webhook", "list_calls", "check_connection"}
    )

    def sending_calls(self, connector: Connector, sandbox: Sandbox) -> Iterable[WireCall]:
        yield WireCall("send_text", {"text": self._text()})
        yield WireCall("place_call", {"call": call_back()})

    def wire_calls(self, connector: Connector, sandbox: Sandbox) -> Iterable[WireCall]:
        yield WireCall("list_calls", {"since": connector.services.clock() - timedelta(hours=1)})
        recent = connector.services.clock() - timedelta(hours=1)
        numbers = (samples.TRACKING_NUMBER,)
        yield WireCall("list_texts", {"query": TextListQuery(since=recent, tracking_numbers=numbers)})
        yield WireCall("list_numbers", {})
        yield WireCall("search_numbers", {"query": NumberQuery()})
        _, requests = self._call(connector, sandbox)
        for event in self._events(connector, requests):
            if event.recording_id:
                yield WireCall("fetch_recording", {"recording_id": event.recording_id, "url": event.recording_url})
                yield WireCall("control_recording", {"call_id": event.call_id, "control": "pause"})
                yield WireCall("delete_recording", {"recording_id": event.recording_id})
                break
        yield WireCall("list_ports", {})
        person = PersonReference(phone_numbers=(samples.person_number(),), tracking_numbers=(samples.TRACKING_NUMBER,))
        for hook in ("export_person", "erase_person"):
            yield WireCall(hook, {"person": disclose(person, connector.manifest, hook).value})
        yield WireCall("order_port", {"request": port_request()})
        url = connector.services.webhook_url
        sender = samples.person_number()
        picture = carrier_of(sandbox).message_webhook(sender, samples.TRACKING_NUMBER, "", url, [PICTURE])
        for received in ask(connector, CallHooks.parse_webhook, request=picture):
            for address in getattr(received, "media_urls", ()):
                yield WireCall("fetch_media", {"url": address})

    def _call(
        self, connector: Connector, sandbox: Sandbox, **changes: Any
    ) -> tuple[SimulatedCall, list[WebhookRequest]]:
        call = samples.simulated_call(connector.services.clock(), **changes)
        played = carrier_of(sandbox).webhooks(call, connector.services.webhook_url)
        assert [at for at, _ in played] == sorted(at for at, _ in played), "webhooks come in the order of their times"
        return call, [request for _, request in played]

    def _events(self, connector: Connector, requests: Iterable[WebhookRequest]) -> list[CallEvent]:
        found = [event for request in requests for event in ask(connector, CallHooks.parse_webhook, request=request)]
        return [event for event in found if isinstance(event, CallEvent)]

    def _key(self, connector: Connector, request: WebhookRequest) -> str:
        key: str = ask(connector, CallHooks.verify_webhook, request=request).event_key
        assert key.strip() and len(key) <= 255, "an event key is a short text"
        return key

    def test_the_stand_in_plays_a_carrier(self, sandbox: Sandbox) -> None:
        assert isinstance(sandbox, CarrierSandbox), "the sandbox must implement hub.api.sandbox.CarrierSandbox"

    # The sender

    def test_a_genuine_webhook_is_taken_and_each_event_has_its_own_key(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        keys = []
        for outcome in OUTCOMES:
            for _ in range(2):
                _, requests = self._call(connector, sandbox, outcome=outcome)
                assert all(within(connector.manifest.webhooks, each) for each in requests), (
                    "a webhook has another form than the manifest declares in `webhooks`, so the hub would refuse it"
                )
                keys += [self._key(connector, request) for request in requests]
        assert len(set(keys)) == len(keys), "two events share a key, so one of them would be lost"

    def test_a_forged_or_changed_webhook_is_refused(self, connector: Connector, sandbox: Sandbox) -> None:
        _, requests = self._call(connector, sandbox)
        for request in requests:
            for forged in forgeries(request, connector.manifest.webhooks):
                self._refused(connector, forged)

    def test_a_webhook_signed_for_another_body_is_refused(self, connector: Connector, sandbox: Sandbox) -> None:
        if not connector.manifest.webhooks.signs_body:
            pytest.skip("declared: this carrier does not sign what it sends")
        _, (one, *_) = self._call(connector, sandbox)
        _, (other, *_) = self._call(connector, sandbox)
        self._refused(connector, replace(one, headers=other.headers))

    def test_nonsense_from_strangers_is_refused(self, connector: Connector, sandbox: Sandbox) -> None:
        _, requests = self._call(connector, sandbox)
        for body in ODD_BODIES:
            self._refused(connector, replace(requests[0], body=body, headers={}))
            if connector.manifest.webhooks.signs_body:
                self._refused(connector, replace(requests[0], body=body + b"x"))
            else:
                assert self._key(connector, replace(requests[0], body=body + b"x")), "nonsense has a key too"

    def test_odd_headers_never_break_the_check(self, connector: Connector, sandbox: Sandbox) -> None:
        _, requests = self._call(connector, sandbox)
        for name in requests[0].headers:
            for value in ("", "é ", "AAAA", "v1,=,=", "9" * 5000, "sha256=\x00", "-1", "1e400"):
                request = replace(requests[0], headers={**requests[0].headers, name: value})
                reply = attempt(connector, CallHooks.verify_webhook, request=request)
                assert reply.error is None or isinstance(reply.error, BadSignature), f"{name}: {value[:20]!r}"

    def test_a_replayed_webhook_is_the_same_event(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        _, requests = self._call(connector, sandbox)
        keys = [self._key(connector, request) for request in requests]
        again = [replace(request, received_at=request.received_at + timedelta(seconds=90)) for request in requests]
        assert [self._key(connector, request) for request in again] == keys
        assert [self._key(self.connected(sandbox, clock), request) for request in again] == keys

    def test_re_ordered_webhooks_are_the_same_events(self, connector: Connector, sandbox: Sandbox) -> None:
        _, requests = self._call(connector, sandbox)
        ahead = [(self._key(connector, r), ask(connector, CallHooks.parse_webhook, request=r)) for r in requests]
        back = [
            (self._key(connector, r), ask(connector, CallHooks.parse_webhook, request=r)) for r in reversed(requests)
        ]
        for once, again in zip(ahead, back[::-1], strict=True):
            assert once == again, "a webhook must mean the same whatever came before it"

    def test_unsigned_headers_do_not_change_the_event(self, connector: Connector, sandbox: Sandbox) -> None:
        _, requests = self._call(connector, sandbox)
        for request in requests:
            dressed = replace(request, headers={**request.headers, **UNSIGNED_HEADERS})
            assert self._key(connector, dressed) == self._key(connector, request), "a replay could make a new event"

    def _refused(self, connector: Connector, request: WebhookRequest) -> None:
        with listening() as lines:
            reply = attempt(connector, CallHooks.verify_webhook, request=request)
        assert isinstance(reply.error, BadSignature), "a webhook that is not genuine must end in BadSignature"
        assert not leaked([*reply.texts(), *lines], secrets_of(connector.settings)), "the refusal tells a secret"

    # The content

    def test_a_call_is_told_from_its_first_ring_to_its_end(self, connector: Connector, sandbox: Sandbox) -> None:
        for outcome in OUTCOMES:
            call, requests = self._call(connector, sandbox, outcome=outcome)
            events = self._events(connector, requests)
            kinds = {event.kind for event in events}
            assert self._events(connector, requests[:1])[0].kind == "ringing", "the first webhook rings"
            assert "answered" in kinds if outcome == "answered" else "answered" not in kinds, (outcome, kinds)
            assert kinds & {"completed", "failed"}, f"the end of a call that was {outcome} is not told"
            assert "voicemail" in kinds or outcome != "voicemail"
            assert len({event.call_id for event in events}) == 1, "all events of a call have its id"
            assert all(event.at.utcoffset() == timedelta(0) for event in events), "times are aware UTC"
            assert events[0].caller_number == call.caller_number and events[0].tracking_number == call.tracking_number

    def test_the_end_of_a_call_tells_how_long_it_was(self, connector: Connector, sandbox: Sandbox) -> None:
        call, requests = self._call(connector, sandbox, talk=timedelta(seconds=75))
        ends = [event for event in self._events(connector, requests) if event.kind == "completed"]
        assert ends and ends[-1].duration is not None
        assert 75 <= ends[-1].duration <= 75 + call.ring.total_seconds() + 60

    def test_a_caller_who_hides_is_nobody(self, connector: Connector, sandbox: Sandbox) -> None:
        _, requests = self._call(connector, sandbox, caller_number=None)
        assert all(event.caller_number is None for event in self._events(connector, requests))

    def test_a_text_message_comes_as_it_was_written(self, connector: Connector, sandbox: Sandbox) -> None:
        sender, url = samples.person_number(), connector.services.webhook_url
        keys = set()
        for body in ("Is 5 pm ok?", "Größe 5 & =1+1 😀 שלום", "STOP", "a=b;c%20d+e\nnew line"):
            request = carrier_of(sandbox).message_webhook(sender, samples.TRACKING_NUMBER, body, url)
            keys.add(self._key(connector, request))
            events = ask(connector, CallHooks.parse_webhook, request=request)
            (message,) = [event for event in events if isinstance(event, MessageEvent)]
            assert (message.sender_number, message.tracking_number) == (sender, samples.TRACKING_NUMBER)
            assert message.body == body
            assert abs(message.at - connector.services.clock()) < timedelta(minutes=2), f"the text came at {message.at}"
        assert len(keys) == 4

    def test_a_genuine_webhook_without_sense_has_a_key_and_is_parked(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        request = carrier_of(sandbox).unparseable_webhook(connector.services.webhook_url)
        assert self._key(connector, request) == self._key(connector, request)
        reply = attempt(connector, CallHooks.parse_webhook, request=request)
        assert isinstance(reply.error, BadPayload), "content that makes no sense must end in BadPayload"

    # The answer

    def test_a_ringing_call_waits_for_its_answer(self, connector: Connector, sandbox: Sandbox) -> None:
        call, requests = self._call(connector, sandbox)
        point: AnswerPoint | None = ask(connector, CallHooks.verify_webhook, request=requests[0]).answer
        assert point is not None, "nobody answers the call"
        assert (point.moment, point.tracking_number, point.mark) == ("ringing", call.tracking_number, ""), point
        assert point.caller_number == call.caller_number, "the flow does not learn who calls"
        assert point.call_id == self._events(connector, requests[:1])[0].call_id

    def test_every_answer_is_a_well_formed_document(self, connector: Connector, sandbox: Sandbox) -> None:
        for name, (moment, instructions) in self._answers(connector):
            document = self._render(connector, moment, instructions)
            assert document.content_type.strip(), name
            _tags(document)

    def test_every_instruction_leaves_its_mark_in_the_document(self, connector: Connector, sandbox: Sandbox) -> None:
        document = self._render(connector, "ringing", (samples.WAITING["dial"],))
        assert samples.DIAL.removeprefix("+") in document.body, "the call reaches nobody"
        assert "v1.sales" in document.body, "the mark is lost, so the flow cannot go on"
        for name in ("several", "keys", "message"):
            waiting = samples.WAITING[name]
            if abilities_needed(waiting) <= set(connector.manifest.abilities):
                assert waiting.mark in self._render(connector, "ringing", (waiting,)).body, name  # type: ignore[union-attr]

    def test_several_phones_ring_at_once(self, connector: Connector, sandbox: Sandbox) -> None:
        if "dial_several" not in connector.manifest.abilities:
            pytest.skip("this carrier rings one phone at a time")
        body = self._render(connector, "ringing", (samples.WAITING["several"],)).body
        assert all(number.removeprefix("+") in body for number in (samples.DIAL, samples.OTHER_DIAL))

    def test_a_text_in_an_answer_stays_text(self, connector: Connector, sandbox: Sandbox) -> None:
        for name, (moment, instructions) in self._answers(connector):
            plain = _tags(self._render(connector, moment, instructions))
            hostile = tuple(map(_hostile, instructions))
            assert _tags(self._render(connector, moment, hostile)) == plain, f"{name}: a greeting became a command"

    def _answers(self, connector: Connector) -> Iterable[tuple[str, tuple[Moment, tuple[Instruction, ...]]]]:
        """The sample answers that the carrier's abilities allow."""
        able = set(connector.manifest.abilities)
        assert {"dial", "say"} <= able, "a carrier must be able to dial and to say"
        for name, (moment, instructions) in samples.ANSWERS.items():
            if all(abilities_needed(each) <= able for each in instructions):
                yield name, (moment, instructions)

    def test_a_notice_is_acknowledged(self, connector: Connector) -> None:
        empty = WebhookRequest("POST", connector.services.webhook_url, b"", connector.services.clock())
        assert isinstance(ask(connector, CallHooks.acknowledge_webhook, request=empty), AnswerDocument)

    def _render(self, connector: Connector, moment: Moment, instructions: Sequence[Instruction]) -> AnswerDocument:
        point = AnswerPoint(moment=moment, tracking_number=samples.TRACKING_NUMBER)
        document = ask(connector, CallHooks.render_answer, point=point, instructions=instructions)
        assert isinstance(document, AnswerDocument)
        return document

    # The carrier's records

    def test_the_call_list_agrees_with_the_webhooks(
        self, connector: Connector, sandbox: Sandbox, clock: FrozenClock
    ) -> None:
        since = clock()
        for outcome in OUTCOMES:
            clock.advance(minutes=1)
            call, requests = self._call(connector, sandbox, outcome=outcome)
            from_webhooks = self._events(connector, requests)
            clock.advance(hours=1)
            listed = [
                e for e in ask(connector, CallHooks.list_calls, since=since) if e.call_id == from_webhooks[0].call_id
            ]
            assert listed, f"a call that was {outcome} is not in the list"
            assert {event.caller_number for event in listed} <= {call.caller_number, None}
            assert {event.tracking_number for event in listed} <= {call.tracking_number, None}
            ends = [{e.kind for e in events} & {"completed", "failed"} for events in (from_webhooks, listed)]
            assert ends[0] == ends[1], f"webhooks say {ends[0]}, the list says {ends[1]}"
            durations = [
                [e.duration for e in events if e.kind == "completed"][-1:] for events in (from_webhooks, listed)
            ]
            assert durations[0] == durations[1], f"webhooks say {durations[0]} s, the list says {durations[1]} s"
        late = ask(connector, CallHooks.list_calls, since=clock() + timedelta(days=1))
        assert list(late) == [], "calls from before `since` are listed"

    def test_a_recording_comes_from_the_carrier_only(self, connector: Connector, sandbox: Sandbox) -> None:
        if "fetch_recording" not in implemented_hooks(connector):
            pytest.skip("this plugin fetches no recordings")
        _, requests = self._call(connector, sandbox)
        recorded = [event for event in self._events(connector, requests) if event.recording_id]
        assert recorded, "no webhook tells of the recording"
        recording_id, url = str(recorded[0].recording_id), str(recorded[0].recording_url)
        audio = ask(connector, RecordingHooks.fetch_recording, recording_id=recording_id, url=url)
        assert isinstance(audio, RecordingAudio) and audio.data
        for foreign in FOREIGN_URLS:
            reply = attempt(connector, RecordingHooks.fetch_recording, recording_id=recording_id, url=foreign)
            refused = isinstance(reply.error, RingfenceError)
            assert refused or reply.result.data == audio.data, "a recording was fetched from somewhere else"

    # Numbers

    def test_a_number_is_found_bought_configured_and_given_back(self, connector: Connector, sandbox: Sandbox) -> None:
        hooks = implemented_hooks(connector)
        if not {"search_numbers", "buy_number", "list_numbers", "configure_number", "release_number"} <= hooks:
            pytest.skip("this plugin does not buy numbers")
        offers = ask(connector, NumberHooks.search_numbers, query=NumberQuery(limit=3))
        assert 0 < len(offers) <= 3 and all(offer.country == "US" for offer in offers)
        number, url = offers[0].number, connector.services.webhook_url
        setup = samples.number_setup(number, url, "spring flyer")
        bought = ask(connector, NumberHooks.buy_number, number=number, setup=setup)
        assert (bought.number, bought.voice_url) == (number, setup.voice_url)
        assert number in {owned.number for owned in ask(connector, NumberHooks.list_numbers)}
        assert number not in {
            offer.number for offer in ask(connector, NumberHooks.search_numbers, query=NumberQuery(limit=3))
        }
        moved = samples.number_setup(number, f"{url}/elsewhere", "autumn flyer")
        first = ask(connector, NumberHooks.configure_number, setup=moved)
        assert first.voice_url == moved.voice_url
        assert first == ask(connector, NumberHooks.configure_number, setup=moved), (
            "the same set-up twice changes nothing"
        )
        for _ in range(2):
            ask(connector, NumberHooks.release_number, number=number)
        assert number not in {owned.number for owned in ask(connector, NumberHooks.list_numbers)}


def _hostile(instruction: Instruction) -> Instruction:
    """The same instruction with a text that tries to inject markup."""
    if isinstance(instruction, Say):
        return replace(instruction, text=samples.HOSTILE)
    if isinstance(instruction, Gather):
        return replace(instruction, prompts=tuple(map(_hostile, instruction.prompts)))  # type: ignore[arg-type]
    return instruction


def _tags(document: AnswerDocument) -> list[str]:
    """The structure of a document without its texts; an XML or JSON document that is not well-formed fails."""
    try:
        if "xml" in document.content_type:
            return [element.tag for element in ElementTree.fromstring(document.body).iter()]  # noqa: S314
        return _keys(json.loads(document.body)) if "json" in document.content_type else []
    except (ElementTree.ParseError, ValueError) as error:
        raise AssertionError(f"the document is not well-formed: {error}") from error


def _keys(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [part for name, held in value.items() for part in (str(name), *_keys(held))]
    return [part for held in value for part in _keys(held)] if isinstance(value, list) else []


def within(declared: Webhooks, request: WebhookRequest) -> bool:
    """Whether a webhook has the form that the manifest declares."""
    signed = not declared.signature_header or bool(request.headers.get(declared.signature_header))
    return signed and len(request.body) <= declared.max_bytes
