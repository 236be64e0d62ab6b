"""What a SIP engine offers the gateway, whatever stack is behind it.

All sound is PCM: signed 16-bit little-endian, mono, 8,000 samples a second, so 16,000 bytes a second (`RATE`, `BYTES_S`).
All times are seconds. Every method is called on the event loop that `Engine.start` ran on; callbacks come on that loop.
A `Leg` is one call between the gateway and one party. It ends once, with a reason; what is asked of a leg that has ended
raises `LegEnded`, and what waits on it ends early and says so in what it returns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

RATE = 8000
BYTES_S = 2 * RATE


class Reason(StrEnum):
    """Why a leg ended."""

    HUNG_UP = "hung-up"
    CANCELLED = "cancelled"
    """Before the answer: the caller gave up, or another phone was faster."""
    REJECTED = "rejected"
    """We refused an incoming call."""
    SILENT_RTP = "silent-rtp"
    """No sound packet came for the time that the settings allow: the other end is gone without a BYE."""
    LIMIT = "limit"
    """The call reached the longest time that the settings allow."""
    FAILED = "failed"
    """The signalling or the sound could not be set up or kept."""
    ENGINE = "engine"
    """The engine closed or died."""


class Side(StrEnum):
    """Who ended a leg."""

    US = "us"
    PARTY = "party"


@dataclass(frozen=True)
class Ended:
    """How a leg ended: the reason, who ended it, and the SIP status where there was one (486, 487 …)."""

    reason: Reason
    side: Side
    status: int | None = None


@dataclass(frozen=True)
class About:
    """What was read from an INVITE; for an outgoing leg, what was dialed."""

    called: str
    """E.164 with + where it can be read so, else the user part as sent, cleaned of control characters."""
    caller: str
    """As `called`; empty if the caller is withheld or sent none."""
    caller_name: str = ""
    withheld: bool = False
    """The caller asked for privacy (Privacy: id, or an anonymous address)."""
    attestation: str = ""
    """STIR/SHAKEN: A, B or C; empty if the trunk says nothing."""
    verdict: str = ""
    """The trunk's verstat, as sent: TN-Validation-Passed, TN-Validation-Passed-A, TN-Validation-Failed, No-TN-Validation."""
    diverted_from: str = ""
    """The number that was called first, where the call was forwarded to us."""
    identity: tuple[str, ...] = field(default=(), repr=False)
    """Signatures of the caller's number (RFC 8224), as sent; each names the caller, even one who is withheld."""
    sip_call_id: str = ""
    phone: str = ""
    """The name of the phone of the business that calls, or is called."""
    source: str = ""
    """The address that the INVITE came from."""
    received: float = 0.0
    """time.monotonic() when the INVITE arrived."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """The further headers that the settings asked for, by lower-case name."""


@dataclass(frozen=True)
class Packet:
    """One SIP message of a call, without secrets and without the keys that the party pressed."""

    at: float
    """Seconds since 1970."""
    source: tuple[str, int]
    destination: tuple[str, int]
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class LegReport:
    """What an operator asks of a leg that is over."""

    sip_call_id: str = ""
    code: int | None = None
    """The final status of its INVITE."""
    codec: str = ""
    post_dial_seconds: float | None = None
    loss: float | None = None
    """The share of the party's sound packets that never came; None if there was no sound."""
    jitter_ms: float | None = None
    far_loss: float | None = None
    """The share of our packets that the party reports lost (RTCP)."""


class EndedBy(StrEnum):
    """What ended a recording of one party."""

    KEY = "key"
    SILENCE = "silence"
    LIMIT = "limit"
    HANG_UP = "hang-up"
    STOPPED = "stopped"
    """`Leg.stop_recording` was called."""


@dataclass(frozen=True)
class Recorded:
    """A finished recording: the WAV file, its length in seconds and what ended it. `key` is the key that did."""

    path: Path
    seconds: float
    ended_by: EndedBy
    key: str = ""


class SipError(Exception):
    """What the engine could not do; the text is one sentence without a number or a name."""

    status: int | None = None


class LegEnded(SipError):
    """The leg is over; see `Leg.ended`."""


