"""What a vendor demands and answers is read from one file, and a request is held against it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from hub.contracts.hearing import HeardRequest
from hub.contracts.vendor_rules import VendorRules, merged
from hub.errors import ConfigError

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
WRITTEN = """
pages:
  events: {address: vendor.example.com/docs/events, read: 2026-11-30}
operations:
  POST /{version}/{account}/events:
    page: events
    json: {rows!: [{id!: text, at!: any, kind!: call|web, page: url, person: any, value: number, currency: text, until: any}],
      test: flag}
    rows: rows
    test: $body.test
    reply: {status: 200, body: {taken: "{count}"}}
  GET /reports: {page: events, query: {day!: time}}
faults: {any: invalid, operation: lost, "missing day": no_day}
code: error.code
good:
  call: {operation: "POST /{version}/{account}/events", path: {version: v2, account: a1}, row: &row {id: c1, at: "{seconds-1h}",
      kind: call, person: {phones: [ab]}, value: 1, currency: USD, until: "{iso}"}}
  test: {operation: "POST /{version}/{account}/events", path: {version: v2, account: a1}, json: {test: true}, row: *row}
  report: {operation: GET /reports, query: {day: "2026-11-30"}}
rules:
  - {rule: web has a page, page: events, when: {kind: web}, needs: [page], answer: invalid,
    probe: {base: call, merge: {kind: web}}}
  - {rule: call has none, page: events, when: {kind: call}, forbids: [page], answer: invalid,
    probe: {base: call, merge: {page: "https://example.com/"}}}
  - {rule: somebody, page: events, any_of: [person.phones, person.click], answer: nobody,
    probe: {base: call, merge: {person: {phones: null}}}}
  - {rule: phones, page: events, is: {person.phones.*: "/[a-z]+/"}, answer: invalid,
    probe: {base: call, merge: {person: {phones: [ab, "+1"]}}}}
  - {rule: money, page: events, currency: currency, answer: invalid, probe: {base: call, merge: {currency: USX}}}
  - {rule: age, page: events, age: {at: at, most: 7d}, answer: old, probe: {base: call, merge: {at: "{milliseconds-8d}"}}}
  - {rule: not ahead, page: events, age: {at: at, most: 7d}, answer: old, probe: {base: call, merge: {at: "{iso+10m}"}}}
  - {rule: order, page: events, order: [at, until], answer: old, probe: {base: call, merge: {until: "{iso-2h}"}}}
  - {rule: size, page: events, rows: 1..3, answer: invalid, probe: {base: call, times: 4}}
  - {rule: version, page: events, version: $path.version, answer: retired, probe: {base: call, path: {version: v1}}}
answers:
  invalid: {status: 400, body: {error: {code: 7}}, means: final, page: events}
  nobody: {row: {index: "{index}", code: 8}, means: final, page: events}
  old: {row: {index: "{index}", code: 9}, means: final, page: events}
  retired: {status: 410, means: configuration, page: events}
  no_day: {status: 422, means: final, page: events}
  lost: {status: 404, means: configuration, page: events}
versions:
  v1: {ends: 2026-11-30, page: events}
  v2: {page: events}
