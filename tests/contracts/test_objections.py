"""What a person's records say together: limits, objections that stand, a yes that has expired."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.contracts.consent import ConsentQuestion, ConsentRecord
from hub.contracts.manifest import Recipient

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
USE = "marketing.advertising.third_party.targeted"


def record(state: Any, use: str = USE, days_ago: float = 1, **more: Any) -> ConsentRecord:
    told = {"channel": "agent", "evidence": "test", **more}
    return ConsentRecord(state=state, use=use, at=NOW - timedelta(days=days_ago), **told)


def state_of(*records: ConsentRecord, **more: Any) -> str | None:
    question = ConsentQuestion(
        use=USE,
        categories=frozenset({"user.contact.phone_number"}),
        recipient=Recipient(name="Paper Network", role="independent_controller"),
        recipient_regions=("US",),
        at=NOW,
        records=records,
        **more,
    )
    word = question.latest_record()
    return word.state if word else None


@pytest.mark.parametrize(
    ("yes", "lifted"),
    [
        ({"use": USE}, True),
        ({"use": "marketing"}, True),
        ({"use": "marketing", "channel": "web"}, False),
        ({"use": "marketing", "channel": "form"}, False),
        ({"use": "marketing.advertising"}, False),
        ({"use": USE, "basis": "legitimate_interests"}, False),
    ],
)
def test_only_an_express_yes_to_the_very_thing_lifts_an_objection_to_marketing(
    yes: dict[str, Any], lifted: bool
) -> None:
    objection = record("objected", "marketing", days_ago=9)
    assert state_of(objection, record("given", **yes)) == ("given" if lifted else "objected")
    assert state_of(objection, record("given", days_ago=10, **yes)) == "objected", "it was said before"


@given(st.lists(st.sampled_from(["given", "refused", "withdrawn", "expired"]), max_size=6), st.integers(0, 6))
def test_whatever_else_was_said_an_objection_without_a_specific_yes_is_never_a_yes(states: list[str], at: int) -> None:
    said = [record(state, "marketing.advertising", days_ago=20 - index) for index, state in enumerate(states)]
    objection = record("objected", "marketing", days_ago=20.5 - at, expires_at=NOW - timedelta(hours=1))
    assert state_of(*said, objection) in ("objected", "refused", "withdrawn")


def test_an_expired_yes_is_silence_and_a_refusal_before_it_holds_again() -> None:
    assert state_of(record("given", days_ago=5), record("expired")) is None
    assert state_of(record("refused", days_ago=9), record("given", days_ago=5), record("expired")) == "refused"


def test_a_record_that_is_limited_speaks_only_within_its_limits() -> None:
    here, elsewhere = frozenset({"Paper Network"}), frozenset({"Another Inc."})
    assert state_of(record("given", recipients=here)) == "given"
    assert state_of(record("given", recipients=elsewhere)) is None
    assert state_of(record("given", days_ago=2), record("refused", recipients=elsewhere)) == "given"
    number, more = "user.contact.phone_number", "user.name"
    assert state_of(record("given", categories=frozenset({more}))) is None, "a yes must reach all that is asked for"
    assert state_of(record("given", categories=frozenset({number, more}))) == "given"
    assert state_of(record("refused", categories=frozenset({number, more}))) == "refused", "a no may reach a part"
