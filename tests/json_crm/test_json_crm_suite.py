"""A CRM whose people are records of two modules, with a field for each number, and whose tokens come from OAuth, is a
declaration too: the suite of CRMs holds for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import httpx2
import pytest

from hub.api import JsonObject, PersonReference
from hub.api.crm import Correction
from hub.testing import CrmConformance, FrozenClock, connect
from tests.json_crm.modular_crm import Modular, ModularStandIn


class TestModular(CrmConformance):
    connector_class = Modular
    sandbox_class = ModularStandIn


@pytest.fixture
def crm() -> Iterator[tuple[Modular, ModularStandIn]]:
    clock = FrozenClock()
    with ModularStandIn(clock) as sandbox:
        yield connect(Modular, sandbox, clock=clock), sandbox


def test_people_of_two_modules_may_have_the_same_id(crm: tuple[Modular, ModularStandIn]) -> None:
    connector, sandbox = crm
    sandbox.add("contact", {"id": "1", **sandbox.contact("Pat Doe", "+13125550142", None)})
    sandbox.add("contact", {"id": "2", "module": "leads", **sandbox.contact("Pat Doe", "+13125550142", None)})
    person = PersonReference(phone_numbers=("+13125550142",))
    assert [record.record_id for record in connector.export_person(person)] == ["1", "2"]
    assert connector.erase_person(person).records == 2
    assert sandbox.held_ids() == ()


class OneKind(Modular):
    """Overlooks leads."""

    def contacts(self, numbers: Sequence[str], emails: Sequence[str]) -> Iterator[JsonObject]:
        return (each for each in super().contacts(numbers, emails) if each["module"] == "people")


def test_a_plugin_that_overlooks_a_kind_of_person_is_noticed() -> None:
    clock = FrozenClock()
    with ModularStandIn(clock) as sandbox, pytest.raises(AssertionError, match="the call is logged on"):
        connector = connect(OneKind, sandbox, clock=clock)
        CrmConformance().test_every_kind_of_person_is_found_corrected_shown_and_erased(connector, sandbox)


@pytest.mark.parametrize(
    ("held", "correction", "wanted"),
    [
        ({}, {"new_name": "Ann Lee Roe"}, {"first_name": "Ann Lee", "last_name": "Roe"}),
        ({}, {"new_name": "Roe"}, {"first_name": "", "last_name": "Roe"}),
        ({"mobile": "(312) 555-0142"}, {"new_phone_number": "+13125550143"}, {"mobile": "+13125550143"}),
        (
            {"phone": "+13125550142", "mobile": "312-555-0142"},
            {"new_phone_number": "+13125550143"},
            {"phone": "+13125550143", "mobile": "+13125550143"},
        ),
        ({"phone": "+13125550199"}, {"new_phone_number": "+13125550143"}, {"mobile": "+13125550143"}),
        ({}, {"new_email": "pat@example.org"}, {"email": "pat@example.org"}),
    ],
)
def test_a_correction_is_written_into_the_field_with_the_wrong_value_or_a_free_one(
    crm: tuple[Modular, ModularStandIn], held: JsonObject, correction: JsonObject, wanted: JsonObject
) -> None:
    whole = Correction(phone_numbers=("+13125550142",), **correction)
    assert crm[0].changes(held, whole) == wanted


def test_a_token_is_given_for_the_refresh_token_of_the_settings_only(crm: tuple[Modular, ModularStandIn]) -> None:
    connector, sandbox = crm
    assert connector.check_connection().ok
    for given, status in (("another", 400), (sandbox.settings()["refresh_token"], 200)):
        form = {"grant_type": "refresh_token", "refresh_token": given}
        assert httpx2.post(f"{sandbox.url}/oauth/token", data=form, trust_env=False).status_code == status


def test_a_kind_that_no_record_has_is_named(crm: tuple[Modular, ModularStandIn]) -> None:
    with pytest.raises(LookupError, match="'lead' is no kind of record of this stand-in; it keeps contact, deal, call"):
        crm[1].held("lead")
