"""The hub of the real calls: its config.yaml with one flow for each thing that happens, and its prompts as pure tones."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from event_loops import in_a_thread
from pure_tones import write_tone

from hub.config.callflow.hear_messages import NO_MORE, RECORD, RECORDED, TO_RECORD
from plugins.carriers.sip.engine.speech import Speaker
from plugins.carriers.sip.engine.voices import PiperVoice, find_voices

GREETING, MENU, AFTER_HOURS, WHISPER, NOTICE = 700, 1000, 1300, 550, 850
"""Hertz of what the hub lets people hear."""
CALLER, AGENT = 2050, 1650
"""Hertz of the two people of most calls."""
OWN_GREETING = 1850
"""Hertz of the greeting that a person records by phone."""
UNRECORDED = 2350
"""Hertz of the caller who refuses to be recorded."""
WHISPER_TEXT, NOTICE_TEXT = "A caller from the yellow pages.", "This call is recorded."
OFFER = f"{NOTICE_TEXT} If you do not want this call to be recorded, press 9."
"""What callers hear whose law lets them refuse."""
BOX_TEXTS = tuple(each["en"] for each in (NO_MORE, TO_RECORD, RECORD, RECORDED))
"""What a person hears behind the PIN of a voicemail."""
PIN = "482915"
SILENT_SECONDS, RUNG_AT_ONCE = 5, 12
TRACKED = {
    name: f"+131255501{line}"
    for line, name in enumerate(
        ("recorded", "menu", "closed", "simulcall", "busy", "no_answer", "cancel", "hold", "lost", "foreign", "sink", "cap",
         "late", "box"), 20,
    )
}  # fmt: skip
"""The tracking numbers, each with its own flow."""
PHONES = {
    name: f"+131255501{line}"
    for line, name in enumerate(
        ("office", "one", "two", "slow", "fast", "busy", "silent", "given_up", "held", "lost", "capped", "late"), 40
    )
}
"""The business's phones."""
FOREIGN = "+442079460190"


@dataclass(frozen=True)
class Ports:
    """Ports of loopback."""

    hub: int
    control: int
    sip: int
    trunk: int


@dataclass(frozen=True)
class Box:
    """What a flow with a PIN needs of a hub that has started: the sealed PIN, and the file of an uploaded greeting."""

    pin: str
    greeting: str


def write_config(folder: Path, ports: Ports, box: Box | None = None) -> Path:
    """config.yaml (as JSON, which is YAML) and its audio files."""
    for name, hertz in (("greeting", GREETING), ("menu", MENU), ("after_hours", AFTER_HOURS)):
        write_tone(folder / f"{name}.wav", hertz, 0.8)
    (folder / "secret").write_text("a-secret-of-this-test-and-of-nothing-else")
    voice = keep_prompts(folder)
    file = folder / "config.yaml"
    file.write_text(json.dumps(_config(folder, ports, voice, box), indent=1))
    return file


class ToneSpeaker(Speaker):
    """A voice that hums what it should say, so that it can be told from everything else."""

    async def _by_piper(self, text: str, voice: PiperVoice) -> bytes:
        with tempfile.NamedTemporaryFile() as file:
            write_tone(Path(file.name), WHISPER if text == WHISPER_TEXT else NOTICE, 0.8)
            return file.read()


def keep_prompts(folder: Path) -> Path:
    """Let the voice say its texts once, so that the gateway finds them kept; the voice."""
    voice = folder / "hum.onnx"
    voice.touch()
    Path(f"{voice}.json").write_text(json.dumps({"espeak": {"voice": "en-us"}}))
    speaker = ToneSpeaker(folder / "gateway" / "prompts", find_voices({"en": str(voice)}))
    for text in (WHISPER_TEXT, OFFER, *BOX_TEXTS):
        in_a_thread(speaker.say(text))
    return voice


