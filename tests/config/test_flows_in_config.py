"""Call flows in config.yaml: each problem with its line, and carriers that cannot do a step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from config_samples import ENVIRON, GOOD, InstalledPlugins, Phone, installed_plugins

from hub.config.loading import load_config
from hub.errors import ConfigError
from plugins.carriers.bandwidth import Bandwidth
from plugins.carriers.plivo import Plivo

ROUTE = '        route: {dial: "+13125550190"}\n'
FLOW = """\
        flow: office
        flows:
          - name: office
            forward: "+13125550190"
            start: hello
            steps:
              hello: {do: greeting, say: Hello., then: phone}
              phone:
                do: dial
                number: "+13125550190"
                unanswered: night
              night: {do: voicemail, say: Leave a message.}
"""
WITH_FLOW = GOOD.replace(ROUTE, FLOW)
FIRST = WITH_FLOW[: WITH_FLOW.index(FLOW)].count("\n") + 1
Load = Callable[[str], Any]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """A config.yaml with this text."""

    def loaded(text: str) -> Any:
        file = tmp_path / "config.yaml"
        file.write_text(text)
        return load_config(file, installed_plugins, environ=ENVIRON)

    return loaded


def told(load: Load, text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(ConfigError) as error:
        load(text)
    return [(problem.line, f"{problem.path}: {problem.text}") for problem in error.value.problems]


def test_a_flow_is_read_and_a_route_is_one_too(load: Load) -> None:
    (company,) = load(WITH_FLOW).companies
    assert [company.flow_of(tracker).name for tracker in company.trackers] == ["office", "office"]
    (company,) = load(GOOD).companies
    assert company.flow_of(company.trackers[0]).name == "route"
    assert company.flow_of(company.trackers[0]).forward == "+13125550190"


def test_a_company_needs_no_flow_before_it_has_a_tracker(load: Load) -> None:
    south = "      - {name: south, title: South}\n"
    assert [each.name for each in load(GOOD + south).companies] == ["north", "south"]
    bare = south.replace("}", ", trackers: [{name: a, type: session, carrier: phone}]}")
    assert any("companies[south].route: is missing" in text for _, text in told(load, GOOD + bare))


@pytest.mark.parametrize(
    ("piece", "instead", "line", "said"),
    [
        ("then: phone", "then: phones", 6, "steps.hello.then: no step is named 'phones'; did you mean `phone`?"),
        ("do: greeting", "do: greting", 6, "'greting' is not allowed; did you mean `greeting`?"),
        ("say: Hello., then", "sey: Hello., then", 6, "steps.hello.sey: is not a known key; did you mean `say`?"),
        ("{do: greeting, ", "{", 6, "steps.hello: is missing `do:`; write one of greeting, dial, simulcall"),
        (", then: phone}", "}", 6, "steps.hello.then: is missing; expected: The next step, or end"),
        ("say: Hello.,", "", 6, "needs either `say:` with a text or `play:` with an audio file"),
        ("say: Hello.", "play: hello.wav", 6, "steps.hello.play: hello.wav does not exist"),
        (f'{" " * 16}number: "+13125550190"', f'{" " * 16}number: "12"', 9, "phone.number: is not a phone number"),
        (f'{" " * 16}number: "+13125550190"', f'{" " * 16}number: "+13125550100"', 9, "one of your own tracking numbers"),
        ("do: dial\n", f'do: dial\n{" " * 16}record: true\n', 9, "nobody may be recorded without notice"),
        ("flow: office", "flow: offices", 0, "flow: no flow is named 'offices'; did you mean `office`?"),
        ("        flow: office\n", "", 0, "route: is missing; expected: What callers hear and which phone rings; or `flow:`"),
        ("- name: office", "- name: route-x", 2, "'route-x' is the name of a `route:`"),
        ("do: voicemail", "do: menu, keys: {'1': phone}, otherwise: phone", 11, "'phone' cannot do this (gather) ('night' of"),
    ],
)  # fmt: skip
def test_a_wrong_flow_names_the_line_and_says_what_was_wanted(
    load: Load, piece: str, instead: str, line: int, said: str
) -> None:
    assert piece in WITH_FLOW
    found = told(load, WITH_FLOW.replace(piece, instead))
    lines = [where for where, text in found if said in text]
    assert lines, found
    if "cannot do" not in said and "is missing; expected: What" not in said:
        assert lines[0] == FIRST + line


def test_a_step_that_the_carrier_cannot_do_is_refused_with_carrier_tracker_and_step(load: Load) -> None:
    several = FLOW.replace("do: dial\n", "do: simulcall\n").replace(
        'number: "+13125550190"', 'numbers: ["+13125550190", "+13125550191"]'
    )
    problems = [text for _, text in told(load, GOOD.replace(ROUTE, several))]
    assert len(problems) == 2, "one for each tracker"
    assert (
        "accounts[agency].companies[north].trackers[pool].carrier: 'phone' rings one phone at a time ('phone' of flow "
        "'office', tracker 'pool'); ring them one after the other with round_robin and `tries`, and leave `also` out, or name "
        "another carrier"
    ) in problems


def test_a_flow_is_checked_against_the_carrier_of_each_of_its_numbers(tmp_path: Path) -> None:
    """Bandwidth rings eight phones at once, Plivo any number; Plivo does not speak Japanese."""
    carriers = {
        name: type(of.__name__, (Phone,), {"manifest": of.manifest})
        for name, of in {"phoneco": Bandwidth, "otherco": Plivo}.items()
    }
    numbers = ", ".join(f'"+1312555{line:04}"' for line in range(150, 160))
    flow = FLOW.replace("do: dial\n", "do: simulcall\n").replace('number: "+13125550190"', f"numbers: [{numbers}]")
    flow = flow.replace("start: hello\n", "start: hello\n            language: ja-JP\n")
    other = "  other:\n    plugin: otherco\n    auth_token: ${env:PHONE_TOKEN}\n"
    text = GOOD.replace(ROUTE, flow).replace("connectors:\n", f"connectors:\n{other}")
    one, _, rest = text.partition("carrier: phone")
    file = tmp_path / "config.yaml"
    file.write_text(f"{one}carrier: phone{rest.replace('carrier: phone', 'carrier: other')}")
    with pytest.raises(ConfigError) as error:
        load_config(file, lambda _: InstalledPlugins({**InstalledPlugins().classes, **carriers}), environ=ENVIRON)
    first, second = (problem.text for problem in error.value.problems)
    assert first == (
        "'phone' rings at most 8 phones at once, and this step has 10 ('phone' of flow 'office', tracker 'pool'); remove "
        "some, or ring them one after the other with round_robin, or name another carrier"
    )
    assert second.startswith("'other' does not speak ja-JP; it speaks da-DK, de-DE,")
    assert second.endswith("choose one of these, or play audio files instead of texts, or name another carrier")


def test_a_recording_wants_somebody_who_says_whether_it_is_lawful(load: Load) -> None:
    recorded = GOOD.replace(ROUTE, '        route: {dial: "+13125550190", record: true, recording_notice: Recorded.}\n')
    without = recorded.replace("  nay:\n    plugin: nayco\n", "")
    assert any("nothing would be recorded; add one like `jurisdictions" in text for _, text in told(load, without))
