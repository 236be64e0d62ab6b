"""Half a minute on a line: a whole hub, its gateway and three phones on loopback, with everything that happens to calls.

`play` plays it once and leaves files: what each phone reported and heard, the hub's database and recordings, and `day.json`
with what only the player knows. Tests read them.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import raw_sip
from line_config import (
    AFTER_HOURS,
    AGENT,
    CALLER,
    GREETING,
    MENU,
    NOTICE,
    OWN_GREETING,
    PHONES,
    PIN,
    RUNG_AT_ONCE,
    TRACKED,
    UNRECORDED,
    Box,
    Ports,
    write_config,
)
from raw_sip import CALLED, SOUND, RawSip, malformed, unwanted
from sip_phones import PATIENCE, Phones, open_phones, open_trunk, step
from sqlmodel import col, select

from hub.answering.voicemail_boxes import sealed_pin
from hub.model import Call, Company, Recording
from hub.model.states import RecordingState
from hub.numbers.greetings import add_greeting, converted
from hub.platform.loopback import free_port
from hub.recordings.listen import hear
from hub.startup.opening import open_beside
from hub.startup.reading import read_config

SOON = 0.2
"""How long a raw sender waits for an answer that may never come."""
GREETED = step("mark", "greeted", when=f"hears {GREETING}")
GREETING_S = 5.0
"""So long a caller waits for the greeting that was recorded by phone; the gateway may know the former one still."""
ASKED = (GREETED, step("mark", "asked", when=f"hears {NOTICE}"))
"""Steps of a caller who hears the greeting, and then what is said about recording."""
ALL_CALLS = (
    "recorded", "refused", "menu", "message", "simulcall", "busy", "no_answer", "cancel", "hold", "foreign", "late", "lost",
)  # fmt: skip
TALKING = step("mark", "talking", when=f"hears {AGENT}")
PROMPTED = step("mark", "prompted", when=f"hears {AFTER_HOURS}")


class Day:
    """The stage, and what is played on it."""

    def __init__(self, folder: Path, callers: Phones, business: Phones, vanishing: Phones, ports: Ports) -> None:
        self.folder, self.callers, self.business, self.vanishing, self.ports = (
            folder,
            callers,
            business,
            vanishing,
            ports,
        )
        self.config = folder / "config.yaml"
        self.hub: subprocess.Popen[bytes] | None = None
        self.noted: dict[str, Any] = {}

    # The hub and its gateway

    def start_hub(self) -> None:
        """Start the hub and wait until its gateway answers the trunk."""
        command = [sys.executable, "-m", "hub.cli", "run", "-c", str(self.config)]
        with (self.folder / "hub.log").open("ab") as log:
            self.hub = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        until_true(self._answers, "answer of the hub")
        until_true(self.gateway_answers, "answer of the gateway")

    def kill_hub(self) -> None:
        """As if the machine's memory ran out."""
        assert self.hub is not None
        self.hub.kill()
        self.hub.wait()

    def stop_hub(self) -> None:
        """End the hub as its operator does, and the gateway with it."""
        gateway = self.gateway()
        if self.hub is not None and self.hub.poll() is None:
            self.hub.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.hub.wait(20)
            self.hub.kill()
            self.hub.wait()
        if gateway is not None:
            with contextlib.suppress(psutil.Error):
                gateway.kill()

    def gateway(self) -> psutil.Process | None:
        """The gateway's process, which its lock names."""
        try:
            return psutil.Process(json.loads((self.folder / "gateway" / "gateway.lock").read_text())["pid"])
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None

    def _answers(self) -> bool:
        assert self.hub is not None and self.hub.poll() is None, (self.folder / "hub.log").read_text()[-3000:]
        try:
            socket.create_connection(("127.0.0.1", self.ports.hub), 1).close()
        except OSError:
            return False
        return True

    def gateway_answers(self) -> bool:
        """Whether the gateway answers the trunk's OPTIONS."""
        raw = RawSip(self.ports.sip)
        try:
            return 200 in raw.statuses(raw.message("OPTIONS"), SOON)
        finally:
            raw.close()

    def rows(self, query: str, *values: Any, file: str = "hub.db") -> list[dict[str, Any]]:
        """What the hub's database, or the gateway's, says."""
        connection = sqlite3.connect(f"file:{self.folder / file}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    def call(self, name: str, to: str, *steps: dict[str, Any], tone: float = CALLER, **more: Any) -> None:
        """A caller calls one of the tracking numbers."""
        self.callers.call(name, TRACKED[to], self.ports.sip, *steps, tone=tone, **more)

    # What happens

    def expect(self) -> None:
        """What the business does with the calls that reach it."""
        answer = step("answer", after=0.3)
        business = self.business
        for phone in ("office", "one", "held", "lost"):
            business.expect(PHONES[phone], answer, tone=AGENT, name=phone)
        business.expect(PHONES["two"], answer, step("bye", when="answered", after=2), tone=AGENT, name="two")
        business.expect(PHONES["fast"], step("answer", after=0.6), tone=AGENT, name="fast")
        business.expect(PHONES["late"], step("answer", after=3.0), tone=AGENT, name="late")
        business.expect(PHONES["busy"], step("reject", 486, after=0.2), name="busy")
        for phone in ("slow", "silent", "given_up", "capped"):
            business.expect(PHONES[phone], name=phone)

    def many_calls(self) -> None:
        """All that may happen to a call, at the same time."""
        talk = (TALKING, step("bye", after=1.5))
        give_up = (PROMPTED, step("bye", after=0.2))
        self.call("recorded", "recorded", *ASKED, step("digits", "1"), *talk)
        self.callers.wait("asked", "recorded")  # the hub has answered its first call
        self.call("refused", "recorded", *ASKED, step("digits", "9"), *talk, tone=UNRECORDED, caller="+14155550143")
        self.call("menu", "menu", step("digits", "2", when=f"hears {MENU}"), TALKING, caller="+14155550144")
        message = (PROMPTED, step("mark", "beep", when=f"quiet {AFTER_HOURS}"), step("bye", after=2.5))
        self.call("message", "closed", *message, tone=2450, caller="+14155550145")
        self.call("simulcall", "simulcall", *talk, caller="+14155550146")
        self.call("busy", "busy", *give_up, caller="+14155550147")
        self.call("no_answer", "no_answer", *give_up, caller="+14155550148")
        self.call("cancel", "cancel", caller="+14155550149")
        held = (TALKING, step("hold", after=1), step("resume", after=1.5), step("bye", after=1.5))
        self.call("hold", "hold", *held, caller="+14155550150")
        self.call("foreign", "foreign", *give_up, caller="+14155550151")
        self.call("late", "late", TALKING, step("bye", after=0.5), caller="+14155550152")
        self.vanishing.call("lost", TRACKED["lost"], self.ports.sip, TALKING, tone=CALLER, caller="+14155550153")
        until_true(lambda: self._ringing("given_up"), "ringing of a phone")
        self.callers.hang_up("cancel")
        self.vanishing.wait("talking", "lost")
        self.noted["vanished"] = time.time()
        self.vanishing.vanish()

    def strange_messages(self) -> None:
        """Malformed and hostile SIP, by the trunk's address and by others'."""
        assert TRACKED["sink"] == CALLED
        with contextlib.closing(RawSip(self.ports.sip)) as raw:
            for datagram in [*malformed(raw).values(), *unwanted(raw).values()]:
                raw.send(datagram)
        with contextlib.closing(RawSip(self.ports.sip, "127.0.0.2")) as stranger:
            body = SOUND.format(port=40_000)
            self.noted["strangers"] = {
                "INVITE": stranger.statuses(stranger.message(number=TRACKED["cap"], body=body), SOON),
                "OPTIONS": stranger.statuses(stranger.message("OPTIONS"), SOON),
            }

    def third_stack(self) -> None:
        """Three calls by sipp, if it is installed: it hangs up while a prompt plays. Then every call so far ends."""
        program = shutil.which("sipp")
        scenario = Path(raw_sip.__file__).with_name("caller.xml")
        order = f"-sf {scenario} -s {TRACKED['closed']} -i 127.0.0.1 -p {free_port()} -m 3 -timeout 20s -nostdin"
        self.noted["sipp"] = program and subprocess.call(
            [program, *order.split(), f"127.0.0.1:{self.ports.sip}"],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.end_of(*(each for each in ALL_CALLS if each != "lost"))

    def end_of(self, *names: str) -> None:
        """Wait until the callers' calls are over."""
        for name in names:
            self.callers.wait("ended", name)

    def many_at_once(self) -> None:
        """Calls that ring a phone at the same time, more than call backs may be placed at once."""
        until_true(lambda: not self.business.busy(), "end of all calls at the business")
        for each in range(RUNG_AT_ONCE):
            self.call(f"cap-{each}", "cap", caller=f"+1312555010{each % 10}")
            # One after another: a busy machine answers a dozen at the same instant too late.
            until_true(lambda each=each: self._ringing("capped") > each, "ringing of every call")
        self.callers.hang_up("cap-")
        self.end_of(*(f"cap-{each}" for each in range(RUNG_AT_ONCE)))

    def _ringing(self, phone: str) -> int:
        return sum(each["event"] == "incoming" and each["number"] == PHONES[phone] for each in self.business.events)

    def hub_away(self) -> None:
        """A call is on when the hub is killed; another comes in while it is away; then the hub comes back."""
        self.call("through", "recorded", *ASKED, step("digits", "1"), TALKING, caller="+14155550154")
        self.callers.wait("talking", "through")
        self.kill_hub()
        self.call("alone", "recorded", GREETED, TALKING, step("bye", after=1), tone=2150, caller="+14155550155")
        self.end_of("alone")
        self.callers.hang_up("through")
        self.end_of("through")
        self.add_box()
        self.start_hub()

    def add_box(self) -> None:
        """A person gets a voicemail with a greeting of their own, which they uploaded, and a PIN."""
        with open_beside(read_config(self.config)) as hub, hub.store.writing() as session:
            company, sound = session.exec(select(Company)).one(), converted((self.folder / "greeting.wav").read_bytes())
            night = add_greeting(session, "olivia", company.id, "Night", sound, hub.clock())
            write_config(self.folder, self.ports, Box(sealed_pin(hub.keyring, PIN), night.file))

    def greeting_by_phone(self) -> None:
        """The person records another greeting by phone; then a caller hears it."""
        self.call(
            "greets",
            "box",
            step("digits", "1", when=f"hears {MENU}"),
            step("digits", PIN, when=f"hears {AFTER_HOURS}"),
            step("digits", "3", when=f"hears {NOTICE}"),
            step("mark", "former greeting", when=f"hears {GREETING}"),
            step("mark", "what to do", when=f"hears {NOTICE}"),
            step("bye", after=5),
            tone=OWN_GREETING,
            caller="+14155550160",
        )
        self.end_of("greets")
        until_true(lambda: self.rows("SELECT revision AS n FROM greeting")[0]["n"], "the new greeting")
        until_true(self._own_greeting_is_heard, "call that hears the new greeting")

    def _own_greeting_is_heard(self) -> bool:
        name = self.noted["greeted"] = f"greeted-{len(self.callers.events)}"
        heard = step("mark", "own greeting", when=f"hears {OWN_GREETING}")
        to_night = step("digits", "2", when=f"hears {MENU}")
        self.call(name, "box", to_night, heard, step("bye", after=1), caller="+14155550161")
        until = time.monotonic() + GREETING_S
        while "ended" not in self.callers.happened(name) and time.monotonic() < until:
            time.sleep(0.1)
        self.callers.hang_up(name)
        self.end_of(name)
        return "own greeting" in self.callers.happened(name)

    def gateway_killed(self) -> None:
        """The gateway dies with a call in it; the next call gets through."""
        self.call("cut", "hold", TALKING, caller="+14155550156")
        self.callers.wait("talking", "cut")
        gateway = self.gateway()
        assert gateway is not None
        gateway.kill()
        killed = time.monotonic()
        until_true(self.gateway_answers, "answer of a new gateway", every=0.02)
        self.noted["gateway back after"] = time.monotonic() - killed
        self.callers.hang_up("cut")
        self.call(
            "after",
            "menu",
            step("digits", "1", when=f"hears {MENU}"),
            TALKING,
            step("bye", after=0.5),
            caller="+14155550159",
        )
        self.end_of("after")

    def drained(self) -> None:
        """A gateway that is to end finishes its calls and takes no new ones; then the hub starts another."""
        self.call("last", "hold", TALKING, caller="+14155550157")
        self.callers.wait("talking", "last")
        gateway = self.gateway()
        assert gateway is not None
        gateway.terminate()
        until_true(self._takes_nothing_new, "refusal of a new call")
        self.call("too_late", "hold", caller="+14155550158")
        self.end_of("too_late")
        self.noted["alive while drained"] = gateway.is_running() and "ended" not in self.callers.happened("last")
        self.callers.hang_up("last")
        self.end_of("last")
        gateway.wait(PATIENCE)
        until_true(self.gateway_answers, "answer of the gateway after it")

    def _takes_nothing_new(self) -> bool:
        with contextlib.closing(RawSip(self.ports.sip)) as raw:
            return 503 in raw.statuses(raw.message(body=SOUND.format(port=40_000)), SOON)

    def until_settled(self) -> None:
        """Wait until the gateway has told the end of every call and recording, and the hub has taken and fetched it all."""
        untold = "SELECT (SELECT count(*) FROM report) + count(*) AS n FROM recording WHERE status = 'in-progress'"
        until_true(lambda: not self.rows(untold, file="gateway/gateway.db")[0]["n"], "end of all reports")
        for open_work in (
            "SELECT count(*) AS n FROM inbox WHERE state IN ('ready', 'leased')",
            "SELECT count(*) AS n FROM call WHERE status NOT IN ('completed', 'failed')",
            "SELECT count(*) AS n FROM recording WHERE stored_at IS NULL AND state <> 'gone'",
        ):
            until_true(lambda query=open_work: not self.rows(query)[0]["n"], open_work)  # type: ignore[misc]


@contextmanager
def stage(folder: Path) -> Iterator[Day]:
    """Phones, and the hub's folder."""
    with (
        open_phones(folder / "callers", 4) as callers,
        open_phones(folder / "business", 4) as business,
        open_phones(folder / "vanishing") as vanishing,
        open_trunk(business) as trunk,
    ):
        ports = Ports(free_port(), free_port(), free_port(), trunk.port)
        write_config(folder, ports)
        day = Day(folder, callers, business, vanishing, ports)
        try:
            day.expect()
            day.start_hub()
            yield day
        finally:
            day.stop_hub()


PARTS = (
    Day.many_calls,
    Day.strange_messages,
    Day.third_stack,
    Day.hub_away,
    Day.greeting_by_phone,
    Day.many_at_once,
    Day.gateway_killed,
    Day.drained,
    Day.until_settled,
)


def play(folder: Path) -> None:
    """Play everything and leave the files."""
    begun = time.monotonic()
    with stage(folder) as day:
        for part in PARTS:
            part(day)
            day.noted.setdefault("seconds", {})[part.__name__] = round(time.monotonic() - begun, 1)
        keep_recordings(day.config, folder / "heard")
    for name, phone in (("callers", day.callers), ("business", day.business), ("vanishing", day.vanishing)):
        (folder / name / "events.json").write_text(json.dumps(phone.events))
    (folder / "day.json").write_text(json.dumps(day.noted))


def keep_recordings(config: Path, folder: Path) -> None:
    """Every recording that the hub holds, decrypted, by its caller's number and kind."""
    folder.mkdir()
    kept = select(Recording, Call).where(Recording.call_id == Call.id, col(Recording.state) != RecordingState.GONE)
    with open_beside(read_config(config)) as hub, hub.store.reading() as session:
        for row, call in session.exec(kept).all():
            heard = hear(hub, session, row.id)
            assert heard is not None and heard.audio is not None, heard and heard.why
            (folder / f"{call.caller_number}-{row.kind}-{row.id}.wav").write_bytes(heard.audio)


def until_true(holds: Callable[[], object], what: str, every: float = 0.1) -> None:
    """Wait until something holds."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, f"no {what}"
        time.sleep(every)
