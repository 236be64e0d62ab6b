"""What a carrier plugin that places calls must prove: dialed one time, never twice, and reported as our own call."""

from __future__ import annotations

from typing import Any, Literal, get_args

import pytest

from hub.contracts.call_backs import CallBack, CallBackEvent
from hub.contracts.connector import Connector
from hub.contracts.sandbox import CallBackOutcome, CallBackSandbox, Sandbox
from hub.contracts.untrusted import JsonObject
from hub.contracts.webhooks import WebhookRequest
from hub.errors import AuthError, OutcomeUnknown, RetryLater
from hub.hookspecs import CallHooks
from hub.testing import samples
from hub.testing.asking import ask, attempt, implemented_hooks
from hub.testing.secrecy import leaked, listening, personal_texts, secrets_of
from hub.testing.switchboard import need_hooks
from hub.testing.wire import FAULTS, WireConformance, check_sent_once, failing

OUTCOMES: tuple[CallBackOutcome, ...] = get_args(CallBackOutcome)
LAST: dict[CallBackOutcome, tuple[str, str]] = {
    "answered": ("person", "completed"),
    "user_busy": ("user", "busy"),
    "user_no_answer": ("user", "no_answer"),
    "person_busy": ("person", "busy"),
    "person_no_answer": ("person", "no_answer"),
}
"""The leg and the status that say how the call ended."""
ENDS = {"refused credentials": AuthError, "too many requests": RetryLater, "an unavailable service": RetryLater}
"""The error after each fault; after any other one it is unknown whether the carrier took the call."""


def call_back(**changes: Any) -> CallBack:
    """A call to place."""
    values: JsonObject = {
        "key": samples.key("call"),
        "tracking_number": samples.TRACKING_NUMBER,
        "user_number": samples.DIAL,
        "person_number": samples.person_number(),
    }
    return CallBack(**(values | changes))


def placing(sandbox: Sandbox) -> CallBackSandbox:
    """The sandbox of a carrier that places calls."""
    assert isinstance(sandbox, CallBackSandbox), "the sandbox must implement hub.api.sandbox.CallBackSandbox"
    return sandbox


