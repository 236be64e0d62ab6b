"""Whatever happens to a carrier's webhooks on the way (lost, doubled, late, in another order), the call that the hub keeps
is the one that the webhooks which came tell of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api import CallEvent, Connector, WebhookRequest
from hub.api.carriers import Dial, Gather, Say, TakeMessage
from hub.api.sandbox import HttpSandbox
from hub.model.calls import CallState, fold
from hub.plugin_host.discovery import discover
from hub.testing import FrozenClock, connect, samples
from hub.testing.switchboard import Script, Switchboard

TEAM = Dial(numbers=(samples.DIAL, samples.OTHER_DIAL), record=True, whisper=True, mark="v1.team")
SALES = Dial(numbers=(samples.DIAL,), mark="v1.sales")
MENU = Gather(prompts=(Say(text="For sales press 1."),), mark="v1.menu")
SCRIPT: Script = {
    ("ringing", ""): (Say(text="Thank you for calling."), MENU),
    ("digits", "v1.menu"): (SALES,),
    ("dial_ended", "v1.sales"): (TEAM,),
    ("whisper", "v1.team"): (Say(text="Call from Spring flyer."),),
    ("dial_ended", "v1.team"): (Say(text="Please leave a message."), TakeMessage(mark="v1.night")),
}
"""A menu, a phone that is busy elsewhere, then the whole team, then a message."""
CALLS: Mapping[str, Mapping[str, Any]] = {
    "answered by the second phone": {"answering_number": samples.OTHER_DIAL, "keys": ("1",)},
    "answered at once": {"answering_number": samples.DIAL, "keys": ("1",)},
    "a message": {"outcome": "voicemail", "keys": ("",)},
    "given up": {"outcome": "abandoned", "keys": ("1",)},
    "a caller who hides": {"caller_number": None, "answering_number": samples.OTHER_DIAL},
}
CARRIERS = sorted(name for name, plugin in discover().classes.items() if plugin.manifest.kind == "carrier")
LATE = (0, 7, 240)
"""Seconds; within every carrier's time window for signatures."""


def script_for(plugin: type[Connector]) -> Script:
    """The script; a carrier that rings one phone at a time rings the team's second one."""
    if "dial_several" in plugin.manifest.abilities:
        return SCRIPT
    return {**SCRIPT, ("dial_ended", "v1.sales"): (replace(TEAM, numbers=(samples.OTHER_DIAL,)),)}


@cache
def placed(carrier: str, name: str) -> tuple[Connector, tuple[WebhookRequest, ...]]:
    """The webhooks of one call, as the carrier's stand-in sends them."""
    plugin = discover().classes[carrier]
    sandbox_class = plugin.sandbox_class()
    assert sandbox_class is not None
    clock = FrozenClock()
    sandbox = sandbox_class(clock)
    assert isinstance(sandbox, HttpSandbox)
    with sandbox:
        connector = connect(plugin, sandbox, clock=clock)
        board = Switchboard(connector, sandbox, script_for(plugin))
        board.place(**CALLS[name])
    return connector, tuple(board.requests)


@cache
def told(carrier: str, name: str, index: int, late: int) -> tuple[str, tuple[CallEvent, ...]]:
    """The key and the events of one webhook of a call, that came so many seconds late."""
    connector, requests = placed(carrier, name)
    request = replace(requests[index], received_at=requests[index].received_at + timedelta(seconds=late))
    key = connector.verify_webhook(request).event_key  # type: ignore[attr-defined]
    return key, tuple(connector.parse_webhook(request))  # type: ignore[attr-defined]


def kept(carrier: str, name: str, came: Iterable[tuple[int, int]]) -> list[CallEvent]:
    """The events that the inbox keeps of the webhooks that came: of one that comes again, those of the first."""
    first: dict[str, tuple[CallEvent, ...]] = {}
    for index, late in came:
        key, events = told(carrier, name, index, late)
        first.setdefault(key, events)
    return [event for events in first.values() for event in events]


def folded(events: Sequence[CallEvent]) -> CallState | None:
    state: CallState | None = None
    for event in events:
        state = fold(state, event)
    return state


def check_model(state: CallState, events: Sequence[CallEvent]) -> None:
    """The call says what the events say, and no more."""
    of: dict[str, list[CallEvent]] = {}
    for event in events:
        of.setdefault(event.kind, []).append(event)
    answers = of.get("answered", [])
    assert state.answered == bool(answers)
    assert state.answered_at == min((event.at for event in answers), default=None)
    assert state.answered_by == next((event.answered_by for event in answers), None)
    if "completed" in of:
        assert state.status == "completed" and state.duration == max(e.duration or 0 for e in of["completed"])
        assert state.ended_at == max(event.at for event in [*of["completed"], *of.get("failed", [])])
    elif "failed" in of:
        assert state.status == "failed"
    else:
        assert state.status == ("ringing" if set(of) == {"ringing"} else "in_progress") and state.ended_at is None
    assert state.voicemail == ("voicemail" in of)
    audio = [event.recording_id for kind in ("recorded", "voicemail") for event in of.get(kind, [])]
    assert (state.recording_id is not None) == bool(audio) and state.recording_id in [*audio, None]
    if "ringing" in of:
        assert state.started_at == min(event.at for event in of["ringing"])
    assert {event.caller_number for event in events if event.caller_number} == set(filter(None, [state.caller_number]))


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("carrier", CARRIERS)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_the_call_is_what_the_webhooks_that_came_tell(carrier: str, name: str, data: st.DataObject) -> None:
    indices = st.integers(0, len(placed(carrier, name)[1]) - 1)
    events = kept(
        carrier, name, data.draw(st.lists(st.tuples(indices, st.sampled_from(LATE)), min_size=1, max_size=30))
    )
    state = folded(events)
    if state is None:
        assert not events
    else:
        check_model(state, events)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("carrier", CARRIERS)
@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_no_order_and_no_doubling_changes_the_call(carrier: str, name: str, data: st.DataObject) -> None:
    in_order = [(index, 0) for index in range(len(placed(carrier, name)[1]))]
    truth = folded(kept(carrier, name, in_order))
    order = data.draw(st.permutations([*in_order, *in_order]))
    assert folded(kept(carrier, name, order)) == truth
    assert truth is not None and truth.status == "completed"
    assert truth.answered == (CALLS[name].get("outcome") is None)
    assert truth.answered_by == CALLS[name].get("answering_number")
    assert truth.voicemail == (CALLS[name].get("outcome") == "voicemail")
