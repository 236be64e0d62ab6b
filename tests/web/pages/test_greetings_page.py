"""Greetings that are uploaded in the browser, chosen in a step, and heard by carriers."""

from __future__ import annotations

import io
import math
import re
import wave
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from config_on_disk import open_config_stage
from flow_forms import menu
from flow_strategies import OFFICE_TEXT
from page_client import PageClient, seen, signed_in
from sqlalchemy import event
from starlette.applications import Starlette
from starlette.testclient import TestClient
from testbed import TestHub

from hub.config.callflow.context import audio_key
from hub.errors import CannotDo
from hub.model import AuditEntry, Company, Greeting
from hub.numbers.greetings import GreetingCache, converted
from hub.testing import FrozenClock
from hub.web.app import audio_route

PATH, GREETINGS = "/flows/lakeside/office", "/flows/greetings?company=lakeside"
MP3 = b"ID3\x04\x00" + bytes(100)


def recorded(rate: int = 44_100, channels: int = 2, width: int = 2, hertz: int = 440, seconds: float = 1.5) -> bytes:
    """A WAV with a tone, as a program on a computer saves it."""
    out, count, period = io.BytesIO(), int(rate * seconds), rate // math.gcd(rate, hertz)
    levels = [math.sin(2 * math.pi * hertz * at / rate) * 0.5 for at in range(period)]
    if width == 1:
        frames = b"".join(bytes([int(each * 127) + 128]) * channels for each in levels)
    else:
        scale = 2 ** (8 * width - 1) - 1
        frames = b"".join(int(each * scale).to_bytes(width, "little", signed=True) * channels for each in levels)
    with wave.open(out, "wb") as file:
        file.setparams((channels, width, rate, count, "NONE", ""))
        file.writeframes((frames * (count // period + 1))[: count * channels * width])
    return out.getvalue()


@pytest.fixture
def stage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    """A hub opened from a config.yaml whose Lakeside has a flow."""
    with open_config_stage(sqlite_url, clock, tmp_path, OFFICE_TEXT) as opened:
        yield opened


def upload(browser: PageClient, name: str, data: bytes) -> str:
    """What the page says after an upload."""
    files, headers = {"file": ("greeting.wav", data, "audio/wav")}, {"sec-fetch-site": "same-origin"}
    sent = browser.client.post(GREETINGS, data={"name": name}, files=files, headers=headers)
    return seen(sent.text) if sent.status_code == 422 else browser.text(GREETINGS)


@pytest.mark.parametrize(("rate", "channels", "width"), [(44_100, 2, 2), (8_000, 1, 2), (16_000, 1, 1), (48_000, 2, 3)])
def test_a_wav_of_any_program_becomes_what_telephones_play(rate: int, channels: int, width: int) -> None:
    sound = converted(recorded(rate, channels, width))
    with wave.open(io.BytesIO(sound.data)) as made:
        assert (made.getnchannels(), made.getsampwidth(), made.getframerate(), made.getnframes()) == (
            1,
            2,
            8000,
            12_000,
        )
        samples = array("h", made.readframes(12_000))
    crossings = sum(a < 0 <= b for a, b in pairwise(samples))
    assert (sound.suffix, sound.seconds) == ("wav", 2) and abs(crossings - 660) <= 2, "440 Hz for a second and a half"
    assert 15_000 < max(samples) < 17_000


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "WAV or MP3"),
        (b"OggS" + bytes(50), "WAV or MP3"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "WAV or MP3"),
        (recorded()[:60], "cut off"),
        (recorded(8000, 1, 2, seconds=61), "60 seconds"),
        (recorded(8000, 3, 2), "one or two channels"),
        (MP3 + bytes(2_000_000), "2 MB"),
    ],
)
def test_what_no_telephone_can_play_is_refused_with_what_to_do(data: bytes, why: str) -> None:
    with pytest.raises(CannotDo, match=why):
        converted(data)


