"""The one way out: a plugin gets the fields that its manifest declares, hidden as it declares, and no others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.api import Conversion, DataFlow, Manifest, PersonReference, Recipient, Share, Transform
from hub.api.ads import ClickId
from hub.contracts.disclosure import declared_categories, disclose
from hub.contracts.values import TRANSFORMS, personal_fields

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
HELD: Mapping[str, Any] = {
    "call_started_at": AT,
    "click_ids": {"gclid": "click-1", "msclkid": "click-2"},
    "clicked_at": {"gclid": AT},
    "cookies": {"_ga": "GA1.1.1.2", "_ga_ABC": "GS1.1.3"},
    "phone_number": "+16505551212",
    "email": "person@example.com",
    "country": "US",
    "landing_page": "https://lakeside.example.com/",
    "user_agent": "Browser/1",
}
FULL = Conversion(key="k", name="rule", occurred_at=AT, **HELD)


def manifest(*shares: Share, hook: str = "upload_conversions") -> Manifest:
    return Manifest(
        name="network",
        kind="ads",
        version="1",
        summary="-",
        recipient=Recipient(name="Network", role="independent_controller"),
        flows=(DataFlow(hook=hook, use="marketing.advertising.first_party.targeted", shares=shares),),
    )


def test_every_personal_field_of_a_conversion_is_tried_here() -> None:
    assert set(personal_fields(Conversion)) == set(HELD)


@given(fields=st.sets(st.sampled_from(sorted(HELD))))
def test_exactly_the_declared_fields_are_handed_over(fields: set[str]) -> None:
    keys = {"cookies": ("_ga", "_ga_*")}
    declared = manifest(*(Share(field=name, keys=keys.get(name, ())) for name in sorted(fields)))
    shown = disclose(FULL, declared, "upload_conversions")
    for name, held in HELD.items():
        assert getattr(shown.value, name) == (held if name in fields else {} if isinstance(held, dict) else None)
    assert shown.categories == {personal_fields(Conversion)[name] for name in fields}
    assert shown.categories == declared_categories(declared, "upload_conversions", Conversion)
    assert (shown.value.key, shown.value.name, shown.value.occurred_at) == ("k", "rule", AT)


def test_a_hook_without_a_declared_flow_gets_no_personal_field() -> None:
    shown = disclose(FULL, manifest(Share(field="email"), hook="log_calls"), "upload_conversions")
    assert shown.categories == frozenset() and shown.value.email is None and shown.value.click_ids == {}


def test_only_the_networks_own_click_ids_are_handed_over() -> None:
    shown = disclose(FULL, manifest(Share(field="click_ids", keys=("gclid", "wbraid"))), "upload_conversions")
    assert shown.value.click_ids == {"gclid": "click-1"}


def test_a_category_is_disclosed_only_where_something_of_it_was_there() -> None:
    empty = Conversion(key="k", name="rule", occurred_at=AT)
    shown = disclose(empty, manifest(Share(field="email", transform="sha256_email")), "upload_conversions")
    assert shown.categories == frozenset() and shown.value.email is None


def test_what_was_held_is_not_changed() -> None:
    disclose(FULL, manifest(), "upload_conversions")
    assert FULL.click_ids == HELD["click_ids"]


def test_lists_are_hidden_item_by_item() -> None:
    declared = manifest(Share(field="emails", transform="sha256_email"), hook="erase_person")
    person = PersonReference(phone_numbers=("+16505551212",), emails=("test@example.com", " "))
    shown = disclose(person, declared, "erase_person")
    assert shown.value.phone_numbers == ()
    assert shown.value.emails == ("973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b",)


VECTORS = [
    ("sha256_email", "john_smith@gmail.com", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
    ("sha256_email", " Person@Example.com ", "542d240129883c019e106e3b1b2d3f3cb3537c43c425364de8e951d5a3083345"),
    ("sha256_email", "test@example.com", "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"),
    (
        "sha256_google_email",
        "cloudy.sanfrancisco+shopping@gmail.com",
        "223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4",
    ),
    (
        "sha256_google_email",
        "user.name+NYC@Example.com",
        "f109a2a632fbcea5fc82049f50beed3d8621bf9034399f437fb622222acccdac",
    ),
    ("sha256_digits", "+16505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ("sha256_digits", "+448444124653", "dc008fda46e2e64002cf2f82a4906236282d431c4f75e5b60bfe79fc48546383"),
    ("sha256_digits", "+18005550100", "92cfdc5fbcd4a20fbe5d3857af6c1aba31762105bba7f21a17155e920653046c"),
    ("sha256_e164", "+16505551212", "1e231c66011e7a2d867a9cfae267a6aff103cf4913640b6e71a99850fc0ffbc8"),
    ("sha256_e164", "+18005550100", "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"),
]


@pytest.mark.parametrize(("transform", "text", "hashed"), VECTORS)
def test_hashes_are_those_that_the_networks_publish(transform: str, text: str, hashed: str) -> None:
    """Source of the vectors: the networks' own documentation, as gathered in the design's privacy notes."""
    assert TRANSFORMS[transform](text) == hashed


def test_google_ignores_dots_and_suffixes_in_its_own_addresses_only() -> None:
    google, other = TRANSFORMS["sha256_google_email"], TRANSFORMS["sha256_email"]
    assert google("Jane.Doe+shop@gmail.com") == google("janedoe@gmail.com") == other("janedoe@gmail.com")
    assert google("jane.doe+shop@example.com") == other("jane.doe+shop@example.com")


@pytest.mark.parametrize("transform", sorted(TRANSFORMS))
def test_the_hash_of_nothing_is_never_made(transform: str) -> None:
    assert TRANSFORMS[transform]("") is None


@pytest.mark.parametrize(
    "wrong", [{"transform": "rot13", "field": "email"}, {"field": "email", "use": "x"}], ids=["transform", "key"]
)
def test_a_share_with_an_unknown_word_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Share.model_validate(wrong)


def test_a_flow_for_an_unknown_use_is_refused() -> None:
    with pytest.raises(ValidationError, match="unknown data use"):
        DataFlow(hook="upload_conversions", use="world_domination")


def test_a_plugins_own_transform_is_run_by_the_hub_and_named_in_the_data_map() -> None:
    letters = Transform(
        name="letters_only",
        function=lambda text: "".join(filter(str.isalpha, text)) or None,
        example=("a.b+c@example.com", "abcexamplecom"),
    )
    share = Share(field="email", transform=letters)
    assert share.transform_name == "letters_only"
    assert disclose(FULL, manifest(share), "upload_conversions").value.email == "personexamplecom"


def test_a_transform_that_does_not_give_its_own_example_is_refused() -> None:
    with pytest.raises(ValidationError, match="does not give its own example"):
        Transform(name="letters_only", function=str.upper, example=("a", "a"))


@pytest.mark.parametrize("documented", ["abexamplecom", hashlib.sha256(b"abexamplecom").hexdigest()])
def test_the_hub_hashes_after_a_transform_that_says_so_and_names_it_after_its_function(documented: str) -> None:
    def letters(text: str) -> str:
        return "".join(filter(str.isalpha, text))

    share = Share(
        field="email", transform=Transform(function=letters, example=("a.b@example.com", documented), sha256=True)
    )
    assert share.transform_name == "sha256_letters"
    shown = disclose(FULL, manifest(share), "upload_conversions").value.email
    assert shown == hashlib.sha256(b"personexamplecom").hexdigest()
    assert isinstance(share.transform, Transform) and share.transform("123") is None, "nothing is not hashed"


def test_cookies_are_declared_by_name_or_by_the_beginning_of_a_name() -> None:
    shown = disclose(FULL, manifest(Share(field="cookies", keys=("_ga_*",))), "upload_conversions")
    assert shown.value.cookies == {"_ga_ABC": "GS1.1.3"}


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("cookies", ""), ("cookies", "*"), ("cookies", "se*"), ("cookies", "_ga*x"), ("cookies", "user_name"),
        ("cookies", "ringfence"), ("cookies", "a;b"), ("cookies", None), ("click_ids", "email"), ("click_ids", "utm_source"),
        ("click_ids", "a|b"), ("click_ids", "x"), ("click_ids", "customer_id"),
    ],
)  # fmt: skip
def test_a_manifest_cannot_ask_pages_for_what_is_no_networks(field: str, key: str | None) -> None:
    with pytest.raises(ValueError, match=r"cookie|click id|parameter"):
        Share(field=field, keys=() if key is None else (key,))
    if field == "click_ids":
        with pytest.raises(ValueError, match=r"click id|parameter"):
            ClickId(parameter=key or "", source="somewhere")
