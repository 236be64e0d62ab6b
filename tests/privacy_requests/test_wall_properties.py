"""In any history of two companies on one account, a request to one touches what is between the person and that company."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select
from testbed import SHARED, TestHub

from hub.api import PersonReference
from hub.api.sandbox import SimulatedCall
from hub.model import Call, Company, PrivacyRequest, Tracker, TrackingNumber
from hub.model.columns import new_id
from hub.privacy.erasure import PersonData
from hub.privacy_requests.providers.scope import scopes_of
from hub.testing import FrozenClock, connect
from plugins.carriers.telnyx import Telnyx
from plugins.carriers.twilio import Twilio

PEOPLE = ("+13125550142", "+13125550143")
OWN, OTHERS = ("+13125550120", "+13125550121"), ("+13135550120", "+13135550121")
CARRIERS: dict[str, Any] = {"twilio": Twilio, "telnyx": Telnyx}


class Dealing(NamedTuple):
    """A recorded call, and perhaps a text."""

    person: str | None
    number: str
    text: bool


dealings = st.builds(Dealing, st.sampled_from([*PEOPLE, None]), st.sampled_from([*OWN, *OTHERS]), st.booleans())


@pytest.fixture(scope="module", params=CARRIERS)
def carrier(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any]]:
    """A connector and its stand-in."""
    plugin, clock = CARRIERS[request.param], FrozenClock()
    with plugin.sandbox_class()(clock) as sandbox:
        yield connect(plugin, sandbox, clock=clock), sandbox


def play(connector: Any, sandbox: Any, history: list[Dealing]) -> dict[str, Dealing]:
    """Each call's recording → what it was."""
    address, clock = connector.services.webhook_url, connector.services.clock
    recordings = {}
    for one in history:
        before = set(sandbox.recordings())
        clock.advance(minutes=10)
        call = SimulatedCall(
            caller_number=one.person, tracking_number=one.number, answering_number="+13125550190",
            started_at=clock(), talk=timedelta(seconds=20),
        )  # fmt: skip
        sandbox.webhooks(call, address)
        (recording,) = set(sandbox.recordings()) - before
        recordings[recording] = one
        if one.text and one.person is not None:
            sandbox.message_webhook(one.person, one.number, "Hello", address)
    return recordings


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(dealings, max_size=5), asked=st.sampled_from(PEOPLE))
def test_a_carrier_loses_exactly_what_is_between_the_person_and_the_company(
    carrier: tuple[Any, Any], history: list[Dealing], asked: str
) -> None:
    connector, sandbox = carrier
    for table in (sandbox.calls, sandbox.messages, sandbox.held_recordings):
        table.clear()
    recordings = play(connector, sandbox, history)
    person = PersonReference(phone_numbers=(asked,), tracking_numbers=OWN)
    shown = repr(connector.export_person(person))
    connector.erase_person(person)
    theirs = {each for each, was in recordings.items() if was.person == asked and was.number in OWN}
    assert set(sandbox.recordings()) == recordings.keys() - theirs
    assert all((each in shown) == (each in theirs) for each in recordings)
    assert not [number for number in OTHERS if number in shown]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls=st.lists(st.tuples(st.sampled_from(["lakeside", "northgate"]), st.sampled_from([*OWN, *OTHERS])), max_size=8),
    holders=st.dictionaries(st.sampled_from([*OWN, *OTHERS]), st.sampled_from(["lakeside", "northgate"])),
)
def test_a_number_proves_a_record_only_if_no_other_company_ever_had_it(
    stage: TestHub, calls: list[tuple[str, str]], holders: dict[str, str]
) -> None:
    ids = {each.name: each.id for each in stage.rows(Company)}
    with stage.hub.store.writing() as session:
        for table in (Call, TrackingNumber):
            for row in session.exec(select(table)).all():
                session.delete(row)
        session.flush()
        for company, number in calls:
            session.add(
                Call(
                    connector="carrier", carrier_call_id=new_id(), company_id=ids[company], tracking_number=number,
                    started_at=stage.clock(), due_at=stage.clock(),
                )
            )  # fmt: skip
        for number, company in holders.items():
            tracker = next(each for each in session.exec(select(Tracker)) if each.company_id == ids[company])
            session.add(TrackingNumber(tracker_id=tracker.id, number=number))
        session.flush()
        request = PrivacyRequest(
            company_id=ids["lakeside"], kind="erasure", fingerprint="-", received_at=stage.clock(),
            due_at=stage.clock(), promised_at=stage.clock(),
        )  # fmt: skip
        scopes = scopes_of(session, stage.hub, request, PersonData(), "erase_person")
    had: dict[str, set[str]] = {"lakeside": set(), "northgate": set()}
    for company, number in [*calls, *((company, number) for number, company in holders.items())]:
        had[company].add(number)
    only_ours = had["lakeside"] - had["northgate"]
    assert set(scopes["carrier"]["tracking_numbers"] if "carrier" in scopes else ()) == only_ours
    assert ("carrier" in scopes) == bool(only_ours), "a carrier of which nothing is known is not asked"


class Erasing(Twilio):
    """A carrier that can erase people, of which only its manifest and its hooks count here."""

    Settings = staticmethod(  # type: ignore[assignment]
        lambda: Twilio.Settings.model_validate({"account_sid": "AC" + "0" * 32, "auth_token": "token"})
    )


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    made = lite_hub(connectors={"carrier": Erasing})
    assert made.rows(TrackingNumber, number=SHARED)
    return made
