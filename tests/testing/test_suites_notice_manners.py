"""A suite that cannot fail is a defect: broken manifests, settings, imports, enrichers and consent rules are noticed."""

from __future__ import annotations

import socket
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from proving import Tame, try_promise
from pydantic import Field

from hub.api import Connector, DataFlow, Fact, PluginSettings, Recipient, Share, hookimpl
from hub.api.crm import KnownSource
from hub.api.privacy import Opinion
from hub.plugin_host.discovery import discover, imported

Plugins = Mapping[str, Tame]


def declaring(good: Any, **changes: Any) -> type[Connector]:
    return type("Broken", (good,), {"manifest": good.manifest.model_copy(update=changes)})


FLOW = DataFlow(hook="upload_conversions", use="sales", shares=(Share(field="shoe_size"),))
MANIFESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "no summary": ("the_manifest_says_what_the_plugin_is", {"summary": " "}),
    "another kind": ("the_manifest_says_what_the_plugin_is", {"kind": "crm"}),
    "no region": ("the_manifest_names_who_receives_what_and_where", {"regions": ()}),
    "a host for all": ("the_manifest_names_who_receives_what_and_where", {"hosts": ("*",)}),
    "a host for a whole country": ("the_manifest_names_who_receives_what_and_where", {"hosts": ("*.com",)}),
    "nobody receives": (
        "the_manifest_names_who_receives_what_and_where",
        {"recipient": Recipient(name="x", role="none")},
    ),
    "hosts kept quiet": ("the_manifest_names_who_receives_what_and_where", {"hosts": ()}),
    "an unknown field": ("the_declared_flows_fit_the_hooks", {"flows": (FLOW,)}),
    "a hook without a flow": (
        "the_declared_flows_fit_the_hooks",
        {"flows": (FLOW.model_copy(update={"hook": "log_calls", "shares": ()}),)},
    ),
    "a phone hashed as an email": (
        "the_declared_flows_fit_the_hooks",
        {"flows": (FLOW.model_copy(update={"shares": (Share(field="phone_number", transform="sha256_email"),)}),)},
    ),
    "a deletion that nobody does": (
        "what_is_kept_and_can_be_deleted_is_deleted_by_the_plugin",
        {"deletion": SimpleNamespace(supported=True, note="x")},
    ),
}


@pytest.mark.parametrize("defect", MANIFESTS)
def test_a_manifest_that_says_too_little_is_noticed(plugins: Plugins, defect: str) -> None:
    promise, changes = MANIFESTS[defect]
    with pytest.raises(AssertionError):
        try_promise(plugins["ads"], declaring(plugins["ads"].connector_class, **changes), promise)


class Undescribed(PluginSettings):
    api_key: str = Field(default="", description="The key.")
    base_url: str = ""


@pytest.mark.parametrize(
    "promise", ["every_setting_is_described_and_a_misspelled_one_is_an_error", "secrets_are_secret"]
)
def test_settings_without_a_description_or_with_an_open_secret_are_noticed(plugins: Plugins, promise: str) -> None:
    tame = plugins["ads"]
    good = tame.connector_class
    with pytest.raises(AssertionError):
        try_promise(tame, type("Broken", (good,), {"Settings": Undescribed}), promise)


def test_a_misspelled_hook_and_a_wrong_argument_stop_the_start(plugins: Plugins) -> None:
    tame = plugins["ads"]
    good = tame.connector_class

    class Misspelled(good):  # type: ignore[misc]
        @hookimpl
        def upload_conversion(self, conversions: Any) -> Any:
            return []

    class Wrong(good):  # type: ignore[misc]
        @hookimpl
        def poll_receipts(self, receipts: Any) -> Any:
            return []

    for broken, words in ((Misspelled, "did you mean upload_conversions"), (Wrong, "wants the argument 'receipts'")):
        with pytest.raises(AssertionError, match=words):
            try_promise(tame, broken, "every_hook_is_known_and_takes_the_right_arguments")


def test_a_missing_hook_is_noticed(plugins: Plugins) -> None:
    tame = plugins["ads"]
    good = tame.connector_class
    with pytest.raises(AssertionError, match="upload_conversions"):
        try_promise(tame, type("Broken", (good,), {"upload_conversions": None}), "the_hooks_of_the_family_are_there")


LINES = {
    "importing_the_plugin_imports_no_vendor_library": "import grpc",
    "the_plugin_imports_hub_api_and_nothing_else_of_ours": "from hub.errors import AuthError",
    "the_readme_tells_what_people_must_know": "",
}


@pytest.mark.parametrize("promise", LINES)
def test_a_plugin_without_manners_is_noticed(plugins: Plugins, tmp_path: Path, promise: str) -> None:
    name = f"rude_{promise[:9]}"
    file = tmp_path / f"{name}.py"
    file.write_text(
        f"{LINES[promise]}\n"
        "from hub.api import Connector, Manifest, PluginSettings, Recipient\n"
        "class Rude(Connector):\n"
        "    Settings = PluginSettings\n"
        f"    manifest = Manifest(name={name!r}, kind='consent', version='1', summary='x',\n"
        "                        recipient=Recipient(name='nobody', role='none'))\n"
    )
    rude = imported(discover([file]).classes[name])
    try:
        with pytest.raises(AssertionError):
            try_promise(plugins["consent"], rude, promise)
    finally:
        del sys.modules[rude.__module__]