def test_a_greeting_is_uploaded_chosen_published_and_served_to_carriers_even_without_a_database(stage: TestHub) -> None:
    owner = signed_in(stage)
    assert "Welcome 2 s" in upload(owner, "Welcome", recorded()).replace("Listen", "")
    (greeting,) = stage.rows(Greeting)
    heard = owner.get(f"/flows/greetings/{greeting.id}.sound")
    assert heard.content == greeting.audio and heard.headers["content-type"] == "audio/wav"
    assert "Welcome" in owner.text(f"{PATH}?step=menu")
    owner.post(PATH, menu(say="", play=greeting.file))
    assert owner.post(f"{PATH}/publish", {"note": "our own voice"}).status_code == 303
    assert stage.config_file is not None and f"play: {greeting.file}" in stage.config_file.path.read_text()
    stage.live.refresh()
    cache = GreetingCache(stage.hub.store)
    carrier = TestClient(Starlette(routes=[audio_route(stage.live, cache)]))
    address = f"/audio/{audio_key(greeting.file)}.wav"
    assert carrier.get(address).content == greeting.audio
    cache.keep(stage.live.latest.audio_files.values())
    stage.hub.store.outage.since = stage.clock()
    assert carrier.get(address).content == greeting.audio
    stage.hub.store.outage.since = None
    assert "A call flow plays it" in seen(owner.post(GREETINGS, {"delete": greeting.id}).text)
    owner.post(PATH, menu(say="Press 1."))
    owner.post(f"{PATH}/publish", {"note": "spoken again"})
    assert owner.post(GREETINGS, {"delete": greeting.id}).status_code == 303 and stage.rows(Greeting) == []
    stage.live.refresh()
    cache.keep(stage.live.latest.audio_files.values())
    assert carrier.get(address).status_code == 404
    assert [row.action for row in stage.rows(AuditEntry) if row.action.startswith("greeting")] == [
        "greeting.add",
        "greeting.remove",
    ]


def test_a_flow_plays_the_new_sound_of_a_replaced_greeting_at_an_address_of_its_own(stage: TestHub) -> None:
    owner = signed_in(stage)
    upload(owner, "Welcome", recorded())
    (greeting,) = stage.rows(Greeting)
    owner.post(PATH, menu(say="", play=greeting.file))
    owner.post(f"{PATH}/publish", {"note": "our own voice"})
    stage.live.refresh()
    (before,) = stage.live.latest.audio_files.items()
    assert before == (audio_key(greeting.file), greeting.file)
    files, headers = {"file": ("new.mp3", MP3, "audio/mpeg")}, {"sec-fetch-site": "same-origin"}
    sent = owner.client.post(GREETINGS, data={"name": "", "replaces": greeting.id}, files=files, headers=headers)
    assert sent.status_code == 303 and "Welcome has the new sound" in owner.text(sent.headers["location"])
    stage.live.refresh()
    ((key, file),) = stage.live.latest.audio_files.items()
    assert file == f"greeting:{greeting.id}.1.mp3" and key != before[0]
    heard = TestClient(Starlette(routes=[audio_route(stage.live, GreetingCache(stage.hub.store))])).get(
        f"/audio/{key}.mp3"
    )
    assert (heard.content, heard.headers["content-type"]) == (MP3, "audio/mpeg")
    assert "A call flow plays it" in seen(owner.post(GREETINGS, {"delete": greeting.id}).text)


def test_the_sound_of_a_greeting_is_read_only_where_it_is_played(stage: TestHub) -> None:
    owner, read = signed_in(stage), list[str]()
    upload(owner, "Welcome", recorded())
    (greeting,) = stage.rows(Greeting)
    event.listen(stage.hub.store.engine, "before_cursor_execute", lambda *said: read.append(said[2]))
    assert "Welcome" in owner.text(GREETINGS) and "Welcome" in owner.text(f"{PATH}?step=menu")
    assert "Another greeting has this name" in upload(owner, "Welcome", MP3)
    assert owner.post(GREETINGS, {"delete": "nobody"}).status_code == 404
    assert any("greeting.name" in each for each in read) and not any(
        re.search(r"SELECT[^;]*greeting\.audio", each) for each in read
    )
    assert owner.get(f"/flows/greetings/{greeting.id}.sound").content == greeting.audio


def test_a_greeting_needs_a_name_of_its_own_and_is_for_those_who_may_configure(stage: TestHub) -> None:
    owner = signed_in(stage)
    assert "Give the greeting a name" in upload(owner, " ", recorded())
    upload(owner, "Welcome", MP3)
    assert "Another greeting has this name" in upload(owner, "Welcome", MP3)
    assert "Choose a WAV or MP3 file" in upload(owner, "Other", b"")
    assert len(stage.rows(Greeting)) == 1


def test_greetings_in_memory_are_bounded_and_those_that_were_asked_for_last_are_kept(stage: TestHub) -> None:
    sounds = [bytes([number]) * 1_000 for number in range(3)]
    rows = [
        Greeting(company_id=company.id, name=str(sound[0]), suffix="wav", made_at=stage.clock(), audio=sound)
        for company in stage.rows(Company)[:1]
        for sound in sounds
    ]
    files = [row.file for row in rows]
    with stage.hub.store.writing() as session:
        session.add_all(rows)
    cache = GreetingCache(stage.hub.store, most=2_500)
    assert [cache.get(file) for file in files] == sounds, "what has no room is read from the database"
    cache.keep(files)
    stage.hub.store.outage.since = stage.clock()
    assert [cache.get(file) for file in files] == [None, *sounds[1:]]
    stage.hub.store.outage.since = None
