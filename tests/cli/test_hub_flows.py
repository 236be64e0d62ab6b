"""`hub flows`: checked, listed, and walked without a phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from cli_shop import Shop

FLOW = """\
        flow: office
        flows:
          - name: office
            forward: "+13125550190"
            start: hours
            recording: {notice: This call is recorded.}
            steps:
              hours: {do: schedule, hours: {mon-fri: "8:00-17:00"}, open: menu, closed: night}
              menu: {do: menu, say: For sales press 1., keys: {"1": sales}, otherwise: night}
              sales:
                do: dial
                number: "+13125550190"
                record: true
                whisper: A caller from [source].
                unanswered: missed
              missed: {do: text_back, text: We will call you back., then: night}
              night: {do: voicemail, say: Please leave a message.}
"""
ROUTE = '        route: {dial: "+13125550190"}\n'
MONDAY, SUNDAY = "2026-11-23T10:00:00", "2026-11-22T10:00:00"


@pytest.fixture
def office(shop: Shop) -> Shop:
    """The shop with a call flow in place of its route."""
    shop.configure(consent="law: {plugin: jurisdictions, trades_in: [US]}")
    file = shop.folder / "config.yaml"
    text = file.read_text().replace(ROUTE, FLOW)
    assert FLOW in text
    file.write_text(text)
    return shop


def simulated(office: Shop, *words: str) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = office.json("flows", "simulate", "office", *words)["turns"]
    return turns


def taken(turns: list[dict[str, Any]]) -> list[str]:
    names = [step["step"] for turn in turns for step in turn["steps"]]
    return [name for index, name in enumerate(names) if index == 0 or names[index - 1] != name]


def test_a_call_is_walked_with_the_document_of_each_carrier(office: Shop) -> None:
    words = ("--from", "+12125550142", "--at", MONDAY, "--keys", "1,9", "--source", "google")
    turns = simulated(office, *words)
    assert taken(turns) == ["hours", "menu", "sales"]
    assert [turn["moment"] for turn in turns] == ["ringing", "digits", "digits", "whisper", "dial_ended"]
    assert "<Gather" in turns[0]["documents"]["phone"]
    notices = [turn["notice"] for turn in turns if turn["notice"]]
    assert [notice["choice"] for notice in notices] == ["offered", "refused"], "the business is in Illinois"
    assert "A caller from Google." in turns[3]["documents"]["phone"]
    shown = office.run("flows", "simulate", "office", *words).stdout
    assert "key 1: sales" in shown and "“This call is recorded." in shown and "<Dial" in shown


def test_a_carrier_that_cannot_do_a_flow_says_why_in_place_of_its_document(office: Shop) -> None:
    """Bandwidth speaks no Polish (dev.bandwidth.com/docs/voice/bxml/speakSentence)."""
    file = office.folder / "config.yaml"
    text = file.read_text().replace("connectors:\n", "connectors:\n  other: {plugin: bandwidth, sandbox: true}\n")
    file.write_text(
        text.replace("            start: hours\n", "            start: hours\n            language: pl-PL\n")
    )
    (first, *_) = simulated(office, "--at", MONDAY)
    assert first["documents"]["other"].startswith("language: does not speak pl-PL; it speaks ar-SA, de-DE, en-GB")
    assert "<Gather" in first["documents"]["phone"]


def test_the_hour_of_the_call_is_that_of_the_company(office: Shop) -> None:
    assert taken(simulated(office, "--at", SUNDAY)) == ["hours", "night"]
    assert taken(simulated(office, "--at", MONDAY, "--unanswered", "--keys", "1")) == [
        "hours", "menu", "sales", "missed", "night",
    ]  # fmt: skip


def test_nothing_is_stored_by_a_rehearsal(office: Shop, tmp_path: Path) -> None:
    before = sorted(each.name for each in office.folder.iterdir())
    simulated(office, "--at", MONDAY)
    assert sorted(each.name for each in office.folder.iterdir()) == before


def test_flows_are_listed_with_their_versions_and_trackers(office: Shop) -> None:
    with office.opened():
        pass
    (row,) = office.json("flows", "list")
    assert (row["company"], row["flow"], row["version"], row["steps"]) == ("north", "office", 1, 5)
    assert row["trackers"] == ["pool", "print"] and row["records"]
    assert "office" in office.run("flows", "list").stdout


def test_a_wrong_flow_is_told_with_its_line(office: Shop) -> None:
    assert office.run("flows", "check").exit_code == 0
    file = office.folder / "config.yaml"
    file.write_text(file.read_text().replace("then: night", "then: nights"))
    answer = office.json("flows", "check", status=2)
    (problem,) = answer["problems"]
    line = file.read_text().splitlines()[problem["line"] - 1]
    assert "nights" in line and "did you mean `night`?" in problem["text"]


def test_a_route_can_be_walked_and_an_unknown_flow_is_told(shop: Shop) -> None:
    shop.configure()
    assert shop.json("flows", "simulate", "route")["turns"][0]["steps"][0]["do"] == "dial"
    refused = shop.run("flows", "simulate", "nothing")
    assert refused.exit_code != 0 and "No flow is named 'nothing'; there are route." in str(refused.exception)


def test_the_story_of_a_call_tells_the_steps_that_it_took(office: Shop) -> None:
    from hub.answering.answer import Answerer
    from hub.contracts.answers import AnswerPoint

    office.play()
    (call_id,) = [row.id for row in office.rows(_calls())]
    (carrier_id,) = [row.carrier_call_id for row in office.rows(_calls())]
    with office.opened() as opened:
        answerer = Answerer(opened.hub, opened.directory)
        point = AnswerPoint(moment="ringing", tracking_number="+13125550100", call_id=carrier_id)
        assert answerer.submit("phone", [point]).documents.result(10)
        answerer.close()
    story = office.json("call", call_id)
    assert next(entry["step"] for entry in story["timeline"] if entry["stage"] == "answer") == "hours"


def _calls() -> Any:
    from hub.model import Call

    return Call


def test_a_walk_leaves_nothing_behind(office: Shop) -> None:
    file = office.folder / "config.yaml"
    text = re.sub(r"  database: .*\n  plugin", "  database: sqlite:///elsewhere/hub.db\n  plugin", file.read_text())
    file.write_text(re.sub(r"  secret_keys: .*\n", "", text))

    def files() -> list[Path]:
        return sorted(each for each in office.folder.rglob("*") if "__pycache__" not in each.parts)

    before = files()
    assert "may be recorded" in office.run("flows", "simulate", "office", "--at", MONDAY, "--keys", "1").stdout
    assert files() == before


def test_a_suspect_caller_is_asked_for_a_key_before_the_flow_begins(shop: Shop) -> None:
    turns = shop.json("flows", "simulate", "route", "--suspect", "challenge", "--keys", "7,1")["turns"]
    assert [step["do"] for turn in turns for step in turn["steps"]][:3] == ["screen", "challenge", "dial"]
    (rejected,) = shop.json("flows", "simulate", "route", "--suspect", "reject")["turns"]
    assert rejected["steps"][0]["do"] == "screen" and all("Reject" in each for each in rejected["documents"].values())
    assert "one of challenge" in str(shop.run("flows", "simulate", "route", "--suspect", "shoot").exception)


TALK = """\
# A flooded basement reaches the person on call.
flow: office
at: 2026-11-22T10:00
caller: My basement is flooding!
assistant: on call
ends at: sales
"""


@pytest.fixture
def night_desk(office: Shop) -> Shop:
    """The office with an assistant at night, in a flow of its own that no number leads to yet."""
    file = office.folder / "config.yaml"
    text = file.read_text()
    night = "              night: {do: voicemail, say: Please leave a message.}\n"
    desk = """\
              desk:
                do: converse
                agent: front_desk
                opening: We are closed. What happened?
                may: {emergency: sales, message: night}
                otherwise: night
