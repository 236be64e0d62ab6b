"""Callers who wait in a queue of a line of one's own, while the hub answers and while it is away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from event_loops import in_a_thread
from gateway_stage import NIGHT, SALES, ScriptedHub, Stage, gives_up_after, hangs_up_after, staged

from hub.api.carriers import Dial, Gather, HangUp, Play
from plugins.carriers.sip.gateway.call import conversation

MUSIC = "https://calls.example.com/audio/music-0.wav"


def held(mark: str) -> Gather:
    return Gather(prompts=(Play(url=MUSIC),), seconds=0, hold=NIGHT, mark=mark)


def queue_of(hub: ScriptedHub) -> None:
    """A caller waits one piece of music, and then an agent's phone rings."""
    hub.script = {
        ("ringing", ""): (held("1.line.0.n.1"),),
        ("digits", "1.line.0.n.1"): (Dial(numbers=(SALES,), mark="1.line.0.n.2"),),
        ("dial_ended", "1.line.0.n.2"): (HangUp(),),
    }


def test_a_caller_keeps_waiting_while_the_hub_is_away_and_is_connected_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "HELD_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(conversation, "HELD_REPEATS", 1000)

    async def run() -> None:
        async with staged(tmp_path) as stage:
            queue_of(stage.hub)
            stage.engine.phones[SALES] = hangs_up_after()
            calling = asyncio.ensure_future(stage.call())
            while not stage.hub.points:
                await asyncio.sleep(0)
            stage.hub.away = True
            while len(stage.engine.all[0].heard) < 4:
                await asyncio.sleep(0.01)
            assert not calling.done(), "the caller was dropped"
            stage.hub.away = False
            caller = await calling
            assert set(caller.heard) == {MUSIC} and caller.bridges

    in_a_thread(run())


@pytest.mark.parametrize("gives_up", [False, True])
def test_if_the_hub_stays_away_the_phone_of_last_resort_rings_and_every_call_has_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gives_up: bool
) -> None:
    monkeypatch.setattr(conversation, "HELD_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(conversation, "HELD_REPEATS", 10_000 if gives_up else 2)

    async def run() -> None:
        async with staged(tmp_path) as stage:
            queue_of(stage.hub)
            stage.engine.phones[NIGHT] = hangs_up_after()
            calling = asyncio.ensure_future(led(stage, gives_up))
            while not stage.hub.points:
                await asyncio.sleep(0)
            stage.hub.away = True
            await calling
            stage.hub.away = False
            await stage.told()
            kinds = stage.hub.kinds()
            assert kinds[-1] == "completed" and ("answered" in kinds) is not gives_up
            (row,) = await stage.parts.journal.read("select status from leg where parent_call_sid is null")
            assert row["status"] == "completed"

    in_a_thread(run())


async def led(stage: Stage, gives_up: bool) -> None:
    await (stage.call(gives_up_after(0.3)) if gives_up else stage.call())
