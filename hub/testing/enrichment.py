"""What a plugin that knows facts about callers must prove."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

import pytest

from hub.contracts.connector import Connector
from hub.contracts.disclosure import disclose
from hub.contracts.facts import KNOWN_FACTS, Caller, Fact
from hub.contracts.sandbox import Sandbox
from hub.hookspecs import EnrichmentHooks
from hub.testing import samples
from hub.testing.asking import WireCall, ask, attempt
from hub.testing.secrecy import leaked, listening, personal_texts
from hub.testing.wire import WireConformance

ODD_NUMBERS = (
    "+1",
    "anonymous",
    "+266696687",
    "sip:pat@example.com",
    "+1 (312) 555-0142 x89",
    "+1312555０142",
    "+" + "9" * 40,
    "+1911",
    "\x00",
    "☎",
)


class EnrichmentConformance(WireConformance):
    """Valid facts about a known caller, and none about an unknown one."""

    kind = "enrichment"
    required_hooks: ClassVar[frozenset[str]] = frozenset({"enrich_caller"})
    known_number: ClassVar[str] = "+13125550142"
    """A number about which the plugin knows facts; its sandbox may set another one as `known_number`."""
    known_domain: ClassVar[str] = "example.com"
    """The domain of the known caller's email address; its sandbox may set another one as `known_domain`."""

    def wire_calls(self, connector: Connector, sandbox: Sandbox) -> Iterable[WireCall]:
        yield WireCall("enrich_caller", {"caller": self._known_caller(connector, sandbox)})

    def _known(self, sandbox: Sandbox | None) -> str:
        return str(getattr(sandbox, "known_number", self.known_number))

    def _known_caller(self, connector: Connector, sandbox: Sandbox | None, name: str | None = None) -> Caller:
        domain = str(getattr(sandbox, "known_domain", self.known_domain))
        caller = Caller(phone_number=self._known(sandbox), caller_name=name, email_domain=domain)
        return disclose(caller, connector.manifest, "enrich_caller").value

    def _caller(self, connector: Connector, number: str | None) -> Caller:
        return disclose(Caller(phone_number=number), connector.manifest, "enrich_caller").value

    def _facts(self, connector: Connector, caller: Caller) -> Sequence[Fact]:
        facts = ask(connector, EnrichmentHooks.enrich_caller, caller=caller)
        return facts

    def test_facts_about_a_known_caller_are_valid(self, connector: Connector, sandbox: Sandbox | None) -> None:
        facts = self._facts(connector, self._known_caller(connector, sandbox, "PAT DOE"))
        assert facts, f"nothing is known of {self._known(sandbox)}; set `known_number` on the test class or the sandbox"
        for fact in facts:
            assert fact.name.strip(), "a fact has an empty name"
            assert isinstance(fact.value, str) and fact.value.strip(), (
                f"the value of {fact.name!r} is not a text, or empty"
            )
            known = KNOWN_FACTS.get(fact.name)
            assert known is None or re.fullmatch(known.form, fact.value), (
                f"the hub reads {fact.name!r}, and this value is not like {known.like!r} (`hub docs hooks#fact`)"
            )
            assert fact.confidence > 0, f"the confidence of {fact.name!r} is 0: leave the fact out"
            assert fact.lifetime is None or fact.lifetime.total_seconds() >= 0, f"the lifetime of {fact.name!r} is over"
        assert len({fact.name for fact in facts}) == len(facts), "one fact a name"

    def test_the_same_caller_has_the_same_facts(self, connector: Connector, sandbox: Sandbox | None) -> None:
        caller = self._known_caller(connector, sandbox)
        first, second = self._facts(connector, caller), self._facts(connector, caller)
        assert first == second, "the second look-up of a caller gave other facts than the first"

    def test_nothing_is_said_of_a_caller_who_hides(self, connector: Connector) -> None:
        said = [fact.name for fact in self._facts(connector, self._caller(connector, None))]
        assert not said, f"the caller hides the number, and the plugin says {said[0]}; return an empty list"

    def test_nobody_is_named_for_a_number_that_the_provider_does_not_know(
        self, connector: Connector, sandbox: Sandbox | None
    ) -> None:
        if sandbox is None:
            pytest.skip("this plugin calls nobody")
        for number in (samples.person_number(), *samples.FOREIGN.values()):
            facts = self._facts(connector, self._caller(connector, number))
            names = [fact.name for fact in facts if fact.category.startswith("user.name")]
            assert not names, f"nobody knows whose number it is, and the plugin says {names[0]}"

    def test_no_caller_breaks_the_plugin(self, connector: Connector) -> None:
        for number in (*ODD_NUMBERS, self.known_number):
            caller = self._caller(connector, number)
            with listening() as lines:
                reply = attempt(connector, EnrichmentHooks.enrich_caller, caller=caller)
            assert not leaked([*reply.texts(), *lines], personal_texts(caller)), (
                "an error or a log line tells the number"
            )
