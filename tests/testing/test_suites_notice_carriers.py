"""The carrier suite's promises of placed calls, recordings, texts and ports: Twilio's plugin keeps them, and each broken
variant of it fails at the promise that it breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from proving import Tame, try_promise

from hub.api import Erasure, OutcomeUnknown, Receipt, Rejected, RetryLater, hookimpl
from hub.api.carriers import (
    Dial,
    Gather,
    HangUp,
    MediaFile,
    MessageEvent,
    MessageStatusEvent,
    PortOrder,
    RecordingAudio,
)
from hub.testing import FrozenClock
from hub.testing.carriers.people_checks import OTHER_COMPANY
from plugins.carriers.twilio import Twilio
from plugins.carriers.twilio.sandbox import Sandbox

DEFECTS: dict[str, tuple[str, dict[str, Any], type[Twilio]]] = {}


def instead_of(hook: str, promise: str, **more: Any) -> Callable[[Callable[..., Any]], Any]:
    """A broken carrier that differs in one hook: a function of (connector, honest hook, its arguments by name)."""

    def decorate(act: Callable[..., Any]) -> Any:
        honest = getattr(Twilio, hook)
        sources: dict[str, Callable[..., Any]] = {
            "verify_webhook": lambda self, request: act(self, honest, request),
            "parse_webhook": lambda self, request: act(self, honest, request),
            "render_answer": lambda self, point, instructions: act(self, honest, point, instructions),
            "list_calls": lambda self, since: act(self, honest, since),
            "fetch_recording": lambda self, recording_id, url: act(self, honest, recording_id, url),
            "delete_recording": lambda self, recording_id: act(self, honest, recording_id),
            "control_recording": lambda self, call_id, control: act(self, honest, call_id, control),
            "send_text": lambda self, text: act(self, honest, text),
            "list_texts": lambda self, query: act(self, honest, query),
            "fetch_media": lambda self, url: act(self, honest, url),
            "order_port": lambda self, request: act(self, honest, request),
            "list_ports": lambda self: act(self, honest),
            "cancel_port": lambda self, order_id: act(self, honest, order_id),
            "export_person": lambda self, person: act(self, honest, person),
            "erase_person": lambda self, person: act(self, honest, person),
        }
        DEFECTS[act.__name__] = (promise, more, type("Broken", (Twilio,), {hook: hookimpl(sources[hook])}))
        return act

    return decorate


def changed(instructions: Any, kind: type, **changes: Any) -> list[Any]:
    return [replace(each, **changes) if isinstance(each, kind) else each for each in instructions]


# Calls


@instead_of("render_answer", "a_greeting_is_heard_and_the_business_rings")
def a_greeting_left_out(self: Any, honest: Any, point: Any, instructions: Any) -> Any:
    return honest(self, point, instructions[-1:])


@instead_of("render_answer", "a_greeting_is_heard_and_the_business_rings")
def everything_recorded(self: Any, honest: Any, point: Any, instructions: Any) -> Any:
    return honest(self, point, changed(instructions, Dial, record=True))


@instead_of("verify_webhook", "a_greeting_is_heard_and_the_business_rings")
def a_dial_that_nobody_answers(self: Any, honest: Any, request: Any) -> Any:
    seen = honest(self, request)
    return replace(seen, answer=seen.answer and replace(seen.answer, answered=False))


@instead_of("verify_webhook", "where_nobody_picks_up_the_hub_says_what_comes_next")
def a_dial_that_is_always_answered(self: Any, honest: Any, request: Any) -> Any:
    seen = honest(self, request)
    return replace(seen, answer=seen.answer and replace(seen.answer, answered=seen.answer.moment == "dial_ended"))


@instead_of("verify_webhook", "a_menu_hands_on_the_keys_that_the_caller_presses")
def keys_that_get_lost(self: Any, honest: Any, request: Any) -> Any:
    seen = honest(self, request)
    return replace(seen, answer=seen.answer and replace(seen.answer, digits=""))


@instead_of("render_answer", "a_menu_takes_as_many_keys_as_it_wants")
def one_key_only(self: Any, honest: Any, point: Any, instructions: Any) -> Any:
    return honest(self, point, changed(instructions, Gather, most_digits=1))


@instead_of("render_answer", "the_person_who_picks_up_hears_the_whisper_and_the_caller_does_not")
def a_whisper_that_nobody_asks_for(self: Any, honest: Any, point: Any, instructions: Any) -> Any:
    return honest(self, point, changed(instructions, Dial, whisper=False))


@instead_of("render_answer", "of_several_phones_the_one_that_picks_up_answers")
def only_the_first_phone(self: Any, honest: Any, point: Any, instructions: Any) -> Any:
    return honest(
        self,
        point,
        [replace(each, numbers=each.numbers[:1]) if isinstance(each, Dial) else each for each in instructions],
    )


@instead_of("parse_webhook", "a_message_is_taken_where_nobody_answers")
def a_message_taken_for_a_recording(self: Any, honest: Any, request: Any) -> Any:
    return [replace(e, kind="recorded") if getattr(e, "kind", "") == "voicemail" else e for e in honest(self, request)]


@instead_of("parse_webhook", "a_caller_who_gives_up_leaves_an_unanswered_call")
def whoever_rings_is_answered(self: Any, honest: Any, request: Any) -> Any:
    return [
        replace(e, kind="answered") if getattr(e, "kind", "") == "not_answered" else e for e in honest(self, request)
    ]


@instead_of("render_answer", "a_hub_that_hangs_up_ends_the_call")
def a_dial_where_the_hub_hangs_up(self: Any, honest: Any, point: Any, instructions: Any) -> Any:
    again = Dial(numbers=("+13125550199",))
    return honest(self, point, [again if isinstance(each, HangUp) else each for each in instructions])


@instead_of("verify_webhook", "every_webhook_of_a_placed_call_is_an_event_of_its_own")
def one_key_a_path(self: Any, honest: Any, request: Any) -> Any:
    return replace(honest(self, request), event_key=request.path)


@instead_of("list_calls", "a_placed_call_is_in_the_call_list")
def a_list_without_answers(self: Any, honest: Any, since: Any) -> Any:
    return [event for event in honest(self, since) if event.kind != "answered"]


@instead_of("list_texts", "the_list_of_texts_agrees_with_the_webhooks")
def a_list_of_texts_without_pictures(self: Any, honest: Any, query: Any) -> Any:
    return [replace(event, media_urls=()) for event in honest(self, query)]


# Recordings


@instead_of("render_answer", "a_call_is_recorded_only_where_the_hub_says_so")
def a_recording_that_nobody_asked_for(self: Any, honest: Any, point: Any, instructions: Any) -> Any:
    return honest(self, point, changed(instructions, Dial, record=True))


@instead_of("fetch_recording", "a_recording_is_what_was_spoken")
def audio_cut_short(self: Any, honest: Any, recording_id: Any, url: Any) -> Any:
    audio = honest(self, recording_id, url)
    return RecordingAudio(content_type=audio.content_type, data=audio.data[:-2])


@instead_of("delete_recording", "a_recording_is_deleted_and_once_more_is_no_error")
def a_recording_that_stays(self: Any, honest: Any, recording_id: Any) -> Any:
    return None


@instead_of("delete_recording", "a_recording_is_deleted_and_once_more_is_no_error")
def a_deletion_that_fails_the_second_time(self: Any, honest: Any, recording_id: Any) -> Any:
    if self.services.memory.get(recording_id):
        raise Rejected("It is gone.")
    self.services.memory.put(recording_id, "gone")
    return honest(self, recording_id)


@instead_of("control_recording", "a_recording_pauses_and_resumes_while_the_call_goes_on")
def a_recording_that_never_resumes(self: Any, honest: Any, call_id: Any, control: Any) -> Any:
    return honest(self, call_id, "pause")


@instead_of("control_recording", "nothing_is_paused_where_nothing_is_recorded")
def a_pause_that_is_made_up(self: Any, honest: Any, call_id: Any, control: Any) -> Any:
    try:
        return honest(self, call_id, control)
    except Rejected:
        return None


# Texts


@instead_of("send_text", "a_text_is_sent_once_with_its_reference")
def a_text_sent_twice(self: Any, honest: Any, text: Any) -> Any:
    honest(self, text)
    return honest(self, text)


@instead_of("send_text", "a_text_is_sent_once_with_its_reference")
def a_reference_that_is_lost(self: Any, honest: Any, text: Any) -> Any:
    return replace(honest(self, text), reference=None)


@instead_of("send_text", "a_text_whose_outcome_is_not_known_is_not_tried_again", fault="no answer")
def a_time_out_that_is_tried_again(self: Any, honest: Any, text: Any) -> Any:
    try:
        return honest(self, text)
    except OutcomeUnknown as error:
        raise RetryLater(str(error)) from None


@instead_of("send_text", "a_text_that_the_carrier_did_not_take_is_tried_again", fault="too many requests")
def a_text_that_is_held_for_nothing(self: Any, honest: Any, text: Any) -> Any:
    try:
        return honest(self, text)
    except RetryLater as error:
        raise OutcomeUnknown(str(error)) from None


@instead_of("send_text", "whoever_told_the_carrier_to_stop_gets_no_text")
def a_stop_that_is_only_a_refusal(self: Any, honest: Any, text: Any) -> Any:
    return replace(honest(self, text), opted_out=False)


@instead_of("send_text", "a_text_is_never_told_of_whatever_the_carrier_does")
def a_refusal_that_names_the_person(self: Any, honest: Any, text: Any) -> Any:
    receipt: Receipt = honest(self, text)
    return replace(receipt, reason=f"{text.recipient_number} was not texted.")


@instead_of("parse_webhook", "what_became_of_a_text_is_told", status="failed")
def a_failure_without_a_reason(self: Any, honest: Any, request: Any) -> Any:
    return [replace(e, reason=None) if isinstance(e, MessageStatusEvent) else e for e in honest(self, request)]


@instead_of("verify_webhook", "each_step_of_a_text_is_an_event_of_its_own")
def one_key_a_text(self: Any, honest: Any, request: Any) -> Any:
    seen = honest(self, request)
    return replace(seen, event_key=seen.event_key.rsplit(":", 1)[0])


@instead_of("parse_webhook", "pictures_come_with_a_text_and_from_the_carrier_only")
def pictures_that_are_lost(self: Any, honest: Any, request: Any) -> Any:
    return [replace(e, media_urls=()) if isinstance(e, MessageEvent) else e for e in honest(self, request)]


@instead_of("fetch_media", "pictures_come_with_a_text_and_from_the_carrier_only")
def a_picture_from_anywhere(self: Any, honest: Any, url: Any) -> Any:
    try:
        return honest(self, url)
    except Rejected:
        return MediaFile(content_type="image/png", data=b"anything")


# Ports


@instead_of("list_ports", "a_port_is_ordered_and_listed")
def only_the_newest_order(self: Any, honest: Any) -> Any:
    return honest(self)[:1]


@instead_of("order_port", "a_port_is_ordered_and_listed")
def an_order_that_is_done_at_once(self: Any, honest: Any, request: Any) -> Any:
    return replace(honest(self, request), status="ported")


@instead_of("list_ports", "a_port_order_moves_on", status="ported")
def an_order_that_never_moves(self: Any, honest: Any) -> Any:
    return [replace(order, status="draft") for order in honest(self)]


@instead_of("order_port", "a_port_order_tells_nothing_personal")
def an_order_that_names_its_signer(self: Any, honest: Any, request: Any) -> Any:
    order: PortOrder = honest(self, request)
    return replace(order, detail=f"{request.authorized_person} must sign.")


@instead_of("cancel_port", "a_port_order_is_cancelled")
def a_cancellation_that_does_nothing(self: Any, honest: Any, order_id: str) -> None:
    return None


# People's requests


@instead_of("export_person", "a_person_is_shown_what_is_between_them_and_the_company")
def every_company_shown(self: Any, honest: Any, person: Any) -> Any:
    return honest(self, replace(person, tracking_numbers=(*person.tracking_numbers, OTHER_COMPANY)))


@instead_of("erase_person", "a_person_is_erased_at_the_company_that_was_asked")
def every_company_erased(self: Any, honest: Any, person: Any) -> Any:
    return honest(self, replace(person, tracking_numbers=(*person.tracking_numbers, OTHER_COMPANY)))


@instead_of("erase_person", "a_person_is_erased_at_the_company_that_was_asked")
def an_erasure_that_is_only_said(self: Any, honest: Any, person: Any) -> Any:
    return Erasure(status="erased", records=3)


@instead_of("erase_person", "without_a_number_of_the_company_only_records_that_it_knows_are_touched")
def records_that_the_hub_knows_by_id_are_forgotten(self: Any, honest: Any, person: Any) -> Any:
    return honest(self, replace(person, provider_ids=()))


@pytest.fixture(scope="module")
def twilio() -> Iterator[Tame]:
    clock = FrozenClock()
    with Sandbox(clock) as sandbox:
        yield Tame(Twilio, sandbox, clock)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_broken_carrier_plugin_fails_at_the_promise_it_breaks(twilio: Tame, defect: str) -> None:
    promise, more, broken = DEFECTS[defect]
    with pytest.raises(AssertionError):
        try_promise(twilio, broken, promise, **more)


@pytest.mark.parametrize("defect", DEFECTS)
def test_an_honest_plugin_keeps_that_promise(twilio: Tame, defect: str) -> None:
    promise, more, _ = DEFECTS[defect]
    try_promise(twilio, Twilio, promise, **more)
