"""What a carrier tells of a text, in whatever order and however often: the text never moves backwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from testbed import TestHub
from text_steps import outbound, queue, status_event

from hub.api import Receipt
from hub.model import TextStatus
from hub.texts.statuses import RANK, join

Factory = Callable[..., TestHub]
BEGIN = datetime(2026, 11, 24, 15, tzinfo=UTC)


@st.composite
def statuses(draw: st.DrawFn) -> TextStatus:
    status = draw(st.sampled_from(sorted(RANK)))
    at = BEGIN + timedelta(seconds=draw(st.integers(0, 3)))
    return TextStatus(
        connector="carrier",
        carrier_message_id="SM1",
        status=status,
        code=draw(st.sampled_from([None, "30003", "30005"])),
        reason=draw(st.sampled_from([None, "Off.", "Gone."])),
        opted_out=draw(st.booleans()),
        at=at,
        expires_at=at,
    )


def folded(words: list[TextStatus]) -> dict[str, Any]:
    """All words as one, as its columns."""
    whole = words[0]
    for word in words[1:]:
        whole = join(whole, word)
    return whole.model_dump()


@given(words=st.lists(statuses(), min_size=1, max_size=6), order=st.randoms(), again=st.data())
def test_any_order_and_any_repetition_of_the_same_words_says_the_same(words: Any, order: Any, again: Any) -> None:
    doubled = words + again.draw(st.lists(st.sampled_from(words), max_size=4))
    order.shuffle(doubled)
    assert folded(doubled) == folded(words)


@given(words=st.lists(statuses(), min_size=1, max_size=6), more=statuses())
def test_no_word_moves_a_text_backwards(words: list[TextStatus], more: TextStatus) -> None:
    assert RANK[folded([*words, more])["status"]] >= RANK[folded(words)["status"]]


@pytest.mark.one_on_postgresql
@pytest.mark.parametrize(
    ("order", "status", "state"),
    [
        (("sent", "delivered"), "delivered", "delivered"),
        (("delivered", "sent", "delivered"), "delivered", "delivered"),
        (("sent", "failed"), "failed", "rejected"),
        (("failed", "sent"), "failed", "rejected"),
        (("sent",), "sent", "accepted"),
    ],
)
def test_the_text_and_its_delivery_say_what_became_of_it(
    hub: Factory, order: tuple[str, ...], status: str, state: str
) -> None:
    stage = hub()
    queue(stage)
    stage.send_texts()
    for word in order:
        stage.clock.advance(seconds=2)
        stage.tell(status_event(stage, "SM0001", word))
    assert outbound(stage)[0].status == status
    assert stage.delivery("carrier").state == state


def test_a_word_that_comes_before_the_carriers_own_receipt_is_not_lost(hub: Factory) -> None:
    stage = hub()
    queue(stage)

    def quick(text: Any) -> Receipt:
        stage.tell(status_event(stage, "SM9", "delivered"))
        return Receipt(key=text.key, status="accepted", reference="SM9")

    stage.carrier.text_script = [quick]
    stage.send_texts()
    assert outbound(stage)[0].status == "delivered"
    assert stage.delivery("carrier").state == "delivered"


def test_a_word_of_a_text_that_nobody_sent_changes_nothing(hub: Factory) -> None:
    stage = hub()
    stage.tell(status_event(stage, "SM404", "delivered"))
    assert outbound(stage) == []
