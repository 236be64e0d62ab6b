"""Which changes move a secret: any configuration, any edit of it, whoever makes it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from hub.config.error_messages import fields_of, models_in, secret_paths
from hub.config.models import ConnectorCommon
from hub.plugin_host.discovery import discover
from hub.reload.secret_moves import ConfigEdit, addresses_of, references_in, secret_moves, secret_refusals, shown_host

COMMON = frozenset(ConnectorCommon.model_fields)


class Inner(BaseModel):
    """A section of the settings."""

    token_url: str = "https://login.example.com/token"
    secret: SecretStr | None = None


class Settings(BaseModel):
    """A plugin's settings."""

    key: SecretStr | None = None
    base_url: str = "https://api.example.com"
    server: str | None = None
    note: str = ""
    inner: Inner = Inner()


names = st.sampled_from(["a", "b", "c"])
addresses = st.sampled_from(
    [
        "https://api.example.com",
        "https://api.example.com/",
        "https://evil.example.net",
        "evil.example.net",
        "${env:URL}",
    ]
)
references = st.sampled_from(
    ["${env:HUB}", "${env:ONE}", "${env:LISTED}", "${secret:a.key}", "${secret:new}", "${file:x}"]
)
entries = st.fixed_dictionaries(
    {"plugin": st.sampled_from(["p", "q", "unknown"]), "key": references},
    optional={
        "base_url": addresses,
        "server": addresses,
        "note": st.sampled_from(["", "x", "${env:ONE}"]),
        "sandbox": st.booleans(),
        "schedule": st.just("every 5 minutes"),
        "inner": st.fixed_dictionaries({}, optional={"token_url": addresses, "secret": references}),
    },
)
configs = st.fixed_dictionaries(
    {
        "hub": st.just({"secret_keys": ["${env:HUB}"], "browser_references": ["env:LISTED", "env:HUB"]}),
        "connectors": st.dictionaries(names, entries, min_size=1, max_size=3),
    }
)
people = st.fixed_dictionaries(
    {
        "is_owner": st.booleans(), "is_fresh": st.booleans(), "is_shared": st.booleans(),
        "typed": st.sets(st.sampled_from(["new", "other"])).map(frozenset),
        "signed_in": st.sets(names).map(frozenset),
    }
)  # fmt: skip


@st.composite
def changes(draw: Any) -> tuple[Any, Any]:
    """A configuration, and the same with one or two changes by hand."""
    old = draw(configs)
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(1, 2))):
        connectors = new["connectors"]
        name, other = draw(names), draw(entries)
        if name not in connectors or draw(st.integers(0, 5)) == 0:
            connectors[name] = copy.deepcopy(draw(st.sampled_from([other, *old["connectors"].values()])))
        elif other.keys() - {"plugin"}:
            key = draw(st.sampled_from(sorted(other.keys() - {"plugin"})))
            connectors[name][key] = other[key]
    return old, new


def edit_of(old: Any, new: Any, **who: Any) -> ConfigEdit:
    return ConfigEdit(old=old, new=new, settings={"p": Settings, "q": Settings}, common=COMMON, **who)


def sent(config: Any) -> Iterator[tuple[str, str, str]]:
    """Connector, a secret that it sends, and all addresses that it may send it to: written independently of the product."""
    for name, entry in config["connectors"].items():
        inner, known = entry.get("inner", {}), entry["plugin"] != "unknown"
        where = [
            entry["plugin"],
            entry.get("sandbox") is True,
            entry.get("base_url", Settings().base_url if known else "").rstrip("/"),
            entry.get("server"),
            inner.get("token_url", Inner().token_url if known else "").rstrip("/"),
        ]
        for value in (entry.get("key"), entry.get("note"), inner.get("secret")):
            if value and "${" in value:
                yield name, value, str(where)


@given(changes(), people)
def test_an_accepted_change_sends_a_stored_secret_only_where_it_went_before(change: Any, who: Any) -> None:
    old, new = change
    edit = edit_of(old, new, **who)
    if secret_refusals(edit):
        return
    before = set(sent(old))
    for name, value, where in set(sent(new)) - before:
        free = {"${env:LISTED}"} if who["is_owner"] and who["is_fresh"] and not who["is_shared"] else set()
        free |= {f"${{secret:{each}}}" for each in who["typed"]}
        unchanged = {(each, secret) for each, secret, _ in before}
        same_place = (name, value) in unchanged and where in {place for each, _, place in before if each == name}
        assert value in free or same_place, (name, value, where)


@given(configs, people)
def test_a_change_of_nothing_is_never_refused(config: Any, who: Any) -> None:
    assert secret_refusals(edit_of(config, copy.deepcopy(config), **who)) == []
    assert secret_moves(edit_of(config, copy.deepcopy(config), **who)) == []


@given(changes(), people)
def test_the_hubs_own_key_is_never_written_anew(change: Any, who: Any) -> None:
    old, new = change
    edit = edit_of(old, new, **who)
    new_places = set(references_in(new)) - set(references_in(old))
    if any(text == "${env:HUB}" for _, text in new_places):
        assert secret_refusals(edit)


