"""A phone by PJSUA2, in a process of its own: commands as JSON lines on stdin, events as JSON lines on stdout.

It is independent of the gateway's engine: another SIP stack, another RTP stack, another jitter buffer. An assertion in PJSIP
ends the process, so it never runs inside a test's own process.

    {"do": "expect", "number": "+13125550190", "plan": {...}}     what happens to calls that come in for a number
    {"do": "call", "name": "menu", "to": "sip:…", "from": "sip:…", "headers": {…}, "plan": {...}}
    {"do": "bye", "prefix": "cap-"}                               end the calls of these names
    {"do": "quit"}

A plan is {"tone": hertz, "steps": [{"when": …, "after": seconds, "do": …, "what": …}]}. Steps happen in their order. `when` is
`placed`, `ringing`, `answered`, `hears 440`, `quiet 440`, or `then`, which is the step before; `do` is `answer`, `reject`,
`digits`, `hold`, `resume`, `mute`, `bye`, or `mark`, which reports the event `what`.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from pathlib import Path
from typing import Any

import pjsua2 as pj
from pure_tones import RATE, level, write_tone

HEADER_BYTES, LOOK_SAMPLES = 44, 1_600
"""Of a WAV file, and how much sound is looked at for a tone: 0.2 s."""
SOUND_PORTS = 10_000
"""The first port for sound; each process has 40 from its own on."""
LOUD = -35.0
"""dBFS above which a tone is heard; the phones' own tones have -10."""


UNKNOWN_NUMBER: dict[str, Any] = {"steps": [{"when": "placed", "after": 0, "do": "reject", "what": 404}]}
EVENTS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # PJSIP writes its log to stdout before it can be told not to


def tell(event: str, **more: Any) -> None:
    """Report an event."""
    print(json.dumps({"event": event, "at": time.time(), **more}), file=EVENTS, flush=True)