Enrich = Callable[[Any, Any, Any], Any]
ENRICHERS: dict[str, tuple[str, Enrich]] = {
    "facts about nobody": (
        "nothing_is_said_of_a_caller_who_hides",
        lambda self, honest, caller: [Fact(name="name", value="x", category="user.name")],
    ),
    "an empty fact": (
        "facts_about_a_known_caller_are_valid",
        lambda self, honest, caller: [replace(fact, value=" ") for fact in honest(caller)],
    ),
    "one fact twice": (
        "facts_about_a_known_caller_are_valid",
        lambda self, honest, caller: [*honest(caller), *honest(caller)],
    ),
    "a number that breaks it": ("no_caller_breaks_the_plugin", lambda self, honest, caller: int(caller.phone_number)),
    "another fact each time": (
        "the_same_caller_has_the_same_facts",
        lambda self, honest, caller: [Fact(name="name", value=uuid.uuid4().hex, category="user.name")],
    ),
}


@pytest.mark.parametrize("defect", ENRICHERS)
def test_a_broken_enricher_fails_at_the_promise_it_breaks(plugins: Plugins, defect: str) -> None:
    tame = plugins["enrichment"]
    good = tame.connector_class
    promise, enrich = ENRICHERS[defect]

    class Broken(good):  # type: ignore[misc]
        @hookimpl
        def enrich_caller(self, caller: Any) -> Any:
            return enrich(self, super().enrich_caller, caller)

    with pytest.raises(AssertionError):
        try_promise(tame, Broken, promise)


def said(verdict: Any) -> Opinion:
    return Opinion(verdict=verdict, rule_id="x", reason="x")


Judge = Callable[[Any, Any], Any]
JUDGES: dict[str, tuple[str, Judge]] = {
    "silence": ("every_question_gets_an_opinion_with_its_rule", lambda self, q: None),
    "no rule": ("every_question_gets_an_opinion_with_its_rule", lambda self, q: replace(said("deny"), rule_id="")),
    "a clock": (
        "the_answer_comes_from_the_question_alone",
        lambda self, q: said("deny") if self.services.clock() else 0,
    ),
    "a call": ("the_answer_comes_from_the_question_alone", lambda self, q: self.services.http() and said("deny")),
    "chance": ("the_same_question_has_the_same_answer", lambda self, q: replace(said("deny"), reason=uuid.uuid4().hex)),
    "a refusal that loosens": ("a_refusal_never_loosens", lambda self, q: said("allow" if q.records else "needs")),
    "a signal that loosens": ("a_signal_never_loosens", lambda self, q: said("allow" if q.signals else "deny")),
    "the mildest place": (
        "one_more_place_never_loosens",
        lambda self, q: said("allow" if any(p.country == "US" for p in q.person_places) else "deny"),
    ),
    "the first place": (
        "the_order_of_places_and_signals_is_no_matter",
        lambda self, q: said("allow" if q.person_places and q.person_places[0].country == "US" else "deny"),
    ),
    "a category that loosens": (
        "one_more_category_never_loosens",
        lambda self, q: said("allow" if q.categories else "deny"),
    ),
}


@pytest.mark.parametrize("defect", JUDGES)
def test_a_broken_consent_plugin_fails_at_the_promise_it_breaks(
    plugins: Plugins, defect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tame = plugins["consent"]
    good = tame.connector_class
    promise, answer = JUDGES[defect]

    class Broken(good):  # type: ignore[misc]
        @hookimpl
        def judge(self, question: Any) -> Any:
            return answer(self, question)

    with pytest.raises(AssertionError):
        try_promise(tame, Broken, promise, monkeypatch=monkeypatch)


def knows(value: str, kind: str = "utm_source", medium: str = "email") -> KnownSource:
    return KnownSource(kind=kind, value=value, source="mailer", medium=medium)  # type: ignore[arg-type]


SOURCES: dict[str, Callable[[Any], Any]] = {
    "a value in another form": lambda self: [knows("Mailer")],
    "a host with a path": lambda self: [knows("mail.example.com/x", "host")],
    "an unknown kind": lambda self: [knows("mailer", "cookie")],
    "no medium": lambda self: [knows("mailer", medium="")],
    "one value twice": lambda self: [knows("mailer"), knows("mailer")],
    "another value": lambda self: ["mailer"],
    "a call": lambda self: socket.create_connection(("mail.example.com", 443)) and [],
}


@pytest.mark.parametrize("defect", SOURCES)
def test_a_plugin_that_lists_sources_as_nobody_can_look_them_up_is_noticed(
    plugins: Plugins, defect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tame = plugins["crm"]
    good = tame.connector_class

    class Broken(good):  # type: ignore[misc]
        @hookimpl
        def list_sources(self) -> Any:
            return SOURCES[defect](self)

    with pytest.raises(AssertionError):
        try_promise(tame, Broken, "the_sources_that_it_knows_are_exact_and_come_from_memory", monkeypatch=monkeypatch)
