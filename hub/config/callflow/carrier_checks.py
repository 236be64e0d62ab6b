"""What a flow needs that a carrier does not have: an ability, or more than its documentation allows.

One function for all places at which a flow is saved or tried: config.yaml with all that edits it, the page, and simulations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from hub.config.callflow.checks import dialed, lacking
from hub.config.callflow.definition import (
    WAITING_STEPS,
    Asking,
    ConverseStep,
    Dialing,
    Flow,
    Growing,
    Recording,
    Schedule,
    Spoken,
    Step,
    Voicemail,
)
from hub.config.callflow.transcription_notice import TRANSCRIBED
from hub.contracts.answers import OWN_PHONE, CallLimits
from hub.contracts.connector import PluginSettings
from hub.contracts.languages import nearest_language
from hub.contracts.manifest import Manifest
from hub.platform.id_words import words_of

Place = tuple[str | int, ...]
LACKING: Mapping[str, tuple[str, str]] = {
    "accept": (
        "cannot ask the person who picks up to press a key",
        "leave `accept` out and turn the voicemail of that phone off, or use a number of a carrier that can",
    ),
    "accept_several": (
        "connects the first of several phones that is picked up, be it a voicemail, so no key can take the call",
        "ring them one after the other with round_robin and `tries`, or leave `accept` out",
    ),
    "converse": (
        "lets no assistant talk with the caller",
        "lead the call to a person or a voicemail instead, or use a number of a carrier that can",
    ),
    "dial_several": (
        "rings one phone at a time",
        "ring them one after the other with round_robin and `tries`, and leave `also` out",
    ),
    "end_recording": (
        "hears no keys in a conversation, so the caller cannot end the recording",
        "leave `end` out of `recording`; `refuse` still lets the caller choose before it begins",
    ),
    "gather_hash": ("takes # for the end of the input", "choose another key of the menu"),
    "phone": (
        "rings telephone numbers alone, and no phones of your own",
        "write the number of that phone, or use a number of a carrier at which it can sign in",
    ),
    "record": ("does not record conversations", "leave `record` out"),
    "time_limit": ("does not end a conversation after a time", "leave `time_limit` out"),
    "whisper": ("says nothing to the person who picks up", "leave `whisper` out"),
}
"""Ability → what a carrier without it does, after its name, and the way round."""
ADDRESS_BYTES = 500
"""At most, of one of the hub's addresses in a document, with its mark and its proof."""
VERB_BYTES = 6 * ADDRESS_BYTES
"""At most, of one instruction without its texts and phones."""
PHONE_BYTES = 3 * ADDRESS_BYTES


@dataclass(frozen=True)
class CarrierProblem:
    """What a carrier cannot do of a flow, and what to do about it."""

    place: Place
    """In the flow, like ("steps", "menu", "seconds")."""
    what: str
    """After the carrier's name: `rings at most 8 phones at once, and this step has 10`."""
    remedy: str
    """What to do, besides naming another carrier."""

    @property
    def step(self) -> str:
        """The step that it is about, or the field of the flow."""
        return str(self.place[1] if self.place[0] == "steps" else self.place[0])


def carrier_problems(flow: Flow, manifest: Manifest) -> Iterator[CarrierProblem]:
    """What the carrier of this manifest cannot do of a flow."""
    for lacks, missing in lacking(flow, manifest.abilities).items():
        place: Place = ("steps", lacks) if lacks in flow.steps else (lacks,)
        for ability in sorted(missing):
            what, remedy = LACKING.get(ability, (f"cannot do this ({words_of(ability)})", "change the step"))
            yield CarrierProblem(place, what, remedy)
    limits = manifest.call_limits
    if limits.languages:
        remedy = "choose one of these, or play audio files instead of texts"
        yield from _unspoken(flow, limits.languages, remedy)
    yield from _too_long(flow, limits)
    for name, step in flow.steps.items():
        yield from _too_much(("steps", name), step, limits, "dial_several" in manifest.abilities)
    if flow.recording is not None:
        yield from _seconds(("recording", "seconds"), flow.recording.seconds, limits.key_seconds, "waits for a key")
    yield from _document(flow, limits)


def unspoken_languages(flow: Flow, settings: PluginSettings) -> Iterator[CarrierProblem]:
    """The texts of a flow that no voice of a line's own machine speaks: callers would hear nothing. Nothing is published with
    one, but the hub starts: a voice that was taken off the machine must not keep it from answering calls."""
    if (known := settings.spoken_languages()) is not None:
        yield from _unspoken(flow, known, "install a voice of that language, or play audio files instead of texts")


def not_understood(flow: Flow, settings: PluginSettings) -> Iterator[CarrierProblem]:
    """The assistants of a flow that understand no caller, because nothing on the line's own machine recognizes what is said in
    their language. The hub starts with one: each call goes on at `otherwise`."""
    known = settings.understood_languages()
    if known is None:
        return
    for name, step in flow.steps.items():
        language = step.language_in(flow.language) if isinstance(step, ConverseStep) else None
        if language and nearest_language(language, known) is None:
            what = f"understands no caller who speaks {language}, because no model for it is on its machine"
            remedy = "install the extra transcription for English, or name a folder with `whisper_model`"
            yield CarrierProblem(("steps", name, "agent"), what, remedy)


