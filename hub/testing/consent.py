"""What a plugin for a privacy regime must prove."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from hub.contracts.connector import Connector
from hub.contracts.consent import STRICTNESS, ConsentQuestion, ConsentRecord, Duty, Opinion, Place, Signal
from hub.contracts.manifest import Recipient
from hub.hookspecs import ConsentHooks
from hub.testing.asking import ask_each
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
BATCH_SIZE = 50
"""So many questions are asked in one go; a plugin that fails with one of the first need not answer the others."""
AD_NETWORK = Recipient(name="Example Ads", role="independent_controller")


class ConsentConformance(ConnectorConformance):
    """An opinion on every question, from the question alone; a refusal never makes it less strict."""

    kind = "consent"
    required_hooks: ClassVar[frozenset[str]] = frozenset({"judge"})

    def _opinions(self, connector: Connector, questions: Iterable[ConsentQuestion]) -> list[Opinion]:
        all_questions = list(questions)
        opinions = ask_each(connector, ConsentHooks.judge, [{"question": each} for each in all_questions])
        for question, opinion in zip(all_questions, opinions, strict=True):
            assert isinstance(opinion, Opinion), f"no opinion on {question}"
        return opinions

    def _compared(
        self, connector: Connector, changed: Callable[[ConsentQuestion], Iterable[ConsentQuestion]]
    ) -> Iterator[tuple[ConsentQuestion, Opinion, list[Opinion]]]:
        """Each question, the opinion on it, and those on what `changed` makes of it."""
        questions = _questions()
        while some := list(itertools.islice(questions, BATCH_SIZE)):
            groups = [[question, *changed(question)] for question in some]
            opinions = iter(self._opinions(connector, itertools.chain.from_iterable(groups)))
            for group in groups:
                before, *after = itertools.islice(opinions, len(group))
                yield group[0], before, after

    def test_every_question_gets_an_opinion_with_its_rule(self, connector: Connector) -> None:
        for opinion in self._opinions(connector, _questions()):
            assert opinion.verdict in STRICTNESS and opinion.rule_id.strip() and opinion.reason.strip(), opinion
            assert all(isinstance(text, str) for item in opinion.evidence.items() for text in item)

    def test_the_same_question_has_the_same_answer(self, connector: Connector) -> None:
        first = self._opinions(connector, _questions())
        backwards = self._opinions(connector, reversed(list(_questions())))
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
        self._opinions(connector, _questions())

    def test_the_reason_tells_nothing_of_the_persons_own_words(self, connector: Connector) -> None:
        """A record's evidence may hold a phone number, and many people read the reason."""
        for opinion in self._opinions(connector, _questions()):
            assert EVIDENCE not in opinion.reason, "the reason repeats a record's evidence"

    def test_a_refusal_never_loosens(self, connector: Connector) -> None:
        for question, before, after in self._compared(connector, _with_refusals):
            assert _strictness(before) <= min(map(_strictness, after)), f"a refusal loosened {question}"

    def test_a_signal_never_loosens(self, connector: Connector) -> None:
        for question, before, after in self._compared(connector, _with_signals):
            assert _strictness(before) <= min(map(_strictness, after)), f"a signal loosened {question}"

    def test_one_more_place_never_loosens(self, connector: Connector) -> None:
        """The strictest of the places decides."""
        for question, before, after in self._compared(connector, _with_places):
            assert all(_strictness(before) <= _strictness(each) for each in after), f"a place loosened {question}"

    def test_one_more_place_never_takes_a_duty_of_a_recording_away(self, connector: Connector) -> None:
        """The duties before a call is recorded add up over the places; a question for consent also offers a refusal."""
        for question, before, after in self._compared(connector, _with_places):
            assert question.use == RECORDING or not before.duties, (
                f"duties are of recordings alone, not of {question.use}"
            )
            for each in after:
                assert before.duties <= _fulfilled(each.duties), f"a place took a duty away: {question}"

    def test_one_more_category_never_loosens(self, connector: Connector) -> None:
        for question, before, after in self._compared(connector, _with_categories):
            assert _strictness(before) <= min(map(_strictness, after)), f"a category loosened {question}"

    def test_the_order_of_places_and_signals_is_no_matter(self, connector: Connector) -> None:
        for question, before, after in self._compared(connector, _turned):
            assert [_strictness(each) for each in after] == [_strictness(before)], question


def _strictness(opinion: Opinion) -> int:
    return STRICTNESS[opinion.verdict]


def _with_refusals(question: ConsentQuestion) -> Iterator[ConsentQuestion]:
    for state, use in itertools.product(("refused", "withdrawn"), (question.use, question.use.split(".")[0])):
        refusal = ConsentRecord(state=state, use=use, channel="phone", at=NOW, evidence="call")  # type: ignore[arg-type]
        yield replace(question, records=(*question.records, refusal))


def _with_signals(question: ConsentQuestion) -> Iterator[ConsentQuestion]:
    for kind in ("gpc", "dnt"):
        yield replace(question, signals=(*question.signals, Signal(kind=kind, at=NOW, evidence="visit")))


def _with_places(question: ConsentQuestion) -> Iterator[ConsentQuestion]:
    for more in filter(None, PLACES if question.person_places else ()):
        yield replace(question, person_places=(*question.person_places, *more))


def _with_categories(question: ConsentQuestion) -> Iterator[ConsentQuestion]:
    for more in CATEGORIES:
        yield replace(question, categories=question.categories | more)


def _turned(question: ConsentQuestion) -> Iterator[ConsentQuestion]:
    yield replace(question, person_places=question.person_places[::-1], signals=question.signals[::-1])


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
