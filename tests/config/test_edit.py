"""Edits of config.yaml change only the lines that they are about."""

from __future__ import annotations

import copy
import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.config.document import Document, Node, read_document
from hub.config.edit import REMOVED, Change, Move, edited
from hub.errors import ConfigError

EXAMPLE = Path("config.yaml").read_text()
LAKESIDE = ("accounts", "bluewrench", "companies", "lakeside")


def read(text: str) -> Document:
    problems: list[Any] = []
    document = read_document(text, problems)
    assert document is not None and not problems, problems
    return document


def changed_lines(old: str, new: str) -> tuple[list[str], list[str]]:
    """The lines that an edit removed, and those that it added."""
    import difflib

    lines = list(difflib.ndiff(old.splitlines(), new.splitlines()))
    return [each[2:] for each in lines if each[0] == "-"], [each[2:] for each in lines if each[0] == "+"]


def example(*changes: tuple[tuple[str | int, ...], Any]) -> tuple[list[str], list[str]]:
    return changed_lines(EXAMPLE, edited(EXAMPLE, [Change(path, value) for path, value in changes]))


def test_another_source_of_a_tracker_changes_one_line() -> None:
    removed, added = example(((*LAKESIDE, "trackers", "yellow_pages", "source"), "phone_book"))
    assert removed == ["            source: yellow_pages"]
    assert added == ["            source: phone_book"]


def test_the_comment_behind_a_value_stays() -> None:
    removed, added = example((("conversions", "deal won", "value"), "40 USD"))
    assert added[0].startswith("    value: 40 USD      ") and added[0].endswith("a later change of it is sent as well")
    assert len(removed) == len(added) == 1


def test_a_new_tracker_is_written_in_block_style_with_its_name_first() -> None:
    tracker = {"type": "source", "carrier": "twilio", "numbers": ["+13125550199"], "source": "NO", "hold": "12:30"}
    removed, added = example(((*LAKESIDE, "trackers", "radio"), tracker))
    assert not removed
    assert added == [
        "          - name: radio",
        "            type: source",
        "            carrier: twilio",
        "            numbers:",
        '              - "+13125550199"',
        '            source: "NO"',
        '            hold: "12:30"',
    ]


def test_a_number_goes_to_the_end_of_its_list_in_the_style_of_the_list() -> None:
    assert example(((*LAKESIDE, "trackers", "website", "numbers", 99), "+13125550112")) == (
        [],
        ['              - "+13125550112"'],
    )
    listed = ["+13125550120", "+13125550121"]
    _, added = example(((*LAKESIDE, "trackers", "default", "numbers"), listed))
    assert added == ['            numbers: ["+13125550120", "+13125550121"]']


def test_a_text_of_several_lines_is_written_as_lines() -> None:
    _, added = example(((*LAKESIDE, "contact", "postal_address"), "1 Lake Street\nChicago, IL 60601\n"))
    assert added == ["            1 Lake Street"]
    _, added = example((("conversions", "deal won", "name"), "one\ntwo"))
    assert added[:3] == ["  - name: |-", "      one", "      two"]


def test_a_removed_entry_takes_its_own_comments_with_it_and_no_others() -> None:
    removed, added = example((("connectors", "hubspot"), REMOVED))
    assert not added
    assert removed[0] == "  hubspot:" and removed[-1] == "    # access_token: ${env:HUBSPOT_ACCESS_TOKEN}"
    assert len(removed) == 7


def test_a_whole_section_is_changed_entry_by_entry() -> None:
    rule = {
        "name": "contact form",
        "when": {"event": "form"},
        "value": "16 USD",
        "send_to": {"google": {"conversion_action": 456456456}, "meta": {"event": "Lead"}},
    }
    removed, added = example((("conversions", "contact form"), rule))
    assert len(added) == 2 and len(removed) == 6, "the when, the value, and four destinations"
    assert added[0] == "    when: {event: form}     # the form's id on its page; left out, any form counts"


def test_accounts_that_do_not_exist_yet_are_added_as_lists() -> None:
    _, added = example((("accounts", "second", "companies", "shop", "trackers", "radio", "type"), "source"))
    assert added == [
        "  - name: second",
        "    companies:",
        "      - name: shop",
        "        trackers:",
        "          - name: radio",
        "            type: source",
    ]


def test_an_edit_that_changes_nothing_leaves_the_text_as_it_is() -> None:
    changes = [Change((name,), value) for name, value in read(EXAMPLE).tree.items()]
    assert edited(EXAMPLE, changes) == EXAMPLE


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_and_a_missing_last_one_are_kept(newline: str) -> None:
    text = f"a:{newline}  - 1 # one{newline}  - 2"
    new = edited(text, [Change(("a", 2), 3), Change(("a", 0), 7)])
    assert new == f"a:{newline}  - 7 # one{newline}  - 2{newline}  - 3"


def test_a_value_that_is_shared_by_an_alias_is_refused_in_one_sentence() -> None:
    text = "a: &x\n  b: 1\nc: *x\nd: 2\n"
    with pytest.raises(ConfigError, match=r"line \d: this is shared between several places"):
        edited(text, [Change(("a", "b"), 2)])
    with pytest.raises(ConfigError, match=r"line 3: this is shared"):
        edited(text, [Change(("c", "b"), 2)])
    assert edited(text, [Change(("d",), 3)]) == text.replace("d: 2", "d: 3")


