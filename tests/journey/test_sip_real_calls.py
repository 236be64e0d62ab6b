"""Real calls on loopback: the hub, its gateway and phones of another SIP stack (PJSUA2), all in processes of their own.

Everything is played once, in half a minute, by `line_day.py`; the tests read what was heard, reported and stored.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "plugins" / "carriers" / "sip" / "peers"))
MISSING = [name for name in ("pjsua2", "baresip", "piper") if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(MISSING), reason=f"no wheel for this platform of {' and of '.join(MISSING)}"),
]

from line_config import (  # noqa: E402
    AFTER_HOURS,
    AGENT,
    CALLER,
    FOREIGN,
    GREETING,
    MENU,
    NOTICE,
    OWN_GREETING,
    PHONES,
    RUNG_AT_ONCE,
    TRACKED,
    UNRECORDED,
    WHISPER,
)
from pure_tones import Sound  # noqa: E402

QUIET = -40.0
"""dBFS below which a tone is absent; the phones and prompts have -10."""


@dataclass(frozen=True)
class Played:
    """The day, as its files tell it."""

    folder: Path
    noted: dict[str, Any]
    phones: dict[str, list[dict[str, Any]]]

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the hub's database says."""
        connection = sqlite3.connect(self.folder / "hub.db")
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    def call(self, caller: str) -> dict[str, Any]:
        """The only call of a caller that the hub knows."""
        found = self.rows("SELECT * FROM call WHERE caller_number = ?", caller)
        assert len(found) == 1, f"{len(found)} calls of {caller}"
        return found[0]

    def events(self, name: str, phone: str = "callers") -> list[str]:
        """What was reported of one call by a phone."""
        return [each["event"] for each in self.phones[phone] if each.get("name") == name]

    def incoming(self, number: str, caller: str | None = None) -> list[dict[str, Any]]:
        """The calls that reached a phone of the business, of one caller if given."""
        return [
            each
            for each in self.phones["business"]
            if each["event"] == "incoming"
            and each["number"] == number
            and (caller is None or f"sip:{caller}@" in each["invite"])
        ]

    def agent(self, number: str, caller: str | None = None) -> str:
        """The name of the business's only call from a caller."""
        found = self.incoming(number, caller)
        assert len(found) == 1, f"{len(found)} calls reached {number}"
        return str(found[0]["name"])

    def heard(self, name: str, phone: str = "callers") -> Sound:
        """What a phone heard in a call."""
        return Sound(self.folder / phone / f"{name}.wav")

    def recordings(self, caller: str = "") -> list[Path]:
        """The recordings that the hub has of a caller, or of all."""
        return sorted((self.folder / "heard").glob(f"{caller}*.wav"))


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The day; played by the first of the test run's processes that needs it, and read by all."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if base.name.startswith("popen-") else base) / "sip-real-calls"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = shared / "day"
        if not (folder / "day.json").exists():
            from line_day import play

            folder.mkdir()
            play(folder)
    phones = {
        name: json.loads((folder / name / "events.json").read_text()) for name in ("callers", "business", "vanishing")
    }
    return Played(folder, json.loads((folder / "day.json").read_text()), phones)


def test_a_recorded_call_has_each_party_on_its_own_channel_and_nothing_of_the_hub(day: Played) -> None:
    (file,) = day.recordings("+14155550142-call")
    recording = Sound(file)
    assert len(recording.channels) == 2
    for channel, (own, other) in enumerate(((CALLER, AGENT), (AGENT, CALLER))):
        assert recording.heard_for(own, channel) > 0.5
        for absent in (other, GREETING, NOTICE, WHISPER):
            assert recording.loudest(absent, channel) < QUIET, f"{absent} Hz is in channel {channel}"
    call = day.call("+14155550142")
    assert call["status"] == "completed" and call["answered_by"] == PHONES["office"]


def test_the_caller_hears_greeting_notice_and_agent_but_never_the_whisper(day: Played) -> None:
    heard = day.heard("recorded")
    assert heard.heard_for(GREETING) > 0.6 and heard.heard_for(NOTICE) > 0.1 and heard.heard_for(AGENT) > 0.5
    assert heard.loudest(WHISPER) < QUIET and heard.loudest(CALLER) < QUIET
    agent = day.heard(day.agent(PHONES["office"], "+14155550142"), "business")
    assert agent.heard_for(WHISPER) > 0.4 and agent.heard_for(CALLER) > 0.5
    assert agent.loudest(GREETING) < QUIET and agent.loudest(NOTICE) < QUIET


