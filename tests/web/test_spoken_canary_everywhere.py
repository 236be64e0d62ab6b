"""A word that a caller says to an assistant, and in the recording after it, is nowhere once the caller was erased."""

from __future__ import annotations

import io
import itertools
import socket
import threading
import wave
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest
from canaries import Canaries, bytes_of_database, bytes_of_files, opened
from process_memory import holds, next_pid
from served import serving
from test_conversations import SID, relay
from testbed import KEY, TestHub
from web_edge import BUSINESS, CALLER, HARBOUR, PUBLIC, Edge
from webhook_receiver import WebhookReceiver

from hub.access.scope import scope_of_operator
from hub.backup.save import DATA, KEYS, save, save_keys
from hub.delivery.deliver import deliver
from hub.model import Company, PrivacyRequest, SignalRow, Tag, WebhookEndpoint
from hub.plugin_host.host import supervisor
from hub.privacy_requests.run import run
from hub.privacy_requests.steps import open_request, verify
from hub.queries.search import find
from hub.recordings.keep import fetch_due
from hub.recordings.transcribe import transcribe_due
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock
from hub.testing.secrecy import listening
from hub.webhooks_out.send import send_events
from hub.worker.housekeeping import periodic_jobs
from hub.worker.scheduler import Ticker

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]
EARS = """
    from hub.api import (Connector, DataFlow, Manifest, PluginSettings, Recipient, Share, SpokenAudio, Transcript,
                         TranscriptPart, hookimpl)

    KEPT = []

    class Ears(Connector):
        manifest = Manifest(name="ears", kind="transcription", version="1", summary="-",
                            recipient=Recipient(name="-", role="none"),
                            flows=(DataFlow(hook="transcribe", use="functional.service", shares=(Share(field="audio"),)),))
        Settings = PluginSettings

        @hookimpl
        def transcribe(self, audio: SpokenAudio) -> Transcript:
            text = audio.audio[44:].partition(b".")[0].decode() + "."
            KEPT.append((audio, text))
            return Transcript(language="en-US", model="m", parts=(TranscriptPart(start=0, end=1, text=text, channel="both"),))
"""
EYES = """
    from hub.api import Claim, Connector, Conversation, Insight, Manifest, PluginSettings, Recipient, Share, hookimpl

    KEPT = []

    class Eyes(Connector):
        manifest = Manifest(name="eyes", kind="insight", version="1", summary="-", recipient=Recipient(name="-", role="none"),
                            shares=(Share(field="lines"),))
        Settings = PluginSettings

        @hookimpl
        def read_conversation(self, conversation: Conversation) -> Insight:
            KEPT.append(conversation)
            print(conversation, flush=True)
            line = next(number for number, each in enumerate(conversation.lines, 1) if "sue" in (each.text or ""))
            booked, sues = (Claim(name=each, confidence=0.9, lines=(line,)) for each in ("booked", "will_sue"))
            return Insight(model="m", summary=conversation.lines[line - 1].text, outcome=booked, signals=(sues,))
"""
CONFIG = f"""
hub:
  public_url: {PUBLIC}
  database: DATABASE
  plugin_dirs: [../plugins]
  tombstones: erased.tombstones
  secret_keys: ["${{file:key}}"]
connectors:
  twilio: {{plugin: twilio, sandbox: true}}
  meta: {{plugin: meta, sandbox: true}}
  crm: {{plugin: hubspot, sandbox: true}}
  law: {{plugin: jurisdictions}}
  places: {{plugin: phonenumbers}}
  ears: {{plugin: ears}}
  eyes: {{plugin: eyes}}
  desk:
    plugin: scripted
    isolation: process
    rules: [{{name: sue, hear: [sue], say: Who is this about?}}, {{name: more, choose: office}}]
recordings: {{storage: audio, transcribe: ears, language: en-US, delete_at_carrier: false}}
conversions:
  - {{name: booked, when: {{event: signal, name: booked, confidence: 0.5}}, send_to: {{meta: {{event: Schedule}}}}}}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: harbour
        title: Harbour Boats
        country: US
        region: IL
        time_zone: UTC
        flow: office
        insights:
          read_by: eyes
          outcomes: [booked]
          signals: [will_sue]
          actions: [{{name: will_sue, tag: Legal, alert: true}}]
        webhooks:
          - {{name: system, url: "RECEIVER", use: essential.service.operations, allow_private: true}}
        flows:
          - name: office
            forward: "{BUSINESS}"
            start: desk
            recording: {{notice: Harbour records this call.}}
            steps:
              desk:
                do: converse
                agent: desk
                opening: Harbour Boats. What happened?
                may: {{office: office}}
                otherwise: office
              office: {{do: dial, number: "{BUSINESS}", record: true, unanswered: end}}
        trackers:
          - {{name: harbour, type: source, carrier: twilio, numbers: ["{HARBOUR}"], source: facebook, medium: paid_social}}
"""