def test_a_comment_between_values_in_brackets_is_never_lost() -> None:
    text = "a: [1,  # the first\n  2]\n"
    with pytest.raises(ConfigError, match="a comment stands between"):
        edited(text, [Change(("a", 0), REMOVED)])


HOSTILE = (
    "\ufeffa: 1\nb: 2\n", "a: 1\t# one\nb: 2\n", "a: 1 # x\r\nb:\r\n  - 2\r\n", "a: |\r\n  one\r\n  two\r\nb: 1\r\n",
    "a: 1\r\nb: 2\nc: 3\r\n", "a: 1\n# end", "a: 1\n\n\n", "# first\n\na: 1\n", "a:  # why\n  b: 1\n",
    "a:\n  - 1\n    # deep\n# left\n  - 2\n", "a: [1,  # one\n  2]\n", "a:\n# note\n- 1\n",
    "a: 1        # one\nbcd: 22     # two\ne: {f: 1}   # three\n", "a: |\n  x\n# after\nb: 1\n",
    "a: >\n  one two\n  three\n\n  four\nb: 1\n", "a: >-\n  one\n    two\n  three\nb: 1\n", "a: |2\n   x\n  y\nb: 1\n",
    "a: one\n  two\n  three\nb: 1\n", 'a: "one\n  two\\\n  three"\nb: 1\n', 'a: "\\u00e9 \\x41 \\t"\n',
    "a: é😀\nb: \"\u2028\"\n",
    "\"a\": 1\n'b': 2\n", "a: { b: 1, c: [ 2, 3 ] }\n", "a: {\n  b: 1,\n  c: 2\n}\n", "a: [1, 2,]\n", "a :  1\nb:    2\n",
    "a:\nb: ~\nc: null\n", "a: NO\nb: 12:30\nc: 007\nd: 1e3\ne: 2026-11-27\nf: 0x1F\ng: 1.50\nh: +13125550142\n",
    "a: True\nb: FALSE\nc: on\n", f"a: {'word ' * 900}end\nb: 1\n", f"a: '{'word ' * 900}end'\nb: 1\n",
    "---\na: 1\n...\n", "%YAML 1.2\n---\na: 1\n", "a:\n   b: 1\nc:\n      d: 2\n", "a:\n- 1\nb:\n  - 2\n",
    "a:\n  - - 1\n    - 2\n  -   - 3\n", "a:\n  -\n    b: 1\n", "a:\n  -   b: 1\n      c: 2\n", "a: 1   \nb: 2\n",
    "? a\n: 1\n", "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
)  # fmt: skip
"""Texts that writers of YAML change although nobody asked: ADR 21 says which."""
SAMPLES = [path.read_text() for path in sorted(Path().glob("[hp]*/**/*.yaml"))]


def scalar_nodes(node: Node, place: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Node]]:
    """Every scalar of a text, with its place."""
    if node.kind == "scalar":
        return [(place, node)]
    steps = [key.content for key in node.keys] or range(len(node.children))
    pairs = zip(steps, node.children, strict=True)
    return [each for step, value in pairs for each in scalar_nodes(value, (*place, step))]


@pytest.mark.parametrize("texts", [HOSTILE, SAMPLES], ids=["hostile", "files of this repository"])
def test_a_new_value_leaves_every_other_character_as_it_was_however_the_file_is_written(texts: list[str]) -> None:
    chance, changed, refused = random.Random(21), 0, 0
    for text in texts:
        problems: list[Any] = []
        document = read_document(text, problems)
        if document is None or problems:
            continue
        scalars = scalar_nodes(document.root)
        for place, node in chance.sample(scalars, min(4, len(scalars))):
            begin = text.startswith("\ufeff") + node.start
            end = begin + len(text[begin : node.end].rstrip()) if node.is_block else begin + node.end - node.start
            try:
                new = edited(text, [Change(place, "a new value")])
            except ConfigError as refusal:
                assert "shared between several places" in str(refusal)
                refused += 1
                continue
            written = new.removeprefix(text[:begin].rstrip(" ")).removesuffix(text[end:])
            assert written.strip(" ").strip("\"'") == "a new value", (text[:200], place)
            changed += 1
    assert changed > 60 and refused < changed / 4


