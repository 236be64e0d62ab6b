"""Where the phones of the business are: they sign in over TLS (RFC 3261 section 10), and are reached through the connection
that they opened, whatever their Contact says, because most of them are behind a NAT."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, unquote

import structlog

from plugins.carriers.sip.engine.guard.admission import Verdict
from plugins.carriers.sip.engine.guard.calls import Outgoing, Peer, target_of
from plugins.carriers.sip.engine.guard.identity import read_about, read_number
from plugins.carriers.sip.engine.guard.invitation import to_phone
from plugins.carriers.sip.engine.guard.message import BadMessage, Message
from plugins.carriers.sip.engine.interface import About, Dial, NoAnswer, Unreachable
from plugins.carriers.sip.engine.phones.sign_in import SignIn, named
from plugins.carriers.sip.engine.settings import PHONE, LineSettings

log = structlog.get_logger(__name__)
MIN_S, MAX_S = 60, 600
"""Seconds that a phone stays signed in: the least, and the most, after which it must be heard of before its connection is idle
for too long."""
_EXPIRES = re.compile(r";\s*expires=(\d{1,9})", re.IGNORECASE)
_REFER_TO = re.compile(r"(?:sips?|tel):([^@>;?\s]{1,128})[^>?]*(?:\?([^>\s]*))?", re.IGNORECASE)
_USER = re.compile(r"sips?:([^@;>\s]{1,64})@", re.IGNORECASE)
INSIDE = ("ACK", "BYE", "CANCEL", "INFO", "INVITE", "OPTIONS", "PRACK", "UPDATE")
"""The requests of a phone inside a call."""
Answer = tuple[int, str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Binding:
    """Where a phone is, and until when."""

    peer: Peer
    contact: str
    until: float


class Registrar:
    """The phones' side of the port: whom it lets in, and where each phone is. A phone is in one place: the newest."""

    def __init__(
        self,
        line: LineSettings,
        keep: Callable[[Peer], None],
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`keep` hears of a connection whose phone has signed in."""
        self._line, self._keep, self._clock = line, keep, clock
        self.phones = line.phones.by_name if line.phones else {}
        self._sign_in = SignIn(self.phones, clock, wall)
        self._bindings: dict[str, Binding] = {}
        self.on_hold: Callable[[str, bool], None] = lambda call_id, held: None
        self.on_transfer: Callable[[str, str, str], bool] = lambda call_id, to, replaces: False
        """Begins the transfer of a call to a destination, or to the party of the call `replaces`; whether it has begun."""

    def judge(self, request: Message, host: str, known_dialog: bool) -> Verdict:
        """What to do with a request that came to the phones' port; `known_dialog` says that it belongs to a call with this
        very host."""
        if request.in_dialog or request.method in ("ACK", "CANCEL"):
            if not known_dialog:
                return Verdict.DROP
            if request.method == "REFER":
                return Verdict.REFER
            return Verdict.TAKE if request.method in INSIDE else Verdict.REFUSE
        if request.method == "OPTIONS" and any(each.peer.host == host for each in self._bindings.values()):
            return Verdict.TAKE
        if request.method not in ("REGISTER", "INVITE"):
            return Verdict.DROP
        verdict = self._sign_in.judge(request, host)
        return Verdict.REGISTER if verdict is Verdict.TAKE and request.method == "REGISTER" else verdict

    def challenges(self, host: str) -> list[tuple[str, str]]:
        """What a phone has to sign."""
        return self._sign_in.challenges(host)

    def register(self, request: Message, peer: Peer) -> Answer:
        """Carry out a REGISTER whose phone is proven."""
        name, found = named(request), _USER.search(request.get("to"))
        if found is None or found[1] != name:
            return 403, "Forbidden", []
        said = _EXPIRES.search(request.get("contact"))
        text = said[1] if said else request.get("expires")
        seconds = int(text) if re.fullmatch("[0-9]{1,9}", text) else MAX_S
        if request.get("contact").strip() == "*" or not request.get("contact"):
            contact = ""
        else:
            try:
                contact = target_of(request)
            except BadMessage:
                return 400, "Bad Request", []
        if 0 < seconds < MIN_S:
            return 423, "Interval Too Brief", [("Min-Expires", str(MIN_S))]
        if contact and seconds:
            if self.place_of(name) is None:
                log.info("a phone has signed in", phone=name, source=peer.host)
            self._bindings[name] = Binding(peer, contact, self._clock() + min(seconds, MAX_S))
        elif seconds == 0 and (place := self._bindings.get(name)) and (place.peer == peer or place.contact == contact):
            del self._bindings[name]
        self._keep(peer)
        return 200, "OK", self._contacts(name)

    def _contacts(self, name: str) -> list[tuple[str, str]]:
        place = self.place_of(name)
        return [("Contact", f"<{place.contact}>;expires={int(place.until - self._clock())}")] if place else []

    def place_of(self, name: str) -> Binding | None:
        """Where a phone is; None if it is not signed in."""
        place = self._bindings.get(name)
        return place if place and place.until > self._clock() else None

    def signed_in(self) -> dict[str, bool]:
        """Each phone of the settings, and whether it is signed in."""
        return {name: self.place_of(name) is not None for name in self.phones}

    def gone(self, peer: Peer) -> None:
        """A connection is closed: its phones cannot be reached until they sign in again."""
        self._bindings = {name: each for name, each in self._bindings.items() if each.peer != peer}

    def plan(self, dial: Dial, media: Callable[[Peer], str]) -> Outgoing:
        """How a call to a phone looks outside. Raises `NoAnswer` for one that is not signed in."""
        name = dial.number.removeprefix(PHONE)
        if name not in self.phones:
            raise Unreachable("No phone of the line has that name.", 404)
        place = self.place_of(name)
        if place is None:
            raise NoAnswer("The phone is not signed in.", 480)
        return to_phone(dial, name, place.contact, place.peer, media(place.peer))

    def destination(self, user: str) -> str:
        """Whom a phone may call or transfer a call to: a number, or a phone of the business; blank for anything else, such as
        an emergency number."""
        if user in self.phones:
            return f"{PHONE}{user}"
        number = read_number(user, self._line.country)
        return number if re.fullmatch(r"\+[1-9][0-9]{5,14}", number) else ""

    def transfer(self, refer: Message) -> tuple[int, str]:
        """Begin what a REFER asks for (RFC 3515, RFC 3891), or refuse it."""
        found = _REFER_TO.search(refer.get("refer-to"))
        if found is None:
            return 400, "Bad Request"
        named = parse_qs(found[2] or "")
        replaces = next((value for key, (value, *_) in named.items() if key.lower() == "replaces"), "").partition(";")[
            0
        ]
        to = self.destination(unquote(found[1]))
        begun = bool(to or replaces) and self.on_transfer(refer.call_id, to, replaces)
        return (202, "Accepted") if begun else (603, "Decline")

    def hold(self, call_id: str, held: bool) -> None:
        """A phone holds its call, or resumes it."""
        self.on_hold(call_id, held)

    def about(self, invite: Message, peer: Peer, at: float) -> About:
        """The parties of a call from a phone: it shows the number of the settings, whatever it says itself."""
        name = named(invite)
        self._keep(peer)
        about = read_about(invite, peer.host, at, self._line.country)
        return replace(about, phone=name, caller=self.phones[name].caller, caller_name="", withheld=False,
                       attestation="", verdict="", diverted_from="", identity=())  # fmt: skip