def test_a_caller_who_refuses_is_talked_to_and_is_in_no_file(day: Played) -> None:
    assert day.heard("refused").heard_for(AGENT) > 0.5
    query = "SELECT choice FROM recording_notice JOIN call USING (carrier_call_id) WHERE caller_number = ?"
    assert {row["choice"] for row in day.rows(query, "+14155550143")} == {"offered", "refused"}
    assert not day.recordings("+14155550143")
    for file in day.recordings():
        recording = Sound(file)
        for channel in range(len(recording.channels)):
            assert recording.loudest(UNRECORDED, channel) < QUIET, file.name


def test_a_key_in_the_menu_leads_to_the_phone_behind_it_and_its_bye_ends_the_call(day: Played) -> None:
    assert day.heard("menu").heard_for(MENU) > 0.1
    assert not day.incoming(PHONES["one"], "+14155550144")
    name = day.agent(PHONES["two"], "+14155550144")
    assert day.heard(name, "business").heard_for(CALLER) > 0.5
    assert day.events("menu")[-1] == "ended" and day.call("+14155550144")["status"] == "completed"


def test_out_of_hours_a_caller_leaves_a_message_that_holds_only_the_caller(day: Played) -> None:
    (file,) = day.recordings("+14155550145-voicemail")
    message = Sound(file)
    assert len(message.channels) == 1 and message.heard_for(2450) > 0.5
    assert message.loudest(AFTER_HOURS) < QUIET
    assert day.call("+14155550145")["voicemail"]


def test_a_person_records_the_greeting_of_their_voicemail_by_phone_and_callers_hear_it(day: Played) -> None:
    assert day.events("greets")[3:5] == ["former greeting", "what to do"]
    greeted = day.heard(day.noted["greeted"])
    assert greeted.heard_for(OWN_GREETING) > 1.0 and greeted.loudest(GREETING) < QUIET
    query = "SELECT recording.state, reason FROM recording JOIN call ON call.id = call_id WHERE caller_number = ?"
    (kept,) = day.rows(query, "+14155550160")
    assert kept == {"state": "gone", "reason": "It is the greeting Night now."}, "it is kept nowhere else"


def test_of_two_phones_the_first_to_pick_up_gets_the_call_and_the_other_is_cancelled(day: Played) -> None:
    slow = day.agent(PHONES["slow"], "+14155550146")
    assert day.events(slow, "business") == ["incoming", "ringing", "ended"]
    (ended,) = [each for each in day.phones["business"] if each.get("name") == slow and each["event"] == "ended"]
    assert ended["code"] == 487
    assert day.heard(day.agent(PHONES["fast"]), "business").heard_for(CALLER) > 0.5
    assert day.call("+14155550146")["answered_by"] == PHONES["fast"]


@pytest.mark.parametrize(
    ("name", "phone", "caller"), [("busy", "busy", "+14155550147"), ("no_answer", "silent", "+14155550148")]
)
def test_a_busy_or_silent_phone_leads_to_what_the_flow_says(day: Played, name: str, phone: str, caller: str) -> None:
    day.agent(PHONES[phone], caller)
    assert day.heard(name).heard_for(AFTER_HOURS) > 0.1 and day.heard(name).loudest(AGENT) < QUIET
    assert day.call(caller)["answered_by"] is None


def test_a_caller_who_gives_up_while_it_rings_stops_the_ringing(day: Played) -> None:
    name = day.agent(PHONES["given_up"], "+14155550149")
    (ended,) = [each for each in day.phones["business"] if each.get("name") == name and each["event"] == "ended"]
    assert ended["code"] == 487 and day.call("+14155550149")["answered_at"] is None


def test_a_phone_that_answers_late_still_gets_the_call(day: Played) -> None:
    assert day.heard("late").heard_for(AGENT) > 0.3
    assert day.call("+14155550152")["answered_by"] == PHONES["late"]