class NotPlaced(SipError):
    """An outgoing call was not answered."""

    def __init__(self, text: str, status: int | None = None) -> None:
        """Keep the sentence and the SIP status that it came with."""
        super().__init__(text)
        self.status = status


class Busy(NotPlaced):
    """486 or 600."""


class Declined(NotPlaced):
    """603, 607 or 608."""


class NoAnswer(NotPlaced):
    """It rang for the whole time, or 408, 480 or 487."""


class Unreachable(NotPlaced):
    """404, 410, 484, 5xx, no route, no network, or the trunk did not answer."""


class NotAllowed(NotPlaced):
    """Our own limits forbid the call: nothing was sent. `limit` is concurrent, daily, call_backs, abroad, country or ports."""

    def __init__(self, text: str, limit: str) -> None:
        """Keep the sentence and the name of the limit."""
        super().__init__(text)
        self.limit = limit


class Draining(NotPlaced):
    """The engine takes no new calls."""


class Bridge(Protocol):
    """Two legs that hear each other, and perhaps a recording of both."""

    @property
    def recording(self) -> Path | None:
        """The WAV file that is being written: two channels, left the leg that `bridge` was called on, right the other."""

    def record_to(self, path: Path) -> None:
        """Begin to record now. One recording a bridge; a second raises `SipError`."""

    def pause(self) -> None:
        """Write silence in the place of both parties until `resume`, so that times in the recording stay true."""

    def resume(self) -> None:
        """Write sound again."""

    def stop_recording(self) -> float:
        """End the recording; the legs talk on. Returns its seconds; 0 if there was none."""

    def split(self) -> float:
        """Take the legs apart without ending either; ends the recording, and returns its seconds."""

    async def over(self) -> Leg | None:
        """Wait for the first leg to end and return it; None after `split`. The recording is whole and on disk by then."""


class Leg(Protocol):
    """One call with one party."""

    id: str
    """Ours, unique for ever: 32 hexadecimal digits."""
    about: About
    outgoing: bool
    digits: asyncio.Queue[str]
    """The keys the party pressed, each once: 0-9, *, #, A-D. Nobody else reads them while `record` waits for its keys."""

    @property
    def answered(self) -> bool:
        """Whether the call was taken."""

    @property
    def seconds(self) -> float:
        """Since the answer until now or until the end; 0 before it."""

    @property
    def ended(self) -> asyncio.Future[Ended]:
        """Done when the leg is over; wait with `asyncio.shield` or `asyncio.wait`, never cancel it."""

    def report(self) -> LegReport:
        """Its signalling and sound so far."""

    async def ring(self) -> None:
        """Send the caller 180 Ringing. The engine does so at once when the call arrives; harmless again."""

    async def answer(self) -> None:
        """Take the incoming call (200) and return when sound flows. Harmless when it is answered."""

    async def reject(self, code: int = 486) -> None:
        """Refuse an incoming call with a status from 400 to 699."""

    async def play(self, pcm: bytes, *, repeat: bool = False) -> bool:
        """Let the party hear `pcm`; with `repeat` until cancelled. True when heard to the end, False when the leg ended.

        Cancelling the task, or a second `play`, stops the sound within 60 ms.
        """

    async def record(
        self,
        path: Path,
        *,
        beep: bool = True,
        silence_s: float | None = 5.0,
        limit_s: float | None = 120.0,
        keys: str = "#",
    ) -> Recorded:
        """Record what this party says (WAV, one channel), after a beep, until one of `keys`, silence, the limit or the end.

        The trailing key tone is not part of it. A cancelled task leaves a whole file.
        """

    def stop_recording(self) -> None:
        """End what `record` waits for; harmless if nothing is recorded."""

    def listen(self, heard: Callable[[bytes], None] | None) -> None:
        """Give `heard` what the party says from now on, about every 20 ms, also nothing; None ends it."""

    def bridge(self, other: Leg, record_to: Path | None = None) -> Bridge:
        """Let the parties of two answered legs hear each other from now on; what was playing on either stops."""

    async def hang_up(self) -> None:
        """End the leg in any state; harmless when it is over."""

    def dialog(self) -> str:
        """What another process needs to end this call if ours dies (`Engine.end_lost`); empty before the answer."""


