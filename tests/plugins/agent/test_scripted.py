"""The scripted plugin: the first rule that fits answers, exactly as it is written."""

from __future__ import annotations

from typing import Any

import pytest

from hub.api import AgentReply, ConfigError, Talk, TranscriptPart
from hub.testing import AgentConformance, connect
from plugins.agent.scripted import Scripted

RULES: tuple[dict[str, Any], ...] = (
    {
        "name": "emergency",
        "hear": ["flood|flooding", "smell gas"],
        "not": ["last year"],
        "say": "I am connecting you.",
        "choose": "emergency",
    },
    {"name": "leaking", "hear": ["water heater"], "say": "Is it leaking right now?"},
    {"name": "leaks", "after": ["leaking"], "hear": ["yes", "it is"], "choose": "emergency"},
    {"name": "dry", "after": ["leaking"], "hear": ["no"], "say": "Please leave a message.", "choose": "message"},
    {"name": "agua", "hear": ["se inundó"], "language": "es", "choose": "emergency"},
)
AGAIN = "I did not get that."


class TestConformance(AgentConformance):
    connector_class = Scripted
    settings = {"rules": RULES, "ask_again": AGAIN}


def talk(*said: str, language: str = "en-US", may: tuple[str, ...] = ("emergency", "message")) -> list[AgentReply]:
    """The answers to what a caller says, one after the other."""
    agent = connect(Scripted, rules=RULES, ask_again=AGAIN)
    lines = [TranscriptPart(start=0, end=0, text="Lakeside Plumbing.", channel="business", decided="said what it is")]
    replies = []
    for text in said:
        lines.append(TranscriptPart(start=1, end=1, text=text, channel="caller"))
        replies.append(agent.answer_caller(Talk(lines=tuple(lines), may=may, language=language)))
        lines.append(TranscriptPart(start=2, end=2, text=replies[-1].say, channel="business", decided=replies[-1].why))
    return replies


@pytest.mark.parametrize(
    "said", ["My basement is FLOODING!", "there's a flood", "We smell gas.", "I, uh, smell gas here"]
)
def test_a_phrase_is_heard_in_any_case_and_among_other_words(said: str) -> None:
    assert talk(said) == [AgentReply(say="I am connecting you.", choose="emergency", why="emergency")]


@pytest.mark.parametrize("said", ["It was a flood last year", "Floodlights, please", "gas smell"])
def test_other_words_and_parts_of_words_are_not_the_phrase(said: str) -> None:
    assert talk(said) == [AgentReply(say=AGAIN, why="no rule fits")]


@pytest.mark.parametrize(("answer", "way"), [("Yes it is", "emergency"), ("No.", "message")])
def test_an_answer_counts_only_right_after_its_question(answer: str, way: str) -> None:
    question, last = talk("My water heater is old", answer)
    assert (question.say, question.choose, last.choose) == ("Is it leaking right now?", "", way)
    assert talk(answer)[0].choose == ""


def test_what_no_rule_fits_is_asked_again_once_and_then_handed_over() -> None:
    assert [reply.choose for reply in talk("Tell me a joke", "Another joke")] == ["", "otherwise"]


def test_accents_do_not_matter_and_a_rule_may_be_for_one_language() -> None:
    assert talk("Se inundo el sotano", language="es-US")[0].choose == "emergency"
    assert talk("Se inundó", language="en-US")[0].choose == ""


def test_a_rule_whose_way_the_step_does_not_list_never_fits() -> None:
    assert talk("flood", may=("message",))[0] == AgentReply(say=AGAIN, why="no rule fits")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"name": "empty"}, "needs `say:`"),
        ({"name": "sign", "hear": ["!"], "say": "Yes."}, "has no words"),
        ({"name": "lost", "after": ["nothing"], "say": "Yes."}, "no rule has that name"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        connect(Scripted, rules=[rule])
