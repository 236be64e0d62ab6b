"""Call instructions that are independent of any carrier's language, and the points at which a carrier asks for them.

A carrier asks when a call rings, and again after each instruction that waits for a person: a dial, a menu, a message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from hub.contracts.values import Declared, personal

Moment = Literal["ringing", "dial_ended", "digits", "message_left", "whisper", "accept", "conversed"]
"""Why the carrier asks: the call rings; a dial has ended; the caller pressed keys, or none in time; a message was left;
the dialed person picked up and hears the whisper before the two are connected; the dialed person pressed a key when asked to
take the call; a conversation with an assistant has ended."""

ACCEPT_KEY = "1"
"""The key with which a dialed person takes the call."""

OWN_PHONE = "phone:"
"""Stands before the name of a phone of the business in the place of a number."""

Ability = Literal[
    "accept",
    "accept_several",
    "call_back",
    "converse",
    "dial",
    "dial_several",
    "end_recording",
    "gather",
    "gather_hash",
    "list_texts",
    "message",
    "phone",
    "play",
    "record",
    "say",
    "time_limit",
    "whisper",
]
"""What an instruction requires of a carrier; the carrier's manifest lists the abilities that it has.
`accept`: only a person who presses the key of the dial gets the call. `accept_several`: of several phones those that were
picked up and did not accept are let go, and the others ring on. `phone`: it rings the business's own phones by their names.
`time_limit`: it ends a conversation after a time.
`converse`: it lets an assistant of the hub talk with the caller (`Converse`).
`gather_hash`: # can be a key like the others. `end_recording`: it hears the caller's keys in a recorded conversation, ends and
deletes the recording at the key of the dial, and reports `recording_ended`. `call_back`: it places calls (the hook
`place_call`). `list_texts`: it lists received texts with their content (the hook `list_texts`), so that a text whose webhook
never came is found."""


class CallLimits(Declared):
    """What one call can have at most at a carrier. A call flow that needs more is refused when it is saved.

    The plugin names the carrier's page beside each value. What is left out is limited by call flows alone.
    """

    phones: int | None = Field(default=None, gt=0)
    """Phones that ring at once; only of a carrier with the ability `dial_several`."""
    ring_seconds: int | None = Field(default=None, gt=0)
    """Seconds that a phone rings."""
    key_seconds: int | None = Field(default=None, gt=0)
    """Seconds that a caller has to press a key."""
    message_seconds: int | None = Field(default=None, gt=0)
    """Seconds of a message."""
    talk_seconds: int | None = Field(default=None, gt=0)
    """Seconds of a conversation with a `time_limit`."""
    text_bytes: int | None = Field(default=None, gt=0)
    """Length of one spoken text. In UTF-8 bytes, so that a carrier that counts letters takes it too."""
    document_bytes: int | None = Field(default=None, gt=0)
    """Length of one answer document, in bytes."""
    languages: tuple[str, ...] = ()
    """The languages that the carrier speaks (BCP 47), the usual variant of each first; another variant is spoken as that one.
    Empty: as many as a flow may name."""


Attestation = Literal["A", "B", "C", "failed", "none"]
"""STIR/SHAKEN: how fully the signer vouches for the caller's number; `failed` if the signature was not valid, `none` if the
carrier says that there was none. A verdict says who signed, and nothing about the caller's intent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerPoint:
    """The carrier waits for a document: why, and for which call. Everything comes from the webhook's signed content."""

    moment: Moment
    tracking_number: str
    """E.164."""
    call_id: str = ""
    """The carrier's id of the caller's leg; on `whisper` it may be that of the dialed leg."""
    caller_number: str | None = personal("user.contact.phone_number")
    mark: str = ""
    """The mark of the instruction that waited; blank on `ringing`."""
    digits: str = ""
    """On `digits` and `accept`: the keys pressed; blank if none came in time."""
    answered: bool = False
    """On `dial_ended`: whether a person picked up."""
    connected: bool = False
    """On `dial_ended`: whether the carrier itself says that caller and person were connected. If it does not, the hub goes by
    the key at `accept`."""
    why: Literal["busy", "no_answer"] | None = None
    """On `dial_ended`: why nobody took the call: the phone was busy or declined, or it rang in vain; else None."""
    chosen: str = ""
    """On `conversed`: the way that the hub named when it ended the conversation; blank if it broke off."""
    records: bool = False
    """On `whisper`: whether the dial records, for a carrier that begins to record by this document."""
    attestation: Attestation | None = None
    """On `ringing`: the carrier's verdict; None if it gave none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Say:
    """Speak a text to the caller. `language` is a BCP 47 tag; None leaves it to the carrier."""

    text: str
    language: str | None = None
    about_recording: bool = False
    """Whether it announces that the call is recorded, or asks for it: said only if the call is then recorded as asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Play:
    """Play an audio file (WAV or MP3) that the carrier fetches from `url`."""

    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Dial:
    """Ring one phone, or several at once; the first to pick up gets the call. Then the carrier asks at `dial_ended`.

    The business sees the caller's own number. With `record` both sides are recorded from the answer on, until the caller
    presses `end_key`, if there is one; with `whisper` the carrier asks at `whisper` what the answering person hears first.
    With `accept_key`, which always comes with `whisper`, the answer there is an `AskToAccept`.
    """

    numbers: tuple[str, ...]
    """E.164, or `phone:NAME` for a phone of the business at a carrier with the ability `phone`."""
    ring_seconds: int = 25
    record: bool = False
    whisper: bool = False
    end_key: str = ""
    """The key with which the caller ends the recording at any time; blank for none."""
    accept_key: str = ""
    """The key without which a person who picked up does not get the call, so that no voicemail does; blank for none."""
    time_limit: int | None = None
    """Seconds after which the conversation is ended."""
    mark: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AskToAccept:
    """Only at `whisper`: speak `prompts` to the person who picked up, and wait at most `seconds` for `key`.

    With the key the two are connected. A carrier that waits for the key itself does no more; any other asks at `accept`.
    Without it the phone is let go, and the others ring on.
    """

    prompts: tuple[Say | Play, ...]
    key: str = ACCEPT_KEY
    seconds: int = 10
    mark: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gather:
    """Speak `prompts` and wait for keys: at most `most_digits`, at most `seconds` after the last prompt or key. Then the
    carrier asks at `digits`, even if no key was pressed."""

    prompts: tuple[Say | Play, ...] = ()
    most_digits: int = 1
    seconds: int = 5
    hash_key: bool = False
    """Whether # is a key like the others. Otherwise a carrier may treat it as the end of the input."""
    hold: str = ""
    """For a caller who waits in a queue: the phone that rings at last. A carrier that can do so repeats the prompts while the
    hub gives no answer, and rings this phone after some minutes; any other ignores it. Blank for every other wait."""
    mark: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeMessage:
    """Record a message from the caller after a tone, at most `longest` seconds. Then the carrier asks at `message_left`."""

    longest: int = 180
    mark: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Converse:
    """Let an assistant of the hub talk with the caller: the carrier opens a websocket at `converse` below the webhook address
    and speaks there as Twilio's ConversationRelay does, which turns speech into text and back. Then it asks at `conversed`."""

    language: str | None = None
    """BCP 47; None leaves it to the carrier."""
    token: str = ""
    """Sent back as the parameter `token` of the first message: it opens one conversation, one time."""
    mark: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HangUp:
    """End the call. With `reject` as the only instruction, a carrier that can do so refuses the call and never answers it,
    so that it costs nothing; any other carrier just ends it."""

    reject: bool = False