@dataclass(frozen=True)
class Dial:
    """An outgoing call to place."""

    number: str
    """E.164 with +, or `sip:` and the name of a phone of the business."""
    caller: str
    """The number that the called phone shows, E.164 with +; it must be one that the trunk lets us show."""
    ring_s: float = 30.0
    caller_name: str = ""
    withhold: bool = False
    """Ask the network not to show the caller (Privacy: id)."""
    attested_by: Leg | None = None
    """The incoming leg that this call is made for, if any; when its caller is gone nothing is placed."""
    emergency: bool = False
    """A number of the emergency services, as dialed: no cap and no country forbids it."""
    second: bool = False
    """Whether it connects a call back whose first leg is up."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers; a line break or control character raises `ValueError`."""
    sent: list[Leg] = field(default_factory=list, compare=False, repr=False)
    """Its leg, once the INVITE has left: what is known of a phone that did not answer."""

    def report(self) -> LegReport:
        """What is known of its leg."""
        return self.sent[-1].report() if self.sent else LegReport()


Accept = Callable[["Leg"], Awaitable[bool]]
"""Whether the person who answered takes the call: a whisper, perhaps with a key."""

Incoming = Callable[[Leg], Awaitable[None]]
"""What the gateway does with an incoming call, as a task of its own. The leg rings and is not answered yet."""


@dataclass(frozen=True)
class Abilities:
    """What an engine can do beyond the must."""

    srtp: bool = False
    tls: bool = False
    info_digits: bool = False
    early_media: bool = False


@dataclass(frozen=True)
class Health:
    """How an engine is: for the gateway's health answer."""

    alive: bool
    draining: bool
    legs: int
    trunk_answers: bool | None
    """Whether the trunk answered our last OPTIONS; None if none was sent yet."""
    ports: int = 0
    """UDP ports for sound."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """INVITEs that were refused or dropped since the start, by reason."""
    registration: str = ""
    """`registered`, or the status or silence that we got instead; empty without registration and before the first answer."""
    caps: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """By what outgoing calls are for: the minutes of today, and the day's cap."""
    phones: Mapping[str, bool] = field(default_factory=dict)
    """The phones of the business by name, and whether each is signed in."""


class Engine(Protocol):
    """A SIP stack with a port, a trunk and the sound of all calls."""

    abilities: Abilities

    async def start(self, incoming: Incoming, on_death: Callable[[], None] | None = None) -> None:
        """Open the port and take calls. `on_death` is called once if the stack dies: this process must be restarted."""

    async def place(
        self,
        dial: Dial,
        *,
        on_ringing: Callable[[], None] | None = None,
        heard_by: Leg | None = None,
        accept: Accept | None = None,
    ) -> Leg:
        """Call a number and return the answered leg, once `accept` says that it takes the call; one that does not is hung up
        and counts as `NoAnswer`.

        While it rings the party of `heard_by` hears the far end's early media, or a ringback tone if there is none; during
        `accept` the tone. One that is not answered yet gets 183 for the former, is never heard itself, and hears the
        ringback of its own network. Cancelling the task cancels the call.
        Raises `Busy`, `Declined`, `NoAnswer`, `Unreachable`, `NotAllowed`,
        `Draining`; `ValueError` if a number, a name or a header could smuggle something into the INVITE.
        """

    def end_lost(self, dialogs: Iterable[str]) -> None:
        """Send BYE to the parties of calls that a process before ours had when it died."""

    def legs(self) -> list[Leg]:
        """Those that are not over."""

    def health(self) -> Health:
        """How it is now; never waits."""

    def packets(self, sip_call_id: str) -> list[Packet]:
        """The signalling of a call that is under way or has just ended."""

    def forgotten(self) -> dict[str, list[Packet]]:
        """The signalling of calls that ended a while ago, by Call-ID; each is given once."""

    def note_refused(self, reason: str, leg: Leg, status: int) -> None:
        """Count an incoming call that the gateway refuses, and write it to the log."""

    async def drain(self) -> None:
        """Take no new calls, and return when the last one is over."""

    async def close(self) -> None:
        """End all legs (reason `engine`), close the port and return."""
