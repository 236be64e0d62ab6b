"""What every plugin of every family must prove: its manifest, its settings, its hooks, its behavior."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from hub.contracts.connector import ConnectionReport, Connector
from hub.contracts.manifest import DELETION_UNSAID, NOTHING_KEPT, UNSAID
from hub.contracts.sandbox import Sandbox
from hub.contracts.sources import KnownSource
from hub.contracts.third_parties import is_third_party
from hub.contracts.untrusted import JsonObject
from hub.hookspecs import OperationHooks, SourceHooks
from hub.plugin_host.inspection.hooks import flow_findings, hook_findings
from hub.plugin_host.inspection.returns import return_findings
from hub.plugin_host.inspection.sources import source_findings
from hub.sources.plugin_rules import wrong_with
from hub.testing.asking import ask, crashes, implemented_hooks
from hub.testing.exchanges.conformance import ExchangeConformance
from hub.testing.factories import FrozenClock, connect
from hub.testing.secrecy import secrets_of
from hub.testing.violations.imports import begin_import, imported_alone
from hub.testing.violations.refusals import take_refused

SECRET_NAME = re.compile(
    r"(secret|token|password|api_key|private_key|auth_key)(?!.*(_url|_uri|_id|_path|_type|_name)$)"
)
PROVIDER_ZONE = ZoneInfo("America/Chicago")
"""Providers write times in zones of their own; the hub's are in UTC."""
BATCHES = ("ads", "crm")
"""Kinds that send items in batches, whose size people must know."""
README_WORDS = {
    "its limits": "limit",
    "its fields": "field",
    "what cannot be undone": "undone",
    "the set-up": "set.?up",
}


