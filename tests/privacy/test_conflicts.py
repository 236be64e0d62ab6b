"""Numbers and addresses that forms name for several people are listed for the privacy officer, and link nobody."""

from __future__ import annotations

from collections.abc import Callable

from kept_forms import keep_form
from testbed import CALLER, OTHER_CALLER, SHARED, TestHub

from hub.privacy.conflicts import Conflict, conflicts_of
from hub.visits.forms import SentForm


def conflicts(stage: TestHub) -> list[Conflict]:
    with stage.hub.store.reading() as session:
        return conflicts_of(session, stage.directory.companies["lakeside"].id)


def send(stage: TestHub, phone: str | None, email: str | None) -> None:
    stage.clock.advance(minutes=1)
    key = f"form-{stage.clock().timestamp()}"
    keep_form(stage.hub, stage.directory.companies["lakeside"], SentForm(key=key, phone=phone, email=email))
    stage.flow()


def test_one_number_with_two_addresses_is_a_conflict_and_names_its_owner(hub: Callable[..., TestHub]) -> None:
    stage = hub(conversions=[])
    caller = stage.call_in(SHARED, CALLER)
    send(stage, CALLER, "ada@example.com")
    send(stage, CALLER, "ada@example.com")
    assert conflicts(stage) == [], "who types their own number and address twice is no conflict"
    send(stage, CALLER, "mallory@example.net")
    (found,) = conflicts(stage)
    assert (found.kind, found.name, found.known, len(found.typed), found.forms) == (
        "number",
        CALLER,
        caller.person_id,
        2,
        3,
    )


def test_one_address_with_two_numbers_is_a_conflict_of_its_own_company_alone(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub(conversions=[])
    send(stage, CALLER, "ada@example.com")
    send(stage, OTHER_CALLER, "ada@example.com")
    (found,) = conflicts(stage)
    assert (found.kind, found.name, found.known, found.forms) == ("address", "ada@example.com", None, 2)
    with stage.hub.store.reading() as session:
        assert conflicts_of(session, stage.directory.companies["northgate"].id) == []


def test_a_name_typed_alone_conflicts_with_nothing(lite_hub: Callable[..., TestHub]) -> None:
    stage = lite_hub(conversions=[])
    stage.call_in(SHARED, CALLER)
    send(stage, CALLER, None)
    send(stage, CALLER, "ada@example.com")
    send(stage, None, "ada@example.com")
    assert conflicts(stage) == []
