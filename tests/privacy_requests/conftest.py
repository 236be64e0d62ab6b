"""The same caller at another company, for the tests of requests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from testbed import CALLER, NORTH_SHARED, TestHub

from hub.model import Call, Delivery, Person
from hub.privacy_requests.people import set_hold


@pytest.fixture
def neighbor(desk: TestHub) -> Iterator[Call]:
    """The caller is known to the other company on the same carrier account too, which holds everything of theirs by law:
    whatever a test erases at the first company, this call is as it was in the end."""
    call = desk.call_in(NORTH_SHARED, CALLER, caller_name="Zqneighbour", seconds=200)
    with desk.hub.store.writing() as session:
        set_hold(session, desk.hub, desk.directory.companies["northgate"].id, CALLER, None, "Case 21", "officer")
    yield call
    left = desk.one(Call, id=call.id)
    assert (left.caller_number, left.state, desk.name_of(left)) == (CALLER, call.state, "Zqneighbour")
    assert desk.one(Person, company_id=desk.directory.companies["northgate"].id).phone_number == CALLER
    assert not [each for each in desk.rows(Delivery, subject_id=call.id) if each.kind == "retract"]