Instruction = Say | Play | Dial | AskToAccept | Gather | TakeMessage | Converse | HangUp
"""An answer is a sequence of instructions. Nothing follows an instruction that waits, nor HangUp. An empty answer at
`whisper` or `accept` connects the two people immediately."""

MARK = r"[A-Za-z0-9._-]{0,64}"
"""A mark is part of the addresses that a carrier gets, and comes back in them unchanged."""


def abilities_needed(instruction: Instruction) -> frozenset[Ability]:
    """What a carrier must be able to do for one instruction."""
    match instruction:
        case Say():
            return frozenset({"say"})
        case Play():
            return frozenset({"play"})
        case Dial():
            return frozenset(_needed_by_dial(instruction))
        case AskToAccept():
            return frozenset[Ability]({"accept"}).union(*map(abilities_needed, instruction.prompts))
        case Gather():
            prompted: set[Ability] = {"gather", "gather_hash"} if instruction.hash_key else {"gather"}
            return frozenset(prompted.union(*map(abilities_needed, instruction.prompts)))
        case TakeMessage():
            return frozenset({"message"})
        case Converse():
            return frozenset({"converse"})
        case HangUp():
            return frozenset()


def _needed_by_dial(dial: Dial) -> set[Ability]:
    several = len(dial.numbers) > 1
    needs: dict[Ability, object] = {
        "dial": True,
        "dial_several": several,
        "phone": any(each.startswith(OWN_PHONE) for each in dial.numbers),
        "record": dial.record,
        "end_recording": dial.record and dial.end_key,
        "whisper": dial.whisper,
        "accept_several" if several else "accept": dial.accept_key,
        "time_limit": dial.time_limit,
    }
    return {ability for ability, needed in needs.items() if needed}
