"""What is known of a call while it rings, on both databases: its visit, its caller, earlier calls and words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from testbed import CALLER, NORTH_POOL, NORTH_SHARED, OTHER_CALLER, POOL, SHARED, TestHub, company, finished_call

from hub.answering.answer import MOMENTS, Answerer
from hub.api.carriers import AnswerPoint
from hub.config.callflow.definition import Flow
from hub.model import CallStep, ConsentDecision, FlowVersion, Person, RecordingNotice, Tracker, TrackingNumber
from hub.numbers.flows import FlowVersions

Factory = Callable[..., TestHub]
BUSINESS, SECOND = "+13125550190", "+13125550191"
FLOW = {
    "name": "office",
    "forward": BUSINESS,
    "start": "why",
    "recording": {"notice": "Recorded."},
    "steps": {
        "why": {
            "do": "attribution_route",
            "cases": [
                {"tag": "vip", "then": "desk"},
                {"caller": "repeat", "then": "known"},
                {"source": "google", "medium": "cpc", "landing_page": "*lakeside*", "then": "ads"},
            ],
            "otherwise": "menu",
        },
        "ads": {"do": "dial", "number": SECOND, "whisper": "From [source].", "unanswered": "menu"},
        "menu": {"do": "menu", "say": "Press 1.", "keys": {"1": "mark"}, "otherwise": "known"},
        "mark": {"do": "tag", "tags": ["vip"], "then": "known"},
        "known": {"do": "dial", "number": BUSINESS, "record": True, "unanswered": "why"},
        "desk": {"do": "round_robin", "numbers": {BUSINESS: 1, SECOND: 1}, "unanswered": "end"},
    },
}


def accounts() -> list[dict[str, Any]]:
    lakeside = company("lakeside", POOL, SHARED) | {"flows": [FLOW], "flow": "office"}
    del lakeside["route"]
    companies = [lakeside, company("northgate", NORTH_POOL, NORTH_SHARED)]
    return [{"name": "agency", "title": "Agency", "companies": companies}]


class Desk:
    """A hub that answers."""

    def __init__(self, stage: TestHub) -> None:
        self.stage = stage
        self.answerer = Answerer(stage.hub, stage.live)

    def ring(self, call_id: str = "CA1", number: str = SHARED, caller: str | None = CALLER, **more: Any) -> str:
        """The document that the carrier gets."""
        point: dict[str, Any] = {"moment": "ringing", "tracking_number": number, "call_id": call_id}
        asked = AnswerPoint(**(point | {"caller_number": caller} | more))
        (document,) = self.answerer.submit("carrier", [asked]).documents.result(20)
        return document.body  # type: ignore[union-attr]

    def steps(self, call_id: str = "CA1") -> list[str]:
        rows = self.stage.rows(CallStep, carrier_call_id=call_id)
        return [row.step for row in sorted(rows, key=lambda row: (row.at, row.id))]


@pytest.fixture
def desk(hub: Factory) -> Iterator[Desk]:
    made = Desk(hub(accounts=accounts()))
    yield made
    made.answerer.close()


def test_a_call_goes_on_by_the_visit_that_holds_its_number_also_after_the_number_went_to_another(desk: Desk) -> None:
    shown = desk.stage.visit()
    document = desk.ring(number=shown.number)
    assert SECOND in document and "whisper=True" in document
    mark = document.split("mark='")[1].split("'")[0]
    desk.stage.clock.advance(hours=1)
    later = {"moment": "whisper", "mark": mark, "call_id": "CA1"}
    assert "From Google." in desk.ring(number=shown.number, **later), "its lease is over, and it began within it"
    assert "Gather" in desk.ring("CA2", number=shown.number), "a call that comes now is nobody's"


def test_a_caller_who_called_before_is_known_and_another_company_s_caller_is_not(desk: Desk) -> None:
    desk.stage.call_in(NORTH_SHARED, CALLER)
    assert "Gather" in desk.ring("CA1")
    desk.stage.call_in(SHARED, CALLER)
    assert f"Dial(numbers=('{BUSINESS}',)" in desk.ring("CA2")
    assert "Gather" in desk.ring("CA3", caller=OTHER_CALLER)
    assert "Gather" in desk.ring("CA4", caller=None), "who hides is nobody that is known"


def test_a_tag_counts_at_the_caller_s_next_call_and_the_phone_that_answered_rings_again(desk: Desk) -> None:
    mark = desk.ring().split("mark='")[1].split("'")[0]
    desk.ring(moment="digits", mark=mark, digits="1")
    assert desk.steps() == ["why", "menu", "menu", "mark", "known"]
    desk.stage.tell(*finished_call("CA1", SHARED, CALLER, True, 60, desk.stage.clock()))
    desk.stage.flow()
    desk.stage.clock.advance(hours=1)
    for call_id in ("CA2", "CA3", "CA4"):
        assert f"Dial(numbers=('{BUSINESS}',)" in desk.ring(call_id)
        assert desk.steps(call_id) == ["why", "desk"]


def test_the_notice_and_the_decision_are_there_before_the_carrier_is_told(desk: Desk) -> None:
    desk.stage.call_in(SHARED, CALLER)
    assert "record=True" in desk.ring("CA2")
    notice = desk.stage.one(RecordingNotice)
    decision = desk.stage.one(ConsentDecision, use="telephony.recording")
    assert (notice.text, notice.choice, notice.decision_id) == ("Recorded.", "announced", decision.id)
    step = desk.stage.one(CallStep, decision_id=decision.id)
    assert (step.step, decision.subject_id) == ("known", step.id)
    assert desk.ring("CA2") and len(desk.stage.rows(RecordingNotice)) == 1


def test_a_person_who_said_no_to_recordings_is_not_recorded(desk: Desk) -> None:
    desk.stage.call_in(SHARED, CALLER)
    person = desk.stage.one(Person, phone_number=CALLER, phone_learnt="carrier")
    desk.stage.say(person, "refused", "telephony.recording")
    assert "record=True" not in desk.ring("CA2")
    assert desk.stage.rows(RecordingNotice) == []
    assert desk.stage.one(ConsentDecision, use="telephony.recording").verdict == "deny"


def test_calls_that_ring_together_are_each_told_their_own(desk: Desk) -> None:
    desk.stage.call_in(SHARED, CALLER)
    points = [
        AnswerPoint(
            moment="ringing", tracking_number=SHARED, call_id=f"CB{n}", caller_number=CALLER if n % 2 else OTHER_CALLER
        )
        for n in range(30)
    ]
    documents = desk.answerer.submit("carrier", points).documents.result(20)
    assert ["Gather" in document.body for document in documents] == [n % 2 == 0 for n in range(30)]  # type: ignore[union-attr]
    assert {len(desk.steps(point.call_id)) for point in points} == {2}


def test_of_calls_that_ring_together_only_that_of_the_person_who_said_no_is_not_recorded(desk: Desk) -> None:
    callers = [CALLER, OTHER_CALLER, *(f"+13125550{n}" for n in range(150, 160))]
    for caller in callers:
        desk.stage.call_in(SHARED, caller)
    desk.stage.say(
        desk.stage.one(Person, phone_number=CALLER, phone_learnt="carrier"), "refused", "telephony.recording"
    )
    points = [
        AnswerPoint(moment="ringing", tracking_number=SHARED, call_id=f"CB{n}", caller_number=caller)
        for n, caller in enumerate(callers)
    ]
    documents = desk.answerer.submit("carrier", points).documents.result(20)
    assert ["record=True" in document.body for document in documents] == [caller != CALLER for caller in callers]  # type: ignore[union-attr]
    decisions = {row.id: row.verdict for row in desk.stage.rows(ConsentDecision, use="telephony.recording")}
    assert sorted(decisions.values()) == ["allow"] * 11 + ["deny"]
    notices = desk.stage.rows(RecordingNotice)
    assert len({row.decision_id for row in notices}) == 11
    assert {decisions[row.decision_id] for row in notices} == {"allow"}


def test_a_flow_that_did_not_change_is_no_new_version(hub: Factory) -> None:
    hub(accounts=accounts())
    stage = hub(accounts=accounts())
    assert sorted(row.number for row in stage.rows(FlowVersion)) == [1, 2], "the office's, and northgate's route"
    changed = accounts()
    changed[0]["companies"][0]["flows"] = [FLOW | {"forward": SECOND}]
    stage = hub(accounts=changed)
    assert stage.directory.lines[SHARED].version == 3
    assert stage.directory.lines[NORTH_SHARED].version == 2
    assert stage.one(FlowVersion, number=3).made_at == stage.clock()


def test_a_call_on_a_number_that_has_left_the_file_goes_on_by_its_flow(desk: Desk) -> None:
    mark = desk.ring().split("mark='")[1].split("'")[0]
    row = desk.stage.one(TrackingNumber, number=SHARED)
    row.retired_at = desk.stage.clock()
    desk.stage.add(row)
    desk.stage.live.refresh()
    desk.answerer.prepare()
    later = AnswerPoint(moment="digits", tracking_number=SHARED, call_id="CA1", mark=mark, digits="1")
    assert desk.answerer.knows("carrier", later)
    assert f"Dial(numbers=('{BUSINESS}',)" in desk.ring(moment="digits", mark=mark, digits="1")
    assert (
        BUSINESS in desk.answerer.static_document("carrier", AnswerPoint(moment="ringing", tracking_number=SHARED)).body
    )
    new = AnswerPoint(moment="ringing", tracking_number=SHARED)
    assert desk.answerer.knows("carrier", new), "who knows a number at rest means the business"
    row.released_at = desk.stage.clock()
    desk.stage.add(row)
    desk.stage.live.refresh()
    desk.answerer.prepare()
    assert desk.answerer.knows("carrier", new), "given back, and still ringing here"
    desk.stage.clock.advance(days=91)
    assert not desk.answerer.knows("carrier", new)


def test_only_numbers_whose_flow_changed_get_new_static_documents(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    plugins, call_each = desk.stage.hub.plugins, desk.stage.hub.plugins.call_each

    def counted(name: str, hook: Any, requests: Any, *more: Any) -> Any:
        rendered.extend(point.tracking_number for point, _ in requests)
        return call_each(name, hook, requests, *more)

    monkeypatch.setattr(plugins, "call_each", counted)
    with desk.stage.hub.store.writing() as session:
        tracker = session.get_one(Tracker, desk.stage.directory.lines[SHARED].tracker.id)
        versions = FlowVersions(session, desk.stage.clock())
        tracker.flow_version_id = versions.save(tracker.company_id, Flow.model_validate({**FLOW, "name": "other"}))
        versions.write()
        session.add(tracker)
    desk.stage.live.refresh()
    desk.answerer.prepare()
    desk.answerer.prepare()
    assert set(rendered) == {SHARED} and len(rendered) == len(MOMENTS)


def test_a_call_that_was_only_forwarded_keeps_the_version_that_was_current_when_it_rang(desk: Desk) -> None:
    desk.ring()
    changed = {**FLOW, "steps": {**FLOW["steps"], "menu": {**FLOW["steps"]["menu"], "say": "Press one."}}}  # type: ignore[dict-item]
    with desk.stage.hub.store.writing() as session:
        tracker = session.get_one(Tracker, desk.stage.directory.lines[SHARED].tracker.id)
        versions = FlowVersions(session, desk.stage.clock())
        tracker.flow_version_id = versions.save(tracker.company_id, Flow.model_validate(changed))
        versions.write()
        session.add(tracker)
    desk.stage.live.refresh()
    desk.answerer.prepare()
    desk.ring(moment="dial_ended")
    assert {row.flow_version for row in desk.stage.rows(CallStep, carrier_call_id="CA1")} == {1}
    desk.ring("CA2")
    assert {row.flow_version for row in desk.stage.rows(CallStep, carrier_call_id="CA2")} == {3}
