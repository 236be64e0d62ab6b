"""A person hears the messages of their voicemail by phone, and records its greeting, after a PIN."""

from __future__ import annotations

import io
import wave
from array import array

import pytest
from sqlalchemy import update
from sqlmodel import col
from web_edge import HARBOUR, PUBLIC, Edge

from hub.answering.voicemail_boxes import sealed_pin
from hub.config.callflow.context import audio_key
from hub.config.callflow.definition import Flow
from hub.model import CallStep, FlowVersion, Greeting
from hub.numbers.greetings import Sound, add_greeting
from hub.recordings.keep import fetch_due

MENU = "For sales press 1, for the yard press 2."
PIN = "482915"


def test_a_person_hears_the_messages_of_their_voicemail_by_phone_after_the_pin_and_nobody_else_does(
    own_edge: Edge,
) -> None:
    edge, pin = own_edge, PIN
    keyring = edge.opened.hub.keyring
    box = {"do": "messages", "say": "Your PIN?", "box": "night", "pin": sealed_pin(keyring, pin), "otherwise": "end"}

    def change(flow: Flow) -> Flow:
        made = flow.model_dump(mode="json")
        menu = {**made["steps"]["menu"], "keys": {"1": "sales", "2": "box", "3": "night"}}
        steps = {**made["steps"], "menu": menu, "box": {**box, "repeat": 1}}
        return Flow.model_validate({**made, "start": "menu", "steps": steps})

    edge.change_flow(change)
    _, heard = edge.place("2", pin)
    assert heard == [MENU, "Your PIN?", "There are no more messages."]
    for _ in range(2):
        edge.place("3", outcome="voicemail")
        edge.work()
        while fetch_due(edge.opened.hub):
            pass
        edge.clock.advance(minutes=1)
    call_id, heard = edge.place("2", "111111", pin, "1", "2", "2")
    again = "Press 1 to hear it again, or 2 for the next one."
    plain = [each if each[:4] != "http" else "sound" for each in heard]
    assert plain == [
        MENU, "Your PIN?", "Your PIN?", "Message 1 of 2.", "sound", again, "Message 1 of 2.", "sound", again,
        "Message 2 of 2.", "sound", again, "There are no more messages.",
    ]  # fmt: skip
    first, repeated, second = (each.removeprefix(PUBLIC) for each in heard if each[:4] == "http")
    assert first.partition("?")[0] == repeated.partition("?")[0] != second.partition("?")[0]
    given = edge.client.get(second)
    assert (given.status_code, given.headers["cache-control"]) == (200, "no-store") and given.content[:4] == b"RIFF"
    assert edge.client.get(second[:-1] + ("0" if second[-1] != "0" else "1")).status_code == 404
    assert ("box", "a wrong PIN") in edge.steps(call_id) and ("box", "opened the voicemail") in edge.steps(call_id)
    assert edge.one("SELECT count(*) FROM audit_entry WHERE action = 'recording.phone'") == 1
    assert not any(pin in str(row) for row in edge.rows("SELECT * FROM call_step"))
    edge.clock.advance(minutes=31)
    assert edge.client.get(second).status_code == 404, "the address has ended"
    for _ in range(3):
        edge.place("2", "111111", "222222")
    _, heard = edge.place("2", pin)
    assert heard == [MENU, "Your PIN?"], "after too many guesses the right PIN opens nothing"
    edge.clock.advance(minutes=61)
    assert "Message 1 of 2." in edge.place("2", pin)[1]
    company = edge.opened.directory.latest.lines[HARBOUR].company
    other = {"company_id": company.id, "name": "other", "number": 77, "revision": 1, "definition": {}, "hash": "0"}
    with edge.opened.hub.store.writing() as session:
        session.add(FlowVersion(**other, made_at=edge.clock()))
        session.execute(update(CallStep).where(col(CallStep.do) == "voicemail").values(flow_version=77))
    assert edge.place("2", pin)[1] == [MENU, "Your PIN?", "There are no more messages."], "left in another flow's box"


