"""A config.yaml that is right, and what it becomes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from config_samples import ENVIRON, GOOD, Phone, installed_plugins
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import field_validator

from hub.api import Money
from hub.config.durations import parse_span
from hub.config.loading import load_config
from hub.config.redacted import shown
from hub.config.schedule import parse_schedule
from hub.errors import ConfigError


def test_a_right_file_becomes_typed_settings(load: Any) -> None:
    config = load()
    assert config.connectors["phone"].settings.auth_token.get_secret_value() == ENVIRON["PHONE_TOKEN"]
    assert config.connectors["phone"].common.schedule.every == timedelta(minutes=15)
    assert config.connectors["ads"].serves("north")
    assert not config.connectors["ads"].serves("south")
    assert [rule.value for rule in config.conversions] == [Money(Decimal("40"), "USD"), "from outcome"]
    assert config.conversions[0].when.min_duration == timedelta(seconds=60)
    assert [entry.name for entry in config.of_kind("carrier")] == ["phone"]
    (company,) = config.companies
    assert [tracker.name for tracker in company.trackers] == ["pool", "print"]


def test_numbers_are_read_as_people_write_them(load: Any) -> None:
    trackers = load().companies[0].trackers
    assert trackers[0].numbers == ("+13125550100", "+13125550101")


def test_a_country_named_no_is_norway(load: Any) -> None:
    assert load(GOOD.replace("        route", "        country: NO\n        route")).companies[0].country == "NO"


def test_a_byte_order_mark_changes_nothing(load: Any) -> None:
    assert load(b"\xef\xbb\xbf" + GOOD.encode()).companies


def test_an_alias_stands_for_what_it_names(load: Any) -> None:
    text = GOOD.replace("route: {dial", "route: &way {dial").replace(
        "carrier: phone", "carrier: phone\n            route: *way"
    )
    company = load(text).companies[0]
    assert company.trackers[0].route == company.route


def test_relative_paths_start_at_the_folder_of_the_file(load: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n")
    (tmp_path / "extra").mkdir()
    asked: list[Any] = []

    def discover(folders: Any) -> Any:
        asked.extend(folders)
        return installed_plugins(folders)

    text = GOOD.replace("${env:PHONE_TOKEN}", "Bearer ${file:secret}")
    text = text.replace("  secret_keys", "  database: sqlite:///data/x.db\n  plugin_dirs: [extra]\n  secret_keys")
    config = load(text, discover=discover)
    assert config.connectors["phone"].settings.auth_token.get_secret_value() == "Bearer from-a-file"
    assert config.hub.database == f"sqlite:///{tmp_path}/data/x.db"
    assert config.hub.plugin_dirs == (str(tmp_path / "extra"),)
    assert asked == [tmp_path / "extra"]


@pytest.mark.parametrize(
    "url", ["sqlite:////var/lib/x.db", "sqlite:///:memory:", "sqlite://", "postgresql+psycopg://me@db/x"]
)
def test_other_databases_stay_as_they_are_written(load: Any, url: str) -> None:
    assert load(GOOD.replace("  secret_keys", f'  database: "{url}"\n  secret_keys')).hub.database == url


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.yaml", tmp_path, Path("\0")):
        with pytest.raises(ConfigError) as caught:
            load_config(path, installed_plugins)
        assert len(str(caught.value).splitlines()) == 1


# sandboxes

SANDBOXED = GOOD.replace("auth_token: ${env:PHONE_TOKEN}", "sandbox: true\n    region: eu")


def test_a_sandboxed_connector_needs_no_credentials_and_gets_its_settings_later(load: Any) -> None:
    entry = load(SANDBOXED).connectors["phone"]
    assert entry.in_sandbox
    with pytest.raises(ConfigError, match="runs in its sandbox"):
        _ = entry.settings
    settings = entry.with_sandbox({"auth_token": "of the stand-in", "port": 8081}).settings
    assert (settings.auth_token.get_secret_value(), settings.port, settings.region) == ("of the stand-in", 8081, "eu")


def test_a_sandboxed_connector_still_has_its_keys_checked(problems: Any) -> None:
    found = problems(SANDBOXED.replace("region: eu", "regoin: eu"))
    assert "did you mean `region`?" in str(found[0])


def test_a_sandbox_never_gets_a_real_secret_or_address(load: Any) -> None:
    text = SANDBOXED.replace(
        "region: eu",
        "region: eu\n    auth_token: ${env:PHONE_TOKEN}\n    spare_token: in-clear\n    base_url: https://api.example.com",
    )
    assert load(text).connectors["phone"].written == {"region": "eu"}


def test_any_configuration_runs_in_sandboxes_without_its_secrets(load: Any) -> None:
    config = load(GOOD, environ={}, sandbox=True)
    assert config.connectors["phone"].in_sandbox
    assert not config.connectors["ads"].in_sandbox  # its plugin has no stand-in
    assert config.hub.secret_keys == ()


def test_a_stand_in_that_does_not_fit_is_a_sentence(load: Any) -> None:
    with pytest.raises(ConfigError, match="remove port"):
        load(SANDBOXED).connectors["phone"].with_sandbox({"auth_token": "long enough", "port": "none"})


def test_a_sandbox_that_cannot_be_imported_is_a_problem(problems: Any) -> None:
    class Broken(Phone):
        @classmethod
        def sandbox_class(cls) -> Any:
            raise ImportError("starlette")

    def discover(folders: Any) -> Any:
        found = installed_plugins(folders)
        return type(found)({**found.classes, "phoneco": Broken})

    assert "the plugin's sandbox cannot be imported (ImportError)" in str(problems(SANDBOXED, discover=discover)[0])


def test_a_plugin_that_crashes_on_its_settings_is_a_problem(problems: Any) -> None:
    class Careless(Phone.Settings):
        @field_validator("region")
        @classmethod
        def _crash(cls, region: str) -> str:
            raise KeyError(region)

    class Crashing(Phone):
        Settings = Careless

    def discover(folders: Any) -> Any:
        found = installed_plugins(folders)
        return type(found)({**found.classes, "phoneco": Crashing})

    found = problems(GOOD.replace("    auth_token", "    region: eu\n    auth_token"), discover=discover)
    assert [str(problem) for problem in found] == [
        "line 5: connectors.phone: the plugin failed to check this (KeyError); update the plugin"
    ]


S3 = GOOD.replace(
    "conversions:\n",
    "recordings: {storage: 's3://calls/x', keep: 30 days, options: {key: '${env:S3_KEY}', anon: false}}\nconversions:\n",
    1,
)


def test_where_recordings_lie_has_a_default_beside_the_file(load: Any, tmp_path: Path) -> None:
    recordings = load(GOOD).recordings
    assert (recordings.storage, dict(recordings.options)) == (str(tmp_path / "data" / "recordings"), {})
    assert recordings.keep.days == 90 and recordings.delete_at_carrier is False


def test_another_storage_keeps_its_address_and_gets_its_options_by_reference(load: Any) -> None:
    config = load(S3, environ={**ENVIRON, "S3_KEY": "a-key-that-nobody-may-see"})
    assert config.recordings.storage == "s3://calls/x" and config.recordings.keep.days == 30
    assert config.recordings.options == {"key": "a-key-that-nobody-may-see", "anon": False}
    assert "nobody-may-see" not in yaml.safe_dump(shown(config))


def test_among_stand_ins_a_storage_needs_no_secrets(load: Any) -> None:
    assert load(S3, sandbox=True).recordings.options == {"anon": False}


# showing


def test_what_is_shown_is_resolved_and_masked(load: Any) -> None:
    text = GOOD.replace("  secret_keys", "  database: postgresql+psycopg://me:${env:PHONE_TOKEN}@db/x\n  secret_keys")
    seen = yaml.safe_dump(shown(load(text)))
    assert "nobody-may-see" not in seen
    assert shown(load(text))["hub"]["database"] == "postgresql+psycopg://me:***@db/x"
    assert shown(load(text))["connectors"]["phone"] == {
        "plugin": "phoneco",
        "schedule": "every 15 minutes",
        "auth_token": "***",
    }
    assert "+13125550120" in seen


@pytest.mark.parametrize("password", ["p@ss:wo/rd", "x", "%40"])
def test_a_password_in_a_database_address_is_masked_whatever_it_holds(load: Any, password: str) -> None:
    text = GOOD.replace("  secret_keys", "  database: 'postgresql+psycopg://me:${env:DB}@db/name'\n  secret_keys")
    config = load(text, environ={**ENVIRON, "DB": password})
    assert shown(config)["hub"]["database"] == "postgresql+psycopg://me:***@db/name"


# whatever is written

PIECES = st.sampled_from([
    "hub:", "connectors:", "accounts:", "companies:", "trackers:", "numbers:", "route:", "conversions:", "when:",
    "send_to:", "name: x", "plugin: phoneco", "- ", "  ", "\n", ": ", "{", "}", "[", "]", "&a ", "*a", "!!x", "<<: ",
    "? ", "|\n", "'", '"', "#", "\t", "--- ", "%YAML 1.1\n", "\\ud800", "${env:A}", "null", "true", "1", "2026-11-24",
])  # fmt: skip
WRITTEN = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join), st.binary(max_size=60))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=WRITTEN)
def test_no_text_ends_in_anything_but_a_list_of_problems(load: Any, text: str | bytes) -> None:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    with pytest.raises(ConfigError):
        load(raw)


LINES = GOOD.splitlines()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def _put(tree: Any, path: list[int], value: Any) -> Any:
    """`tree` with `value` where `path` leads."""
    if not path or not isinstance(tree, dict | list) or not tree:
        return value
    keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
    key = keys[path[0] % len(keys)]
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[key] = _put(tree[key], path[1:], value)
    return copy


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.lists(st.integers(0, 9), min_size=1, max_size=8), value=VALUES)
def test_any_value_anywhere_loads_or_is_a_problem(load: Any, path: list[int], value: Any) -> None:
    text = yaml.safe_dump(_put(yaml.safe_load(GOOD), path, value), allow_unicode=True)
    try:
        load(text.encode("utf-8", "surrogatepass"))
    except ConfigError as error:
        assert error.problems


@given(st.text())
def test_no_text_as_a_span_or_schedule_ends_in_anything_but_a_sentence(text: str) -> None:
    for parse in (parse_span, parse_schedule):
        try:
            parse(text)
        except ValueError as error:
            assert "write it like" in str(error)


@given(
    st.integers(0, 9_999_999), st.sampled_from(["s", "second", "seconds", "m", "minutes", "h", "hours", "d", "days"])
)
def test_a_span_is_its_count_of_units(count: int, unit: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit[0]]
    assert parse_span(f"{count} {unit}") == timedelta(seconds=count * seconds)


def test_a_kind_of_data_is_kept_shorter_at_will_and_longer_with_a_reason(load: Any) -> None:
    written = "retention:\n  call_metadata: 12mo\n  click_ids: {keep: 120d, reason: a network asks for 120 days}\n"
    loaded = load(GOOD.replace("conversions:\n", f"{written}conversions:\n"))
    assert loaded.retention.life("call_metadata") == timedelta(days=366)
    assert loaded.retention.life("click_ids") == timedelta(days=120)
    assert loaded.retention.reason("click_ids") == "a network asks for 120 days"
    assert loaded.retention.life("webhook_raw") == timedelta(days=30)
