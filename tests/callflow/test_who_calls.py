"""A call goes by who calls: a ZIP code by keys, a list of callers, the owner of the contact; and shares of callers."""

from __future__ import annotations

import pytest
from flow_samples import BUSINESS, SECOND, dials, of_steps, played, ring
from pydantic import ValidationError

from hub.config.callflow.editing import save_step
from hub.config.callflow.written import written_step
from hub.contracts.answers import Gather

PHONES = {
    "near": {"do": "dial", "number": BUSINESS, "unanswered": "end"},
    "far": {"do": "dial", "number": SECOND, "unanswered": "end"},
}
ZIP = {"do": "zip_route", "say": "Your ZIP code?", "zips": {"482": "far", "48201": "near"}, "otherwise": "far"}


@pytest.mark.parametrize(
    ("keys", "phone", "noted"),
    [
        ("48201", BUSINESS, "ZIP code 482..: near"),
        ("48299", SECOND, "ZIP code 482..: far"),
        ("10001", SECOND, "ZIP code 100..: far"),
        ("482", SECOND, "no ZIP code: far"),
    ],
)
def test_the_longest_beginning_of_a_zip_code_leads_on_and_the_record_has_three_digits(
    keys: str, phone: str, noted: str
) -> None:
    wanted = of_steps("area", {"area": {**ZIP, "repeat": 0}, **PHONES})
    (gather,) = ring(wanted).instructions
    assert isinstance(gather, Gather) and gather.most_digits == 5
    turns = played(wanted, keys)
    assert dials(turns)[0].numbers == (phone,)
    assert [each.result for turn in turns for each in turn.walk.taken if each.step == "area"][-1] == noted


def test_a_caller_who_mistypes_a_zip_code_is_asked_again() -> None:
    assert dials(played(of_steps("area", {"area": ZIP, **PHONES}), "1", "48201"))[0].numbers == (BUSINESS,)


def test_a_zip_code_without_quotes_is_refused_because_its_zero_would_be_lost() -> None:
    with pytest.raises(ValidationError, match="in quotes"):
        of_steps("area", {"area": {**ZIP, "zips": {6103: "near"}}, **PHONES})


def test_a_case_holds_for_callers_on_a_list_and_for_the_owner_of_their_contact() -> None:
    cases = [{"caller_list": "vip", "then": "near"}, {"owner": "maria*", "then": "near"}]
    wanted = of_steps("who", {"who": {"do": "attribution_route", "cases": cases, "otherwise": "far"}, **PHONES})
    assert (wanted.caller_lists, wanted.knows_owner) == ({"vip"}, True)
    assert dials(played(wanted, caller_lists=frozenset({"vip"})))[0].numbers == (BUSINESS,)
    assert dials(played(wanted, owner="Maria Lopez"))[0].numbers == (BUSINESS,)
    assert dials(played(wanted, owner="Paul", caller_lists=frozenset({"gold"})))[0].numbers == (SECOND,)


@pytest.mark.parametrize("name", ["block", "allow", "VIP"])
def test_the_hubs_own_lists_and_names_that_no_list_has_are_refused(name: str) -> None:
    case = {"caller_list": name, "then": "near"}
    with pytest.raises(ValidationError):
        of_steps("who", {"who": {"do": "attribution_route", "cases": [case], "otherwise": "far"}, **PHONES})


def test_callers_are_split_in_equal_shares_and_each_always_goes_the_same_way() -> None:
    wanted = of_steps("halves", {"halves": {"do": "split", "ways": {"a": "near", "b": "far"}}, **PHONES})
    keys = [f"company/+1312555{number:04}" for number in range(2_000)]
    went = [ring(wanted, caller_key=key).taken[0].result for key in keys]
    assert went == [ring(wanted, caller_key=key, call_id="CA2").taken[0].result for key in keys]
    assert set(went) == {"share a: near", "share b: far"} and 900 < went.count("share a: near") < 1100
    hidden = {ring(wanted, call_id=f"CA{number}").taken[0].result for number in range(50)}
    assert len(hidden) == 2, "a caller with a hidden number goes by the call"


def test_a_new_name_of_a_step_is_followed_by_all_ways_to_it() -> None:
    steps = {
        "halves": {"do": "split", "ways": {"a": "area", "b": "near"}},
        "area": {**ZIP, "otherwise": "near"},
        "near": {**PHONES["near"], "busy": "far"},
        "far": PHONES["far"],
    }
    wanted = of_steps("halves", steps)
    tree = save_step(wanted, "far", written_step(wanted.steps["far"]), "away")
    assert tree["steps"]["near"]["busy"] == "away" and tree["steps"]["area"]["zips"]["482"] == "away"
    tree = save_step(wanted, "near", written_step(wanted.steps["near"]), "here")
    assert tree["steps"]["halves"]["ways"] == {"a": "area", "b": "here"}
