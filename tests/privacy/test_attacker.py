"""A stranger can neither take a person's data nor speak for them, whatever they type and whatever they prove of themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ad_networks import BERLIN, CHICAGO, MONTREAL, NETWORKS, YES, AdNetworks, heard_of
from ad_networks import EMAIL as VICTIM_ADDRESS
from attacker import EMAIL, NUMBER, Attacker
from canaries import KEEPING, Canaries, seed
from fake_card_crm import FakeCardCrm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select
from testbed import CALLER, OTHER_CALLER, SHARED, TestHub, open_stage

from hub.api import Erasure, HeldRecord, PersonReference, hookimpl
from hub.model import (
    Call,
    ConsentDecision,
    ConsentEntry,
    Delivery,
    DoubtfulRefusal,
    FormSubmission,
    Person,
    PersonKey,
    Recording,
    Suppression,
    TextMessage,
    Visit,
)
from hub.privacy.erasure import reach_of
from hub.privacy_requests.steps import RequestRefused
from hub.testing import FrozenClock

CONTACT_FORM = {"name": "contact", "when": {"event": "form"}, "value": "20 USD", "send_to": {"network": {"action": 3}}}
EVERY_CALL = {"name": "every call", "when": {"event": "call"}, "value": "40 USD", "send_to": {"network": {"action": 7}}}
REQUESTS = ("access", "portability", "third_party_disclosure", "objection", "restriction", "erasure", "correction")


class NotingCabinet(FakeCardCrm):
    """A CRM that notes by what it is asked for people."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked: list[PersonReference] = []

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        self.asked.append(person)
        return super().export_person(person)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        self.asked.append(person)
        return super().erase_person(person)


@pytest.fixture
def stage(hub: Callable[..., TestHub], tmp_path: Path) -> TestHub:
    """A hub that knows a victim by a call, a text, a form and a recording."""
    return hub(
        connectors={**KEEPING, "cabinet": NotingCabinet},
        recordings={"storage": str(tmp_path / "recordings")},
        conversions=(EVERY_CALL, CONTACT_FORM),
    )


@pytest.fixture
def victim(stage: TestHub) -> Canaries:
    canaries = Canaries("zq7victim", CALLER)
    seed(stage, canaries, "CA-victim")
    stage.deliver()
    return canaries


def address_of(victim: Canaries) -> str:
    return f"{victim.word('form address')}@example.com"


def data_of(stage: TestHub, victim: Canaries) -> dict[str, Any]:
    """Every row of the victim's, and the keys that open them."""
    with stage.hub.store.reading() as session:
        reach = reach_of(session, stage.hub.config, session.get_one(Person, victim.person_id))
        calls = session.exec(select(Call).where(Call.caller_number == victim.number).order_by(col(Call.id))).all()
        mark = stage.hub.vault.fingerprint(session, calls[0].company_id or "", victim.number)
        rows: dict[str, Any] = {
            "person": session.get_one(Person, victim.person_id).model_dump(),
            "calls": [call.model_dump() for call in calls],
            "texts": [
                text.model_dump()
                for text in session.exec(select(TextMessage).where(col(TextMessage.id).in_(reach.texts)))
            ],
            "recordings": [
                row.model_dump()
                for row in session.exec(select(Recording).where(col(Recording.call_id).in_(reach.calls)))
            ],
            "visits": [
                row.model_dump() for row in session.exec(select(Visit).where(Visit.person_id == victim.person_id))
            ],
            "own form": [
                row.model_dump()
                for row in session.exec(select(FormSubmission).where(FormSubmission.email == address_of(victim)))
                if not row.submission_key.partition(":")[2].startswith("mallory")
            ],
            "words": [
                row.model_dump()
                for row in session.exec(select(ConsentEntry).where(ConsentEntry.person_id == victim.person_id))
            ],
            "stops": [row.model_dump() for row in session.exec(select(Suppression)) if row.fingerprint == mark],
            "keys": sorted(session.exec(select(PersonKey.id).where(col(PersonKey.wrapped).is_not(None)))),
            "deliveries": [
                row.model_dump()
                for row in session.exec(
                    select(Delivery).where(col(Delivery.subject_id).in_(reach.calls)).order_by(col(Delivery.id))
                )
            ],
        }
    return rows


