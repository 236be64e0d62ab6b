"""The journey of a recording with real audio: from a ringing phone over the notice to a link, and to the end of its key."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from served import ServedHub, serving
from sqlmodel import select

from hub.access.users import add_user
from hub.api import AnswerDocument, WebhookRequest
from hub.api.sandbox import SimulatedCall
from hub.flow.inbox import fold_inbox
from hub.flow.pipeline import process
from hub.model import Account, AuditEntry, Call, Recording, RecordingNotice, User
from hub.recordings.keep import fetch_due
from hub.recordings.links import MAX_LINK_LIFETIME, Link, path_to
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock

PUBLIC, CALLER, TRACKING, BUSINESS = "https://calls.example.com", "+13125550142", "+13125550120", "+13125550190"
WORDS = "Hello, this is a test call. My kitchen drain is blocked, and I would like somebody to come tomorrow."
CONFIG = f"""
hub:
  public_url: {PUBLIC}
  database: sqlite:///data/ringfence.db
connectors:
  twilio: {{plugin: twilio, sandbox: true}}
  law: {{plugin: jurisdictions, trades_in: [US]}}
  signals: {{plugin: signals}}
  places: {{plugin: phonenumbers}}
recordings:
  storage: data/audio
  delete_at_carrier: true
accounts:
  - name: agency
    title: Agency
    companies:
      - name: lakeside
        title: Lakeside Plumbing
        country: US
        region: IL
        route: {{record: true, recording_notice: This call is recorded., dial: "{BUSINESS}", voicemail: Leave a message.}}
        trackers:
          - {{name: print, type: source, carrier: twilio, numbers: ["{TRACKING}"], source: print}}
"""


def speech(folder: Path) -> bytes:
    """A WAV of somebody speaking, where espeak-ng is installed; else of a tone."""
    program, file = shutil.which("espeak-ng"), folder / "speech.wav"
    if program is None:
        with wave.open(str(file), "wb") as made:
            made.setparams((1, 2, 8_000, 0, "NONE", ""))
            made.writeframes(b"".join((step * 7919 % 30_000).to_bytes(2, "little") for step in range(48_000)))
        return file.read_bytes()
    subprocess.run([program, "-w", str(file), WORDS], check=True, capture_output=True)
    return file.read_bytes()


@dataclass
class Line(ServedHub):
    """A hub behind HTTP whose phone rings."""

    client: httpx2.Client
    folder: Path

    @property
    def carrier(self) -> Any:
        return self.opened.sandboxes.of("twilio")

    def exchange(self, request: WebhookRequest) -> AnswerDocument | None:
        path = request.url.removeprefix(PUBLIC)
        reply = self.client.request(request.method, path, content=request.body, headers=dict(request.headers))
        return AnswerDocument(reply.headers["content-type"], reply.text) if reply.status_code == 200 else None

    def call(self, audio: bytes, **changes: Any) -> Recording | None:
        """Somebody calls, and the workers do what there is to do; the recording, if there is one."""
        values: dict[str, Any] = {"talk": timedelta(seconds=6), "caller_number": CALLER} | changes
        played = SimulatedCall(
            tracking_number=TRACKING, answering_number=BUSINESS, started_at=self.clock(), audio=audio, **values
        )
        self.carrier.place_call(played, f"{PUBLIC}/webhooks/twilio", self.exchange)
        hub, directory = self.opened.hub, self.opened.directory.current()
        while fold_inbox(hub, directory) + process(hub, directory, Call):
            pass
        while fetch_due(hub):
            pass
        return self.all(Recording)[-1] if self.all(Recording) else None

    def all(self, table: Any) -> list[Any]:
        with self.opened.hub.store.reading() as session:
            return list(session.exec(select(table).order_by(table.id)))

    def maria(self) -> str:
        """The id of a user who may listen."""
        with self.opened.hub.store.writing() as session:
            known = session.exec(select(User.id).where(User.name == "maria")).first()
            return known or add_user(session, session.exec(select(Account)).one(), "maria", "admin", self.clock()).id

    def listen(self, row: Recording) -> httpx2.Response:
        hub = self.opened.hub
        link = Link(recording_id=row.id, user=self.maria(), purpose="play", expires_at=self.clock() + MAX_LINK_LIFETIME)
        return self.client.get(path_to(link, hub.keyring))

    def stored_bytes(self) -> bytes:
        """All that lies on the disk: recordings, database, whatever."""
        return b"".join(file.read_bytes() for file in (self.folder / "data").rglob("*") if file.is_file())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    folder = tmp_path_factory.mktemp("recording")
    (folder / "config.yaml").write_text(CONFIG)
    clock = FrozenClock()
    listener = socket.create_server(("127.0.0.1", 0))
    with open_hub(read_config(folder / "config.yaml"), clock) as opened, serving(opened, listener):
        client = httpx2.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30)
        yield Line(opened, clock, client, folder)
        client.close()


@pytest.fixture
def line(running: Line) -> Line:
    running.forget()
    for sid in running.carrier.recordings():
        running.carrier.held_recordings.pop(sid)
    return running


def test_a_call_is_recorded_stored_encrypted_heard_by_link_and_gone_with_its_key(line: Line, tmp_path: Path) -> None:
    audio = speech(tmp_path)
    row = line.call(audio)
    assert row is not None and (row.state, row.reason) == ("stored", None)

    notices = line.all(RecordingNotice)
    assert "This call is recorded." in notices[0].text and notices[0].reported_at <= row.recorded_at
    assert [each.choice for each in notices] == ["offered", "not_refused"], "Illinois lets a caller choose"
    assert row.size == len(audio) and row.content_type == "audio/wav"
    assert line.carrier.recordings() == () and row.carrier_deleted_at is not None, "gone at the carrier"

    on_disk = line.stored_bytes()
    places = range(2_000, len(audio) - 64, len(audio) // 20)
    assert len(on_disk) > len(audio)
    parts = [audio[place : place + 32] for place in places]
    spoken = [part for part in parts if len(set(part)) > 16]  # silence is like an empty page of a database
    assert len(spoken) > 5 and not any(part in on_disk for part in spoken), "nothing in clear is on the disk"

    heard = line.listen(row)
    assert (heard.status_code, heard.content) == (200, audio)
    (noted,) = line.all(AuditEntry)
    assert (noted.actor, noted.action, noted.subject) == (line.maria(), "recording.listen", row.id)

    (call,) = line.all(Call)
    with line.opened.hub.store.writing() as session:
        assert line.opened.hub.vault.destroy(session, call.company_id, CALLER, call.id)
    assert line.listen(row).status_code == 410, "with the key, the recording is gone from every backup too"


def test_who_presses_the_key_against_it_is_connected_and_not_recorded(line: Line, tmp_path: Path) -> None:
    assert line.call(speech(tmp_path), keys=("9",)) is None
    (call,) = line.all(Call)
    assert call.answered_at is not None and line.carrier.recordings() == ()


def test_a_voicemail_is_kept_the_same_way(line: Line, tmp_path: Path) -> None:
    audio = speech(tmp_path)
    row = line.call(audio, outcome="voicemail")
    assert row is not None and (row.kind, row.state) == ("voicemail", "stored"), row.reason if row else None
    assert line.listen(row).content == audio
    assert json.dumps(row.path).count(CALLER[-7:]) == 0
