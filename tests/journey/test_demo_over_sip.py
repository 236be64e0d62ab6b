"""The demo over a real SIP line: it adds up, its recordings hold their own callers, and what is missing is said."""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import subprocess
import sys
import wave
from array import array
from datetime import timedelta
from pathlib import Path

import pytest

from hub.config.edit import edited
from hub.config.loading import read_text
from hub.errors import ConfigError
from hub.model import Call, Recording
from hub.proof.demo.line import settings
from hub.proof.demo.line.hearing import RATE, hum, tone_of
from hub.proof.demo.line.played_recordings import holds_its_people
from hub.proof.demo.line.settings import Ports, over_line, ports_for
from hub.startup.reading import read_config

ROOT = Path(__file__).parents[2]
CALLER, BUSINESS, OTHER = "+13125550142", "+13125550190", "+13125550143"


def recorded(*people: str) -> bytes:
    """A recording of a second in which each of `people` hums on a channel of their own."""
    file = io.BytesIO()
    channels = [array("h", hum(tone_of(each))) for each in people]
    with wave.open(file, "wb") as written:
        written.setnchannels(len(channels))
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes(array("h", [sample for frame in zip(*channels, strict=True) for sample in frame]).tobytes())
    return file.getvalue()


def test_a_recording_is_known_by_the_tones_of_its_own_people_each_on_their_channel() -> None:
    assert len({tone_of(each) for each in (CALLER, BUSINESS, OTHER)}) == 3
    call = Call(caller_number=CALLER, answered_by=BUSINESS)
    talk, message = Recording(kind="call"), Recording(kind="voicemail")
    assert holds_its_people(talk, call, recorded(CALLER, BUSINESS))
    assert holds_its_people(message, call, recorded(CALLER))
    for wrong in (recorded(BUSINESS, CALLER), recorded(OTHER, BUSINESS), recorded(CALLER), b"no sound"):
        assert not holds_its_people(talk, call, wrong)
    assert not holds_its_people(message, call, recorded(OTHER))


def test_over_a_line_every_number_and_call_is_the_lines_and_everything_else_is_a_sandbox(tmp_path: Path) -> None:
    loaded = read_config(ROOT / "config.yaml", sandbox=True)
    file = tmp_path / "config.yaml"
    file.write_text(
        edited(read_text(ROOT / "config.yaml"), over_line(loaded, Ports(5070, 7070, 5071), tmp_path / "gateway")),
        encoding="utf-8",
    )
    line = read_config(file)
    assert [entry.name for entry in line.of_kind("carrier")] == ["sip"] and not line.connectors["sip"].in_sandbox
    others = {name for name, entry in loaded.connectors.items() if entry.in_sandbox} - {"twilio", "telnyx"}
    assert {name for name, entry in line.connectors.items() if entry.in_sandbox} == others
    trackers = [tracker for company in line.companies for tracker in company.trackers]
    assert {tracker.carrier for tracker in trackers} == {"sip"}
    before = next(rule for rule in loaded.conversions if rule.name == "qualified call")
    after = next(rule for rule in line.conversions if rule.name == "qualified call")
    assert before.when.min_duration == timedelta(seconds=60) and after.when.min_duration == timedelta(seconds=2)


def test_without_the_engine_the_demo_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"install the extra sip: `hub docs deploy/one-machine#extras`"):
        ports_for("sip")


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.skipif(importlib.util.find_spec("baresip") is None, reason="no wheel of baresip-python for this platform")
def test_a_day_over_a_line_adds_up(tmp_path: Path) -> None:
    shutil.copyfile(ROOT / "config.yaml", tmp_path / "config.yaml")
    played = subprocess.run(
        [sys.executable, "-m", "hub.cli", "demo", "--carrier", "sip", "--exit", "--calls", "4"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "240"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.returncode == 0 and "Everything adds up." in played.stdout, played.stdout + played.stderr
