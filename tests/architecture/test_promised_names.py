"""What hub.api promises to plugins holds."""

from __future__ import annotations

from typing_extensions import deprecated

from hub.plugin_host.packages.public_names import public_names
from hub.proof.docs.promised_names import broken, offered, promised

REMEDY = (
    "A plugin of before would break. CONTRIBUTING.md (hub.api) says when a line of hub/api/promised.tsv may change."
)
METHOD = {"hub.api.X": "class", "hub.api.X.ask() ->": "str", "hub.api.X.ask(url)": "1: str"}
STAND_IN = {"hub.api.sandbox.S": "protocol", "hub.api.sandbox.S.play() ->": "None"}


def test_no_name_that_was_promised_is_gone_or_narrower() -> None:
    found = broken(promised(), offered())
    assert not found, "\n".join([*found.values(), REMEDY])


def test_a_name_that_goes_is_told() -> None:
    assert broken({**METHOD, "hub.api.Y": "class"}, METHOD) == {"hub.api.Y": "hub.api.Y is gone."}


def test_another_type_is_told() -> None:
    found = broken(METHOD, {**METHOD, "hub.api.X.ask(url)": "1: bytes"})
    assert list(found.values()) == ["hub.api.X.ask(url) was '1: str' and is '1: bytes'."]


def test_a_parameter_that_became_optional_breaks_nothing_but_one_that_became_required_does() -> None:
    optional = {**METHOD, "hub.api.X.ask(url)": "1: str, optional"}
    assert broken(METHOD, optional) == {}
    assert list(broken(optional, METHOD)) == ["hub.api.X.ask(url)"]


def test_a_new_parameter_must_be_optional() -> None:
    assert list(broken(METHOD, {**METHOD, "hub.api.X.ask(key)": "2: str"})) == ["hub.api.X.ask(key)"]
    assert broken(METHOD, {**METHOD, "hub.api.X.ask(key)": "2: str, optional"}) == {}


def test_a_new_method_may_not_be_wanted_of_the_stand_ins_of_before() -> None:
    assert list(broken(STAND_IN, {**STAND_IN, "hub.api.sandbox.S.hear() ->": "str"})) == ["hub.api.sandbox.S.hear() ->"]
    assert broken(METHOD, {**METHOD, "hub.api.X.tell() ->": "None", "hub.api.X.tell(text)": "1: str"}) == {}


def test_the_list_has_constructors_fields_methods_constants_and_hooks() -> None:
    names = {
        "hub.api.Manifest(hosts)", "hub.api.RetryLater(after)", "hub.api.ads.JsonAds.row(item)", "hub.api.ads.ROWS",
        "hub.api.Receipt(code)", "hub.api.places.region_of() ->", "hook upload_conversions(conversions)",
    }  # fmt: skip
    assert names - offered().keys() == set()


def test_a_deprecated_name_says_what_to_use_instead() -> None:
    known = {f"{module}.{name}" for module, names in public_names().items() for name in names}
    texts = {
        name: getattr(value, "__deprecated__", None) for each in public_names().values() for name, value in each.items()
    }
    assert [name for name, text in texts.items() if text and not any(each in text for each in known)] == []
    assert deprecated("use hub.api.Money")(type("Old", (), {})).__deprecated__ == "use hub.api.Money"
