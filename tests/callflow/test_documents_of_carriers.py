"""Documents of every carrier for every step of a call flow, in every language, are what the vendor's own classes make.

Bandwidth's bandwidth-sdk, Plivo's plivo, Vonage's vonage, and Twilio's twilio, also for Telnyx and our SIP gateway, which speak
its TwiML with a few attributes of their own: neither has classes or a schema of its documents."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, product
from typing import Any, get_args, get_type_hints
from xml.etree import ElementTree

import pytest

from hub.api import Connector
from hub.config.callflow.carrier_checks import carrier_problems, document_length
from hub.config.callflow.checks import abilities_of
from hub.config.callflow.context import CallContext, Permission
from hub.config.callflow.definition import STEP_TYPES, Flow
from hub.config.callflow.screening import Screening
from hub.config.callflow.simulate import Behavior, rehearse
from hub.config.callflow.transcription_notice import TRANSCRIBED
from hub.contracts.answers import AnswerPoint, Instruction
from hub.contracts.languages import nearest_language
from hub.testing import connect, samples
from hub.testing.factories import FrozenClock
from plugins.carriers.bandwidth import Bandwidth
from plugins.carriers.bandwidth.sandbox import Sandbox as BandwidthSandbox
from plugins.carriers.plivo import Plivo
from plugins.carriers.plivo.sandbox import Sandbox as PlivoSandbox
from plugins.carriers.sip import Sip
from plugins.carriers.sip.sandbox import Sandbox as SipSandbox
from plugins.carriers.telnyx import Telnyx
from plugins.carriers.telnyx.sandbox import Sandbox as TelnyxSandbox
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio.sandbox import Sandbox as TwilioSandbox
from plugins.carriers.vonage import Vonage
from plugins.carriers.vonage.sandbox import Sandbox as VonageSandbox

CARRIERS: dict[str, tuple[type[Connector], type[Any]]] = {
    "bandwidth": (Bandwidth, BandwidthSandbox),
    "plivo": (Plivo, PlivoSandbox),
    "sip": (Sip, SipSandbox),
    "telnyx": (Telnyx, TelnyxSandbox),
    "twilio": (Twilio, TwilioSandbox),
    "vonage": (Vonage, VonageSandbox),
}
PHONES = [f"+1312555{line:04}" for line in range(100, 110)]
TEXT = "Größe & „Ñandú“ <b>7</b> "
CLOCK = FrozenClock()


def offered(manifest: Any) -> list[str]:
    """The languages that a flow may name at this carrier: its own in the form of `language:`, and a variant that it lacks."""
    form = re.compile(r"[a-z]{2,3}-[A-Z]{2}")
    known = [tag for tag in manifest.call_limits.languages if form.fullmatch(tag)]
    return [*(known or ("en-US", "es-MX", "fr-FR", "de-DE", "ja-JP")), "en-CA"]


CASES = [(name, tag) for name, (plugin, _) in CARRIERS.items() for tag in offered(plugin.manifest)]


def flow_with_all_steps(manifest: Any, language: str) -> Flow:
    """Every step that the carrier can do, each as much as it takes."""
    limits = manifest.call_limits
    text = TEXT * 20
    dialing = {"ring_seconds": min(120, limits.ring_seconds or 120), "record": True, "whisper": f"{text}[source]"}
    keys = {
        "1": "phone",
        "2": "team",
        "3": "turns",
        "4": "bye",
        "5": "night",
        "6": "area",
        "7": "line",
        "8": "box",
        "9": "desk",
    }
    menu = {"do": "menu", "say": text, "seconds": min(30, limits.key_seconds or 30), "otherwise": "night"}
    steps: dict[str, dict[str, Any]] = {
        "hours": {"do": "schedule", "hours": {"mon-sun": "0:00-24:00"}, "open": "where", "closed": "night"},
        "where": {"do": "geo_route", "places": {"US-IL": "why"}, "otherwise": "why"},
        "why": {"do": "attribution_route", "cases": [{"source": "google", "then": "mark"}], "otherwise": "mark"},
        "mark": {"do": "tag", "tags": ["seen"], "then": "halves"},
        "halves": {"do": "split", "ways": {"a": "hello", "b": "hello"}},
        "box": {**menu, "do": "messages", "box": "night", "pin": "ab12.cd34"},
        "desk": {**menu, "do": "sign_in"},
        "area": {**menu, "do": "zip_route", "zips": {"482": "phone"}},
        "hello": {"do": "greeting", "say": text, "then": "menu"},
        "menu": {**menu, "keys": keys | ({"#": "night"} if "gather_hash" in manifest.abilities else {})},
        "phone": {"do": "dial", "number": PHONES[0], "unanswered": "missed", **dialing},
        "team": {"do": "simulcall", "numbers": PHONES[: limits.phones or 10], "unanswered": "missed", **dialing},
        "turns": {"do": "round_robin", "numbers": dict.fromkeys(PHONES, 1), "unanswered": "missed", **dialing},
        "line": {"do": "queue", "say": text, "call_back_key": "2", "unanswered": "missed", **dialing},
        "missed": {"do": "text_back", "text": "We will call you back.", "then": "night"},
        "bye": {"do": "hang_up", "say": text},
        "night": {"do": "voicemail", "say": text, "longest": 600},
    }
    assert {step["do"] for step in steps.values()} | {"converse"} == set(STEP_TYPES)
    if "dial_several" not in manifest.abilities:
        del steps["team"], keys["2"]
        del steps["menu"]["keys"]["2"]
    recording = {"notice": text, "seconds": min(10, limits.key_seconds or 10)}
    values = {"name": "all", "forward": PHONES[0], "start": "hours", "language": language, "steps": steps}
    values["agents"] = [{"name": "Ana", "phone": PHONES[0], "pin": "ab12.cd34"}]
    return Flow.model_validate({**values, "recording": recording})


Call = tuple[str, bool, Permission]
"""The key that the caller presses, whether somebody answers, and what the law asks about recording."""
DUTIES = ((), ("announce",), ("offer_opt_out",), ("ask_yes", "announce_transcription"))
PERMISSIONS = (
    Permission(),
    *(Permission(allowed=True, duties=frozenset[Any](each), decision_id="d") for each in DUTIES),
)
CALLS: tuple[Call, ...] = tuple(
    product(("1", "2", "3", "4", "5", "6", "7", "8", "9", "#", ""), (True, False), PERMISSIONS)
)


def answers(flow: Flow, call: Call) -> Iterator[tuple[AnswerPoint, tuple[Instruction, ...]]]:
    """Every answer of one call."""
    key, answered, permission = call
    context = CallContext(at=CLOCK(), time_zone="America/Chicago", call_id="CA1", caller_known=True)
    behavior = Behavior(keys=(key, "1"), answers=answered)
    for turn in rehearse(flow, 3, PHONES[1], context, behavior, lambda _: permission):
        yield turn.point, turn.walk.instructions


def screened_answers(flow: Flow) -> Iterator[tuple[AnswerPoint, tuple[Instruction, ...]]]:
    """Every answer of calls that are turned away or asked for a key first."""
    for action in ("reject", "challenge", "voicemail"):
        screened = CallContext(
            at=CLOCK(), time_zone="America/Chicago", call_id="CA1", screening=Screening(action, "suspect")
        )
        for turn in rehearse(flow, 3, PHONES[1], screened, Behavior(keys=("1",)), lambda _: Permission()):
            yield turn.point, turn.walk.instructions


@cache
def telling_calls(name: str) -> tuple[Call, ...]:
    """Of all calls, those with a document that none before them had. In other languages these tell as much."""
    carrier, seen = CONNECTORS(name), set[str]()
    flow = flow_with_all_steps(carrier.manifest, offered(carrier.manifest)[0])
    told: list[Call] = []
    for call in CALLS:
        documents = {carrier.render_answer(point, steps).body for point, steps in answers(flow, call)}
        if documents - seen:
            told.append(call)
        seen |= documents
    return tuple(told)


# The vendors' own classes

Checked = Callable[[str], None]


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def values_of(element: ElementTree.Element) -> dict[str, str]:
    return {snake(name): value for name, value in element.items()}


def same(ours: ElementTree.Element, theirs: str) -> None:
    assert ElementTree.canonicalize(ElementTree.tostring(ours)) == ElementTree.canonicalize(theirs)


def by_bandwidth(document: str) -> None:
    """The SDK's constructors refuse an attribute that BXML does not have."""
    from bandwidth.models import bxml

    def built(element: ElementTree.Element) -> Any:
        kind, values = getattr(bxml, element.tag), values_of(element)
        if element.tag in ("Gather", "Transfer"):
            return kind([built(child) for child in element], **values)
        return kind(element.text, **values) if element.text else kind(**values)

    root = ElementTree.fromstring(document)
    assert root.tag == "Response" and len(document.encode()) <= 64 * 1024
    same(
        root,
        bxml.Response([built(element) for element in root])
        .to_bxml()
        .replace("<b>", "&lt;b&gt;")
        .replace("</b>", "&lt;/b&gt;"),
    )