def _with_own_greeting(edge: Edge, *, also_played_by: str = "") -> Greeting:
    """A voicemail that plays an uploaded greeting, with a step behind key 2 at which its messages are heard."""
    company = edge.opened.directory.latest.lines[HARBOUR].company
    sealed = sealed_pin(edge.opened.hub.keyring, PIN)
    box = {"do": "messages", "say": "Your PIN?", "box": "night", "pin": sealed, "otherwise": "end"}
    with edge.opened.hub.store.writing() as session:
        former = Sound(b"ID3\x04\x00" + bytes(100), "mp3", None)
        night = add_greeting(session, "olivia", company.id, "Night", former, edge.clock())

    def change(flow: Flow) -> Flow:
        made = flow.model_dump(mode="json")
        menu = {**made["steps"]["menu"], "keys": {"1": "sales", "2": "box", "3": "night"}}
        steps = {**made["steps"], "menu": menu, "box": box, "night": {"do": "voicemail", "play": night.file}}
        if also_played_by:
            steps[also_played_by] = {"do": "greeting", "play": night.file, "then": "night"}
        return Flow.model_validate({**made, "start": "menu", "steps": steps})

    edge.change_flow(change)
    return night


def test_a_person_records_the_greeting_of_their_voicemail_by_phone_after_the_pin(own_edge: Edge) -> None:
    edge, night = own_edge, _with_own_greeting(own_edge)
    call_id, heard = edge.place("2", PIN, "3")
    address = f"{PUBLIC}/audio/{audio_key(night.file)}.mp3"
    assert heard == [
        MENU, "Your PIN?", "There are no more messages.", "Press 3 to record your greeting.", address,
        "That was your greeting. Record a new one after the tone, then hang up.",
        "Your greeting is recorded. Callers hear it in a few minutes.",
    ]  # fmt: skip
    edge.work()
    assert edge.one(f"SELECT voicemail FROM call WHERE carrier_call_id = '{call_id}'") == 0, "nobody left a message"
    while fetch_due(edge.opened.hub):
        pass
    (recording,) = edge.rows("SELECT * FROM recording")
    assert (recording["state"], recording["reason"]) == ("gone", "It is the greeting Night now.")
    assert recording["path"] is None and recording["carrier_deleted_at"] is not None
    (row,) = edge.rows("SELECT * FROM greeting")
    assert row["revision"] == 1 and row["audio"][:4] == b"RIFF"
    assert edge.one("SELECT actor FROM audit_entry WHERE action = 'greeting.replace'") == "phone"
    edge.opened.directory.refresh()
    _, heard = edge.place("3", outcome="voicemail")
    played = heard[1].removeprefix(PUBLIC)
    assert played != address.removeprefix(PUBLIC) and edge.client.get(played).content == row["audio"]
    edge.work()
    while fetch_due(edge.opened.hub):
        pass
    _, heard = edge.place("2", PIN)
    assert heard[2] == "Message 1 of 1." and heard[5] == "Press 3 to record your greeting."


@pytest.mark.parametrize(
    ("seconds", "level", "also", "why"),
    [
        (1, 9_000, "", "It has less than 2 seconds of sound, so the former greeting stays."),
        (5, 0, "", "It has less than 2 seconds of sound, so the former greeting stays."),
        (5, 9_000, "sales", "Only a greeting that one step of the present call flows plays is replaced by phone"),
    ],
)
def test_a_greeting_that_is_too_short_or_silent_or_played_elsewhere_too_is_not_replaced_by_phone(
    own_edge: Edge, seconds: int, level: int, also: str, why: str
) -> None:
    edge = own_edge
    _with_own_greeting(edge, also_played_by=also)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(array("h", ([level] * 10 + [-level] * 10) * 400 * seconds).tobytes())
    edge.place("2", PIN, "3", audio=out.getvalue())
    edge.work()
    while fetch_due(edge.opened.hub):
        pass
    (recording,) = edge.rows("SELECT * FROM recording")
    assert recording["state"] == "gone" and recording["reason"].startswith(why)
    assert edge.one("SELECT revision FROM greeting") == 0
