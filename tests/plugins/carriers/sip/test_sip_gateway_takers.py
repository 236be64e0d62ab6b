"""Who takes a call that rings phones of a line of one's own, and how long they talk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from event_loops import in_a_thread
from fake_engine import FakeLeg
from gateway_stage import SALES, Stage, hangs_up_after, staged

from hub.api import CallEvent
from hub.api.carriers import AskToAccept, Dial, Say, TakeMessage
from plugins.carriers.sip.gateway.call import dialing


def on_stage(folder: Path, play: Callable[[Stage], Coroutine[Any, Any, None]], **settings: Any) -> None:
    async def run() -> None:
        async with staged(folder, **settings) as stage:
            await play(stage)

    in_a_thread(run())


TEAM = tuple(f"+1312555018{last}" for last in "1234")


def presses(*keys: str, after: float = 0.0) -> Callable[[FakeLeg], None]:
    """A person who picks up, presses keys and talks for a moment; a voicemail presses none."""

    def pick_up(leg: FakeLeg) -> None:
        for key in keys:
            asyncio.get_running_loop().call_later(after, leg.digits.put_nowait, key)
        leg.talks = 0.02

    return pick_up


@pytest.mark.parametrize("away", [False, True])
def test_a_voicemail_never_takes_the_call_of_a_ring_group_that_asks_for_a_key(tmp_path: Path, away: bool) -> None:
    async def play(stage: Stage) -> None:
        team = Dial(numbers=TEAM, whisper=True, accept_key="1", mark="1.s.1.n.0")
        question = AskToAccept(prompts=(Say(text="From the flyer. Press 1."),), mark="1.s.1.n.0")
        stage.hub.script = {("ringing", ""): (team,), ("whisper", "1.s.1.n.0"): (question,)}
        voicemail = presses()
        stage.engine.phones = {TEAM[0]: voicemail, TEAM[1]: "silent", TEAM[2]: voicemail, TEAM[3]: presses("5", "1")}
        if away:
            await stage.call()
            await stage.told()
            stage.hub.away = True
        caller = await stage.call()
        stage.hub.away = False
        await stage.told()
        person = next(leg for leg in reversed(stage.engine.all) if leg.about.called == TEAM[3])
        assert caller.bridges, "nobody talks with the caller"
        assert person.heard == (["Press 1 to take this call."] if away else ["From the flyer. Press 1."])
        answered = [each for each in stage.hub.events if isinstance(each, CallEvent) and each.kind == "answered"]
        assert {each.answered_by for each in answered} == {TEAM[3]}
        legs = await stage.parts.journal.read("select \"to\", status from leg where direction = 'outbound-dial'")
        assert {each["to"] for each in legs if each["status"] == "completed"} == {TEAM[3]}, "the list says otherwise"

    on_stage(tmp_path, play)


def test_a_group_of_voicemails_is_as_if_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialing, "ACCEPT_PAUSE_SECONDS", 0.05)

    async def play(stage: Stage) -> None:
        team = Dial(numbers=TEAM[:2], whisper=True, accept_key="1", mark="1.s.1.n.0")
        stage.hub.script = {
            ("ringing", ""): (team,),
            ("dial_ended", "1.s.1.n.0"): (Say(text="Leave a message."), TakeMessage(mark="1.v.2.n.0")),
        }
        stage.engine.phones = dict.fromkeys(TEAM[:2], presses("2"))
        caller = await stage.call()
        await stage.told()
        (ended,) = [point for point in stage.hub.points if point.moment == "dial_ended"]
        assert (ended.answered, ended.why, caller.heard) == (False, "no_answer", ["Leave a message."])
        assert "answered" not in stage.hub.kinds()

    on_stage(tmp_path, play)


def test_a_conversation_ends_after_its_time_and_the_hub_says_what_follows(tmp_path: Path) -> None:
    async def play(stage: Stage) -> None:
        stage.hub.script = {("ringing", ""): (Dial(numbers=(SALES,), time_limit=1, record=True, mark="1.s.1.n.0"),)}
        stage.engine.phones[SALES] = hangs_up_after(3600)
        await stage.call()
        await stage.told()
        assert stage.hub.points[-1].answered and stage.hub.kinds().count("recorded") == 1
        assert not stage.engine.legs()

    on_stage(tmp_path, play)