def assert_untouched(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert set(before["keys"]) <= set(after["keys"]), "a key that opens what the victim said was destroyed"
    for name in before.keys() - {"keys"}:
        assert after[name] == before[name], f"{name} of the victim changed"


# Taking: G1


@pytest.mark.soak
@pytest.mark.parametrize("road", ["number typed", "address typed", "both typed", "both on the request"])
def test_no_form_makes_an_attackers_request_reach_a_victims_data(stage: TestHub, victim: Canaries, road: str) -> None:
    before = data_of(stage, victim)
    mallory = Attacker(stage)
    for kind in REQUESTS:
        answered = len(mallory.learnt)
        take(mallory, victim, road, kind)
        found = {place for data in mallory.learnt for place in victim.found_in(data)}
        by_attacker = set() if road == "both on the request" else {"number", "form address"}
        assert found <= by_attacker, f"{kind}: only what the attacker has typed comes back"
        assert len(mallory.learnt) > answered, f"{kind}: the requests were answered"
        assert_untouched(before, data_of(stage, victim))
        stage.clock.advance(days=1)


def take(mallory: Attacker, victim: Canaries, road: str, kind: str) -> None:
    right = {"correction": {"phone_number": CALLER}} if kind == "correction" else {}
    if road == "number typed":
        mallory.types(phone=CALLER, email=EMAIL, name="Mallory")
    elif road == "address typed":
        mallory.types(phone=NUMBER, email=address_of(victim), name="Mallory")
    elif road == "both typed":
        mallory.types(phone=CALLER, email=address_of(victim))
        mallory.types(phone=CALLER, email=EMAIL)
        mallory.types(phone=NUMBER, email=address_of(victim))
    if road == "both on the request":
        mallory.asks(kind, by="email", phone=CALLER, email=EMAIL, **right)
        mallory.asks(kind, by="text", phone=NUMBER, email=address_of(victim), **right)
    else:
        mallory.asks(kind, by="email", email=EMAIL, **right)
        mallory.asks(kind, by="text", phone=NUMBER, **right)


def test_whoever_asks_at_providers_is_asked_for_by_what_they_proved_alone(stage: TestHub, victim: Canaries) -> None:
    mallory = Attacker(stage)
    mallory.types(phone=CALLER, email=EMAIL)
    mallory.asks("access", by="email", email=EMAIL)
    mallory.asks("erasure", by="email", email=EMAIL)
    assert [(each.phone_numbers, each.emails) for each in stage.cabinet.asked] == [((), (EMAIL,))] * 2
    assert stage.cabinet.cards, "the victim's card is there"


@pytest.mark.parametrize("kind", ["access", "erasure"])
def test_a_form_sent_from_the_victims_own_browser_reaches_none_of_its_visits(
    stage: TestHub, victim: Canaries, kind: str
) -> None:
    before, mallory = data_of(stage, victim), Attacker(stage)
    visit_id = before["visits"][0]["id"]
    mallory.types(phone=NUMBER, email=EMAIL, visit_id=visit_id)
    mallory.asks(kind, by="email", email=EMAIL)
    found = {place for data in mallory.learnt for place in victim.found_in(data)}
    assert found <= {"visitor"}, "nothing of the visit but what the form itself says"
    assert_untouched(before, data_of(stage, victim))


def test_a_correction_to_the_victims_number_needs_more_than_the_attackers_own_proof(
    stage: TestHub, victim: Canaries
) -> None:
    mallory = Attacker(stage)
    mallory.writes("hello")
    mallory.asks("correction", by="text", phone=NUMBER, correction={"phone_number": OTHER_CALLER})
    stage.call_in(SHARED, OTHER_CALLER)
    callers = stage.rows(Call, caller_number=OTHER_CALLER)
    mallory.asks("access", by="text", phone=NUMBER)
    assert not any(OTHER_CALLER.removeprefix("+1").encode() in data for data in mallory.learnt[-2:])
    assert {call.person_id for call in callers} != {stage.one(Person, phone_number=NUMBER).id}
    with pytest.raises(RequestRefused, match="It is not proven"):
        raise RequestRefused(mallory.learnt[0].decode())


# Speaking: G2, G3, M5


def test_a_strangers_yes_is_never_the_callers_on_any_pass(hub: Callable[..., TestHub]) -> None:
    stage = hub(conversions=(EVERY_CALL,))
    page = "https://lakeside.example.com/?gclid=Cj0KCQstranger&utm_campaign=zq7stranger"
    for number in range(4):  # the pool has three numbers: the last visitors are shown the shared one
        shown = stage.visit(
            landing_page=page, visitor_id=f"stranger-{number}", consent={"ads": "granted", "ad_user_data": "granted"}
        )
    stage.visit(landing_page=page, visitor_id="stranger-9", consent={"ads": "granted", "ad_user_data": "granted"})
    assert shown.number == SHARED
    stage.clock.advance(minutes=3)
    call = stage.call_in(SHARED, CALLER)
    for _ in range(2):  # a second pass, and one more call of the same person
        with stage.hub.store.writing() as session:
            again = session.get_one(Call, call.id)
            again.state, again.due_at = "ready", stage.clock()
            session.add(again)
        stage.flow()
        stage.call_in(SHARED, CALLER)
    stage.deliver()
    stage.deliver("crm", "log_calls")
    assert [word for word in stage.rows(ConsentEntry) if word.state == "given"] == []
    assert {each.ad_user_data for each in stage.network.uploaded} == {"unknown"}
    assert [dict(each.click_ids) for each in stage.network.uploaded] == [{}] * len(stage.network.uploaded)
    assert {(each.landing_page, each.campaign) for each in stage.crm.logged} == {(None, None)}


@pytest.mark.parametrize("said", [{"all": "denied"}, {"ads": "denied", "ad_user_data": "denied"}, {"all": "granted"}])
def test_nobody_refuses_or_consents_for_a_caller_by_typing_their_number(
    stage: TestHub, victim: Canaries, said: dict[str, str]
) -> None:
    before = data_of(stage, victim)
    mallory = Attacker(stage)
    shown = stage.visit(visitor_id="mallory's browser", consent=said)
    mallory.types(phone=CALLER, email=address_of(victim), visit_id=shown.visit_id, consent=said, gpc=True)
    mallory.types(phone=CALLER, email=EMAIL, consent=said)
    after = data_of(stage, victim)
    assert {word.person_id for word in stage.rows(ConsentEntry) if word.channel in ("form", "web")}.isdisjoint(
        {victim.person_id}
    )
    before["own form"], after["own form"] = [], []
    assert_untouched(before, after)


@pytest.mark.parametrize("word", ["refused", "objected", "withdrawn"])
def test_what_a_person_refused_is_lifted_by_no_form_and_no_page_of_a_stranger(
    hub: Callable[..., TestHub], word: Any
) -> None:
    stage = hub(conversions=(EVERY_CALL, CONTACT_FORM))
    stage.call_in(SHARED, CALLER)
    stage.say(stage.one(Person), word, "marketing", "request", basis="objection")
    stage.clock.advance(days=1)
    mallory, yes = Attacker(stage), {"all": "granted", "ads": "granted", "ad_user_data": "granted"}
    shown = stage.visit(visitor_id="mallory's browser", consent=yes)
    mallory.types(phone=CALLER, visit_id=shown.visit_id, consent=yes)
    questions = len(stage.law.questions)
    stage.call_in(SHARED, CALLER)
    records = [each.latest_record() for each in stage.law.questions[questions:] if each.use.startswith("marketing")]
    assert {record.state if record else None for record in records} == {word}


# The same in every order

ROADS = st.sampled_from(
    ["types the number", "types the address", "types both", "refuses", "consents", "objects", "erases", "writes"]
)


def play(mallory: Attacker, road: str, address: str) -> None:
    match road:
        case "types the number":
            mallory.types(phone=CALLER, email=EMAIL, name="Mallory")
        case "types the address":
            mallory.types(phone=NUMBER, email=address, name="Mallory")
        case "types both":
            mallory.types(phone=CALLER, email=address, name="Mallory")
        case "refuses":
            mallory.types(phone=CALLER, email=EMAIL, consent={"all": "denied"}, gpc=True)
        case "consents":
            mallory.types(phone=CALLER, email=address, consent={"all": "granted", "ad_user_data": "granted"})
        case "objects":
            mallory.asks("objection", by="email", phone=CALLER, email=EMAIL)
        case "erases":
            mallory.asks("erasure", by="email", phone=CALLER, email=EMAIL)
        case "writes":
            mallory.writes("STOP")


def story(url: str, roads: list[list[str]]) -> list[Any]:
    """What the network and the CRM get of a victim who visits, calls, and calls again, with an attacker at work meanwhile."""
    clock = FrozenClock()
    with open_stage(url, clock, conversions=(EVERY_CALL,)) as stage:
        mallory = Attacker(stage)
        for moment in roads:
            for road in moment:
                play(mallory, road, "victim@example.com")
            clock.advance(minutes=5)
            shown = stage.visit(visitor_id="victim", landing_page="https://lakeside.example.com/?gclid=Cj0KCQvictim")
            stage.call_in(shown.number, CALLER)
            stage.deliver()
            stage.deliver("crm", "log_calls")
        sent: list[Any] = [
            (each.phone_number, dict(each.click_ids), each.ad_user_data, each.email) for each in stage.network.uploaded
        ]
        sent += [(each.caller_number, each.caller_name, each.campaign) for each in stage.crm.logged]
        given = [word for word in stage.rows(ConsentEntry) if word.state == "given"]
        visits = {visit.id: visit.person_id for visit in stage.rows(Visit)}
        known = {person.id for person in stage.rows(Person) if not person.is_typed}
        assert all(visits.get(word.visit_id or "") == word.person_id for word in given if word.person_id in known)
    return sent


@pytest.mark.soak
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(roads=st.lists(st.lists(ROADS, max_size=3), min_size=2, max_size=3))
def test_what_is_done_with_a_victims_data_is_the_same_with_an_attacker_and_without(
    fresh_url: Callable[[], str], alone: dict[int, list[Any]], roads: list[list[str]]
) -> None:
    assert story(fresh_url(), roads) == alone[len(roads)]


@pytest.fixture
def alone(fresh_url: Callable[[], str]) -> dict[int, list[Any]]:
    """What is sent of the victim without an attacker, by the number of moments."""
    return {moments: story(fresh_url(), [[]] * moments) for moments in (2, 3)}


@pytest.fixture
def fresh_url(databases: Path) -> Iterator[Callable[[], str]]:
    """Migrated, empty SQLite files, as many as an example needs."""
    import postgres

    made: list[Path] = []

    def make() -> str:
        made.append(postgres.sqlite_copy(databases))
        return f"sqlite:///{made[-1]}"

    yield make
    for file in made:
        for part in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            part.unlink(missing_ok=True)


def test_a_refusal_in_a_strangers_form_stops_nothing_until_a_user_decides(stage: TestHub, victim: Canaries) -> None:
    before = data_of(stage, victim)
    mallory = Attacker(stage)
    words = "Stop texting me and never call me again!"
    mallory.types(phone=victim.number, fields={"message": words})
    mallory.types(phone=victim.number, email=address_of(victim), fields={"message": words, "notes": "STOP"})
    assert_untouched(before, data_of(stage, victim))
    rows = stage.rows(DoubtfulRefusal, person_number=victim.number)
    assert {(each.source, each.learned, each.state) for each in rows} == {("form", "typed", "open")}


# A typed yes: F4b


def types_a_yes(networks: AdNetworks, number: str, *, on_a_visit: bool) -> dict[str, str]:
    """A stranger types a caller's number and an address with every yes; what each network hears."""
    stage = networks.stage
    stage.call_in(SHARED, number)
    networks.deliver()
    shown = stage.visit(visitor_id="mallory's browser", consent=YES) if on_a_visit else None
    Attacker(stage).types(phone=number, email=VICTIM_ADDRESS, consent=YES, visit_id=shown and shown.visit_id)
    return networks.deliver()


@pytest.mark.parametrize("number", [BERLIN, MONTREAL])
@pytest.mark.parametrize("on_a_visit", [False, True])
def test_a_strangers_form_uploads_no_number_and_no_address_where_the_law_asks_for_a_yes(
    networks: AdNetworks, number: str, on_a_visit: bool
) -> None:
    sent = types_a_yes(networks, number, on_a_visit=on_a_visit)
    assert heard_of(sent, number, VICTIM_ADDRESS) == set()
    form = networks.stage.one(FormSubmission)
    decisions = networks.stage.rows(ConsentDecision, subject_id=form.id)
    identified = [row for row in decisions if {"user.contact.phone_number", "user.contact.email"} & set(row.categories)]
    assert "signals.given" not in {row.rule_id for row in identified}
    if not on_a_visit:
        assert not any(sent.values())
        states = {row.connector: row.state for row in networks.stage.rows(Delivery, subject_id=form.id)}
        assert states == dict.fromkeys(NETWORKS, "held")


@pytest.mark.parametrize("on_a_visit", [False, True])
def test_where_the_law_asks_for_no_yes_a_typed_number_goes_as_unknown_and_never_as_granted(
    networks: AdNetworks, on_a_visit: bool
) -> None:
    sent = types_a_yes(networks, CHICAGO, on_a_visit=on_a_visit)
    assert heard_of(sent, CHICAGO, VICTIM_ADDRESS) == {"google", "meta", "tiktok", "linkedin"}
    assert "GRANTED" not in sent["google"]
    assert '"G"' not in sent["microsoft"]
    assert '"data_processing_options": ["LDU"]' in sent["meta"]
