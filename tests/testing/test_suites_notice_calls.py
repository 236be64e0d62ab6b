"""A suite that cannot fail is a defect: each broken carrier plugin fails at the promise that it breaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from proving import Tame, try_promise

from hub.api import AnswerDocument, BadPayload, BadSignature, Connector, VerifiedWebhook, hookimpl

CircuitBreaker = Callable[[Any], type[Connector]]
DEFECTS: dict[str, tuple[str, CircuitBreaker]] = {}


def instead_of(hook: str, promise: str) -> Callable[[Callable[..., Any]], Any]:
    """A broken carrier that differs in one hook: a function of (connector, honest hook, its argument, …)."""

    def decorate(act: Callable[..., Any]) -> Any:
        def breaker(good: Any) -> type[Connector]:
            honest = getattr(good, hook)
            marks = getattr(honest, "ringfence_impl")  # noqa: B009 - pluggy's own attribute
            source = {
                "verify_webhook": lambda self, request: act(self, honest, request),
                "parse_webhook": lambda self, request: act(self, honest, request),
                "list_calls": lambda self, since: act(self, honest, since),
                "render_answer": lambda self, point, instructions: act(self, honest, point, instructions),
                "configure_number": lambda self, setup: act(self, honest, setup),
                "search_numbers": lambda self, query: act(self, honest, query),
            }[hook]
            assert marks
            return type("Broken", (good,), {hook: hookimpl(source)})

        DEFECTS[act.__name__] = (promise, breaker)
        return act

    return decorate


@instead_of("verify_webhook", "a_forged_or_changed_webhook_is_refused")
def everything_is_genuine(self: Any, honest: Any, request: Any) -> Any:
    try:
        return honest(self, request)
    except BadSignature:
        return VerifiedWebhook("x")


@instead_of("verify_webhook", "a_webhook_signed_for_another_body_is_refused")
def a_signature_is_enough(self: Any, honest: Any, request: Any) -> Any:
    return VerifiedWebhook(str(hash(request.body))) if len(request.headers) > 1 else honest(self, request)


@instead_of("verify_webhook", "odd_headers_never_break_the_check")
def a_signature_that_must_be_ascii(self: Any, honest: Any, request: Any) -> Any:
    for value in request.headers.values():
        value.encode("ascii")
    return honest(self, request)


@instead_of("verify_webhook", "nonsense_from_strangers_is_refused")
def parsed_before_it_is_verified(self: Any, honest: Any, request: Any) -> Any:
    json.loads(request.body)
    return honest(self, request)


@instead_of("verify_webhook", "a_forged_or_changed_webhook_is_refused")
def a_refusal_that_tells_the_secret(self: Any, honest: Any, request: Any) -> Any:
    try:
        return honest(self, request)
    except BadSignature as error:
        raise BadSignature(f"Expected {self.settings.webhook_secret.get_secret_value()}.") from error


@instead_of("verify_webhook", "unsigned_headers_do_not_change_the_event")
def a_key_from_a_header(self: Any, honest: Any, request: Any) -> Any:
    seen = honest(self, request)
    return replace(seen, event_key=request.headers.get("idempotency-key", seen.event_key))


@instead_of("verify_webhook", "a_genuine_webhook_is_taken_and_each_event_has_its_own_key")
def a_key_for_the_whole_call(self: Any, honest: Any, request: Any) -> Any:
    return replace(honest(self, request), event_key=json.loads(request.body)["call"]["id"])


@instead_of("verify_webhook", "a_replayed_webhook_is_the_same_event")
def a_key_with_the_time(self: Any, honest: Any, request: Any) -> Any:
    seen = honest(self, request)
    return replace(seen, event_key=seen.event_key + request.received_at.isoformat())


@instead_of("verify_webhook", "a_genuine_webhook_without_sense_has_a_key_and_is_parked")
def no_key_for_what_makes_no_sense(self: Any, honest: Any, request: Any) -> Any:
    try:
        json.loads(request.body)
    except ValueError:
        raise BadPayload("No JSON.") from None
    return honest(self, request)


@instead_of("verify_webhook", "a_ringing_call_waits_for_its_answer")
def a_ringing_call_that_waits_for_nothing(self: Any, honest: Any, request: Any) -> Any:
    return replace(honest(self, request), answer=None)


@instead_of("parse_webhook", "a_genuine_webhook_without_sense_has_a_key_and_is_parked")
def nonsense_that_is_no_event(self: Any, honest: Any, request: Any) -> Any:
    try:
        return honest(self, request)
    except BadPayload:
        return []


@instead_of("parse_webhook", "re_ordered_webhooks_are_the_same_events")
def a_memory_of_what_came_before(self: Any, honest: Any, request: Any) -> Any:
    began = self.services.memory.get("began")
    self.services.memory.put("began", "yes")
    return honest(self, request) if began else []


@instead_of("parse_webhook", "a_call_is_told_from_its_first_ring_to_its_end")
def an_end_that_is_not_told(self: Any, honest: Any, request: Any) -> Any:
    return [event for event in honest(self, request) if getattr(event, "kind", "") != "completed"]


@instead_of("parse_webhook", "a_call_is_told_from_its_first_ring_to_its_end")
def a_voicemail_taken_for_a_person(self: Any, honest: Any, request: Any) -> Any:
    return [replace(e, kind="answered") if e.kind == "not_answered" else e for e in honest(self, request)]


@instead_of("parse_webhook", "a_call_is_told_from_its_first_ring_to_its_end")
def times_without_a_zone(self: Any, honest: Any, request: Any) -> Any:
    return [replace(event, at=event.at.replace(tzinfo=None)) for event in honest(self, request)]


@instead_of("parse_webhook", "the_end_of_a_call_tells_how_long_it_was")
def milliseconds_taken_for_seconds(self: Any, honest: Any, request: Any) -> Any:
    return [replace(event, duration=(event.duration or 0) * 1000) for event in honest(self, request)]


@instead_of("parse_webhook", "a_caller_who_hides_is_nobody")
def a_caller_made_up(self: Any, honest: Any, request: Any) -> Any:
    return [replace(e, caller_number=e.caller_number or "+13125550100") for e in honest(self, request)]


@instead_of("parse_webhook", "a_text_message_comes_as_it_was_written")
def a_text_made_plain(self: Any, honest: Any, request: Any) -> Any:
    return [replace(event, body=event.body.encode("ascii", "ignore").decode()) for event in honest(self, request)]


@instead_of("render_answer", "every_instruction_leaves_its_mark_in_the_document")
def a_document_that_reaches_nobody(self: Any, honest: Any, point: Any, instructions: Any) -> Any:
    return AnswerDocument("application/json", "{}")


@instead_of("render_answer", "every_instruction_leaves_its_mark_in_the_document")
def a_mark_that_gets_lost(self: Any, honest: Any, point: Any, instructions: Any) -> Any:
    return honest(self, point, [replace(each, mark="") if hasattr(each, "mark") else each for each in instructions])


@instead_of("render_answer", "a_text_in_an_answer_stays_text")
def markup_put_together_by_hand(self: Any, honest: Any, point: Any, instructions: Any) -> Any:
    said = "".join(f"<Say>{each.text}</Say>" for each in instructions if hasattr(each, "text"))
    return AnswerDocument("text/xml", f"<R>{said}</R>")


@instead_of("render_answer", "every_answer_is_a_well_formed_document")
def a_document_cut_short(self: Any, honest: Any, point: Any, instructions: Any) -> Any:
    document = honest(self, point, instructions)
    return replace(document, body=document.body[:-1])


@instead_of("list_calls", "the_call_list_agrees_with_the_webhooks")
def short_calls_left_out_of_the_list(self: Any, honest: Any, since: Any) -> Any:
    listed = honest(self, since)
    short = {event.call_id for event in listed if event.duration is not None and event.duration < 30}
    return [event for event in listed if event.call_id not in short]


@instead_of("list_calls", "the_call_list_agrees_with_the_webhooks")
def a_list_that_never_ends(self: Any, honest: Any, since: Any) -> Any:
    return honest(self, since.replace(year=2000))


@instead_of("configure_number", "a_number_is_found_bought_configured_and_given_back")
def a_set_up_that_is_forgotten(self: Any, honest: Any, setup: Any) -> Any:
    return next(held for held in self.list_numbers() if held.number == setup.number)


@instead_of("search_numbers", "a_number_is_found_bought_configured_and_given_back")
def more_offers_than_were_asked_for(self: Any, honest: Any, query: Any) -> Any:
    return honest(self, replace(query, limit=query.limit + 1))


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_broken_carrier_plugin_fails_at_the_promise_it_breaks(plugins: Mapping[str, Tame], defect: str) -> None:
    promise, breaker = DEFECTS[defect]
    with pytest.raises(AssertionError):
        try_promise(plugins["carrier"], breaker(plugins["carrier"].connector_class), promise)
