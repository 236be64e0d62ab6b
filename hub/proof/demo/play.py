"""The players: browsers, carriers and salespeople that act the stories, each over its real protocol."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal

import httpx
from sqlmodel import col, select

from hub.contracts.manifest import Manifest
from hub.contracts.sandbox import AdsSandbox, CarrierSandbox, CrmSandbox, SimulatedCall
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.model import Call
from hub.model.columns import new_id
from hub.model.conversions import conversion_key
from hub.proof.demo.scenario import Story
from hub.proof.demo.sound import conversation_audio
from hub.proof.demo.texting import Conversation, Texting, carriers
from hub.proof.demo.visitors import ApiEntrance, Entrance, Showing, Visitor
from hub.startup.opening import Opened

if TYPE_CHECKING:
    from hub.proof.demo.browser import PageEntrance
    from hub.proof.demo.line.played_calls import Line

PLAYERS, PLAYERS_ON_LINE = 6, 8
"""How many people act at a time; calls over a real line take their time."""
CALLS_A_SECOND = 20.0
FORGERIES = 3
FALLBACK = "fallback"
MAX_MESSAGE_CHARACTERS = 200
"""Of the message of a player's error that the ledger shows."""
MISSED_AGO = timedelta(minutes=2)
"""How long ago a missed call to a printed number began: its answer text waits half a minute after the call's end."""
PAGE_EVERY = 8
"""With a browser, one visitor in this many opens the company's page, and every visitor who sends a form. A page takes
half a second of CPU time: with all visitors in the browser, the day would take twice as long on two processors."""