"""
    rules = """\
  front_desk:
    plugin: scripted
    rules: [{name: flood, hear: [flooding], say: I get the person on call., choose: emergency}]
"""
    flow = text[text.index("          - name: office") : text.index(night)] + night
    spare = flow.replace("name: office", "name: spare").replace("closed: night", "closed: desk") + desk
    text = text.replace(night, night + spare).replace("connectors:\n", f"connectors:\n{rules}")
    file.write_text(text)
    return office


def test_a_conversation_is_simulated_with_what_was_decided_at_each_turn(night_desk: Shop) -> None:
    (night_desk.folder / "flood.txt").write_text(TALK)
    config = night_desk.folder / "config.yaml"
    config.write_text(config.read_text().replace("plugin: scripted", "plugin: scripted\n    isolation: process"))
    file = str(night_desk.folder / "flood.txt")
    words = ("flows", "simulate", "spare", "--at", SUNDAY, "--say", file)
    turns = night_desk.json(*words)["turns"]
    assert taken(turns) == ["hours", "desk", "sales"]
    assert [(line["channel"], line["decided"]) for turn in turns for line in turn["said"]] == [
        ("business", "said what it is"),
        ("caller", None),
        ("business", "flood → emergency"),
    ]
    assert "(flood → emergency)" in night_desk.run(*words).output


def test_conversations_beside_the_config_are_tests_of_the_flow(night_desk: Shop) -> None:
    folder = night_desk.folder / "conversations" / "night"
    folder.mkdir(parents=True)
    (folder / "flood.txt").write_text(TALK.replace("flow: office", "flow: spare"))
    assert "✓ night/flood.txt" in night_desk.run("flows", "test").output
    (folder / "sink.txt").write_text(
        TALK.replace("flow: office", "flow: spare").replace("basement is flooding", "sink is blocked")
    )
    failed = night_desk.run("flows", "test").output
    assert "✗ night/sink.txt" in failed and "The call should end at sales; it ends at night." in failed
    result = night_desk.json("flows", "test", status=1)
    assert [bool(each["wrong"]) for each in result["conversations"]] == [False, True] and not result["ok"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("flow: spare\nsays: Hello", "line 2 cannot be read"),
        ("flow: spare", "lines that begin with `caller:`"),
        ("flow: nothing\ncaller: Hello", "No flow is named 'nothing'"),
        ("flow: spare\nat: noon\ncaller: Hello", "is no time"),
    ],
)
def test_a_conversation_that_cannot_be_played_says_why(night_desk: Shop, text: str, words: str) -> None:
    folder = night_desk.folder / "conversations"
    folder.mkdir()
    (folder / "wrong.txt").write_text(text)
    assert words in str(night_desk.run("flows", "test").exception)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("agent: front_desk", "agent: law"), "'law' does not talk with callers"),
        (("agent: front_desk", "agent: back_desk"), "back_desk"),
    ],
)
def test_an_assistant_that_cannot_answer_is_refused_with_the_remedy(
    night_desk: Shop, change: tuple[str, str], words: str
) -> None:
    file = night_desk.folder / "config.yaml"
    text = file.read_text()
    assert change[0] in text
    file.write_text(text.replace(*change, 1))
    assert any(words in each["text"] for each in night_desk.json("flows", "check", status=2)["problems"])


def test_what_is_said_to_an_assistant_may_be_read_where_no_recording_is_transcribed(night_desk: Shop) -> None:
    file = night_desk.folder / "config.yaml"
    text = file.read_text().replace("connectors:\n", "connectors:\n  reader: {plugin: phrases}\n", 1)
    text = text.replace("        flow: office\n", "        flow: office\n        insights: {read_by: reader}\n", 1)
    file.write_text(text)
    assert night_desk.json("flows", "check")["ok"]
