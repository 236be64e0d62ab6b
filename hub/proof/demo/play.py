"""The players: browsers, carriers, salespeople and users that act the stories, each over its real protocol."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal

import httpx2
from sqlmodel import col, select

from hub.contracts.manifest import Manifest
from hub.contracts.sandbox import AdsSandbox, CarrierSandbox, CrmSandbox, SimulatedCall
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.model import Call
from hub.model.columns import new_id
from hub.model.conversions import conversion_key
from hub.proof.demo.calling_back import call_back
from hub.proof.demo.marking import mark
from hub.proof.demo.past import Agenda
from hub.proof.demo.scenario import Story
from hub.proof.demo.sound import conversation_audio
from hub.proof.demo.texting import Conversation, Texting, carriers
from hub.proof.demo.texting import Line as TextLine
from hub.proof.demo.visitors import ApiEntrance, Entrance, Showing, Visitor
from hub.startup.opening import Opened

if TYPE_CHECKING:
    from hub.proof.demo.browser import PageEntrance
    from hub.proof.demo.line.played_calls import Line

PLAYERS_ON_LINE = 8
"""How many people act at a time over a real line, where calls take their time."""
CALLS_A_SECOND = 20.0
"""Over a real line."""
FORGERIES = 3
FALLBACK = "fallback"
MAX_MESSAGE_CHARACTERS = 200
"""Of the message of a player's error that the ledger shows."""
PAGE_EVERY = 8
"""With a browser, one visitor in this many opens the company's page, and every visitor who sends a form. A page takes
half a second of CPU time."""
READS = timedelta(seconds=50)
"""How long a visitor reads before calling or sending a form."""
TEXT_BACK = timedelta(seconds=40)
"""After this the hub's text to a missed caller is due."""
MARKED_AFTER, QUOTED_AFTER, WON_AFTER, CHANGED_AFTER = (
    timedelta(minutes=20),
    timedelta(minutes=12),
    timedelta(hours=27),
    timedelta(hours=51),
)
"""After the contact: the lead is marked, the deal is in the CRM, it is won, it is changed once more."""
KEPT = timedelta(days=14)
"""The sound of older calls is a second long: it is fetched, and deleted with its retention period."""