class PhoneCall(pj.Call):
    """One call of this phone, with its tone, its recording and its plan."""

    def __init__(self, phone: Phone, name: str, plan: dict[str, Any], call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(phone.account, call_id)
        self.phone, self.name, self.steps = phone, name, list(plan.get("steps", ()))
        self.key = name if call_id == pj.PJSUA_INVALID_ID else ""
        self.reached = {"placed": time.monotonic(), "then": time.monotonic()}
        self.recording = phone.folder / f"{name}.wav"
        self.player = pj.AudioMediaPlayer()
        self.player.createPlayer(str(phone.tone(plan.get("tone", 0))))
        self.recorder = pj.AudioMediaRecorder()
        self.recorder.createRecorder(str(self.recording))
        self.media: Any = None
        self.muted = self.over = False
        self.looked_at = 0

    def onCallState(self, prm: Any) -> None:
        info = self.getInfo()
        state = {
            pj.PJSIP_INV_STATE_EARLY: "ringing",
            pj.PJSIP_INV_STATE_CONFIRMED: "answered",
            pj.PJSIP_INV_STATE_DISCONNECTED: "ended",
        }.get(info.state)
        if state is None or state in self.reached:
            return
        self.reached[state] = time.monotonic()
        self.over = state == "ended"
        tell(state, name=self.name, code=info.lastStatusCode, reason=info.lastReason, key=self.key or info.callIdString)

    def onCallMediaState(self, prm: Any) -> None:
        info = self.getInfo()  # kept in a variable: SWIG frees a temporary one under the loop
        self.media = None
        for each in info.media:
            if each.type == pj.PJMEDIA_TYPE_AUDIO and each.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                self.media = self.getAudioMedia(each.index)
                self.media.startTransmit(self.recorder)
                if not self.muted:
                    self.player.startTransmit(self.media)

    def onDtmfDigit(self, prm: Any) -> None:
        tell("digit", name=self.name, digit=prm.digit)

    def go_on(self) -> None:
        """Take the next step of the plan if its time has come."""
        while self.steps and not self.over:
            step = self.steps[0]
            when = step["when"]
            if when not in self.reached and when.split()[0] in ("hears", "quiet") and self._notices(*when.split()):
                self.reached[when] = time.monotonic()
            if when not in self.reached or time.monotonic() < self.reached[when] + step["after"]:
                return
            self.steps.pop(0)
            if " " in when:
                del self.reached[when]
            self.reached["then"] = time.monotonic()
            self._do(step["do"], step.get("what"))

    def _notices(self, what: str, hertz: str) -> bool:
        """Look through what was heard since the last look, so that nothing is missed if this process got no turn."""
        if not self.recording.exists():
            return False
        with self.recording.open("rb") as file:
            file.seek(HEADER_BYTES + self.looked_at)
            while len(sound := file.read(2 * LOOK_SAMPLES)) == 2 * LOOK_SAMPLES:
                self.looked_at += len(sound)
                if (level(sound, float(hertz)) > LOUD) == (what == "hears"):
                    return True
        return False

    def _do(self, deed: str, what: Any) -> None:
        order = pj.CallOpParam(deed == "resume")
        match deed:
            case "ring":
                order.statusCode = 180
                self.answer(order)
            case "answer":
                order.statusCode = 200
                self.answer(order)
            case "reject":
                order.statusCode = int(what)
                self.hangup(order)
            case "digits":
                self.dialDtmf(str(what))
            case "hold":
                self.setHold(order)
            case "resume":
                order.opt.flag = pj.PJSUA_CALL_UNHOLD
                self.reinvite(order)
            case "mute":
                self.muted = True
                if self.media is not None:
                    self.player.stopTransmit(self.media)
            case "bye":
                self.hangup(order)
            case "mark":
                tell(what, name=self.name)


class PhoneAccount(pj.Account):
    """Takes calls for any number."""

    phone: Phone

    def onIncomingCall(self, prm: Any) -> None:
        self.phone.take(prm.callId, prm.rdata.wholeMsg)


class Phone:
    """One SIP address on loopback with many calls."""

    def __init__(self, port: int, folder: Path, index: str) -> None:
        self.folder, self.index, self.calls, self.plans = folder, index, list[PhoneCall](), dict[str, Any]()
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        settings = pj.EpConfig()
        settings.logConfig.level = settings.logConfig.consoleLevel = 0
        settings.uaConfig.threadCnt, settings.uaConfig.mainThreadOnly = 0, True
        settings.medConfig.clockRate, settings.medConfig.noVad = RATE, True
        self.endpoint.libInit(settings)
        transport = pj.TransportConfig()
        transport.port, transport.boundAddress = port, "127.0.0.1"
        self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self.endpoint.libStart()
        self.endpoint.audDevManager().setNullDev()
        for codec in self.endpoint.codecEnum2():
            self.endpoint.codecSetPriority(codec.codecId, 200 if codec.codecId.startswith("PCMU") else 0)
        self.settings = pj.AccountConfig()
        self.settings.idUri = f"sip:phone@127.0.0.1:{port}"
        self.settings.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
        # Ports of its own: to those of a phone that vanished, the gateway still sends for a while.
        self.settings.mediaConfig.transportConfig.port = SOUND_PORTS + port % 500 * 40
        self.account = PhoneAccount()
        self.account.phone = self
        self.account.create(self.settings)
        tell("ready", port=port)

    def tone(self, hertz: float) -> Path:
        """A WAV file with a second of a tone."""
        file = self.folder / f"tone-{self.index}-{hertz:g}.wav"
        if not file.exists():
            write_tone(file, hertz, 1.0)
        return file

    def place(self, command: dict[str, Any]) -> None:
        """Place a call."""
        self.settings.idUri = command["from"]
        self.account.modify(self.settings)
        order = pj.CallOpParam(True)
        order.opt.videoCount = 0
        for name, value in command.get("headers", {}).items():
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            order.txOption.headers.append(header)
        call = PhoneCall(self, command["name"], command.get("plan", {}))
        self.calls.append(call)
        call.makeCall(command["to"], order)
        tell("placed", name=call.name)

    def take(self, call_id: int, invite: str) -> None:
        """Take a call that comes in, by the plan for its number; without a plan it is 404."""
        number = invite.split(" ", 2)[1].removeprefix("sip:").partition("@")[0].replace("%2B", "+")
        plan = self.plans.get(number, UNKNOWN_NUMBER)
        name = f"{plan.get('name', number)}-{self.index}.{len(self.calls)}"
        call = PhoneCall(self, name, plan, call_id)
        self.calls.append(call)
        tell("incoming", name=name, number=number, invite=invite)
        if plan.get("rings", True):
            call._do("ring", None)

    def hang_up(self, prefix: str) -> None:
        """End calls by their names."""
        for call in self.calls:
            if call.name.startswith(prefix) and not call.over and call.isActive():
                call.hangup(pj.CallOpParam())

    def run(self) -> None:
        """Serve until it is told to quit, or stdin is closed."""
        rest = b""
        while True:
            self.endpoint.libHandleEvents(10)
            for call in self.calls:
                call.go_on()
            if not select.select([0], [], [], 0)[0]:
                continue
            read = os.read(0, 65_536)
            lines = (rest + read).split(b"\n")
            rest = lines.pop()
            for line in lines:
                command = json.loads(line)
                if command["do"] == "quit":
                    return
                if command["do"] == "bye":
                    self.hang_up(command["prefix"])
                elif command["do"] == "expect":
                    self.plans[command["number"]] = command["plan"]
                    tell(f"expects {command['number']}")
                else:
                    self.place(command)
            if not read:
                return

    def close(self) -> None:
        """End all calls and close. PJSIP asserts unless calls, players and recorders are gone before it closes."""
        self._end_calls()
        del self.account.phone, self.account
        self.endpoint.libDestroy()

    def _end_calls(self) -> None:
        self.hang_up("")
        until = time.monotonic() + 1
        while time.monotonic() < until and not all(call.over for call in self.calls):
            self.endpoint.libHandleEvents(10)
        while self.calls:
            call = self.calls.pop()
            call.media = call.player = call.recorder = None


if __name__ == "__main__":
    phone = Phone(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    try:
        phone.run()
    finally:
        phone.close()
        tell("closed")