def spoken(text: str) -> bytes:
    """A WAV file in whose samples a sentence stands."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(text.encode().ljust(32_000, b" "))
    return stream.getvalue()


def _path(verb: ElementTree.Element) -> str:
    return verb.get("action", "").removeprefix(f"{PUBLIC}/webhooks/twilio/")


def ten_minutes_pass() -> None:
    """Replace the processes that heard words, as their timers do after ten minutes."""
    for timer in threading.enumerate():
        if isinstance(timer, threading.Timer) and timer.interval == supervisor.REPLACE_SECONDS:
            timer.cancel()
            timer.function(*timer.args)


@dataclass
class Scene:
    """The hub, its caller's words, and the process in which each plugin heard them."""

    edge: Edge
    stage: TestHub
    receiver: WebhookReceiver
    words: Canaries
    folder: Path
    heard: dict[str, int] = field(default_factory=dict)

    def hears(self, connector: str) -> None:
        """A process that just heard the words, which stand in its memory."""
        pid = self.stage.hub.plugins.hosts[connector].pid
        assert pid is not None and any(holds(pid, word) for word in self.words.places.values()), connector
        self.heard[connector] = pid

    def call(self) -> None:
        """The caller talks with the assistant, is connected, and the recording of the rest is reported."""
        said, recorded = (f"I will sue because of the {each}." for each in self.words.places.values())
        self.edge.twilio.list_call(SID, CALLER, HARBOUR, self.edge.clock(), "inbound")
        asked = self._posted("voice", CallStatus="ringing").find("Gather")
        assert asked is not None
        talk = self._posted(_path(asked), Digits="1").find("Connect")
        assert talk is not None
        (token,) = (each.get("value", "") for each in talk.iter("Parameter"))
        with relay(self.edge) as peer:
            peer.set_up(token)
            peer.speak(f"{said} Never call me again.")
            peer.hear()
            self.hears("desk")
            peer.speak("About my boat.")
            peer.hear()
        assert self._posted(_path(talk), HandoffData="office", SessionStatus="ended").find("Dial") is not None
        twilio = self.edge.twilio
        sid = twilio.list_recording(SID, CALLER, HARBOUR, self.edge.clock(), "Dial", 1)
        twilio.held_recordings[sid] |= {"status": "completed", "duration": "2"}
        twilio.audio[sid] = (spoken(recorded), 2)
        self.edge.post("recording", twilio.recording_fields(twilio.held_recordings[sid])[1])
        self._posted("status", CallStatus="completed", CallDuration="60")

    def _posted(self, path: str, **more: str) -> ElementTree.Element:
        fields = {"CallSid": SID, "CallStatus": "in-progress", "To": HARBOUR, "From": CALLER} | more
        reply = self.edge.post(path, fields)
        assert reply.is_success, reply.text
        return ElementTree.fromstring(reply.content or b"<Response/>")

    def work(self) -> None:
        """All that workers do, until nothing is left."""
        hub = self.stage.hub
        self.stage.flow()
        hub.spool.retry_refused()
        self.edge.until_drained()
        while fetch_due(hub) + transcribe_due(hub, self.stage.directory) + self.stage.flow():
            pass
        for connector, hook in (("meta", "upload_conversions"), ("crm", "log_calls")):
            deliver(hub, self.stage.directory, connector, hook)
        for endpoint in self.stage.rows(WebhookEndpoint):
            while send_events(hub, self.stage.directory, endpoint.id):
                pass
        for job in periodic_jobs(hub, Ticker(hub)):
            job.run()

    def found(self) -> int:
        """How many lines the search finds."""
        hub, company = self.stage.hub, self.stage.one(Company).id
        with hub.store.reading() as session:
            words = self.words.places.values()
            return sum(
                len(find(session, scope_of_operator(), hub.vault, [company], each, people=False).said) for each in words
            )

    def left(self) -> dict[str, list[str]]:
        """Where the caller is found, and by what."""
        url = self.stage.hub.store.url
        files = (
            [Path(f"{url.database}{ending}") for ending in ("", "-wal", "-shm")]
            if self.stage.hub.store.is_sqlite
            else []
        )
        backups = [opened(self.stage, self.folder / "data", DATA), opened(self.stage, self.folder / "keys", KEYS)]
        held = [str(list(getattr(self.edge.twilio, name).values())) for name in ("calls", "held_recordings")]
        crm: Any = self.edge.opened.sandboxes.of("crm")
        places = {
            "tables": bytes_of_database(self.stage),
            "files": bytes_of_files([*files, *(each for each in self.folder.iterdir() if each.suffix != ".pyc")]),
            "backups": b"".join(backups),
            "carrier": "".join(held).encode(),
            "CRM": str([*crm.activities()]).encode(),
        }
        return {place: found for place, data in places.items() if (found := self.words.found_in(data))}


