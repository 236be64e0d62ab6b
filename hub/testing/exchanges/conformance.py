"""The part of every suite that holds plugin and stand-in against what the vendor documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from hub.contracts.connector import Connector
from hub.contracts.sandbox import HttpSandbox, Sandbox
from hub.contracts.untrusted import JsonObject
from hub.testing.exchanges.exchange_checks import ExchangeChecks
from hub.testing.exchanges.exchange_file import exchange_paths, read_exchange_file
from hub.testing.exchanges.held_against import case_of, exchange_folder
from hub.testing.exchanges.messages import ExchangeError


class ExchangeConformance:
    """What the vendor's own documentation says, in files beside the plugin.

    `exchanges` names another folder of them. Without it a suite with a `sandbox_class` or `settings` of its own holds the
    plugin against none, because they are for the plugin's own stand-in.
    """

    connector_class: ClassVar[type[Connector]]
    sandbox_class: ClassVar[type[Sandbox] | None]
    settings: ClassVar[JsonObject]
    exchanges: ClassVar[Path | None] = None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each file."""
        if "exchange" not in metafunc.fixturenames:
            return
        own = self.settings or self.sandbox_class is not None
        folder = self.exchanges or (None if own else exchange_folder(self.connector_class))
        paths = exchange_paths(folder)
        if paths:
            metafunc.parametrize("exchange", paths, ids=list(map(case_of, paths)))

    @pytest.fixture
    def exchange(self) -> Path | None:
        """A file of exchanges; None if there is none."""
        return None

    @pytest.fixture
    def documented(self) -> Iterator[ExchangeChecks | None]:
        """The plugin with a stand-in that no other file has used; None if it has none that speaks HTTP."""
        stand_in = self.sandbox_class or self.connector_class.sandbox_class()
        if stand_in is None or not issubclass(stand_in, HttpSandbox):
            yield None
            return
        checks = ExchangeChecks(self.connector_class, stand_in)
        try:
            yield checks
        finally:
            checks.stop()

    def test_plugin_and_stand_in_are_as_the_vendor_documents(
        self, exchange: Path | None, request: pytest.FixtureRequest
    ) -> None:
        """Each file has requests and replies copied from the vendor's documentation. The stand-in answers a documented request
        with the documented status and fields, the plugin sends the documented request and reads the documented reply, and it
        understands the documented webhook. A mistake that plugin and stand-in share is seen only here."""
        if exchange is None:
            pytest.skip("no exchanges of the vendor are given")
        documented = request.getfixturevalue("documented")
        if documented is None:
            pytest.skip("this plugin has no stand-in that speaks HTTP")
        try:
            documented.check(read_exchange_file(exchange))
        except ExchangeError as error:
            pytest.fail(str(error), pytrace=False)
