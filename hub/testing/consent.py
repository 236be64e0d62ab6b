"""What a plugin for a privacy regime must prove."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from hub.contracts.connector import Connector
from hub.contracts.consent import STRICTNESS, ConsentQuestion, ConsentRecord, Duty, Opinion, Place, Signal
from hub.contracts.manifest import Recipient
from hub.hookspecs import ConsentHooks
from hub.testing.asking import ask
from hub.testing.connectors import ConnectorConformance

RECORDING = "telephony.recording"
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
PLACES = (
    (),
    (Place(country=None),),
    (Place(country="US", region="CA"),),
    (Place(country="US", region="IL"), Place(country="DE", basis="web_session")),
    (Place(country="GB"),),
    (Place(country="CA"),),
    (Place(country="ZZ", region="no such place"),),
)
USES = (
    "marketing.advertising.third_party.targeted",
    "analytics.reporting.ad_performance",
    "sales",
    "essential.service",
    "marketing.communications.sms",
    RECORDING,
)
CATEGORIES = (
    frozenset[str](),
    frozenset({"user.contact.phone_number"}),
    frozenset({"user.advertising.click_id", "user.telephony.call_metadata"}),
)
EVIDENCE = "said by +13125550142 on the phone"
SIGNALS = ((), (Signal(kind="gpc", at=NOW - timedelta(hours=1), evidence=EVIDENCE),))
STATES = (None, "given", "refused", "withdrawn")
AD_NETWORK = Recipient(name="Example Ads", role="independent_controller")


class ConsentConformance(ConnectorConformance):
    """An opinion on every question, from the question alone; a refusal never makes it less strict."""

    kind = "consent"
    required_hooks: ClassVar[frozenset[str]] = frozenset({"judge"})
    _answers: ClassVar[dict[tuple[type, ConsentQuestion], Opinion]] = {}

    def _judge(self, connector: Connector, question: ConsentQuestion) -> Opinion:
        opinion = ask(connector, ConsentHooks.judge, question=question)
        assert isinstance(opinion, Opinion), f"no opinion on {question}"
        return opinion

    def _answer(self, connector: Connector, question: ConsentQuestion) -> Opinion:
        """The opinion on a question, asked once in all tests: one of them holds that it never changes."""
        key = (type(self), question)
        if key not in self._answers:
            self._answers[key] = self._judge(connector, question)
        return self._answers[key]

    def _strictness(self, connector: Connector, question: ConsentQuestion) -> int:
        return STRICTNESS[self._answer(connector, question).verdict]

    def test_every_question_gets_an_opinion_with_its_rule(self, connector: Connector) -> None:
        for question in _questions():
            opinion = self._answer(connector, question)
            assert opinion.verdict in STRICTNESS and opinion.rule_id.strip() and opinion.reason.strip(), opinion
            assert all(isinstance(text, str) for item in opinion.evidence.items() for text in item)

    def test_the_same_question_has_the_same_answer(self, connector: Connector) -> None:
        first = [self._judge(connector, question) for question in _questions()]
        backwards = [self._judge(connector, question) for question in reversed(list(_questions()))]
        # One question at a time, because pytest takes minutes to explain the difference of two whole lists.
        for question, once, again in zip(_questions(), first, backwards[::-1], strict=True):
            assert once == again, question

    def test_the_answer_comes_from_the_question_alone(
        self, connector: Connector, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No network, no clock, no memory."""

        def forbidden(*_: Any, **__: Any) -> Any:
            raise AssertionError("judge must decide from the question alone")

        monkeypatch.setattr(socket, "socket", forbidden)
        monkeypatch.setattr(socket, "create_connection", forbidden)
        monkeypatch.setattr(socket, "getaddrinfo", forbidden)
        connector.services = replace(
            connector.services, clock=forbidden, http=forbidden, memory=_Nothing(), tokens=_Nothing()
        )
        for question in _questions():
            self._judge(connector, question)

    def test_the_reason_tells_nothing_of_the_persons_own_words(self, connector: Connector) -> None:
        """A record's evidence may hold a phone number, and many people read the reason."""
        for question in _questions():
            assert EVIDENCE not in self._answer(connector, question).reason, "the reason repeats a record's evidence"

    def test_a_refusal_never_loosens(self, connector: Connector) -> None:
        for question in _questions():
            before = self._strictness(connector, question)
            for state, use in itertools.product(("refused", "withdrawn"), (question.use, question.use.split(".")[0])):
                refusal = ConsentRecord(state=state, use=use, channel="phone", at=NOW, evidence="call")  # type: ignore[arg-type]
                after = replace(question, records=(*question.records, refusal))
                assert self._strictness(connector, after) >= before, f"a refusal loosened {question}"

    def test_a_signal_never_loosens(self, connector: Connector) -> None:
        for question in _questions():
            before = self._strictness(connector, question)
            for kind in ("gpc", "dnt"):
                signal = Signal(kind=kind, at=NOW, evidence="visit")
                after = replace(question, signals=(*question.signals, signal))
                assert self._strictness(connector, after) >= before, f"a signal loosened {question}"

    def test_one_more_place_never_loosens(self, connector: Connector) -> None:
        """The strictest of the places decides."""
        for question in _questions():
            before = self._strictness(connector, question)
            for more in filter(None, PLACES if question.person_places else ()):
                after = replace(question, person_places=(*question.person_places, *more))
                assert self._strictness(connector, after) >= before, f"a place loosened {question}"

    def test_one_more_place_never_takes_a_duty_of_a_recording_away(self, connector: Connector) -> None:
        """The duties before a call is recorded add up over the places; a question for consent also offers a refusal."""
        for question in _questions():
            before = self._answer(connector, question).duties
            assert question.use == RECORDING or not before, f"duties are of recordings alone, not of {question.use}"
            for more in filter(None, PLACES if question.person_places else ()):
                after = replace(question, person_places=(*question.person_places, *more))
                assert before <= _fulfilled(self._answer(connector, after).duties), (
                    f"a place took a duty away: {question}"
                )

    def test_one_more_category_never_loosens(self, connector: Connector) -> None:
        for question in _questions():
            before = self._strictness(connector, question)
            for more in CATEGORIES:
                after = replace(question, categories=question.categories | more)
                assert self._strictness(connector, after) >= before, f"a category loosened {question}"

    def test_the_order_of_places_and_signals_is_no_matter(self, connector: Connector) -> None:
        for question in _questions():
            turned = replace(question, person_places=question.person_places[::-1], signals=question.signals[::-1])
            assert self._strictness(connector, turned) == self._strictness(connector, question)


def _fulfilled(duties: frozenset[Duty]) -> frozenset[Duty]:
    return duties | {"offer_refusal"} if "ask_yes" in duties else duties


class _Nothing:
    """Services that must not be used."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError("judge must decide from the question alone")


def _questions() -> Iterator[ConsentQuestion]:
    for places, use, categories, signals, state in itertools.product(PLACES, USES, CATEGORIES, SIGNALS, STATES):
        records = () if state is None else (_record(state, use),)
        yield ConsentQuestion(
            use=use,
            categories=categories,
            recipient=AD_NETWORK,
            recipient_regions=("US",),
            at=NOW,
            person_places=places,
            business_places=(Place(country="US", region="IL", basis="business"),),
            signals=signals,
            records=records,
        )


def _record(state: str, use: str) -> ConsentRecord:
    return ConsentRecord(state=state, use=use, channel="web", at=NOW - timedelta(days=2), evidence=EVIDENCE)  # type: ignore[arg-type]