def _config(folder: Path, ports: Ports, voice: Path, box: Box | None) -> dict[str, Any]:
    trackers = [
        {
            "name": name,
            "type": "source",
            "carrier": "line",
            "numbers": [number],
            "source": name,
            "medium": "print",
            "flow": name,
        }
        for name, number in TRACKED.items()
    ]
    company = {
        "name": "lakeside",
        "title": "Lakeside Plumbing",
        "time_zone": "America/Chicago",
        "country": "US",
        "region": "IL",
        "flow": "recorded",
        "flows": [{"name": name, **flow} for name, flow in _flows(box).items()],
        "trackers": trackers,
    }
    return {
        "hub": {
            "public_url": f"http://127.0.0.1:{ports.hub}",
            "listen": f"127.0.0.1:{ports.hub}",
            "database": f"sqlite:///{folder / 'hub.db'}",
            "disk_reserve": 0,
            "private_hosts": ["127.0.0.1"],
        },
        "recordings": {"storage": str(folder / "recordings"), "delete_at_carrier": True},
        "connectors": {
            "line": {
                "plugin": "sip",
                "schedule": "every 5 seconds",
                "secret": f"${{file:{folder / 'secret'}}}",
                "trunk": {"host": "127.0.0.1", "port": ports.trunk, "addresses": ["127.0.0.1/32"]},
                "numbers": list(TRACKED.values()),
                "gateways": [f"http://127.0.0.1:{ports.control}"],
                "listen": f"127.0.0.1:{ports.sip}",
                "rtp_ports": "30000-30999",
                "voices": {"en": str(voice)},
                "folder": str(folder / "gateway"),
                "limits": {
                    "call_backs_at_once": 1,
                    "countries": ["US", "CA"],
                    "silent_seconds": SILENT_SECONDS,
                },
            },
            "jurisdictions": {"plugin": "jurisdictions", "trades_in": ["US"]},
            "signals": {"plugin": "signals"},
        },
        "accounts": [{"name": "agency", "title": "Agency", "companies": [company]}],
    }


def _flows(box: Box | None) -> dict[str, dict[str, Any]]:
    night = {"do": "voicemail", "play": "after_hours.wav", "longest": 20}
    notice = {"notice": NOTICE_TEXT}

    def dial(phone: str, **more: Any) -> dict[str, Any]:
        return {"do": "dial", "number": PHONES.get(phone, phone), "unanswered": "end", **more}

    def one(step: dict[str, Any]) -> dict[str, Any]:
        """A flow of one step, with a voicemail after it if that is where it leads."""
        steps = {"first": step} | ({"night": night} if step.get("unanswered") == "night" else {})
        return {"forward": PHONES["office"], "start": "first", "steps": steps}

    messages = box and {"do": "messages", "play": "after_hours.wav", "box": "night", "pin": box.pin, "otherwise": "end"}
    menu = {"do": "menu", "play": "menu.wav", "keys": {"1": "messages", "2": "night"}, "otherwise": "night"}
    own = box and {"do": "voicemail", "play": box.greeting, "longest": 20}
    with_pin = {"start": "menu", "steps": {"menu": menu, "messages": messages, "night": own}}
    return {
        "box": {"forward": PHONES["office"], **with_pin} if box else one(dial("office")),
        "recorded": {
            "forward": PHONES["office"],
            "start": "hello",
            "recording": notice,
            "steps": {
                "hello": {"do": "greeting", "play": "greeting.wav", "then": "office"},
                "office": dial("office", record=True, whisper=WHISPER_TEXT),
            },
        },
        "menu": {
            "forward": PHONES["one"],
            "start": "menu",
            "steps": {
                "menu": {"do": "menu", "play": "menu.wav", "keys": {"1": "one", "2": "two"}, "otherwise": "one"},
                "one": dial("one"),
                "two": dial("two"),
            },
        },
        "closed": {
            "forward": PHONES["office"],
            "start": "hours",
            "steps": {
                "hours": {"do": "schedule", "hours": {"mon-sun": "closed"}, "open": "office", "closed": "night"},
                "office": dial("office"),
                "night": night,
            },
        },
        "simulcall": one({"do": "simulcall", "numbers": [PHONES["slow"], PHONES["fast"]], "unanswered": "end"}),
        "busy": one(dial("busy", unanswered="night")),
        "no_answer": one(dial("silent", unanswered="night", ring_seconds=5)),
        "cancel": one(dial("given_up")),
        "hold": one(dial("held")),
        "lost": one(dial("lost")),
        "foreign": one(dial(FOREIGN, unanswered="night")),
        "sink": {
            "forward": PHONES["office"],
            "start": "hello",
            "steps": {"hello": {"do": "greeting", "play": "greeting.wav", "then": "end"}},
        },
        "cap": one(dial("capped", ring_seconds=45)),
        "late": one(dial("late", ring_seconds=20)),
    }