"""


@pytest.fixture
def rules(tmp_path: Path) -> VendorRules:
    return VendorRules(written(tmp_path))


def written(folder: Path, change: Callable[[Any], Any] | None = None) -> Path:
    """The file, with a change."""
    content = yaml.safe_load(WRITTEN)
    if change is not None:
        change(content)
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return file


def test_what_the_vendor_takes_is_taken(rules: VendorRules) -> None:
    for name in rules.file.good:
        said = rules.check(rules.example(name, NOW), NOW)
        assert (said.answer, [*filter(None, said.refused)]) == (None, []), name
        assert said.is_test is (name == "test"), name


def test_each_probe_breaks_its_rule_and_gets_its_answer(rules: VendorRules) -> None:
    for rule in rules.file.rules:
        said = rules.check(rules.probe(rule, NOW), NOW)
        assert rule.answer in (said.answer, *said.refused), rule.rule


def test_a_time_of_a_probe_is_one_of_utc_whatever_the_clock_is_set_to(rules: VendorRules) -> None:
    rule = next(each for each in rules.file.rules if each.rule == "not ahead")
    now = NOW.astimezone(ZoneInfo("America/Chicago"))
    assert rules.check(rules.probe(rule, now), now).refused == [rule.answer]


def test_an_answer_of_a_row_refuses_that_row_alone(rules: VendorRules) -> None:
    good, bad = rules.file.good["call"].row, merged(rules.file.good["call"].row, {"person": {"phones": None}})
    request = rules._request(rules.file.good["call"], rules.file.good["call"], {"rows": [good, bad]}, NOW)
    assert (rules.check(request, NOW).answer, rules.check(request, NOW).refused) == (None, [None, "nobody"])


def test_a_request_that_does_not_fit_its_operation_gets_the_answer_for_its_fault(rules: VendorRules) -> None:
    for method, path, query, answer in (
        ("GET", "/nowhere", "", "lost"),
        ("GET", "/reports", "", "no_day"),
        ("GET", "/reports", "day=noon", "invalid"),
        ("GET", "/reports", "day=2026-11-30&limit=4", "invalid"),
    ):
        said = rules.check(HeardRequest(method, path, query, {}, b""), NOW)
        assert said.answer == answer, (method, path, query)


def test_a_right_that_the_credentials_lack_refuses_the_request(tmp_path: Path) -> None:
    def need(content: Any) -> None:
        right = {"rule": "right", "page": "events", "right": "read", "answer": "lost", "probe": {"base": "report"}}
        content["rules"].append(right)

    rules = VendorRules(written(tmp_path, need))
    request = rules.example("report", NOW)
    assert rules.check(request, NOW).answer is None
    assert rules.check(request, NOW, frozenset({"read"})).answer is None
    assert rules.check(request, NOW, frozenset()).answer == "lost"
    assert rules.check(rules.example("call", NOW), NOW, frozenset()).answer is None, "it is asked of the reports alone"


def put(path: str, value: object) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        *above, last = path.split(".")
        for name in above:
            content = content[int(name) if isinstance(content, list) else name]
        content[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("answers.invalid.page", "lost"), "answers.invalid: 'lost' is not listed; add it to `pages`, or name one"),
        (put("rules.0.page", "lost"), "rules.web has a page: 'lost' is not listed; add it to `pages`"),
        (put("rules.0.answer", "lots"), "rules.web has a page: 'lots' is not listed; add it to `answers`"),
        (put("faults.value", "lots"), "faults.value: 'lots' is not listed; add it to `answers`"),
        (put("faults", {}), "faults: name the answer to every other fault under `any`"),
        (put("good.call.operation", "GET /"), "good.call: 'GET /' is not listed; add it to `operations`"),
        (put("rules.0.probe.base", "text"), "rules.web has a page.probe: 'text' is not listed; add it to `good`"),
        (put("rules.0", {"rule": "x"}), "rules.0.page: Field required"),
        (put("rules.0.on", ["GET /x"]), "rules.web has a page.on: 'GET /x' is not listed; add it to `operations`"),
        (put("rules.0.needs", []), "rules.web has a page: it demands nothing"),
        (put("rules.0.wants", ["page"]), "rules.0.wants: Extra inputs are not permitted"),
        (put("operations.GET /reports.cookies", {}), "operations.GET /reports: 'cookies' is not known; an operation has"),
        (put("answers.old.means", "never"), "answers.old.means: Input should be 'wait'"),
        (put("operations.reports", {"page": "events"}), "write the method and the path"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_an_error_that_says_where_and_what_to_do(tmp_path: Path, change: Any, words: str) -> None:
    if words.startswith("rules.0.page: Field"):
        change = lambda content: content["rules"][0].pop("page")  # noqa: E731
    with pytest.raises(ConfigError) as error:
        VendorRules(written(tmp_path, change))
    assert words in str(error.value) and "rules.yaml" in str(error.value)


def test_on_and_no_are_words_and_no_booleans(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(
        WRITTEN.replace("when: {kind: web}, needs", 'on: ["POST /{version}/{account}/events"], when: {kind: no}, needs')
    )
    rule = VendorRules(file).file.rules[0]
    assert (rule.on, rule.when) == (("POST /{version}/{account}/events",), {"kind": "no"})


def test_a_rule_without_a_probe_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"rules\.3\.probe: Field required"):
        VendorRules(written(tmp_path, lambda content: content["rules"][3].pop("probe")))


def test_a_file_that_is_no_yaml_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    for content in ("a: [", "- 1"):
        file.write_text(content)
        with pytest.raises(ConfigError, match=r"rules\.yaml"):
            VendorRules(file)


def test_a_merge_patch_is_that_of_rfc_7396() -> None:
    """The examples of RFC 7396, appendix A, without those whose patch is null."""
    for target, patch, result in (
        ({"a": "b"}, {"a": "c"}, {"a": "c"}), ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}), ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}), ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}), ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}), (["a", "b"], ["c", "d"], ["c", "d"]), ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, "bar", "bar"), ({"e": None}, {"a": 1}, {"e": None, "a": 1}), ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ):  # fmt: skip
        assert merged(target, patch) == result