@pytest.fixture
def scene(tmp_path: Path, database_url: str) -> Iterator[Scene]:
    folder, clock, listener = tmp_path / "hub", FrozenClock(), socket.create_server(("127.0.0.1", 0))
    (tmp_path / "plugins").mkdir()
    for name, code in (("ears", EARS), ("eyes", EYES)):
        (tmp_path / "plugins" / f"{name}.py").write_text(dedent(code))
    folder.mkdir()
    with ExitStack() as stack:
        receiver = WebhookReceiver.start(stack)
        (folder / "key").write_text(KEY)
        text = CONFIG.replace("DATABASE", database_url).replace("RECEIVER", receiver.url)
        (folder / "config.yaml").write_text(text)
        whole = stack.enter_context(open_hub(read_config(folder / "config.yaml"), clock, alone=True))
        opened_hub = replace(whole, hub=replace(whole.hub, answer_seconds=10.0))
        stack.enter_context(serving(opened_hub, listener))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=60))
        stage = TestHub(opened_hub.hub, opened_hub.directory, clock)
        words = Canaries("", CALLER, {"said": "quetzalcoatlus", "recorded": "archaeopteryx"})
        yield Scene(Edge(opened_hub, clock, client), stage, receiver, words, folder)


def test_what_a_caller_said_is_nowhere_once_the_caller_was_erased(
    scene: Scene, capfd: pytest.CaptureFixture[str]
) -> None:
    stage = scene.stage
    with listening() as lines:
        scene.call()
        scene.work()
        for connector in ("ears", "eyes"):
            scene.hears(connector)
        assert scene.found() == 2
        assert {row.name for row in stage.rows(SignalRow)} == {"booked", "will_sue"} and stage.rows(Tag)
        save(stage.hub, scene.folder / "data")
        save_keys(stage.hub, scene.folder / "keys")
        assert {*itertools.chain(*scene.left().values())} == {"number"}, "no words stand anywhere in clear"
        with stage.hub.store.writing() as session:
            company = session.get_one(Company, stage.one(Company).id)
            request = open_request(session, stage.hub, company, "erasure", actor="o", channel="letter", phone=CALLER)
            verify(session, request, "seen", "o", stage.clock())
        run(stage.hub, request.id, "o")
        stage.clock.advance(minutes=5)
        scene.work()
        assert stage.one(PrivacyRequest).certificate is not None
    assert scene.left() == {}
    assert scene.found() == 0 and stage.rows(SignalRow) == [] and stage.rows(Tag) == []
    ten_minutes_pass()
    for name, before in scene.heard.items():
        pid = next_pid(stage.hub.plugins, name, before)
        assert not Path(f"/proc/{before}").exists()
        assert not any(holds(pid, word) for word in scene.words.places.values()), name
    assert "person.erased" in scene.receiver.types
    printed = capfd.readouterr()
    assert any("plugin printed" in line for line in lines), "what plugins print was looked at"
    assert [each for each in (*lines, printed.out, printed.err) if scene.words.found_in(each.encode())] == []
