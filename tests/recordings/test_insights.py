"""What was said in a call is read by a plugin, if its company wants that; what its lines prove becomes a conversion."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from recorder import BOOKED, PARTS, PaperEars, PaperEyes, Recorder, tell_of
from testbed import ACCOUNTS, CONNECTORS, TestHub

from hub.access.scope import scope_of_operator
from hub.api import (
    Claim,
    ConfigError,
    Insight,
    Manifest,
    Money,
    Recipient,
    Rejected,
    RetryLater,
    Transcript,
    TranscriptPart,
)
from hub.api.privacy import Opinion
from hub.marks.leads import mark_lead
from hub.model import (
    Call,
    ConnectorState,
    ConsentDecision,
    ConversionRow,
    Delivery,
    Disclosure,
    Recording,
    SignalRow,
    TranscriptRow,
)
from hub.privacy.restriction import outside_transcriber
from hub.privacy.retention import sweep
from hub.recordings.consented import UNTOLD
from hub.recordings.end import end_recording
from hub.recordings.keep import fetch_due
from hub.recordings.transcribe import transcribe_due
from hub.recordings.transcripts import Read, read_transcript

Factory = Callable[..., TestHub]
BOOKED_RULE = {
    "name": "booked on the phone",
    "when": {"event": "signal", "name": "booked", "confidence": 0.8},
    "value": "from signal",
    "send_to": {"network": {"action": 9}},
}


def accounts(insights: Mapping[str, Any] | None, **more: Any) -> Sequence[Mapping[str, Any]]:
    """The usual accounts; `lakeside` with `insights:`."""
    written = copy.deepcopy(ACCOUNTS)
    written[0]["companies"][0].update({"insights": insights} if insights else {}, **more)  # type: ignore[index]
    return written


@pytest.fixture
def reading_hub(hub: Callable[..., TestHub]) -> Factory:
    """A factory of hubs whose transcripts are read by `eyes`."""

    def opened(eyes: type[PaperEyes] = PaperEyes, insights: Mapping[str, Any] | None = None, **company: Any) -> TestHub:
        connectors = {**CONNECTORS, "carrier": Recorder, "ears": PaperEars, "eyes": eyes}
        section = {"read_by": "eyes", "signals": ["complaint"]} if insights is None else insights
        return hub(
            connectors=connectors,
            recordings={"storage": "memory://read", "transcribe": "ears"},
            accounts=accounts(section, **company),
            conversions=[BOOKED_RULE],
        )

    return opened


def record(stage: TestHub, recording_id: str = "RE1", call_id: str = "CA1") -> None:
    """A recording is stored and transcribed; its transcript waits to be read."""
    stage.visit()
    tell_of(stage, recording_id, call_id=call_id)
    stage.flow()
    fetch_due(stage.hub)
    assert work(stage) == 1


def work(stage: TestHub) -> int:
    return transcribe_due(stage.hub, stage.directory, jitter=lambda longest: longest)


def have_read(stage: TestHub) -> None:
    """Record, transcribe, read, and settle."""
    record(stage)
    work(stage)
    stage.flow()


def stored(stage: TestHub) -> Read:
    with stage.hub.store.reading() as session:
        read = read_transcript(stage.hub, session, stage.one(Recording).id)
    assert read is not None
    return read


def mark(stage: TestHub, status: str | None, **more: Any) -> None:
    with stage.hub.store.writing() as session:
        mark_lead(session, scope_of_operator(), stage.one(Call).id, status, stage.clock(), **more)
    stage.flow()


def test_a_call_that_was_booked_becomes_a_conversion_at_the_ad_network(reading_hub: Factory) -> None:
    stage = reading_hub()
    stage_money = Insight(**{**_fields(BOOKED), "outcome": _claim(value=Money(Decimal("1850"), "USD"))})
    stage.eyes.script.append(stage_money)
    have_read(stage)
    row = stage.one(TranscriptRow)
    assert (row.state, row.reason, row.connector, row.model) == ("written", None, "eyes", "paper ears")
    assert row.sealed is not None and b"sink" not in row.sealed
    assert stored(stage).parts == PARTS and stored(stage).insight == stage_money
    signal = stage.one(SignalRow)
    assert (signal.name, signal.is_outcome, signal.confidence, signal.amount) == ("booked", True, 0.9, 1850)
    assert signal.expires_at == row.expires_at
    stage.deliver()
    sent = stage.delivery(subject_id=stage.one(Call).id)
    assert (sent.state, sent.amount, sent.currency, sent.destination) == ("delivered", 1850, "USD", {"action": 9})


def test_the_plugin_gets_the_companys_names_and_the_redacted_lines(reading_hub: Factory) -> None:
    stage = reading_hub()
    card = TranscriptPart(start=0, end=1, text="It is 4242 4242 4242 4242.", channel="caller")
    stage.ears.script.append(Transcript(language="en-US", model="paper ears", parts=(card,)))
    have_read(stage)
    (given,) = stage.eyes.read
    assert [line.text for line in given.lines] == ["It is [card number removed]."]
    assert given.outcomes[0] == "booked" and given.signals == ("complaint",)


def test_consent_is_asked_and_stored_before_a_line_is_read(reading_hub: Factory) -> None:
    stage = reading_hub()
    stage.eyes.script.append(lambda: (stage.one(Disclosure, connector="eyes"), BOOKED)[-1])
    have_read(stage)
    decision, told = stage.one(ConsentDecision, connector="eyes"), stage.one(Disclosure, connector="eyes")
    assert (decision.verdict, decision.use, decision.moment) == ("allow", "functional.service", "hear")
    assert told.decision_id == decision.id and told.categories == ["user.telephony.recording"]


def test_a_no_leaves_the_transcript_and_says_why_nothing_was_read(reading_hub: Factory) -> None:
    stage = reading_hub()
    record(stage)
    stage.law.rule = lambda question: Opinion(verdict="deny", rule_id="x", reason="They do not want that.")
    work(stage)
    row = stage.one(TranscriptRow)
    assert (row.state, row.reason) == ("written", "They do not want that.")
    assert stored(stage).parts == PARTS and stored(stage).insight is None
    assert stage.eyes.read == [] and stage.rows(Disclosure, connector="eyes") == []


def test_a_company_that_does_not_want_it_is_not_read(reading_hub: Factory) -> None:
    stage = reading_hub(insights={})
    have_read(stage)
    assert stage.one(TranscriptRow).state == "written" and stage.eyes.read == [] and work(stage) == 0


@pytest.mark.parametrize("error", [Rejected("Not English."), RetryLater("Busy."), RuntimeError("boom")])
def test_trouble_of_the_reader_harms_no_transcript(reading_hub: Factory, error: Exception) -> None:
    stage = reading_hub()
    stage.eyes.script.append(error)
    have_read(stage)
    row = stage.one(TranscriptRow)
    assert row.state == ("written" if isinstance(error, Rejected) else "ready") and row.reason
    assert stored(stage).parts == PARTS and "boom" not in row.reason
    if row.state == "ready":
        stage.clock.now = row.due_at
        work(stage)
        assert stage.one(TranscriptRow).state == "written" and stored(stage).insight == BOOKED


def test_a_wrong_setting_pauses_the_reader_alone(reading_hub: Factory) -> None:
    stage = reading_hub()
    stage.eyes.script.append(ConfigError("No such model."))
    have_read(stage)
    assert stage.one(ConnectorState, connector="eyes").reason == "No such model."
    stage.clock.advance(days=1)
    assert work(stage) == 0, "it waits until somebody has mended it"
    record(stage, "RE2", "CA2")


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines": ()},
        {"lines": (3,)},
        {"lines": (0, 1)},
        {"lines": ("1",)},
        {"confidence": 1.2},
        {"confidence": float("nan")},
        {"name": "sold"},
    ],
    ids=str,
)
def test_a_claim_that_no_line_proves_is_dropped(reading_hub: Factory, wrong: dict[str, Any]) -> None:
    stage = reading_hub()
    false, true = _claim(**wrong), Claim(name="complaint", confidence=0.4, lines=(1, 1))
    stage.eyes.script.append(Insight(model="m", summary="word " * 70, outcome=false, signals=(false, true)))
    have_read(stage)
    insight = stored(stage).insight
    assert insight is not None and insight.outcome is None and len(insight.summary.split()) == 60
    assert [(each.name, each.lines) for each in insight.signals] == [("complaint", (1,))]
    assert [row.name for row in stage.rows(SignalRow)] == ["complaint"] and stage.rows(ConversionRow) == []


def test_a_value_that_is_no_amount_is_dropped_and_its_claim_stays(reading_hub: Factory) -> None:
    stage = reading_hub()
    stage.eyes.script.append(Insight(model="m", outcome=_claim(value=Money(Decimal("-5"), "USD"))))
    have_read(stage)
    assert stage.one(SignalRow).amount is None and stage.one(ConversionRow).amount is None


@pytest.mark.parametrize(
    ("status", "stays"), [("new", True), ("booked", True), ("qualified", False), ("not_a_lead", False)]
)
def test_the_mark_of_a_user_comes_before_a_signal(reading_hub: Factory, status: str, stays: bool) -> None:
    stage = reading_hub()
    have_read(stage)
    assert not stage.one(ConversionRow).retracted
    mark(stage, status)
    assert stage.one(ConversionRow).retracted is not stays
    mark(stage, None)
    assert not stage.one(ConversionRow).retracted, "the mark is gone, so the signal counts again"


def test_a_call_that_a_user_has_marked_before_it_is_read_becomes_nothing_else(reading_hub: Factory) -> None:
    stage = reading_hub()
    record(stage)
    mark(stage, "not_a_lead")
    work(stage)
    stage.flow()
    assert stage.one(SignalRow).name == "booked" and stage.rows(ConversionRow) == []


def test_the_value_of_a_user_comes_before_the_one_that_was_spoken_of(reading_hub: Factory) -> None:
    stage = reading_hub()
    have_read(stage)
    mark(stage, "booked", value=Money(Decimal("240"), "USD"))
    assert stage.one(ConversionRow).amount == 240


def test_a_conversion_stays_when_its_transcript_has_ended(reading_hub: Factory) -> None:
    stage = reading_hub()
    have_read(stage)
    stage.clock.advance(days=181)
    sweep(stage.hub.store, stage.clock())
    assert stage.rows(SignalRow) == [] and stage.one(TranscriptRow).sealed is None
    mark(stage, "booked")
    assert not stage.one(ConversionRow).retracted


def test_a_refusal_after_the_call_takes_the_signals_with_the_recording(reading_hub: Factory) -> None:
    stage = reading_hub()
    have_read(stage)
    end_recording(stage.hub, stage.one(Call), "operator")
    assert stage.rows(SignalRow) == [] and stage.one(TranscriptRow).sealed is None


def test_a_conversion_that_consent_holds_is_held_with_its_reason(reading_hub: Factory) -> None:
    stage = reading_hub()
    record(stage)
    work(stage)
    stage.law.rule = lambda question: Opinion(verdict="deny", rule_id="x", reason="No ads, please.")
    stage.flow()
    held = stage.one(Delivery, connector="network")
    assert (held.state, held.code, held.reason) == ("held", "x", "No ads, please.")


class Outside(PaperEyes):
    """A reader that is another company."""

    manifest = Manifest(
        **{**PaperEyes.manifest.model_dump(), "recipient": Recipient(name="Cloud Inc.", role="processor")},
    )


def test_words_about_health_of_a_sensitive_company_are_not_read(reading_hub: Factory) -> None:
    stage = reading_hub(sensitive="health")
    said = TranscriptPart(start=0, end=1, text="It is about my diabetes.", channel="caller")
    stage.ears.script.append(Transcript(language="en-US", model="paper ears", parts=(said,)))
    stage.law.rule = lambda question: Opinion(verdict="allow", rule_id="x", reason="They agreed.")
    have_read(stage)
    (given,) = stage.eyes.read
    assert [line.text for line in given.lines] == ["It is about my [health word removed]."]


def test_an_outside_reader_is_a_third_listener_whom_callers_are_informed_of(reading_hub: Factory) -> None:
    stage = reading_hub(eyes=Outside)
    listener = outside_transcriber(stage.hub.config, "lakeside")
    assert listener is not None and listener.name == "Cloud Inc."
    assert outside_transcriber(stage.hub.config, "northgate") is None
    stage.law.rule = lambda question: Opinion(
        verdict="allow",
        rule_id="x",
        reason="They agreed.",
        duties=frozenset({"announce_transcription"} if question.transcribed_by else ()),
    )
    have_read(stage)
    assert stage.one(TranscriptRow).reason == UNTOLD and stage.eyes.read == []


def _claim(**changed: Any) -> Claim:
    return Claim(**{"name": "booked", "confidence": 0.9, "lines": (2,), **changed})


def _fields(insight: Insight) -> dict[str, Any]:
    return {name: getattr(insight, name) for name in ("model", "summary", "outcome", "signals")}
