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
        ({"use": USE, "channel": "web"}, False),
        ({"use": USE, "channel": "form"}, False),
        ({"use": USE, "channel": "tcf"}, False),
        ({"use": USE, "channel": "contact"}, False),
        ({"use": USE, "channel": "request"}, True),
        ({"use": USE, "channel": "sms"}, True),
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


@pytest.mark.parametrize("no", ["refused", "withdrawn"])
@pytest.mark.parametrize("channel", ["request", "sms", "agent", "form"])
def test_a_no_of_the_person_is_lifted_by_their_own_act_and_by_no_page(no: str, channel: str) -> None:
    said = record(no, "marketing.advertising", days_ago=9, channel=channel)
    for page in ("web", "form", "tcf", "gpp"):
        assert state_of(said, record("given", channel=page)) == no
    assert state_of(said, record("given", channel="sms")) == "given"
    assert state_of(said, record("given", channel="sms", days_ago=5), record("given", channel="web")) == "given"


def test_what_a_page_says_ends_with_what_it_says_next() -> None:
    assert state_of(record("refused", days_ago=9, channel="web"), record("given", channel="web")) == "given"


def test_a_no_that_was_limited_in_time_is_no_longer_in_the_way_of_a_page_after_it() -> None:
    limited = record("refused", days_ago=9, expires_at=NOW - timedelta(days=5))
    assert state_of(limited, record("given", channel="web", days_ago=6)) is None
    assert state_of(limited, record("given", channel="web", days_ago=4)) == "given"


def test_a_yes_by_their_own_act_that_has_lapsed_leaves_the_no_before_it_to_no_page() -> None:
    lapsed = record("given", days_ago=8, channel="sms", expires_at=NOW - timedelta(days=2))
    assert state_of(record("refused", days_ago=9), lapsed, record("given", channel="web")) == "refused"


USES = st.sampled_from([USE, "marketing.advertising", "marketing"])
BY_PAGE = st.builds(
    record,
    st.sampled_from(["given", "given", "refused", "expired"]),
    USES,
    days_ago=st.integers(1, 40),
    channel=st.sampled_from(["web", "form", "tcf", "gpp", "contact"]),
)
OWN = st.builds(
    record,
    st.sampled_from(["given", "refused", "withdrawn", "objected"]),
    USES,
    days_ago=st.integers(1, 40),
    channel=st.sampled_from(["request", "sms", "agent"]),
)


@given(st.lists(BY_PAGE, max_size=6), st.lists(OWN, max_size=4), st.randoms(use_true_random=False))
def test_after_a_persons_own_no_nothing_is_allowed_until_their_own_deliberate_act(
    pages: list[ConsentRecord], own: list[ConsentRecord], shuffle: Any
) -> None:
    said = [*pages, *own]
    shuffle.shuffle(said)
    noes = [each for each in own if each.state != "given"]
    last_no = max((each.at for each in noes), default=None)
    if last_no is not None and not any(each.state == "given" and each.at > last_no for each in own):
        assert state_of(*said) not in ("given", None)
    if state_of(*own) in ("refused", "withdrawn", "objected"):
        assert state_of(*said) != "given", "no page makes a yes of the person's own no"
