"""The page of queues: who waits, who talks, agents who sign in and out, and the figures."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from typing import Any

import pytest
from page_client import PHONE, seen, signed_in
from queue_desk import AGENTS, Desk, accounts, mark_of, rung
from sqlmodel import select
from starlette.applications import Starlette
from starlette.testclient import TestClient
from testbed import TestHub

from hub.access.keys import new_api_key
from hub.config.callflow.context import audio_key
from hub.model import AuditEntry, User
from hub.numbers.greetings import GreetingCache
from hub.numbers.hold_music import OWN, own_music, part_of
from hub.web.api import create_api
from hub.web.app import audio_route
from hub.web.mcp.contacts import queues
from hub.web.mcp.reader import reader_of

Factory = Callable[..., TestHub]
TEAM = [{"name": "Ana", "phone": PHONE, "skills": ["spanish"]}, {"name": "Ben", "phone": AGENTS[1]}]


@pytest.fixture
def desk(hub: Factory) -> Desk:
    return Desk(hub(accounts=accounts(TEAM)))


def test_the_page_shows_who_waits_who_talks_and_how_long_callers_waited(desk: Desk) -> None:
    first, second = desk.ask("CA1"), desk.ask("CA2")
    for call in ("CA1", "CA2", "CA3"):
        desk.tell(call, "ringing")
    held = desk.ask("CA3")
    desk.stage.clock.advance(seconds=30)
    desk.tell("CA1", "answered", answered_by=rung(first))
    page = signed_in(desk.stage).get("/queues?company=lakeside")
    text = seen(page.text)
    assert "1 waits for an agent" in text and "+1 773 555 0103" in text and "0:30" in text, text
    assert "Talks" in text and "Phone rings" in text and "spanish" in text
    desk.stage.clock.advance(seconds=60)
    desk.tell("CA1", "completed", duration=60)
    desk.ask("CA1", "dial_ended", mark=mark_of(first), answered=True, connected=True)
    desk.ask("CA3", "digits", mark=mark_of(held), digits="1")
    text = seen(signed_in(desk.stage).get("/queues?company=lakeside").text)
    assert "Nobody waits" in text and "50%" in text and rung(second) is not None


def test_an_agent_signs_out_and_gets_no_call_until_in_again(desk: Desk) -> None:
    company = desk.stage.directory.companies["lakeside"].id
    agent, other = signed_in(desk.stage, "agent"), {"of": company, "phone": AGENTS[1], "do": "out"}
    assert agent.post("/queues", other).status_code == 422, "only the phone of one's own"
    assert agent.post("/queues", {"of": company, "phone": PHONE, "do": "home"}).status_code == 422
    assert agent.post("/queues", {"of": company, "phone": PHONE, "do": "break"}).status_code == 303
    text = seen(agent.get("/queues").text)
    assert "On a break" in text and "by agent" in text and "End break" in text and "Take a break" not in text, text
    assert rung(desk.ask("CA1")) == AGENTS[1] and rung(desk.ask("CA2")) is None
    assert signed_in(desk.stage).post("/queues", other).status_code == 303
    assert "TakeMessage" in desk.ask("CA3"), "nobody is there"
    assert agent.post("/queues", {"of": company, "phone": PHONE, "do": "in"}).status_code == 303
    assert rung(desk.ask("CA4")) is None, "who came before is first"
    assert [each.action for each in desk.stage.rows(AuditEntry) if each.action.startswith("queue.")] == [
        "queue.sign.break", "queue.sign.out", "queue.sign.in",
    ]  # fmt: skip


def test_an_agent_who_misses_two_calls_is_put_on_a_break_with_a_note_and_comes_back(desk: Desk) -> None:
    company = desk.stage.directory.companies["lakeside"].id
    signed_in(desk.stage).post("/queues", {"of": company, "phone": AGENTS[1], "do": "out"})
    dial = desk.ask("CA1")
    for why in ("no_answer", "busy"):
        assert rung(dial) == PHONE
        held = desk.ask("CA1", "dial_ended", mark=mark_of(dial), why=why)
        desk.stage.clock.advance(seconds=61)
        dial = desk.ask("CA1", "digits", mark=mark_of(held))
    assert rung(dial) == PHONE, "a phone that was busy has missed no call"
    left = desk.ask("CA1", "dial_ended", mark=mark_of(dial), why="no_answer")
    assert "TakeMessage" in left and desk.entry("CA1").state == "no_agents", "nobody takes calls"
    agent = signed_in(desk.stage, "agent")
    assert "by the hub: two calls were not picked up" in seen(agent.get("/queues").text)
    agent.post("/queues", {"of": company, "phone": PHONE, "do": "in"})
    assert "not picked up" not in seen(agent.get("/queues").text) and rung(desk.ask("CA2")) == PHONE


def test_programs_and_assistants_see_what_the_page_shows_and_a_program_signs_agents(desk: Desk) -> None:
    stage, company = desk.stage, desk.stage.directory.companies["lakeside"].id
    keys = {}
    for role in ("owner", "agent"):
        signed_in(stage, role)
        with stage.hub.store.writing() as session:
            keys[role] = new_api_key(session, session.exec(select(User).where(User.role == role)).one(), stage.clock())
    api = TestClient(create_api(stage.hub, stage.live))

    def asked(role: str, method: str = "GET", path: str = "/queues", body: Any = None) -> Any:
        stage.clock.advance(seconds=1)
        return api.request(method, path, headers={"authorization": f"Bearer {keys[role]}"}, json=body)

    for call in ("CA1", "CA2", "CA3"):
        desk.tell(call, "ringing")
        desk.ask(call)
    stage.clock.advance(seconds=9)
    found = asked("owner").json()
    assert [(each["state"], each["waited"], each["caller_number"]) for each in found["waits"]] == [
        ("rings", 10, "+17735550101"), ("rings", 10, "+17735550102"), ("waits", 10, "+17735550103"),
    ]  # fmt: skip
    assert [(each["name"], each["doing"]) for each in found["agents"]] == [("Ana", "rings"), ("Ben", "rings")]
    assert {each["caller_number"] for each in asked("agent").json()["waits"]} == {None}
    sign = f"/queues/{company}/agents"
    assert asked("agent", "PUT", sign, {"agent": "Ben", "state": "out"}).status_code == 409, "only oneself"
    assert (
        asked("owner", "PUT", sign, {"agent": "Bea", "state": "out"}).json()["detail"].endswith("Ben (+13125550181).")
    )
    assert asked("owner", "PUT", sign, {"agent": AGENTS[1], "state": "break"}).status_code == 200
    assert asked("agent", "PUT", sign, {"agent": "Ana", "state": "out"}).status_code == 200
    reader = reader_of(stage.hub, keys["owner"])
    assert reader is not None
    told = queues(reader, None, None, None)
    assert [(each["name"], each["changed_by"]) for each in told["agents"]] == [
        ("Ana", "agent-agency"),
        ("Ben", "owner-agency"),
    ]
    assert "5550101" not in str(told["waits"]) and told["figures"] == []


def test_carriers_get_the_music_in_pieces_that_follow_each_other(desk: Desk) -> None:
    app = Starlette(routes=[audio_route(desk.stage.live, GreetingCache(desk.stage.hub.store))])
    with TestClient(app) as client:
        pieces = [client.get(f"/audio/{OWN}-{part}.wav").content for part in (0, 1)]
        assert pieces == [own_music(), own_music()]
        assert client.get(f"/audio/{audio_key('other.wav')}-0.wav").status_code == 404
        assert client.get(f"/audio/{OWN}-99.wav").status_code == 404
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"".join(at.to_bytes(2, "little") for at in range(25_000)) * 8)
    first, third = part_of(out.getvalue(), 0), part_of(out.getvalue(), 2)
    assert first and third and len(first) == len(third) == len(own_music()) and first != third
    assert part_of(b"no sound", 0) is None
