"""GPC, DNT, TCF and GPP: published strings are read as their publishers say, and nothing else is taken for one."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from string_writer import gpp_header, tc_string

from hub.contracts.categories import USES
from hub.privacy.signals import (
    SignalUnreadable,
    TcfString,
    heard,
    objects_by_dnt,
    objects_by_gpc,
    read_gpp,
    read_tcf,
)
from hub.privacy.signals.gpp import LAYOUTS, NAMES, CanadianString, UsChoices
from hub.privacy.signals.tcf import USES as PURPOSE_USES

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import iab_tcf

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
SAMPLE = "CO5VTlWO5VTlWH1AAAENAwCwAIAAAAAAAIAAAAoAAAAA.YAAAAAAAAAA"
OFTEN = settings(max_examples=50)
SETS = st.frozensets(st.integers(1, 24))
VENDORS = st.frozensets(st.integers(1, 900), max_size=12)


# GPC and DNT


@pytest.mark.parametrize(
    ("headers", "objects"),
    [
        ([], False), (["1"], True), (["0"], False), (["1", "0"], True), (["0", "1"], True), (["1, 1"], False),
        (["1, 1", "1"], True), (["1;q=1"], False), (["true"], False), (["11"], False), (["1.0"], False), ([""], False),
    ],
)  # fmt: skip
def test_gpc_is_one_exact_one(headers: list[str], objects: bool) -> None:
    assert objects_by_gpc(headers) is objects


@pytest.mark.parametrize(("value", "objects"), [(True, True), (False, False), (None, False), ("1", False), (1, False)])
def test_the_browsers_own_property_counts_as_well_and_only_where_it_is_true(value: object, objects: bool) -> None:
    assert objects_by_gpc(["0"], value) is objects
    assert objects_by_gpc(["1"], value) is True


@pytest.mark.parametrize(("header", "objects"), [("1", True), ("0", False), (None, False), ("1, 1", False)])
def test_dnt_is_exactly_one(header: str | None, objects: bool) -> None:
    assert objects_by_dnt(header) is objects


# TCF


def test_the_published_tc_string_is_read_as_published() -> None:
    said = read_tcf(SAMPLE)
    assert (said.version, said.cmp_id, said.language, said.vendor_list, said.policy) == (2, 501, "EN", 48, 2)
    assert (said.consents, said.vendor_consents, said.publisher_consents) == ({1}, {1}, frozenset())
    assert said.is_too_old(NOW) and set(said.answers(NOW).values()) == {"denied"}


@OFTEN
@given(consents=SETS, interests=SETS, agreed=VENDORS, told=VENDORS, shown=VENDORS, by_ranges=st.booleans())
def test_what_was_written_is_read(
    consents: frozenset[int],
    interests: frozenset[int],
    agreed: frozenset[int],
    told: frozenset[int],
    shown: frozenset[int],
    by_ranges: bool,
) -> None:
    restrictions = [(2, 0, [7]), (4, 1, [7, 9])]
    text = tc_string(NOW, consents, interests, agreed, told, shown, restrictions, by_ranges)
    said = read_tcf(text)
    assert (said.consents, said.interests, said.vendor_consents, said.vendor_interests) == (
        consents,
        interests,
        agreed,
        told,
    )
    assert said.disclosed == shown and said.updated == NOW
    assert [(each.purpose, each.kind, sorted(each.vendors)) for each in said.restrictions] == restrictions
    oracle = iab_tcf.decode_v2(text.split(".")[0])
    assert {each for each in range(1, 25) if oracle.is_purpose_allowed(each)} == said.consents
    assert {each for each in range(1, 25) if oracle.has_purpose_legitimate_interest(each)} == said.interests
    assert {each for each in range(1, 901) if oracle.is_vendor_allowed(each)} == said.vendor_consents
    assert (oracle.cmp_id, oracle.vendor_list_version, oracle.tcf_policy_version) == (501, 48, 5)


def test_a_vendor_is_allowed_where_it_was_shown_agreed_to_and_not_restricted() -> None:
    said = read_tcf(tc_string(NOW, {2, 7}, {7}, {5, 6, 8}, {5, 6}, {5, 8}, [(2, 0, [8]), (7, 1, [5])]))
    assert said.allows(2) and said.allows(2, 5)
    assert not said.allows(2, 6), "it was not shown"
    assert not said.allows(2, 8), "the publisher forbids it"
    assert not said.tolerates(7, 5), "the publisher asks for consent"
    assert said.tolerates(7) and not said.tolerates(2)
    assert not read_tcf(tc_string(NOW, (), {1, 3, 4, 5, 6})).tolerates(4), "never a legitimate interest"


def test_a_yes_ends_after_thirteen_months_and_counts_only_with_the_disclosed_vendors() -> None:
    granted = {1, 4, 7, 8}
    assert set(read_tcf(tc_string(NOW, granted)).answers(NOW).values()) == {"granted"}
    assert read_tcf(tc_string(NOW, {1, 7, 8})).answers(NOW) == {
        "analytics": "granted", "ads": "granted", "ad_user_data": "denied",
    }  # fmt: skip
    for text in (
        tc_string(NOW - timedelta(days=397), granted),
        tc_string(NOW + timedelta(days=3), granted),
        tc_string(NOW, granted, disclosed=None),
    ):
        assert set(read_tcf(text).answers(NOW).values()) == {"denied"}
    before = tc_string(datetime(2026, 2, 1, tzinfo=UTC), granted, disclosed=None)
    assert read_tcf(before).answers(NOW)["ads"] == "granted", "older strings needed no disclosed vendors"


def test_each_purpose_of_the_framework_is_one_of_our_uses_or_the_parent_of_some() -> None:
    assert sorted(PURPOSE_USES) == list(range(1, 12))
    for use in PURPOSE_USES.values():
        assert any(each == use or each.startswith(f"{use}.") for each in USES), use


# GPP: the strings are of the IAB Tech Lab's own specifications and of its libraries' tests


@pytest.mark.parametrize(("header", "sections"), [("DBAA", []), ("DBABMA", [2]), ("DBACNYA", [2, 6])])
def test_published_headers_name_these_sections(header: str, sections: list[int]) -> None:
    parts = {2: SAMPLE, 6: "1YNN"}
    assert list(read_gpp("~".join([header, *(parts[each] for each in sections)])).sections) == [
        NAMES[each] for each in sections
    ]


def test_the_published_canadian_string_is_read_as_published() -> None:
    said = read_gpp("DBABDA~BPXuQIAPXuQIAAfKABENB-CgAAAAAAAAAAAAAAAA").sections["tcfcav1"]
    assert isinstance(said, CanadianString)
    assert (said.cmp_id, said.cmp_version, said.language, said.vendor_list) == (31, 640, "EN", 126)
    assert said.created == said.updated == datetime.fromtimestamp(1650412800, UTC)
    assert set(said.answers().values()) == {"denied"}, "silence is no express consent"


def test_the_published_californian_string_says_that_nothing_applies() -> None:
    said = read_gpp("DBABBg~BAAAAACA").sections["usca"]
    assert isinstance(said, UsChoices)
    assert (set(said.choices.values()), said.gpc, said.objects) == ({"not applicable"}, None, False)


@pytest.mark.parametrize(
    ("section", "text", "gpc"),
    [
        (8, "BVWSSSVY.YA", True), (14, "BVWSSVWA.YA", True), (15, "BVWSSRpFYA.YA", True), (15, "BVWSSRpFYA", None),
        (18, "BVVkklW.Y", True), (18, "BVVkklW", None), (11, "BVVkklW", None), (23, "BVWSSVW.Y", True), (24, "BVVV.Y", True),
    ],
)  # fmt: skip
def test_published_sections_of_us_laws_hold_an_opt_out(section: int, text: str, gpc: bool | None) -> None:
    said = read_gpp(f"{gpp_header([section])}~{text}")
    (choices,) = said.sections.values()
    assert isinstance(choices, UsChoices)
    assert (set(choices.choices.values()), choices.gpc) == ({"opted out"}, gpc)
    assert said.objects and said.answers(NOW) == {"ads": "denied", "ad_user_data": "denied"}


@pytest.mark.parametrize(
    ("section", "text", "gpc"),
    [(8, "BAAAAABA.QA", False), (15, "BAAAAAABAA.QA", False), (24, "BQAA.Q", False), (24, "BQAA", None)],
)
def test_published_defaults_object_to_nothing(section: int, text: str, gpc: bool | None) -> None:
    said = read_gpp(f"{gpp_header([section])}~{text}")
    (choices,) = said.sections.values()
    assert isinstance(choices, UsChoices)
    assert (said.objects, choices.gpc, said.answers(NOW)) == (False, gpc, {})


def test_one_californian_choice_differs_from_another() -> None:
    said = read_gpp(f"{gpp_header([8])}~BbYbGwXY.YA").sections["usca"]
    assert isinstance(said, UsChoices) and said.choices == {"sale": "opted out", "sharing": "did not opt out"}


@pytest.mark.parametrize(("text", "objects"), [("1YYN", True), ("1YNN", False), ("1---", False)])
def test_the_us_privacy_string_tells_of_sale(text: str, objects: bool) -> None:
    assert read_gpp(f"{gpp_header([6])}~{text}").objects is objects


def test_every_registered_section_of_a_us_law_has_a_layout() -> None:
    assert set(LAYOUTS) == {name for number, name in NAMES.items() if number >= 7} and sorted(NAMES) == [
        2,
        *range(5, 28),
    ]


@OFTEN
@given(st.lists(st.integers(28, 4_000), unique=True, max_size=6).map(sorted))
def test_headers_with_any_sections_are_read_and_unknown_ones_are_told(sections: list[int]) -> None:
    said = read_gpp("~".join([gpp_header(sections), *("X" for _ in sections)]))
    assert said.unknown == tuple(sections) and said.sections == {}


# Nothing but one error


@OFTEN
@given(
    st.one_of(
        st.text(max_size=60),
        st.text("ABCDEFGHabcdefgh0123456789-_.~", max_size=80).map(lambda text: "C" + text),
        st.text("ABCDEFGHabcdefgh0123456789-_.~", max_size=80).map(lambda text: "DBAB" + text),
        st.integers(0, len(SAMPLE)).map(lambda size: SAMPLE[:size]),
    )
)
def test_anything_is_read_or_refused_by_one_error_that_repeats_nothing_of_it(text: str) -> None:
    for read in (read_tcf, read_gpp):
        try:
            said: Any = read(text)
        except SignalUnreadable as error:
            assert len(text) < 12 or text not in str(error)
        else:
            said.answers(NOW)


def test_a_string_without_end_costs_nothing() -> None:
    with pytest.raises(SignalUnreadable, match="too long"):
        read_tcf("C" * 100_000)


# All together


def test_of_all_that_a_page_says_the_strictest_counts_and_strings_leave_their_hashes() -> None:
    granted = {"analytics": "granted", "ads": "granted"}
    said = heard(granted, tcf=tc_string(NOW, {1, 7, 8}), gpp="DBABBg~BAAAAACA", at=NOW)
    assert {name: said[name] for name in ("analytics", "ads", "ad_user_data")} == {
        "analytics": "granted", "ads": "granted", "ad_user_data": "denied",
    }  # fmt: skip
    assert said["tcf"].startswith("sha256:") and len(said["gpp"]) == 71
    assert heard(granted, tcf=None, gpp=None, at=NOW) == granted
    assert heard(granted, tcf="nonsense", gpp=None, at=NOW)["ads"] == "denied", "what nobody can read may be a no"
    assert isinstance(read_tcf(SAMPLE), TcfString)