@given(changes(), people)
def test_only_an_owner_with_a_recent_sign_in_moves_what_is_stored(change: Any, who: Any) -> None:
    old, new = change
    edit = edit_of(old, new, **who)
    if secret_moves(edit) and not (who["is_owner"] and who["is_fresh"]):
        assert secret_refusals(edit)


@given(changes(), people)
def test_what_is_noted_names_no_secret_and_no_whole_address(change: Any, who: Any) -> None:
    old, new = change
    for refusal in secret_refusals(edit_of(old, new, **who)):
        assert "https://" not in refusal.attempt and "/token" not in refusal.attempt


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://user:pass@evil.example.net:8443/secret?key=1", "evil.example.net:8443"),
        ("https://api.twilio.com@evil.example.net/", "evil.example.net"),
        ("sip.example.com:5060", "sip.example.com:5060"),
        ("${env:URL}", "an address of the machine"),
        ("https://[::1", "an address that cannot be read"),
    ],
)
def test_the_audit_log_gets_hosts_alone(address: str, host: str) -> None:
    assert shown_host(address) == host


@pytest.mark.parametrize(
    ("value", "is_address"),
    [
        ("evil.example.net", True),
        ("evil.example.net:8443/x", True),
        ("evil.example.net.", True),
        ("198.51.100.7", True),
        ("2001:db8::7", True),
        ("[2001:db8::7]:443", True),
        ("localhost:9", True),
        ("evil.xn--p1ai", True),
        ("wss://evil", True),
        ("sales", False),
        ("08:00", False),
        ("66.0", False),
        ("+13125550190", False),
    ],
)
def test_a_host_is_an_address_whatever_its_setting_is_called(value: str, is_address: bool) -> None:
    assert bool(addresses_of(None, {"target": value})) == is_address


def test_an_old_key_leaves_a_list_and_the_others_stay() -> None:
    old = {"connectors": {"a": {"plugin": "p", "former": ["${env:ONE}", "${env:TWO}"]}}}
    new = {"connectors": {"a": {"plugin": "p", "former": ["${env:TWO}"]}}}
    assert secret_refusals(edit_of(old, new)) == [] and secret_refusals(edit_of(new, old))


NO_ADDRESS = {
    "bandwidth": "account_id client_id callback_user callback_networks application_id messaging_application_id site_id "
    "location_id search_state",
    "chat_agent": "model notes",
    "chat_model": "model",
    "deepgram": "model",
    "ga4": "measurement_id",
    "google_ads": "customer_id login_customer_id linked_customer_id credentials.client_id api_version",
    "google_contacts": "client_id purpose",
    "hubspot": "client_id api_version call_property currency country",
    "jurisdictions": "trades_in marketing_hours",
    "linkedin": "version",
    "meta": "dataset_id test_event_code ad_account_id version",
    "microsoft_ads": "tag_id client_id customer_id account_id",
    "model_server": "model",
    "phrases": "rules.language rules.name rules.say rules.never rules.not rules.near",
    "pinterest": "ad_account_id",
    "plivo": "auth_id application_id",
    "close": "country qualified",
    "pipedrive": "country qualified",
    "reddit": "pixel_id test_id",
    "snapchat": "pixel_id",
    "salesforce": "client_id username api_version country time_zone call_key_field task_status currency",
    "scripted": "rules.name rules.say rules.not rules.hear rules.after rules.choose rules.language ask_again",
    "sip": "trunk.username trunk.caller_username numbers listen phones.listen phones.named.number rtp_ports "
    "country limits.countries limits.time_zone folder voices whisper_model",
    "speech_server": "model",
    "telnyx": "public_key account_id application_id messaging_profile_id",
    "tiktok": "pixel_code offline_event_set_id test_event_code",
    "twilio": "account_sid rest_key_sid",
    "twilio_lookup": "account_sid rest_key_sid",
    "vonage": "application_id",
    "whisper": "model",
}
"""Texts of the built-in plugins that say nothing about where secrets go. Add a new setting here only if that is so."""


def texts_of(model: type[BaseModel], place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, field in fields_of(model).items():
        inner = models_in(field.annotation)
        for each in inner:
            yield from texts_of(each, (*place, key))
        words = str(field.annotation)
        if (
            not inner
            and ("str" in words or "Path" in words or "Any" in words or "Network" in words)
            and "dict" not in words
        ):
            yield (*place, key)


@pytest.mark.parametrize("plugin", sorted(discover([]).classes))
def test_each_text_that_a_built_in_plugin_takes_is_an_address_or_listed_here(plugin: str) -> None:
    settings, left = discover([]).classes[plugin].Settings, set()
    for place in texts_of(settings):
        written = _written(place)
        known = (*addresses_of(settings, written), *secret_paths(settings, written))
        if place not in {each[: len(place)] for each in known}:
            left.add(place)
    assert {".".join(place) for place in left} == set(NO_ADDRESS.get(plugin, "").split())


def _written(place: tuple[str, ...]) -> dict[str, Any]:
    written: Any = "x"
    for key in reversed(place):
        written = {key: written}
    return written  # type: ignore[no-any-return]
