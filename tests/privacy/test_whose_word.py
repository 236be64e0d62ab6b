"""In any history of visits, calls, forms and words, a word counts only for the person whose it surely is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kept_forms import keep_form
from testbed import CALLER, OTHER_CALLER, SHARED, TestHub, open_stage

from hub.model import Attribution, Call, ConsentEntry, FormSubmission, Person, Visit
from hub.testing import FrozenClock
from hub.visits.forms import SentForm
from plugins.consent.signals import Signals

EVERY_CALL = {"name": "every call", "when": {"event": "call"}, "value": "40 USD", "send_to": {"network": {"action": 7}}}
EVERY_FORM = {"name": "every form", "when": {"event": "form"}, "value": "20 USD", "send_to": {"network": {"action": 3}}}
YES = {"ads": "granted", "ad_user_data": "granted"}
BROWSERS, NUMBERS = ("one", "two", "three", "four", "five"), (CALLER, OTHER_CALLER)
browser, number = st.sampled_from(BROWSERS), st.sampled_from(NUMBERS)
STEPS = st.one_of(
    st.tuples(st.just("visits"), browser, st.sampled_from([{}, YES, {"ads": "denied"}])),
    st.tuples(st.just("calls from the visit"), browser, number),
    st.tuples(st.just("calls the shared number"), browser, number),
    st.tuples(st.just("sends a form"), browser, number, st.sampled_from([{}, YES, {"all": "denied"}])),
    st.tuples(st.just("objects"), browser, number),
    st.tuples(st.just("days pass"), st.integers(1, 9)),
)


class History:
    """Plays steps at a hub."""

    def __init__(self, stage: TestHub) -> None:
        self.stage, self.shown, self.objected = stage, {}, set()
        self.forms = 0

    def play(self, step: tuple[Any, ...]) -> None:
        stage = self.stage
        match step:
            case ("visits", who, consent):
                self.shown[who] = stage.visit(visitor_id=who, consent=consent)
            case ("calls from the visit", who, caller) if who in self.shown:
                stage.call_in(self.shown[who].number or SHARED, caller)
            case ("calls the shared number", _, caller):
                stage.call_in(SHARED, caller)
            case ("sends a form", who, typed, consent):
                self.forms += 1
                visit = self.shown[who].visit_id if who in self.shown else None
                form = SentForm(key=f"form-{self.forms}", phone=typed, visit_id=visit, consent=consent)
                keep_form(stage.hub, stage.directory.companies["lakeside"], form)
                stage.flow()
            case ("objects", _, caller):
                people = stage.rows(Person, phone_number=caller, phone_learnt="carrier")
                for person in people:
                    stage.say(person, "objected", "marketing", "request", basis="objection")
                    self.objected.add(caller)
            case ("days pass", days):
                stage.clock.advance(days=days)
        stage.clock.advance(minutes=1)
        before = len(stage.network.uploaded)
        stage.deliver()
        sent = [each.phone_number for each in stage.network.uploaded[before:]]
        assert not self.objected.intersection(self._owners(sent)), f"something was sent after an objection: {step}"

    def _owners(self, hashed: list[str | None]) -> set[str]:
        import hashlib

        return {each for each in NUMBERS if hashlib.sha256(each.encode()).hexdigest() in hashed or each in hashed}


def surely_theirs(stage: TestHub) -> set[tuple[str, str]]:
    """(person, browser): whoever called from a number that the browser surely showed, or sent a form from it."""
    visits = {visit.id: visit for visit in stage.rows(Visit)}
    people = {call.id: call.person_id for call in stage.rows(Call)}
    pairs = {
        (people[each.subject_id], visits[each.visit_id].visitor_id)
        for each in stage.rows(Attribution)
        if each.visit_id and each.subject_id in people and each.confidence >= 0.5 and each.rule != "person.earlier"
    }
    pairs |= {
        (form.person_id, visits[form.visit_id].visitor_id) for form in stage.rows(FormSubmission) if form.visit_id
    }
    return {(person, visitor) for person, visitor in pairs if person and visitor}


CONSENTS = st.lists(st.sampled_from([{}, YES, YES, {"ads": "denied"}]), min_size=len(BROWSERS), max_size=len(BROWSERS))


@pytest.mark.soak
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(consents=CONSENTS, steps=st.lists(STEPS, min_size=3, max_size=12))
def test_no_given_stands_for_a_person_whose_visit_it_is_not_and_nothing_is_sent_after_an_objection(
    databases: Any, consents: list[dict[str, str]], steps: list[tuple[Any, ...]]
) -> None:
    # All come at once first: the pool has three numbers, so two are shown the shared one. Then two of them call.
    first: list[tuple[Any, ...]] = [("visits", who, said) for who, said in zip(BROWSERS, consents, strict=True)]
    first += [("calls from the visit", who, caller) for who, caller in zip(BROWSERS, NUMBERS, strict=False)]
    steps = [*first, *steps]
    import postgres
    from testbed import CONNECTORS

    file = postgres.sqlite_copy(databases)
    connectors = {**CONNECTORS, "law": Signals}
    try:
        with open_stage(
            f"sqlite:///{file}", FrozenClock(), connectors=connectors, conversions=(EVERY_CALL, EVERY_FORM)
        ) as stage:
            history = History(stage)
            for step in steps:
                history.play(step)
            visits, theirs = {visit.id: visit for visit in stage.rows(Visit)}, surely_theirs(stage)
            for word in stage.rows(ConsentEntry, state="given"):
                visitor = visits[word.visit_id or ""].visitor_id
                assert (word.person_id, visitor) in theirs, f"a yes of browser {visitor} stands for somebody else"
    finally:
        for part in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            part.unlink(missing_ok=True)


@pytest.mark.parametrize("typed", [CALLER, OTHER_CALLER])
def test_the_histories_do_hold_a_yes_that_counts(lite_hub: Any, typed: str) -> None:
    stage = lite_hub(conversions=(EVERY_CALL,))
    shown = stage.visit(visitor_id="one", consent=YES)
    call = stage.call_in(shown.number, typed)
    assert {word.person_id for word in stage.rows(ConsentEntry, state="given")} == {call.person_id}