def by_plivo(document: str) -> None:
    """The SDK's elements refuse unknown attributes and children."""
    from plivo import plivoxml

    flags = {"true": True, "false": False}

    def built(element: ElementTree.Element) -> Any:
        kind = getattr(plivoxml, f"{element.tag}Element")
        values = {name: flags.get(value, value) for name, value in values_of(element).items()}
        made = kind(element.text, **values) if element.text else kind(**values)
        for child in element:
            made.add(built(child))
        return made

    root = ElementTree.fromstring(document)
    response = plivoxml.ResponseElement()
    for element in root:
        response.add(built(element))
    assert tree(root) == tree(ElementTree.fromstring(response.to_string(False)))


def tree(element: ElementTree.Element) -> Any:
    return element.tag, dict(element.items()), (element.text or "").strip(), [tree(child) for child in element]


@cache
def twiml_attributes() -> dict[str, frozenset[str]]:
    """Each verb and noun of TwiML with the attributes that Twilio's own builder names."""
    from twilio.twiml import voice_response

    makers = {"Number": voice_response.Dial.number}
    for name in ("say", "play", "dial", "gather", "record", "hangup", "reject", "redirect"):
        makers[name.capitalize()] = getattr(voice_response.VoiceResponse, name)
    return {tag: frozenset(inspect.signature(maker).parameters) for tag, maker in makers.items()}