@dataclass
class Tally:
    """What the players saw from outside; the ledger compares it with the hub."""

    counts: Counter[str] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    """Bodies of webhooks that the hub has acknowledged."""
    answers: Counter[int] = field(default_factory=Counter)
    showings: list[Showing] = field(default_factory=list)
    """The company's number as each visitor saw it."""
    unreached: Counter[str] = field(default_factory=Counter)
    """By company: visitors who saw no number of the hub, and so did not call."""
    stumbles: Counter[str] = field(default_factory=Counter)
    """Players that failed, counted by the kind of error and the first line of its message."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, amount: int = 1) -> None:
        """Count something."""
        with self.lock:
            self.counts[what] += amount


class Play:
    """Plays stories and texts against a running hub at `address`; visitors come through `pages` if the company has a page, and
    calls over `line` if there is one, instead of the carriers' sandboxes."""

    def __init__(
        self,
        opened: Opened,
        address: str,
        stories: Sequence[Story],
        talks: Sequence[Conversation],
        seed: int,
        pages: PageEntrance | None = None,
        line: Line | None = None,
    ) -> None:
        self.tally = Tally()
        self._opened, self._stories, self._talks, self._seed = opened, stories, talks, seed
        self._client = httpx.Client(base_url=address, timeout=30, trust_env=False)
        self._pages, self._api, self._line = pages, ApiEntrance(self._client, seed), line
        self.texting = Texting(opened, address, self._post, self.tally.note)
        self._contacts: dict[tuple[str, str], str] = {}
        self._deals_to_move: list[tuple[CrmSandbox, str, Literal["won", "lost"], str]] = []
        self._lock = threading.Lock()
        self._turns: dict[str | None, threading.Lock] = {}

    def run(self) -> None:
        """Play the whole day; returns after the last call and the last change of a deal."""
        for story in self._stories:
            if story.known and story.caller:
                self._contact(story)
        begun, between = time.monotonic(), max(1, len(self._stories) // max(1, len(self._talks)))
        count = PLAYERS if self._line is None else PLAYERS_ON_LINE
        with ThreadPoolExecutor(count, thread_name_prefix="player") as players:
            for index, story in enumerate(self._stories):
                time.sleep(max(0.0, begun + index / CALLS_A_SECOND - time.monotonic()))
                players.submit(self._play, partial(self._act, index, story))
                if index % between == 0 and index // between < len(self._talks):
                    players.submit(self._play, partial(self.texting.play, self._talks[index // between]))
        for index in range(min(FORGERIES, len(self._stories))):
            self._forge(index)
        for crm, deal, stage, amount in self._deals_to_move:
            crm.move_deal(deal, stage, amount)

    def _play(self, part: Callable[[], None]) -> None:
        try:
            part()
        except Exception as error:  # noqa: BLE001 - a player that fails shows as a figure that does not add up
            with self.tally.lock:
                first_line = str(error).partition("\n")[0][:MAX_MESSAGE_CHARACTERS]
                self.tally.stumbles[f"{type(error).__name__}: {first_line}"] += 1

    def _act(self, index: int, story: Story) -> None:
        if story.dialed is not None:
            self._call(index, story, story.dialed)
        else:
            visitor = self._visit(index, story)
            try:
                number = visitor.showing.number
                if story.form is not None:
                    sent = visitor.send_form(index, story)
                    self.tally.note("forms" if sent else "forms withheld")
                    return
                if number not in self._opened.directory.latest.lines:
                    with self.tally.lock:
                        self.tally.unreached[story.company] += 1
                    return
                if not story.leaves_first:
                    self._call(index, story, number)
            finally:
                visitor.leave()
            if story.leaves_first:
                self._call(index, story, number)
        if story.deal is not None:
            self._deal(story)

    def _visit(self, index: int, story: Story) -> Visitor:
        """Let the visitor come, through the page if this visitor is one of every PAGE_EVERY."""
        turn = story.form is not None or index % PAGE_EVERY == 0
        pages = self._pages if turn and self._pages is not None and self._pages.serves(story.company) else None
        entrance: Entrance = pages or self._api
        visitor = entrance.arrive(story)
        with self.tally.lock:
            self.tally.showings.append(visitor.showing)
        self.tally.note("visits")
        self.tally.note(f"visits by {visitor.showing.way}")
        return visitor

    def _call(self, index: int, story: Story, number: str) -> None:
        line = self._opened.directory.latest.lines[number]
        if self._line is not None:
            self._call_over(self._line, story, number, line.flow.forward)
            return
        carrier = self._opened.sandboxes.of(line.tracker.carrier)
        assert isinstance(carrier, CarrierSandbox)
        missed = story.dialed is not None and story.outcome != "answered"
        call = SimulatedCall(
            caller_number=story.caller,
            tracking_number=number,
            answering_number=line.flow.forward,
            started_at=self._opened.hub.clock() - (MISSED_AGO if missed else timedelta()),
            outcome=story.outcome,
            talk=story.talk,
            keys=story.keys,
            audio=conversation_audio(int(story.talk.total_seconds())),
        )
        webhook_url = self._webhooks(line.tracker.carrier)
        self.tally.note("calls")
        if story.webhooks_lost:
            carrier.webhooks(call, webhook_url)
            self.tally.note("calls without webhooks")
            return
        sent: list[WebhookRequest] = []
        earlier = new_id()

        def exchange(request: WebhookRequest) -> AnswerDocument | None:
            document = self._post(request)
            sent.append(request)
            if story.foreign_click and len(sent) == 1:
                self._refuse(story, number, earlier)
            return document

        carrier.place_call(call, webhook_url, exchange)
        if story.webhooks_doubled:
            random.Random(self._seed + index).shuffle(sent)  # noqa: S311 - a play
            for request in sent:
                self._post(request)
            self.tally.note("calls whose webhooks came again, shuffled")

    def _call_over(self, line: Line, story: Story, number: str, answering: str) -> None:
        """Place a real call, one of a caller at a time; hidden callers count as one."""
        with self._lock:
            turn = self._turns.setdefault(story.caller, threading.Lock())
        with turn:
            self.tally.note("calls")
            earlier = new_id()
            if not line.call(story, number, answering, lambda: self._refuse_foreign(story, number, earlier)):
                self.tally.note("calls that the trunk sends elsewhere")

    def _refuse_foreign(self, story: Story, number: str, earlier: str) -> None:
        if story.foreign_click:
            self._refuse(story, number, earlier)

    def _webhooks(self, carrier: str) -> str:
        return f"{str(self._client.base_url).rstrip('/')}/webhooks/{carrier}"

    def _post(self, request: WebhookRequest) -> AnswerDocument | None:
        """Send a webhook over HTTP; the hub's document, None if the answer has none."""
        reply = self._client.request(request.method, request.url, content=request.body, headers=dict(request.headers))
        self.tally.note("webhooks")
        with self.tally.lock:
            self.tally.answers[reply.status_code] += 1
            if reply.status_code != 200:
                return None
            if request.path == FALLBACK:
                # The first webhook was answered too late, but is in the inbox: this one reports the same ring.
                self.tally.counts["calls forwarded at once"] += 1
            else:
                self.tally.acknowledged.add(request.body.decode() + request.url)
        return AnswerDocument(reply.headers["content-type"], reply.text)

    def _forge(self, index: int) -> None:
        """Send a webhook that was changed after the carrier signed it."""
        stand_ins = carriers(self._opened)
        if self._line is not None:
            forged = b"CallSid=CA00000000000000000000000000000000&CallStatus=ringing&From=%2B13125550199"
            for name in (entry.name for entry in self._opened.hub.config.of_kind("carrier")):
                self._post(WebhookRequest("POST", f"{self._webhooks(name)}/voice", forged, self._opened.hub.clock()))
                self.tally.note("forgeries")
        elif stand_ins:
            name, carrier = stand_ins[index % len(stand_ins)]
            genuine = carrier.unparseable_webhook(self._webhooks(name))
            self._post(replace(genuine, body=genuine.body.replace(b"teleported", b"ringing") + b"&From=%2B13125550199"))
            self.tally.note("forgeries")

    def _refuse(self, story: Story, number: str, earlier: str) -> None:
        """Make the sandbox of the click's network refuse this call, whose id comes after `earlier`, as not its own."""
        until = time.monotonic() + 5
        while time.monotonic() < until:
            with self._opened.hub.store.reading() as session:
                found = session.exec(
                    select(Call.id)
                    .where(Call.caller_number == story.caller, Call.tracking_number == number, col(Call.id) > earlier)
                    .order_by(Call.id.desc())  # type: ignore[attr-defined]
                ).first()
            if found is not None:
                for sandbox in self._networks_of(story):
                    for rule in self._opened.hub.config.conversions:
                        sandbox.refuse(conversion_key(rule.name, found))
                return
            time.sleep(0.02)

    def _networks_of(self, story: Story) -> list[AdsSandbox]:
        """The sandboxes of the networks that read the click with which the visitor came."""
        plugins = self._opened.hub.plugins
        running: list[tuple[object, Manifest]] = [
            (self._opened.sandboxes.of(name), plugins.connectors[name].manifest) for name in self._opened.sandboxes
        ]
        return [
            sandbox
            for sandbox, manifest in running
            if isinstance(sandbox, AdsSandbox) and not story.clicks.isdisjoint(manifest.read_click_ids)
        ]

    def _crm(self, company: str) -> CrmSandbox | None:
        for entry in self._opened.hub.config.of_kind("crm"):
            sandbox: object = self._opened.sandboxes.of(entry.name) if entry.in_sandbox else None
            if entry.serves(company) and isinstance(sandbox, CrmSandbox):
                return sandbox
        return None

    def _contact(self, story: Story) -> str | None:
        crm = self._crm(story.company)
        if crm is None or story.caller is None:
            return None
        key = (story.company, story.caller)
        with self._lock:
            if key not in self._contacts:
                self._contacts[key] = crm.add_contact(story.caller_name, story.caller)
            return self._contacts[key]

    def _deal(self, story: Story) -> None:
        crm, contact = self._crm(story.company), self._contact(story)
        if crm is None or contact is None or story.deal is None:
            return
        stage: Literal["qualified", "won"] = "qualified" if story.deal == "qualified" else "won"
        deal = crm.add_deal(contact, stage, str(story.amount), "USD")
        self.tally.note("deals")
        if story.deal == "won then changed":
            self._deals_to_move.append((crm, deal, "won", str(story.amount + 150)))
        elif story.deal == "won then lost":
            self._deals_to_move.append((crm, deal, "lost", str(story.amount)))