class ConnectorConformance(ExchangeConformance):
    """The part of every suite that needs no provider.

    A plugin's test subclasses the suite of its family and sets `connector_class`; `settings` are added to the
    sandbox's, and `sandbox_class` replaces the plugin's own sandbox.
    """

    connector_class: ClassVar[type[Connector]]
    sandbox_class: ClassVar[type[Sandbox] | None] = None
    settings: ClassVar[JsonObject] = {}
    kind: ClassVar[str]
    required_hooks: ClassVar[frozenset[str]] = frozenset()
    patience: ClassVar[float] = 0.05
    """Seconds that an impatient connector waits for a sandbox that never answers."""

    @classmethod
    def begin(cls, promises: Iterable[str]) -> None:
        """Begin what takes long beside the other promises, of those whose tests have these names."""
        module = _module(cls.connector_class)
        if any(name.startswith("test_importing_the_plugin") for name in promises):
            begin_import(module.__name__, module.__file__)

    @pytest.fixture(autouse=True)
    def nothing_refused(self) -> Iterator[None]:
        """No promise is kept while the plugin tries what a hub refuses: other hosts, files and programs."""
        yield
        tried = take_refused()
        assert not tried, f"it tried to {', and to '.join(tried)}"

    @pytest.fixture(scope="class")
    @classmethod
    def clock(cls) -> FrozenClock:
        """The clock of the connector and its sandbox."""
        return FrozenClock()

    @pytest.fixture(scope="class")
    @classmethod
    def started_sandbox(cls, clock: FrozenClock) -> Iterator[Sandbox | None]:
        """The plugin's sandbox, started one time per class; None for a plugin that calls no provider."""
        stand_in = cls.sandbox_class or cls.connector_class.sandbox_class()
        if stand_in is None:
            yield None
            return
        sandbox = stand_in(lambda: clock().astimezone(PROVIDER_ZONE))
        sandbox.start()
        try:
            yield sandbox
        finally:
            sandbox.stop()

    @pytest.fixture
    def sandbox(
        self, request: pytest.FixtureRequest, started_sandbox: Sandbox | None, clock: FrozenClock
    ) -> Sandbox | None:
        """The sandbox, without the faults of earlier tests, and a minute after them."""
        clock.advance(minutes=1)
        if started_sandbox is not None:
            started_sandbox.heal()
            crashes(started_sandbox).clear()
            request.node.stand_in = started_sandbox
        return started_sandbox

    @pytest.fixture
    def connector(self, sandbox: Sandbox | None, clock: FrozenClock) -> Connector:
        """A connector that uses the sandbox."""
        return self.connected(sandbox, clock)

    def connected(self, sandbox: Sandbox | None, clock: Callable[[], datetime]) -> Connector:
        """Another connector of the plugin, as after a restart."""
        return connect(self.connector_class, sandbox, clock=clock, **self.settings)

    # The manifest

    def test_the_manifest_says_what_the_plugin_is(self) -> None:
        manifest = self.connector_class.manifest
        assert manifest.kind == self.kind, f"this suite is for plugins of kind {self.kind!r}"
        assert manifest.summary.strip() and manifest.version.strip(), "fill in summary and version"
        assert manifest.deletion.note.strip(), "say in deletion.note what can be deleted, and what cannot and why"
        named = {each.setting for each in manifest.versions if each.setting}
        unknown = sorted(named - self.connector_class.Settings.model_fields.keys())
        assert not unknown, f"versions names {unknown[0]!r}, which Settings does not have"

    def test_the_manifest_names_who_receives_what_and_where(self) -> None:
        manifest = self.connector_class.manifest
        if not manifest.hosts and not manifest.network_library:
            assert manifest.recipient.role == "none", "a recipient without hosts: declare the hosts that are called"
            return
        assert manifest.recipient.role != "none", "hosts are called, so somebody receives data: give its role"
        if not manifest.hosts:
            return  # who receives it is the customer's own choice, in the settings
        assert manifest.recipient.name.strip() and (manifest.recipient.privacy_url or "").startswith("https://"), (
            "give the recipient's name and the https:// address of its privacy policy"
        )
        assert manifest.regions, "say in which countries the data lands"
        assert all(re.fullmatch(r"[A-Z]{2}", region) for region in manifest.regions), "regions are ISO 3166 codes"
        for host in manifest.hosts:
            assert re.fullmatch(r"(\*\.)?([a-z0-9-]+\.)+[a-z]{2,}", host), f"{host!r} is no host or is too wide"
        if any(is_third_party(manifest.recipient.role, flow.use) for flow in manifest.flows):
            assert manifest.recipient.postal_address, (
                "give the recipient's postal_address: it is a third party, and an answer to people in California must name its "
                "address (Civil Code 1798.83)"
            )

    def test_the_manifest_says_how_long_data_is_kept_and_whether_it_can_be_deleted(self) -> None:
        """What a manifest leaves out of `retention` and `deletion` stands in the data map as not said. Only a recipient of the
        role `none` keeps nothing for sure."""
        manifest = self.connector_class.manifest
        if not manifest.flows:
            pytest.skip("no personal data is given to this plugin")
        assert manifest.retention != UNSAID, (
            'say how long the recipient keeps what it is given, as retention="not kept"'
        )
        assert manifest.deletion != DELETION_UNSAID, (
            'say whether the recipient deletes it on request, as deletion=Deletion(supported=True, note="It keeps nothing.")'
        )

    def test_the_declared_flows_fit_the_hooks(self) -> None:
        found = list(flow_findings(self.connector_class))
        assert not found, "; ".join(map(str, found))
        flows = self.connector_class.manifest.flows
        assert len({flow.hook for flow in flows}) == len(flows), "one flow a hook"
        for flow in flows:
            for share in flow.shares:
                if (
                    "email" in share.transform_name
                    or "e164" in share.transform_name
                    or "digits" in share.transform_name
                ):
                    word = "email" if "email" in share.transform_name else "phone"
                    assert word in share.field, f"{flow.hook}: {share.transform_name} is not for {share.field!r}"

    def test_what_is_kept_and_can_be_deleted_is_deleted_by_the_plugin(self, connector: Connector) -> None:
        manifest = self.connector_class.manifest
        if manifest.flows and manifest.deletion.supported and manifest.retention != NOTHING_KEPT:
            assert "erase_person" in implemented_hooks(connector), "deletion is declared: implement erase_person"

    def test_a_plugin_that_reads_what_a_person_owns_says_what_the_person_agrees_to(self, connector: Connector) -> None:
        request = connector.owner_sign_in()
        assert connector.of_owner == (request is not None), "set of_owner and implement owner_sign_in, or neither"
        if request is None:
            return
        text = request.consent_text
        assert f"hub connectors disconnect {connector.name}" in text, "say how the owner takes it back"
        assert connector.manifest.recipient.name in text, "say who learns what is asked for"
        assert request.scopes == connector.manifest.auth.scopes, "ask for the scopes that the manifest declares"

    def test_what_people_are_asked_for_at_a_sign_in_is_declared_in_words(self, connector: Connector) -> None:
        auth = connector.manifest.auth
        if not auth.asks:
            assert connector.sign_in() is None, "say in auth.asks what the sign-in asks for, and why"
            return
        needed = {name for scope in auth.asks if scope.required for name in scope.name.split()}
        assert needed == set(auth.scopes), (
            "explain each scope of auth.scopes in auth.asks, and no other that is required"
        )
        assert "list_accounts" in implemented_hooks(connector), (
            "implement list_accounts, so that an account can be chosen"
        )
        settings = dict(_fields(self.connector_class.Settings))
        assert {each.rpartition(".")[2] for each in auth.first} <= settings.keys(), "auth.first names settings"
        request = connector.sign_in()
        if request is not None:
            named = {name for scope in auth.asks for name in scope.name.split()}
            assert set(request.scopes) <= named, "ask for the scopes that auth.asks explains"

    # The settings

    def test_every_setting_is_described_and_a_misspelled_one_is_an_error(self) -> None:
        for model in filter(None, (self.connector_class.Settings, self.connector_class.Destination)):
            for name, info in model.model_fields.items():
                assert info.description, f"describe the setting {name!r}"
            with pytest.raises(ValidationError):
                model.model_validate({"no_such_setting": 1})

    def test_secrets_are_secret(self, connector: Connector) -> None:
        for name, annotation in _fields(self.connector_class.Settings):
            if SECRET_NAME.search(name):
                assert SecretStr in _parts(annotation), f"the setting {name!r} must be a SecretStr"
        secrets = secrets_of(connector.settings)
        shown = f"{connector.settings!r} {connector.settings} {connector!r} {connector.settings.model_dump_json()}"
        assert not [name for name in secrets if name in shown], "a secret can be read in the settings' text"
        if secrets:
            assert self.connector_class.manifest.auth.kind != "none", "there are secrets: declare auth in the manifest"

    # The hooks

    def test_every_hook_is_known_and_takes_the_right_arguments(self) -> None:
        """What `hub plugins` and the start of a hub say of the plugin's code too: names, arguments and results of hooks."""
        found = [*hook_findings(self.connector_class), *return_findings(self.connector_class)]
        assert not found, "; ".join(map(str, found))

    def test_the_hooks_of_the_family_are_there(self, connector: Connector) -> None:
        missing = self.required_hooks - implemented_hooks(connector)
        assert not missing, f"a plugin of kind {self.kind!r} implements {', '.join(sorted(missing))} too"

    def test_the_connection_check_reports(self, connector: Connector) -> None:
        if "check_connection" not in implemented_hooks(connector):
            pytest.skip("this plugin has no connection")
        report = ask(connector, OperationHooks.check_connection)
        assert isinstance(report, ConnectionReport) and report.ok and report.detail.strip(), report

    def test_the_sources_that_it_knows_are_exact_and_come_from_memory(
        self, connector: Connector, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if "list_sources" not in implemented_hooks(connector):
            pytest.skip("this plugin knows of no sources")

        def forbidden(*_: Any, **__: Any) -> Any:
            raise AssertionError("list_sources must not use the network")

        for name in ("socket", "create_connection", "getaddrinfo"):
            monkeypatch.setattr(socket, name, forbidden)
        listed = ask(connector, SourceHooks.list_sources)
        for known in listed:
            assert isinstance(known, KnownSource), f"list_sources gave {type(known).__name__}"
            assert wrong_with(known) is None, f"{known.value!r}: {wrong_with(known)}"
        values = [(known.kind, known.value) for known in listed]
        assert len(set(values)) == len(values), "list each value once"

    # The behavior

    def test_the_plugin_imports_hub_api_and_nothing_else_of_ours(self) -> None:
        """Nor does it use the network if its manifest says that nobody receives anything."""
        found = list(source_findings(self.connector_class))
        assert not found, "; ".join(map(str, found))

    def test_importing_the_plugin_imports_no_vendor_library(self) -> None:
        module = _module(self.connector_class)
        heavy, _ = imported_alone(module.__name__, module.__file__)
        assert not heavy, f"import {', '.join(heavy)} inside the functions that use them"

    def test_importing_the_plugin_does_nothing_that_a_hub_refuses(self) -> None:
        """No file besides its own is read or written, no program is started and nobody is called before a hook is."""
        module = _module(self.connector_class)
        _, refused = imported_alone(module.__name__, module.__file__)
        assert not refused, f"while it is imported, it tried to {', and to '.join(refused)}"

    def test_the_readme_tells_what_people_must_know(self) -> None:
        module = _module(self.connector_class)
        readme = Path(str(module.__file__)).with_name("README.md")
        packaged = hasattr(module, "__path__")
        text = (readme.read_text(encoding="utf-8") if readme.exists() else "") if packaged else module.__doc__ or ""
        assert text.strip(), "there is no README, or in a one-file plugin no docstring"
        topics = README_WORDS if self.connector_class.manifest.hosts else {}
        missing = [topic for topic, word in topics.items() if not re.search(word, text, re.IGNORECASE)]
        size = self.connector_class.manifest.limits.batch_size
        if self.kind in BATCHES and not re.search(rf"\b({size}|{size:,})\b", text):
            missing.append(f"that limits.batch_size is {size}")
        assert not missing, f"the README does not tell {', '.join(missing)}"


def _module(connector_class: type[Connector]) -> ModuleType:
    return sys.modules[connector_class.__module__]


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, info in model.model_fields.items():
        nested = [part for part in _parts(info.annotation) if isinstance(part, type) and issubclass(part, BaseModel)]
        for part in nested:
            yield from _fields(part)
        if not nested:
            yield name, info.annotation


def _parts(annotation: Any) -> list[Any]:
    arguments = getattr(annotation, "__args__", ())
    return [annotation, *(part for argument in arguments for part in _parts(argument))]