class CallBackConformance(WireConformance):
    """Two phones ring because of one request, so a plugin repeats it only if it is known to have failed."""

    def test_a_plugin_that_places_calls_says_so(self, connector: Connector) -> None:
        places = "place_call" in implemented_hooks(connector)
        assert places == ("call_back" in connector.manifest.abilities), (
            "the ability `call_back` and the hook `place_call` belong together"
        )

    def test_the_hub_may_hand_over_what_a_call_back_needs(self, connector: Connector) -> None:
        need_hooks(connector, "place_call")
        flow = connector.manifest.flow("place_call")
        shared = {share.field for share in flow.shares if share.transform_name == "plain"} if flow else set()
        assert {"user_number", "person_number"} <= shared, "the manifest's flow of place_call lacks one of the numbers"

    def test_a_call_is_placed_once_with_the_tracking_number_as_its_caller_id(
        self, connector: Connector, sandbox: Sandbox
    ) -> None:
        need_hooks(connector, "place_call")
        before, call = len(placing(sandbox).placed_calls()), call_back()
        receipt = ask(connector, CallHooks.place_call, call=call)
        assert (receipt.key, receipt.status) == (call.key, "accepted"), receipt
        placed = placing(sandbox).placed_calls()
        assert len(placed) == before + 1, "one call was placed as often as it was asked for: once"
        assert receipt.reference in (None, placed[-1]["reference"])
        reported = {
            name: placed[-1][name] for name in ("user_number", "person_number", "caller_id", "person_caller_id")
        }
        number = call.tracking_number
        assert reported == {
            "user_number": call.user_number,
            "person_number": call.person_number,
            "caller_id": number,
            "person_caller_id": number,
        }

    @pytest.mark.parametrize("outcome", OUTCOMES)
    def test_both_legs_are_told_as_our_own_call_and_never_as_one_that_came_in(
        self, connector: Connector, sandbox: Sandbox, outcome: CallBackOutcome
    ) -> None:
        need_hooks(connector, "place_call")
        call, requests = self._played(connector, sandbox, outcome)
        found = [each for request in requests for each in ask(connector, CallHooks.parse_webhook, request=request)]
        events = [each for each in found if isinstance(each, CallBackEvent)]
        assert events and events == found, "a leg of our own call was reported as something else"
        assert {each.key for each in events} == {call.key}, "each event names the call by our key"
        assert LAST[outcome] in {(each.leg, each.status) for each in events}
        spoke = [each.duration for each in events if (each.leg, each.status) == ("person", "completed")]
        assert spoke == ([60] if outcome == "answered" else []), "the person's leg says how long they spoke"
        known = {each.call_id for each in events} - {None}
        assert known <= {placing(sandbox).placed_calls()[-1]["reference"]}, "both legs have the id of the user's leg"

    def test_each_step_of_both_legs_is_an_event_of_its_own(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "place_call")
        keys = []
        for _ in range(2):
            _, requests = self._played(connector, sandbox, "answered")
            for request in requests:
                verified = ask(connector, CallHooks.verify_webhook, request=request)
                assert verified.answer is None, "nobody waits for a document"
                keys.append(verified.event_key)
        assert len(set(keys)) == len(keys), "two events share a key, so one of them would be lost"

    def test_our_own_calls_do_not_appear_among_those_that_came_in(self, connector: Connector, sandbox: Sandbox) -> None:
        need_hooks(connector, "place_call", "list_calls")
        since = connector.services.clock()
        self._played(connector, sandbox, "answered")
        number = placing(sandbox).placed_calls()[-1]["reference"]
        assert number not in {each.call_id for each in ask(connector, CallHooks.list_calls, since=since)}

    @pytest.mark.parametrize("why", ["caller_id", "country", "number"])
    def test_a_refusal_names_the_carriers_code_and_no_number(
        self, connector: Connector, sandbox: Sandbox, why: Literal["caller_id", "country", "number"]
    ) -> None:
        need_hooks(connector, "place_call")
        number = samples.person_number()
        call = call_back(tracking_number=number) if why == "caller_id" else call_back(user_number=number)
        placing(sandbox).refuse_calls(number, why)
        before = len(placing(sandbox).placed_calls())
        with listening() as lines:
            reply = attempt(connector, CallHooks.place_call, call=call)
        assert reply.error is None and reply.result.status == "rejected", reply
        assert reply.result.code and reply.result.reason
        assert len(placing(sandbox).placed_calls()) == before
        assert not leaked([*reply.texts(), *lines], secrets_of(connector.settings) | personal_texts(call))

    def test_a_call_whose_reply_never_comes_is_never_placed_twice(
        self, connector: Connector, impatient: Connector, sandbox: Sandbox
    ) -> None:
        need_hooks(impatient, "place_call")
        for fault in FAULTS:
            call, caller = call_back(), impatient if FAULTS[fault].kind == "hang" else connector
            with listening() as lines, failing(sandbox, FAULTS[fault]):
                reply = attempt(caller, CallHooks.place_call, call=call)
            wanted = ENDS.get(fault, OutcomeUnknown)
            assert isinstance(reply.error, wanted), f"{fault}: raise {wanted.__name__}, or the call may be placed twice"
            found = leaked([*reply.texts(), *lines], secrets_of(impatient.settings) | personal_texts(call))
            assert not found, f"after {fault}, place_call tells {', '.join(found)}"

    def test_two_phones_ring_once_whatever_becomes_of_the_reply(
        self, connector: Connector, impatient: Connector, sandbox: Sandbox
    ) -> None:
        need_hooks(connector, "place_call")
        check_sent_once(
            sandbox,
            connector,
            impatient,
            lambda caller: attempt(caller, CallHooks.place_call, call=call_back()),
            lambda: len(placing(sandbox).placed_calls()),
            "the call",
        )

    def _played(
        self, connector: Connector, sandbox: Sandbox, outcome: CallBackOutcome
    ) -> tuple[CallBack, list[WebhookRequest]]:
        call = call_back()
        ask(connector, CallHooks.place_call, call=call)
        reference = placing(sandbox).placed_calls()[-1]["reference"]
        return call, list(placing(sandbox).play_call_back(reference, outcome))