@dataclass
class Tally:
    """What the players saw from outside; the ledger compares it with the hub."""

    counts: Counter[str] = field(default_factory=Counter)
    acknowledged: dict[str, datetime] = field(default_factory=dict)
    """Bodies of webhooks that the hub has acknowledged, and when."""
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
    """Plays stories and texts against a hub whose web edge listens at `address`; visitors come through `pages` if the company
    has a page, and calls over `line` if there is one, instead of the carriers' sandboxes."""

    def __init__(
        self, opened: Opened, address: str, seed: int, pages: PageEntrance | None = None, line: Line | None = None
    ) -> None:
        self.tally = Tally()
        self.waiting: Callable[[], object] = lambda: time.sleep(0.02)
        """Called while the hub must take something in."""
        self.kept_since = opened.hub.clock() - KEPT
        self._seed, self._pages, self._line = seed, pages, line
        self._contacts: dict[tuple[str, str], str] = {}
        self._dialed: dict[tuple[str, str | None], str] = {}
        self._lock = threading.Lock()
        self._turns: dict[str | None, threading.Lock] = {}
        self._agenda = Agenda(lambda at: None, lambda: None)
        self._stories = 0
        self.move_to(opened, address)

    def move_to(self, opened: Opened, address: str) -> None:
        """Go on at another hub on the same database."""
        self._opened, self._address = opened, address
        self._public_url = str(opened.hub.config.hub.public_url).rstrip("/")
        self._client = httpx2.Client(base_url=address, timeout=30, trust_env=False)
        self._api = ApiEntrance(self._client, self._seed)
        self.texting = Texting(
            opened,
            self._post,
            self.tally.note,
            lambda: self.waiting(),
            self._fetch,
            lambda: opened.hub.clock() > self.kept_since,
        )

    def run(self, stories: Sequence[Story]) -> None:
        """Act the stories at once, many at a time, as they are over a real line."""
        begun, self._stories = time.monotonic(), len(stories)
        for story in stories:
            self._contact(story)
        with ThreadPoolExecutor(PLAYERS_ON_LINE, thread_name_prefix="player") as players:
            for index, story in enumerate(stories):
                time.sleep(max(0.0, begun + index / CALLS_A_SECOND - time.monotonic()))
                players.submit(self.act, index, story)
        self._agenda.run(self._opened.hub.clock() + 2 * CHANGED_AFTER)
        self.forge()

    def plan(
        self,
        agenda: Agenda,
        stories: Sequence[tuple[int, Story]],
        talks: Sequence[Conversation],
        step: Callable[[], None],
    ) -> None:
        """Put stories and texts into an agenda, in which they add what follows from them; `step` is called after each
        story."""
        self._agenda = agenda
        self._stories += len(stories)
        for index, story in stories:
            agenda.add(story.at, partial(self.act, index, story, step))
        for talk in talks:
            for line in talk.lines:
                agenda.add(talk.at + line.after, partial(self._guarded, partial(self._say, talk, line)))

    def act(self, index: int, story: Story, step: Callable[[], None] = lambda: None) -> None:
        """Act one story; a player that fails shows as a figure that does not add up."""
        self._guarded(partial(self._act, index, story))
        step()

    def settle(self) -> None:
        """Let the hub work, and the carriers report what became of the texts that it sent."""
        self.waiting()
        if self.texting.tell():
            self.waiting()

    def forge(self) -> None:
        """Send a few forged webhooks."""
        for index in range(min(FORGERIES, self._stories)):
            self._forge(index)

    def _guarded(self, part: Callable[[], None]) -> None:
        try:
            part()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            with self.tally.lock:
                first_line = str(error).partition("\n")[0][:MAX_MESSAGE_CHARACTERS]
                self.tally.stumbles[f"{type(error).__name__}: {first_line}"] += 1

    def _say(self, talk: Conversation, line: TextLine) -> None:
        self._in_crm(talk.company, talk.person, talk.name)
        self.texting.say(talk, line)
        if line.by != "in":
            self.settle()

    def _later(self, after: timedelta, act: Callable[[], None]) -> None:
        self._agenda.add(self._opened.hub.clock() + after, partial(self._guarded, act))

    def _act(self, index: int, story: Story) -> None:
        self._contact(story)
        if story.dialed is not None:
            self._call(index, story, story.dialed)
        elif story.landing_page is None:
            self._call(index, story, self._dialed[story.company, story.caller])
        else:
            visitor = self._visit(index, story)
            self._agenda.go(self._opened.hub.clock() + READS)
            try:
                number = visitor.showing.number
                if story.form is not None:
                    sent = visitor.send_form(index, story)
                    self.tally.note("forms" if sent else "forms withheld")
                    if sent and story.mark is not None:
                        self._later(MARKED_AFTER, partial(self._mark, story))
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
        self._follow(story)

    def _follow(self, story: Story) -> None:
        """What becomes of a call."""
        if story.mark is not None:
            self._later(MARKED_AFTER, partial(self._mark, story))
        if story.deal is not None:
            self._later(QUOTED_AFTER if story.deal == "qualified" else WON_AFTER, partial(self._deal, story))
        if story.outcome != "answered":
            self._later(TEXT_BACK, self.settle)
        if story.called_back is not None and self._line is None:
            self._later(story.called_back[0], partial(self._call_back, story))

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
        self._dialed[story.company, story.caller] = number
        if self._line is not None:
            self._call_over(self._line, story, number, line.flow.forward)
            return
        carrier = self._opened.sandboxes.of(line.tracker.carrier)
        assert isinstance(carrier, CarrierSandbox)
        begun = self._opened.hub.clock()
        seconds = int(story.talk.total_seconds()) if story.at > self.kept_since else 1
        call = SimulatedCall(
            caller_number=story.caller,
            tracking_number=number,
            answering_number=line.flow.forward,
            started_at=begun,
            outcome=story.outcome,
            talk=story.talk,
            keys=story.keys,
            caller_name=story.caller_name if story.caller else None,
            audio=conversation_audio(seconds, 1 if story.outcome == "voicemail" else 2),
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
            self._agenda.go(request.received_at)
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
        return f"{self._public_url}/webhooks/{carrier}"

    def _post(self, request: WebhookRequest) -> AnswerDocument | None:
        """Send a webhook over HTTP; the hub's document, None if the answer has none."""
        address = request.url.replace(self._public_url, self._address, 1)
        reply = self._client.request(request.method, address, content=request.body, headers=dict(request.headers))
        self.tally.note("webhooks")
        with self.tally.lock:
            self.tally.answers[reply.status_code] += 1
            if reply.status_code != 200:
                return None
            if request.path == FALLBACK:
                # The first webhook was answered too late, but is in the inbox: this one reports the same ring.
                self.tally.counts["calls forwarded at once"] += 1
            else:
                self.tally.acknowledged[request.body.decode() + request.url] = request.received_at
        return AnswerDocument(reply.headers["content-type"], reply.text)

    def _fetch(self, address: str) -> tuple[str, bytes]:
        reply = self._client.get(address.replace(self._public_url, self._address, 1))
        return reply.headers.get("content-type", ""), reply.content

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
            self.waiting()

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
        return self._in_crm(story.company, story.caller, story.caller_name) if story.caller else None

    def _in_crm(self, company: str, number: str, name: str) -> str | None:
        """A person's contact in the company's CRM; the office adds everybody."""
        crm = self._crm(company)
        if crm is None:
            return None
        with self._lock:
            if (company, number) not in self._contacts:
                self._contacts[company, number] = crm.add_contact(name, number)
            return self._contacts[company, number]

    def _deal(self, story: Story) -> None:
        crm, contact = self._crm(story.company), self._contact(story)
        if crm is None or contact is None or story.deal is None:
            return
        stage: Literal["qualified", "won"] = "qualified" if story.deal == "qualified" else "won"
        deal = crm.add_deal(contact, stage, str(story.amount), "USD")
        self.tally.note("deals")
        if story.deal == "won then changed":
            self._later(CHANGED_AFTER, partial(crm.move_deal, deal, "won", str(story.amount + 150)))
        elif story.deal == "won then lost":
            self._later(CHANGED_AFTER, partial(crm.move_deal, deal, "lost", str(story.amount)))

    def _call_back(self, story: Story) -> None:
        self.waiting()
        if call_back(self._opened, story, self.waiting, self._agenda.go, self._post):
            self.tally.note("calls back")

    def _mark(self, story: Story) -> None:
        self.waiting()
        mark(self._opened.hub, story)