def by_twiml(besides: dict[str, set[str]], languages: frozenset[str] | None) -> Checked:
    """TwiML with the attributes that the dialect has besides."""

    def check(document: str) -> None:
        root = ElementTree.fromstring(document)
        assert root.tag == "Response"
        for element in root.iter():
            if element is root:
                continue
            unknown = {name for name, _ in element.items() if snake(name) not in twiml_attributes()[element.tag]}
            assert unknown <= besides.get(element.tag, set()), (element.tag, unknown)
            if languages is not None and element.get("language"):
                assert element.get("language") in languages

    return check


def by_vonage(document: str) -> None:
    from vonage_voice.models import Connect, Input, Notify, Record, Stream, Talk

    models = {"connect": Connect, "input": Input, "notify": Notify, "record": Record, "stream": Stream, "talk": Talk}
    for action in json.loads(document):
        renamed = {"from_" if name == "from" else name: value for name, value in action.items()}
        assert models[action["action"]](**renamed).model_dump(by_alias=True, exclude_none=True, mode="json") == action


@cache
def telnyx_languages() -> frozenset[str]:
    from telnyx.types.calls.action_speak_params import ActionSpeakParams

    hint = get_type_hints(ActionSpeakParams, include_extras=False)["language"]
    return frozenset(
        each
        for each in (*get_args(hint), *(one for arg in get_args(hint) for one in get_args(arg)))
        if isinstance(each, str)
    )


def checked(name: str) -> Checked:
    """How the vendor's own classes take a document."""
    match name:
        case "bandwidth":
            return by_bandwidth
        case "plivo":
            return by_plivo
        case "vonage":
            return by_vonage
        case "telnyx":
            # Source: developers.telnyx.com/docs/voice/programmable-voice/texml-verbs (gather, record).
            own = {"Gather": {"minDigits", "maxDigits"}, "Record": {"channels"}}
            return by_twiml(own, telnyx_languages())
        case "sip":
            own = {
                "Gather": {"hold", "hold_status_callback", "holdStatusCallback"},
                "Say": {"notice"},
                "Dial": {"endRecordingOn", "recordingEndedCallback"},
            }
            return by_twiml(own, None)
    return by_twiml({}, frozenset(Twilio.manifest.call_limits.languages))


CONNECTORS = cache(lambda name: connect(CARRIERS[name][0], CARRIERS[name][1]()))


@pytest.mark.parametrize(("name", "language"), CASES)
def test_the_vendors_own_classes_take_every_document_of_every_step(name: str, language: str) -> None:
    carrier, check = CONNECTORS(name), checked(name)
    flow = flow_with_all_steps(carrier.manifest, language)
    assert list(carrier_problems(flow, carrier.manifest)) == []
    longest = max(document_length(flow, step) for step in flow.steps)
    told = chain(screened_answers(flow), *(answers(flow, call) for call in telling_calls(name)))
    documents = {carrier.render_answer(point, steps).body for point, steps in set(told)}
    for document in documents:
        check(document)
        assert len(document.encode()) <= longest or name == "vonage"
    assert len(documents) >= 8
    assert all(abilities_of(step, flow) <= set(carrier.manifest.abilities) for step in flow.steps.values())


def test_the_languages_of_the_hubs_own_sentences_are_spoken_everywhere() -> None:
    for plugin, _ in CARRIERS.values():
        known = plugin.manifest.call_limits.languages
        assert not known or all(nearest_language(tag, known) for tag in TRANSCRIBED), plugin.manifest.name


def test_a_call_back_is_what_the_vendors_own_classes_make() -> None:
    from hub.contracts.call_backs import CallBack

    call = CallBack(key="k", tracking_number=samples.TRACKING_NUMBER, user_number=samples.DIAL, person_number=PHONES[0])
    for name in ("plivo", "telnyx", "twilio"):
        carrier: Any = CONNECTORS(name)
        checked(name)(carrier.connect(call))
