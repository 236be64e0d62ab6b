"""Small call flows, written as in config.yaml, and what is known of the calls that walk them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import yaml

from hub.config.callflow.context import CallContext, FlowResult, Permission
from hub.config.callflow.definition import Flow
from hub.config.callflow.simulate import Behavior, Turn, rehearse
from hub.config.callflow.walk import walk
from hub.contracts.answers import AnswerPoint, Dial, Gather, Play, Say

NUMBER, BUSINESS, SECOND, THIRD = "+13125550100", "+13125550190", "+13125550191", "+13125550192"
MONDAY_NOON = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)  # in Chicago
RECORDABLE = Permission(allowed=True, duties=frozenset({"announce"}), decision_id="decision-1")

OFFICE = f"""
name: office
forward: "{BUSINESS}"
start: hours
recording: {{notice: This call is recorded.}}
steps:
  hours: {{do: schedule, hours: {{mon-fri: "8:00-17:00"}}, holidays: US-IL, open: menu, closed: night}}
  menu: {{do: menu, say: "For sales press 1, for service press 2.", keys: {{"1": sales, "2": service}}, otherwise: sales}}
  sales: {{do: dial, number: "{BUSINESS}", record: true, whisper: "From [source].", unanswered: night}}
  service: {{do: simulcall, numbers: ["{BUSINESS}", "{SECOND}"], ring_seconds: 15, unanswered: missed}}
  missed: {{do: text_back, text: We missed you and will call back., then: night}}
  night: {{do: voicemail, say: Please leave a message.}}
"""


def flow(text: str = OFFICE, **changes: Any) -> Flow:
    """A flow as config.yaml has it."""
    return Flow.model_validate(yaml.safe_load(text) | changes)


def of_steps(start: str, steps: Mapping[str, Any], **more: Any) -> Flow:
    """A flow of these steps."""
    return Flow.model_validate({"name": "small", "forward": BUSINESS, "start": start, "steps": steps, **more})


def known(**changes: Any) -> CallContext:
    """A call on Monday at noon of which little is known."""
    values: dict[str, Any] = {
        "at": MONDAY_NOON,
        "time_zone": "America/Chicago",
        "call_id": "CA1",
        "recording": RECORDABLE,
    }
    return CallContext(**(values | changes))


def ring(wanted: Flow, **changes: Any) -> FlowResult:
    """What a ringing call is told."""
    return walk(wanted, 3, AnswerPoint(moment="ringing", tracking_number=NUMBER, call_id="CA1"), known(**changes))


def played(wanted: Flow, *keys: str, answers: bool = True, **changes: Any) -> list[Turn]:
    """A whole call."""
    what = known(**changes)
    return rehearse(wanted, 3, NUMBER, what, Behavior(keys=keys, answers=answers), lambda _: what.recording)


def steps_of(turns: list[Turn]) -> list[str]:
    """The names of the steps that the call took, each as often as it was taken one after the other."""
    names = [each.step for turn in turns for each in turn.walk.taken]
    return [name for index, name in enumerate(names) if index == 0 or names[index - 1] != name]


def heard(turns: list[Turn]) -> list[str]:
    """All that the caller heard, texts and addresses of files."""
    spoken: list[str] = []
    for turn in turns:
        if turn.point.moment == "whisper":
            continue
        for each in turn.walk.instructions:
            prompts = each.prompts if isinstance(each, Gather) else (each,)
            spoken += [p.text if isinstance(p, Say) else p.url for p in prompts if isinstance(p, Say | Play)]
    return spoken


def dials(turns: list[Turn]) -> list[Dial]:
    """Every dial of the call."""
    return [each for turn in turns for each in turn.walk.instructions if isinstance(each, Dial)]