def test_hold_and_resume_by_a_second_invite_keep_the_call(day: Played) -> None:
    agent = day.heard(day.agent(PHONES["held"], "+14155550150"), "business")
    assert max(agent.gaps(CALLER)) > 1.0, "nothing is heard of a caller who holds the call"
    assert agent.heard_for(CALLER) > 1.5, "the caller is heard before and after"
    assert day.events("hold").count("answered") == 1


def test_a_party_that_vanishes_without_a_bye_is_noticed_and_the_call_ends(day: Played) -> None:
    name = day.agent(PHONES["lost"], "+14155550153")
    (ended,) = [each for each in day.phones["business"] if each.get("name") == name and each["event"] == "ended"]
    assert ended["at"] > day.noted["vanished"]
    assert day.call("+14155550153")["status"] in ("completed", "failed")


def test_strange_and_hostile_messages_place_no_call_and_stop_nothing(day: Played) -> None:
    assert day.noted["strangers"] == {"INVITE": [], "OPTIONS": []}, "a stranger gets no answer at all"
    wanted = {*PHONES.values()}
    assert {each["number"] for each in day.phones["business"] if each["event"] == "incoming"} <= wanted
    assert {row["tracking_number"] for row in day.rows("SELECT tracking_number FROM call")} <= {*TRACKED.values()}
    assert "answered" in day.events("through"), "the gateway takes calls after them"


def test_a_number_abroad_is_not_called_whatever_the_flow_says(day: Played) -> None:
    assert not day.incoming(FOREIGN) and day.heard("foreign").heard_for(AFTER_HOURS) > 0.1
    assert day.call("+14155550151")["answered_by"] is None


def test_every_call_that_comes_in_rings_a_phone_however_few_call_backs_the_limits_allow(day: Played) -> None:
    assert len(day.incoming(PHONES["capped"])) == RUNG_AT_ONCE


def test_a_call_under_way_goes_on_when_the_hub_is_killed_and_is_reported_once(day: Played) -> None:
    assert max(day.heard("through").gaps(AGENT), default=0) < 1.0, "nobody noticed"
    call = day.call("+14155550154")
    assert call["status"] == "completed" and call["answered_by"] == PHONES["office"]
    (file,) = day.recordings("+14155550154-call")
    assert Sound(file).heard_for(CALLER, 0) > 0.5
    reported = day.rows("SELECT event_key, count(*) AS n FROM inbox GROUP BY connector, event_key HAVING n > 1")
    assert not reported, "each event came once"


def test_while_the_hub_is_away_a_caller_is_led_as_before_and_never_recorded(day: Played) -> None:
    heard = day.heard("alone")
    assert heard.heard_for(GREETING) > 0.6 and heard.heard_for(AGENT) > 0.5
    assert heard.loudest(NOTICE) < QUIET, "no notice, because nothing is recorded"
    call = day.call("+14155550155")
    assert call["status"] == "completed" and call["answered_by"] == PHONES["office"]
    assert not day.recordings("+14155550155")


def test_a_gateway_that_dies_fails_its_calls_with_the_reason_and_is_back_at_once(day: Played) -> None:
    print(f"the gateway was back after {day.noted['gateway back after']:.2f} s")
    cut = day.call("+14155550156")
    assert (cut["status"], cut["failure"], cut["answered_by"]) == ("failed", "gateway_ended", PHONES["held"])
    assert day.events("after").count("answered") == 1 and day.heard("after").heard_for(AGENT) > 0.3


def test_a_drained_gateway_finishes_its_calls_and_takes_no_new_ones(day: Played) -> None:
    assert day.noted["alive while drained"]
    (ended,) = [each for each in day.phones["callers"] if each.get("name") == "too_late" and each["event"] == "ended"]
    assert ended["code"] == 503
    assert day.call("+14155550157")["status"] == "completed"


def test_a_third_sip_stack_calls_and_hangs_up(day: Played) -> None:
    if day.noted["sipp"] is None:
        pytest.skip("sipp is not installed (Debian package sip-tester)")
    assert day.noted["sipp"] == 0


def test_the_whole_day_fits_into_its_time(day: Played) -> None:
    print(f"played in {day.noted['seconds']}")
    assert not day.rows("SELECT * FROM inbox WHERE state = 'parked'"), "the hub understood every report"