def _unspoken(flow: Flow, known: Collection[str], remedy: str) -> Iterator[CarrierProblem]:
    for place, language in flow.languages.items():
        if nearest_language(language, known) is None:
            what = f"does not speak {language}; it speaks {', '.join(sorted(known)) or 'nothing'}"
            yield CarrierProblem(place, what, remedy)


def unknown_phones(flow: Flow, known: Collection[str]) -> Iterator[CarrierProblem]:
    """The phones of the business in a flow that a carrier's settings do not have."""
    for place, number in dialed(flow):
        name = number.removeprefix(OWN_PHONE)
        if name != number and name not in known:
            what = f"has no phone {name!r}; it has {', '.join(sorted(known)) or 'none'}"
            yield CarrierProblem(place, what, "write one of these, or add the phone to its settings")


def _too_much(place: Place, step: Step, limits: CallLimits, several: bool) -> Iterator[CarrierProblem]:
    match step:
        case Dialing():
            yield from _seconds((*place, "ring_seconds"), step.ring_seconds, limits.ring_seconds, "lets a phone ring")
            yield from _seconds((*place, "time_limit"), step.time_limit or 0, limits.talk_seconds, "connects a dial")
        case Asking():
            yield from _seconds((*place, "seconds"), step.seconds, limits.key_seconds, "waits for a key")
        case Voicemail():
            yield from _seconds((*place, "longest"), step.longest, limits.message_seconds, "records a message")
    numbers = step.phones() if isinstance(step, Growing) else ()
    if several and limits.phones and len(numbers) > limits.phones:
        what = f"rings at most {limits.phones} phones at once, and this step has {len(numbers)}"
        yield CarrierProblem(
            (*place, "numbers"), what, "remove some, or ring them one after the other with round_robin"
        )


def _seconds(place: Place, wanted: int, most: int | None, verb: str) -> Iterator[CarrierProblem]:
    if most is not None and wanted > most:
        yield CarrierProblem(place, f"{verb} for at most {most} seconds, not {wanted}", f"write {most} or less")


def _too_long(flow: Flow, limits: CallLimits) -> Iterator[CarrierProblem]:
    texts: list[tuple[Place, str]] = []
    for name, step in flow.steps.items():
        texts += [(("steps", name, key), getattr(step, key, None) or "") for key in ("say", "whisper", "opening")]
    if flow.recording is not None:
        texts.append((("recording", "notice"), _notice(flow.recording)))
    for place, text in texts:
        length = len(text.encode())
        if limits.text_bytes is not None and length > limits.text_bytes:
            what = f"speaks at most {limits.text_bytes} bytes at once, and this text has {length}"
            yield CarrierProblem(place, what, "shorten it")


def _notice(texts: Recording) -> str:
    """The longest notice before a recorded conversation."""
    transcribed = max(TRANSCRIBED.values(), key=len)
    return " ".join((texts.notice, transcribed, max(texts.refuse, texts.agree, key=len), texts.end or ""))


def _document(flow: Flow, limits: CallLimits) -> Iterator[CarrierProblem]:
    """A document holds all that is said until the call waits for a person."""
    if limits.document_bytes is None:
        return
    lengths = dict.fromkeys(flow.steps, 0)
    for name in flow.steps:
        lengths[name] = document_length(flow, name)
    longest = max(lengths, key=lambda name: lengths[name])
    if lengths[longest] > limits.document_bytes:
        what = f"takes documents of at most {limits.document_bytes} bytes, and what is said from this step on has "
        yield CarrierProblem(("steps", longest), f"{what}{lengths[longest]}", "shorten the texts, or play audio files")


def document_length(flow: Flow, start: str) -> int:
    """The most bytes of a document from the step `start` on, until the call waits for a person or ends."""
    known: dict[str, int] = {}

    def length(name: str) -> int:
        step = flow.steps.get(name)
        if step is None:
            return VERB_BYTES
        if name not in known:
            known[name] = 0  # a loop without a pause is reported elsewhere
            known[name] = _own(step, flow)
            if not isinstance(step, WAITING_STEPS):
                known[name] += max((length(target) for _, target in step.leads()), default=0)
        return known[name]

    return length(start)


def _own(step: Step, flow: Flow) -> int:
    text = getattr(step, "say", None) or getattr(step, "opening", None) or ""
    if isinstance(step, Schedule) or not (isinstance(step, (Spoken, Dialing)) or text):
        return 0
    length = VERB_BYTES + _escaped(text)
    if isinstance(step, Dialing | ConverseStep):
        length += max(len(step.phones()) if isinstance(step, Dialing) else 0, 1) * PHONE_BYTES
        length += VERB_BYTES + _escaped(_notice(flow.recording)) if step.record and flow.recording is not None else 0
    return length


def _escaped(text: str) -> int:
    return len(quoteattr(text).encode())