# fmt: off
WORDS = st.sampled_from(
    ["x", "NO", "yes", "12:30", "+13125550142", "007", "1", "-5", "0.5", "1e3", "null", "~", "#x", "[x", "{y}", "it's",
     '"q"', "${env:A}", "é", "😀", "2026-11-27", "@x", "%x", "&a", "*a", "!t", "|", ">", "?", "<<", "=", "x:", "---"]
)
# fmt: on
SPACED = (
    "",
    " ",
    "# x",
    "a # b",
    "a: b",
    "- x",
    "a, b",
    "? x",
    "x ",
    "\t",
    "one\ntwo",
    "one\ntwo\n",
    "\n",
    "a\n\n b\n",
    "\u2028",
    "\x85",
)
SCALARS = st.one_of(
    WORDS,
    st.sampled_from(SPACED),
    st.text(max_size=8).filter(lambda t: t.isprintable()),
    st.integers(-(10**17), 10**17),
    st.booleans(),
    st.none(),
)
KEYS = st.one_of(
    WORDS | st.sampled_from([each for each in SPACED if each and each.isprintable()]), st.sampled_from(["a", "b", "c"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)
TREES = st.dictionaries(st.sampled_from(["one", "two", "three"]), VALUES, min_size=1)


def places(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """All places in a tree."""
    children = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [place, *(each for step, child in children for each in places(child, (*place, step)))]


def put(tree: Any, place: tuple[str | int, ...], value: Any) -> Any:
    """A tree with another value at a place."""
    tree = copy.deepcopy(tree)
    parent = tree
    for step in place[:-1]:
        parent = parent[step]
    if value is REMOVED:
        del parent[place[-1]]
    elif isinstance(parent, list) and place[-1] == len(parent):
        parent.append(value)
    else:
        parent[place[-1]] = value
    return tree


def written(tree: dict[str, Any], chance: random.Random) -> str:
    """A tree as a YAML text in a style of some author, with comments between its lines and behind them."""
    text = yaml.safe_dump(
        tree,
        default_flow_style=chance.choice([True, False, None]),
        indent=chance.choice([2, 4]),
        width=chance.choice([20, 1_000]),
        allow_unicode=True,
        sort_keys=False,
        default_style=chance.choice([None, '"', "'"]) if all(isinstance(v, str) for v in leaves(tree)) else None,
    )
    return text.removesuffix("...\n")


def leaves(value: Any) -> list[Any]:
    children = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return [value] if children is None else [leaf for child in children for leaf in leaves(child)]


@settings(max_examples=60)
@given(tree=TREES, value=VALUES | st.just(REMOVED), seed=st.integers(0, 999), key=KEYS)
def test_after_an_edit_the_file_reads_as_its_tree_with_the_edit(
    tree: dict[str, Any], value: Any, seed: int, key: str
) -> None:
    chance = random.Random(seed)
    text = written(tree, chance)
    before = read(text).tree
    place = chance.choice(places(before)[1:])
    at: Any = before
    for step in place:
        at = at[step]
    if isinstance(at, (dict, list)) and value is not REMOVED and chance.random() < 0.5:
        place = (*place, len(at) if isinstance(at, list) else key)
    if value is REMOVED and len(place) == 1 and len(before) == 1:
        return
    new = edited(text, [Change(place, value)])
    assert read(new).tree == put(before, place, value)


@settings(max_examples=30)
@given(value=VALUES | st.just(REMOVED), seed=st.integers(0, 99_999))
def test_comments_outside_the_edited_value_survive(value: Any, seed: int) -> None:
    chance = random.Random(seed)
    document = read(EXAMPLE)
    place = chance.choice(places(document.tree)[1:])
    lines = {path: document.line(path) or 0 for path in places(document.tree)[1:]}
    first = lines[place]
    later = sorted(line for path, line in lines.items() if line > first and path[: len(place)] != place)
    until = later[0] if later else EXAMPLE.count("\n") + 2
    outside = [
        line.strip()
        for number, line in enumerate(EXAMPLE.splitlines(), 1)
        if re.match(r"\s*#", line) and not first < number < until
    ]
    new = edited(EXAMPLE, [Change(place, value)])
    assert read(new).tree == put(document.tree, place, value)
    kept = iter(line.strip() for line in new.splitlines())
    assert all(comment in kept for comment in outside)


def test_an_entry_moves_with_its_comments_and_nothing_else_changes() -> None:
    first, second = "\n  # the first\n  - name: one\n    x: 1   # behind\n", "\n  # the second\n  - name: two\n"
    text = f"a: 1\nconversions:\n{first}{second}# end\nb: 2\n"
    assert edited(text, [Move(("conversions", "two"), 0)]) == f"a: 1\nconversions:\n{second}{first}# end\nb: 2\n"
    there = edited(EXAMPLE, [Move(("conversions", "deal won"), 0)])
    assert [rule["name"] for rule in yaml.safe_load(there)["conversions"]][:2] == ["deal won", "qualified call"]
    assert edited(there, [Move(("conversions", "deal won"), 99)]) == EXAMPLE
    assert edited(EXAMPLE, [Move(("conversions", "deal won"), 4)]) == EXAMPLE


@pytest.mark.parametrize(
    "text", ["conversions: [{name: one}, {name: two}]", "conversions: &a\n- name: one\n- name: two", "a: 1\n"]
)
def test_an_entry_that_cannot_be_moved_safely_stays(text: str) -> None:
    with pytest.raises(ConfigError):
        edited(text, [Move(("conversions", "two"), 0)])


def test_the_last_entry_moves_even_if_the_file_ends_with_it() -> None:
    moved = edited("conversions:\n- name: one\n- name: two", [Move(("conversions", "two"), 0)])
    assert moved == "conversions:\n- name: two\n- name: one\n"
