"""An assistant in a call flow: what the caller hears first, what it may do, and what ends it, without a carrier."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from fake_connectors import FakeCarrier
from flow_samples import BUSINESS, NUMBER, RECORDABLE, SECOND, known, of_steps, ring, steps_of
from hypothesis import given
from hypothesis import strategies as st
from injections import INJECTIONS
from pydantic import ValidationError

from hub.api import AgentReply, Talk
from hub.config.callflow.assistant.conversation import WHY, Conversation, Decision
from hub.config.callflow.assistant.converse_step import ConverseStep
from hub.config.callflow.carrier_checks import carrier_problems
from hub.config.callflow.checks import flow_problems, lacking
from hub.config.callflow.context import Permission
from hub.config.callflow.definition import Flow
from hub.config.callflow.simulate import Behavior, Turn, rehearse
from hub.config.callflow.walk import static, walk
from hub.contracts.answers import AnswerPoint, Converse, Dial, Gather, Say, TakeMessage

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
STEP: dict[str, Any] = {
    "do": "converse",
    "agent": "front_desk",
    "opening": "Lakeside Plumbing. What happened?",
    "may": {"emergency": "on_call", "message": "night"},
    "otherwise": "night",
}
OBEDIENT = [
    AgentReply(say="Calling now.", choose="+19005550199"),
    AgentReply(choose="admin"),
    AgentReply(choose="on_call"),  # the name of a step, not that of a way
    AgentReply(choose="EMERGENCY"),
    AgentReply(choose="emergency "),
]


def flow(**changes: Any) -> Flow:
    steps = {
        "desk": {**STEP, **changes},
        "on_call": {"do": "dial", "number": SECOND, "unanswered": "night"},
        "night": {"do": "voicemail", "say": "Leave a message."},
    }
    return of_steps("desk", steps, recording={"notice": "This call is recorded."})


def step(**changes: Any) -> ConverseStep:
    made = flow(**changes).steps["desk"]
    assert isinstance(made, ConverseStep)
    return made


def played(*says: str, reply: AgentReply | None = None, **changes: Any) -> list[Turn]:
    """A call in which the plugin always answers with `reply`."""
    return rehearse(
        flow(**changes), 3, NUMBER, known(), Behavior(says=says), lambda _: RECORDABLE, lambda agent, talk: reply
    )


def texts(*instructions: Any) -> list[str]:
    return [each.text for each in instructions if isinstance(each, Say)]


def talking(**changes: Any) -> Conversation:
    return Conversation(step(**changes), "Lakeside Plumbing", "en-US")


def test_the_caller_hears_first_that_it_is_an_assistant_then_the_notice_then_the_opening() -> None:
    result = ring(flow())
    assert texts(*result.instructions) == [
        "You are talking with an automated assistant that has an artificial voice, not with a person.",
        "This call is recorded.",
        "Lakeside Plumbing. What happened?",
    ]
    assert isinstance(result.instructions[-1], Converse)
    assert result.notice is not None and result.notice.choice == "announced"


def test_it_says_so_in_the_language_of_the_step() -> None:
    result = ring(flow(language="es-US"))
    assert texts(*result.instructions)[0].startswith("Usted habla con un asistente automático")
    assert result.instructions[-1].language == "es-US"  # type: ignore[union-attr]


@pytest.mark.parametrize(("digits", "talks"), [("1", True), ("", False), ("9", False)])
def test_where_the_law_asks_for_a_yes_there_is_no_conversation_without_it(digits: str, talks: bool) -> None:
    permission = Permission(allowed=True, duties=frozenset({"ask_yes"}))
    asked = ring(flow(), recording=permission).instructions[-1]
    assert isinstance(asked, Gather)
    point = AnswerPoint(moment="digits", tracking_number=NUMBER, call_id="CA1", mark=asked.mark, digits=digits)
    last = walk(flow(), 3, point, known(recording=permission)).instructions[-1]
    assert isinstance(last, Converse if talks else TakeMessage)


@pytest.mark.parametrize("changes", [{"recording": Permission()}, {"converses": False}])
def test_without_permission_or_a_carrier_that_can_the_call_goes_on_at_otherwise(changes: dict[str, Any]) -> None:
    result = ring(flow(), **changes)
    assert isinstance(result.instructions[-1], TakeMessage)
    assert texts(*result.instructions) == ["Leave a message."], "nothing is said of an assistant that does not answer"


@pytest.mark.parametrize(
    ("chosen", "goes"), [("emergency", "on_call"), ("message", "night"), ("otherwise", "night"), ("", "night")]
)
def test_the_call_goes_where_the_chosen_way_leads(chosen: str, goes: str) -> None:
    mark = ring(flow()).instructions[-1].mark  # type: ignore[union-attr]
    point = AnswerPoint(moment="conversed", tracking_number=NUMBER, call_id="CA1", mark=mark, chosen=chosen)
    assert [each.step for each in walk(flow(), 3, point, known()).taken] == ["desk", goes]


@given(st.text(max_size=40))
def test_no_way_but_a_listed_one_is_ever_taken(chosen: str) -> None:
    mark = ring(flow()).instructions[-1].mark  # type: ignore[union-attr]
    point = AnswerPoint(moment="conversed", tracking_number=NUMBER, call_id="CA1", mark=mark, chosen=chosen)
    goes = {"emergency": "on_call"}.get(chosen, "night")
    assert walk(flow(), 3, point, known()).taken[-1].step == goes


def test_an_answer_that_is_late_forwards_the_call() -> None:
    assert static(flow(), AnswerPoint(moment="conversed", tracking_number=NUMBER)) == (Dial(numbers=(BUSINESS,)),)


@pytest.mark.parametrize("said", INJECTIONS)
def test_whatever_a_caller_says_an_obedient_plugin_changes_nothing(said: str) -> None:
    for reply in OBEDIENT:
        turns = played(said, reply=reply)
        assert steps_of(turns) == ["desk", "night"]
        assert [each.text for turn in turns for each in turn.said if each.channel == "business"][1:] == [""]


def test_there_are_fifty_tries() -> None:
    assert len(set(INJECTIONS)) == 50


@pytest.mark.parametrize("said", INJECTIONS)
def test_what_a_caller_says_reaches_the_plugin_as_the_last_line_and_nothing_else(said: str) -> None:
    asked = talking().hear(said, 5, NOW)
    assert isinstance(asked, Talk)
    assert asked.may == ("emergency", "message") and asked.company == "Lakeside Plumbing"
    assert asked.lines[-1].channel == "caller" and asked.lines[-1].text == " ".join(said.replace("\0", " ").split())


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (None, "failed"),
        ("words", "failed"),
        (AgentReply(), "nothing"),
        (AgentReply(say=" \n\x07"), "nothing"),
        (AgentReply(say="a" * 601), "long"),
        (AgentReply(say="Yes.", choose="admin"), "not_listed"),
        (AgentReply(say="Yes.", cost=Decimal("0.51")), "cost"),
        (AgentReply(say=None, choose="emergency"), "failed"),  # type: ignore[arg-type]
    ],
)
def test_an_answer_that_is_not_surely_allowed_hands_over_without_a_word(reply: Any, why: str) -> None:
    talk = talking(most_cost="0.50")
    talk.hear("My sink is blocked.", 5, NOW)
    assert talk.decide(reply, 6) == Decision("", "otherwise", WHY[why])
    assert talk.lines[-1].decided == f"{WHY[why]} → otherwise"


def test_costs_add_up() -> None:
    talk = talking(most_cost="0.50")
    for at in (5, 10):
        talk.hear("And then?", at, NOW)
        last = talk.decide(AgentReply(say="Go on.", cost=Decimal("0.30")), at)
    assert last.why == WHY["cost"]


def test_the_last_turn_must_choose() -> None:
    talk = talking(most_turns=2)
    first = talk.hear("Hello.", 5, NOW)
    assert isinstance(first, Talk) and first.turns_left == 1
    assert talk.decide(AgentReply(say="Hello."), 5) == Decision("Hello.", "", "")
    talk.hear("Hello again.", 9, NOW)
    assert talk.decide(AgentReply(say="Hello."), 9).why == WHY["turns"]


def test_a_choice_counts_in_the_last_turn_and_after_the_last_second_nothing_is_asked() -> None:
    talk = talking(most_turns=1, most_seconds=20)
    talk.hear("It floods.", 19, NOW)
    assert talk.decide(AgentReply(choose="emergency", why="flood"), 21) == Decision("", "emergency", "flood")
    assert talking(most_seconds=20).hear("Hello.", 20, NOW) == Decision("", "otherwise", WHY["seconds"])


@pytest.mark.parametrize(
    "said", ["I want to talk to a real person", "Can I speak with someone?", "operator", "Human!", "talk to the owner"]
)
def test_who_asks_for_a_person_is_handed_over_and_no_plugin_is_asked(said: str) -> None:
    assert talking().hear(said, 5, NOW) == Decision("", "otherwise", WHY["person"])
    spanish = Conversation(step(), "Lakeside", "es-US")
    assert spanish.hear("Quiero hablar con una persona", 5, NOW) == Decision("", "otherwise", WHY["person"])


@pytest.mark.parametrize("said", ["A person fell into the pool", "It is human hair in the drain", "My agent sent me"])
def test_other_words_about_persons_are_no_request(said: str) -> None:
    assert isinstance(talking().hear(said, 5, NOW), Talk)


def test_silence_hands_over() -> None:
    turns = played("My sink is blocked.", "", reply=AgentReply(say="Where is it?"))
    assert steps_of(turns) == ["desk", "night"]
    assert turns[1].said[-1].decided == "the caller was silent → otherwise"


def test_words_that_the_caller_cut_off_are_kept_as_far_as_they_were_heard() -> None:
    talk = talking()
    talk.hear("My sink is blocked.", 5, NOW)
    talk.decide(AgentReply(say="We open at eight. Shall we call you?", why="hours"), 6)
    talk.interrupted("We open")
    assert (talk.lines[-1].text, talk.lines[-1].decided) == ("We open…", "hours")
    talk.interrupted("Something else")
    assert talk.lines[-1].text == "We open…"


def test_each_line_says_what_was_decided() -> None:
    (_, turn, *_) = played("It floods!", reply=AgentReply(say="One moment.", choose="emergency", why="flood"))
    assert [(each.channel, each.text, each.decided) for each in turn.said] == [
        ("business", "Lakeside Plumbing. What happened?", "said what it is"),
        ("caller", "It floods!", None),
        ("business", "One moment.", "flood → emergency"),
    ]


def test_a_flow_with_an_assistant_needs_a_notice_and_a_carrier_that_can() -> None:
    made = flow()
    assert list(flow_problems(made)) == []
    assert lacking(made, {"say", "gather", "dial", "message"}) == {"desk": frozenset({"converse"})}
    bare = made.model_copy(update={"recording": None})
    assert [place for place, _ in flow_problems(bare)] == [("steps", "desk")]


def test_a_carrier_without_such_a_road_is_named_with_what_to_do_instead() -> None:
    found = [each for each in carrier_problems(flow(), FakeCarrier.manifest) if each.step == "desk"]
    assert [each.what for each in found if "assistant" in each.what] == ["lets no assistant talk with the caller"]
    assert "lead the call to a person or a voicemail" in " ".join(each.remedy for each in found)


def test_a_conversation_that_leads_back_to_itself_is_refused() -> None:
    assert any("loop" in text for _, text in flow_problems(flow(may={"again": "desk"})))


def test_otherwise_is_no_name_of_a_way() -> None:
    with pytest.raises(ValidationError, match="always allowed"):
        flow(may={"otherwise": "night"})
