"""What every plugin that calls a provider must prove: each kind of provider failure has the right outcome."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from hub.contracts.connector import Connector
from hub.contracts.disclosure import disclose
from hub.contracts.faults import Fault
from hub.contracts.hearing import HeardRequest
from hub.contracts.people import PeopleSandbox, PersonReference
from hub.contracts.sandbox import Sandbox
from hub.errors import AuthError, RingfenceError
from hub.hookspecs import OperationHooks, PrivacyHooks
from hub.protocols.json_service import JsonService
from hub.testing import samples
from hub.testing.asking import Reply, WireCall, ask, attempt, implemented_hooks
from hub.testing.exchanges.vendor_answers import VendorRulesConformance
from hub.testing.factories import FrozenClock, connect
from hub.testing.heard import heard
from hub.testing.secrecy import leaked, listening, secrets_of

MANY_REQUESTS = 50
"""Number of failing requests in a row: more than any client's automatic retries."""

UPLOAD = "upload_conversions"
RECEIVED = (UPLOAD, "log_calls", "poll_receipts")
SUCCESS = ("delivered", "duplicate", "accepted")
MAY_BE_EMPTY = ("enrich_caller", "pull_outcomes", "search_numbers", "delete_recording", "control_recording")
"""Hooks to which a reply without content can be a good one."""
READS = ("enrich_caller", "poll_receipts", "pull_outcomes")
"""Hooks that may answer with nothing new if the provider refuses."""
RETRY_AFTER_SECONDS = 7
FAULTS = {
    "refused credentials": Fault("status", 401),
    "too many requests": Fault("status", 429, retry_after=RETRY_AFTER_SECONDS),
    "a server error": Fault("status", 500),
    "an unavailable service": Fault("status", 503),
    "no answer": Fault("hang", seconds=2.0),
    "garbage": Fault("garbage"),
}
ALL_FAULTS = FAULTS | {
    "a refusal": Fault("status", 400),
    "a redirect": Fault("redirect"),
    "a reply that is lost": Fault("taken"),
}
ERROR_IN_SUCCESS = Fault("status", 200)
"""A reply of 200 whose body is an error's, as some providers send."""
INTERRUPTIONS = ("a server error", "no answer", "a reply that is lost")
"""After these the hub tries the same item again."""


@contextmanager
def failing(sandbox: Sandbox, fault: Fault, hooks: int = 1) -> Iterator[None]:
    """Make the provider fail in one way until the end of the block, in which so many hooks are called."""
    sandbox.fail_next(fault, MANY_REQUESTS * hooks)
    try:
        yield
    finally:
        sandbox.heal()


@contextmanager
def pages_of_two(sandbox: Sandbox) -> Iterator[None]:
    """Let the lists of the provider have pages of two items until the end of the block."""
    sandbox.page_limit = 2
    try:
        yield
    finally:
        sandbox.page_limit = None


def interrupted(
    sandbox: Sandbox, connector: Connector, impatient: Connector, send: Callable[[Connector], Reply]
) -> Iterator[tuple[str, Reply]]:
    """The reply to a hook, once for each fault at each of its requests. `send` calls the hook with a new item each time."""
    with heard(sandbox) as requests:
        send(connector)
    for place in range(len(requests)):
        for name in INTERRUPTIONS:
            fault = ALL_FAULTS[name]
            sandbox.fail_next(fault, after=place)
            with heard(sandbox) as tried:
                reply = send(impatient if fault.kind == "hang" else connector)
            sandbox.heal()
            if len(tried) > place:
                yield f"{name} (request {place + 1} of {len(requests)})", reply


def check_sent_once(
    sandbox: Sandbox,
    connector: Connector,
    impatient: Connector,
    send: Callable[[Connector], Reply],
    count: Callable[[], int],
    what: str,
) -> None:
    """Check that what cannot be taken back is sent one time, whatever becomes of the reply: its requests and its effects."""
    with heard(sandbox) as requests:
        send(connector)
    usual = len(requests)
    for fault in (*INTERRUPTIONS, "garbage"):
        before = count()
        sandbox.fail_next(ALL_FAULTS[fault], after=usual - 1)
        with heard(sandbox) as requests:
            send(impatient if ALL_FAULTS[fault].kind == "hang" else connector)
        sandbox.heal()
        made = count() - before
        assert len(requests) <= usual and made <= 1, (
            f"after {fault} the plugin sent {len(requests)} requests instead of {usual}, and {made} times {what}; raise "
            "OutcomeUnknown and leave it to the hub"
        )


def need_ability(connector: Connector, ability: str) -> None:
    """Skip a promise that the manifest leaves out."""
    if ability not in connector.manifest.abilities:
        pytest.skip(f"declared: {ability!r} is not among the manifest's abilities")


def held_by(sandbox: Sandbox) -> frozenset[str]:
    """The ids of all that the provider keeps."""
    return frozenset(sandbox.held_ids()) if isinstance(sandbox, PeopleSandbox) else frozenset()


def need_held_ids(sandbox: Sandbox) -> None:
    """Fail for a stand-in that does not say what is left after an erasure."""
    assert isinstance(sandbox, PeopleSandbox), (
        "the plugin erases people, so its stand-in must say what it still keeps: give it held_ids(), as "
        "hub.api.sandbox.PeopleSandbox has it"
    )


class WireConformance(VendorRulesConformance):
    """Faults and secrecy, for each hook that calls the provider."""

    def wire_calls(self, connector: Connector, sandbox: Sandbox) -> Iterable[WireCall]:
        """The hooks of the family that call the provider."""
        raise NotImplementedError

    @pytest.fixture
    def provider(self, sandbox: Sandbox | None) -> Sandbox:
        """The sandbox of a plugin that has one."""
        if sandbox is None:
            pytest.skip("this plugin calls nobody")
        return sandbox

    @pytest.fixture
    def impatient(self, sandbox: Sandbox | None, clock: FrozenClock) -> Connector:
        """A connector that does not wait long, for a provider that never answers."""
        settings = dict(self.settings)
        if "timeout" in self.connector_class.Settings.model_fields:
            settings["timeout"] = self.patience
        return connect(self.connector_class, sandbox, clock=clock, timeout=self.patience, **settings)

    def _replies(self, connector: Connector, provider: Sandbox, fault: str) -> Iterator[tuple[WireCall, Reply]]:
        """The reply of each implemented hook while the provider fails; of those that wait for it, all at the same time."""
        known, way = implemented_hooks(connector), ALL_FAULTS[fault]
        calls = [call for call in self.wire_calls(connector, provider) if call.hook in known]
        if way.kind == "hang":
            with failing(provider, way, len(calls)):
                yield from _together(connector, calls)
            return
        for call in calls:
            with failing(provider, way):
                yield call, attempt(connector, call.hook, **call.arguments)

    def test_refused_credentials_ask_to_reconnect(self, connector: Connector, provider: Sandbox) -> None:
        for call, reply in self._replies(connector, provider, "refused credentials"):
            assert isinstance(reply.error, AuthError), f"{call.hook}: a 401 must become AuthError, not {_seen(reply)}"

    def test_a_wait_that_the_provider_asks_for_is_passed_on(self, connector: Connector, provider: Sandbox) -> None:
        for call, reply in self._replies(connector, provider, "too many requests"):
            assert reply.is_retry(), f"{call.hook}: a 429 must become RetryLater, not {_seen(reply)}"
            wait = reply.retry_after()
            assert wait >= RETRY_AFTER_SECONDS, (
                f"{call.hook}: Retry-After said {RETRY_AFTER_SECONDS} s, the plugin {wait} s"
            )

    @pytest.mark.parametrize("fault", ["a server error", "an unavailable service"])
    def test_a_server_error_is_tried_again(self, connector: Connector, provider: Sandbox, fault: str) -> None:
        for call, reply in self._replies(connector, provider, fault):
            assert call.is_retried(reply), f"{call.hook}: {fault} must become RetryLater, not {_seen(reply)}"

    def test_a_provider_that_does_not_answer_is_tried_again(self, impatient: Connector, provider: Sandbox) -> None:
        for call, reply in self._replies(impatient, provider, "no answer"):
            assert call.is_retried(reply), f"{call.hook}: a time-out must become RetryLater, not {_seen(reply)}"

    def test_an_answer_that_is_garbage_is_tried_again(self, connector: Connector, provider: Sandbox) -> None:
        for call, reply in self._replies(connector, provider, "garbage"):
            assert call.is_retried(reply), (
                f"{call.hook}: an unreadable reply must become RetryLater, not {_seen(reply)}"
            )

    def test_a_refusal_is_final_and_no_success(self, connector: Connector, provider: Sandbox) -> None:
        for call, reply in self._replies(connector, provider, "a refusal"):
            if call.hook not in READS:
                assert not reply.is_retry(), (
                    f"{call.hook}: a 400 must become Rejected or rejected receipts, not a retry"
                )
                assert reply.error or reply.has_only("rejected"), f"{call.hook}: a 400 became {_seen(reply)}"

    def test_an_error_in_a_reply_of_200_is_no_success(self, connector: Connector, provider: Sandbox) -> None:
        """Some providers say in the body alone that a request failed."""
        for call in list(self.wire_calls(connector, provider)):
            if call.hook not in implemented_hooks(connector) or (
                call.hook == UPLOAD and not connector.manifest.confirms
            ):
                continue
            with failing(provider, ERROR_IN_SUCCESS):
                reply = attempt(connector, call.hook, **call.arguments)
            if reply.error is not None:
                continue
            results = reply.result if isinstance(reply.result, list | tuple) else [reply.result]
            if call.hook in RECEIVED:
                is_taken = any(receipt.status in SUCCESS for receipt in results)
            else:
                is_taken = call.hook not in MAY_BE_EMPTY or any(getattr(each, "outcomes", each) for each in results)
            assert not is_taken, f"{call.hook}: the body of a 200 holds an error only, and it became {_seen(reply)}"

    def test_no_request_is_made_twice_in_one_call_of_a_hook(self, connector: Connector, provider: Sandbox) -> None:
        """The same request twice is counted, or paid for, twice."""
        for call in self.wire_calls(connector, provider):
            if call.hook in implemented_hooks(connector):
                with heard(provider) as requests:
                    attempt(connector, call.single().hook, **call.single().arguments)
                made = Counter((each.method, each.address, each.body) for each in requests)
                twice = [place for place, count in made.items() if count > 1]
                assert not twice, (
                    f"{call.hook} sent one request {made[twice[0]]} times: {twice[0][0]} {requests[0].path}"
                )

    def test_a_redirect_to_another_place_is_not_followed(
        self, connector: Connector, provider: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        request: list[str] = []
        honest = socket.getaddrinfo

        def look_up(host: Any, *more: Any, **options: Any) -> Any:
            request.append(str(host))
            return honest("127.0.0.1" if "elsewhere" in str(host) else host, *more, **options)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        for call, reply in self._replies(connector, provider, "a redirect"):
            assert not [host for host in request if "elsewhere" in host], (
                f"{call.hook} followed a redirect to another host"
            )
            failed = reply.error or reply.has_only("rejected") or call.is_retried(reply)
            assert failed, f"{call.hook}: a redirect must become an error, not {_seen(reply)}"

    def test_a_failed_request_is_not_sent_again_by_the_plugin(
        self, connector: Connector, impatient: Connector, provider: Sandbox
    ) -> None:
        """When a request is tried again is decided by the hub, which knows what may count twice."""
        rounds = zip(*(self._single_calls(connector, provider) for _ in range(4)), strict=True)
        for calls in rounds:
            self._check_single_tries(connector, provider, *calls)
        waiting = self._single_calls(impatient, provider)
        if len(self._late(impatient, provider, waiting)) > len(waiting):
            for call in waiting:
                made = len(self._late(impatient, provider, [call]))
                assert made <= 1, f"{call.hook} sent {made} requests although the first timed out; the hub tries again"

    def _single_calls(self, connector: Connector, provider: Sandbox) -> list[WireCall]:
        known = implemented_hooks(connector)
        return [call.single() for call in self.wire_calls(connector, provider) if call.hook in known]

    @staticmethod
    def _late(impatient: Connector, provider: Sandbox, calls: Sequence[WireCall]) -> list[HeardRequest]:
        """The requests of hooks that all wait at the same time for a provider that never answers."""
        with heard(provider) as requests, failing(provider, FAULTS["no answer"], len(calls)):
            list(_together(impatient, calls))
        return requests

    def _check_single_tries(
        self,
        connector: Connector,
        provider: Sandbox,
        first: WireCall,
        well: WireCall,
        failed: WireCall,
        doubtful: WireCall,
    ) -> None:
        attempt(connector, first.hook, **first.arguments)
        with heard(provider) as requests:
            attempt(connector, well.hook, **well.arguments)
        usual = len(requests)
        with heard(provider) as requests, failing(provider, FAULTS["a server error"]):
            attempt(connector, failed.hook, **failed.arguments)
        assert len(requests) <= 1, (
            f"{well.hook} sent {len(requests)} requests although the first ended in a server error; the hub tries again"
        )
        if not usual:
            return
        provider.fail_next(ALL_FAULTS["a reply that is lost"], after=usual - 1)
        with heard(provider) as requests:
            attempt(connector, doubtful.hook, **doubtful.arguments)
        provider.heal()
        assert len(requests) <= usual, (
            f"{well.hook} sent {len(requests) - usual} more requests after one whose reply was lost; the provider may have "
            "taken it, so leave it to the hub"
        )

    def test_an_erasure_that_asked_nobody_erased_nothing(self, connector: Connector, provider: Sandbox) -> None:
        if "erase_person" not in implemented_hooks(connector):
            pytest.skip("this plugin erases nobody")
        whole = PersonReference(
            phone_numbers=(samples.person_number(),), emails=("pat.doe@example.com",), item_keys=(samples.key("call"),)
        )
        person = disclose(whole, connector.manifest, "erase_person").value
        with heard(provider) as requests:
            done = ask(connector, PrivacyHooks.erase_person, person=person)
        assert requests or done.status != "erased", (
            "erase_person says `erased`, but asked nobody; say `nothing_held`, or `impossible` with the reason"
        )

    def test_no_address_holds_personal_data_or_a_secret(self, connector: Connector, provider: Sandbox) -> None:
        """Proxies and servers log addresses; data belongs in the body."""
        secrets, excused = secrets_of(connector.settings), connector.manifest.personal_in_address
        found: list[str] = []
        for call in (*self.wire_calls(connector, provider), WireCall("check_connection", {})):
            if call.hook in implemented_hooks(connector):
                with heard(provider) as requests:
                    attempt(connector, call.hook, **call.arguments)
                reported = leaked([request.address for request in requests], secrets | call.personal())
                found += [f"{call.hook} tells {', '.join(reported)} in an address" for _ in reported[:1]]
        if excused:
            assert found, "no address holds personal data: leave personal_in_address out of the manifest"
            pytest.skip(f"declared: {excused}")
        assert not found, (
            f"{found[0]}; send it in the body, or say in manifest.personal_in_address why that is impossible"
        )

    def test_a_failed_connection_check_says_so(
        self, connector: Connector, impatient: Connector, provider: Sandbox
    ) -> None:
        """Not after a status that the declaration expects with any code: the provider took the credentials then."""
        if "check_connection" not in implemented_hooks(impatient):
            pytest.skip("this plugin has no connection check")
        check = impatient.check if isinstance(impatient, JsonService) else None
        for name, fault in (ALL_FAULTS | {"an error in a reply of 200": ERROR_IN_SUCCESS}).items():
            if check and fault.kind == "status" and check.expected.get(fault.status) == "":
                continue
            with failing(provider, fault):
                tried = impatient if fault.kind == "hang" else connector
                reply = attempt(tried, OperationHooks.check_connection)
            assert isinstance(reply.error, RingfenceError) or not reply.result.ok, (
                f"after {name} check_connection returned ok=True; return ok=False with a sentence, or raise the error"
            )

    def test_nothing_secret_or_personal_is_told_whatever_the_provider_does(
        self, connector: Connector, impatient: Connector, provider: Sandbox
    ) -> None:
        """Not in an error, not in a receipt, not in a log line."""
        secrets = secrets_of(connector.settings)
        for fault, way in ALL_FAULTS.items():
            with listening() as lines:
                replies = list(self._replies(impatient if way.kind == "hang" else connector, provider, fault))
            for call, reply in replies:
                found = leaked([*reply.texts(), *lines], secrets | call.personal())
                assert not found, f"{call.hook}, after {fault}, tells {', '.join(found)}"

    def test_nothing_secret_or_personal_is_told_when_all_is_well(self, connector: Connector, provider: Sandbox) -> None:
        secrets = secrets_of(connector.settings)
        for call in (*self.wire_calls(connector, provider), WireCall("check_connection", {})):
            if call.hook in implemented_hooks(connector):
                with listening() as lines:
                    reply = attempt(connector, call.hook, **call.arguments)
                found = leaked([*reply.texts(), *lines], secrets | call.personal())
                assert not found, f"{call.hook} tells {', '.join(found)}"


def _together(connector: Connector, calls: Sequence[WireCall]) -> Iterator[tuple[WireCall, Reply]]:
    """The reply of each hook, all called at the same time."""
    with ThreadPoolExecutor(len(calls) or 1) as pool:
        replies = pool.map(lambda call: attempt(connector, call.hook, **call.arguments), calls)
        yield from zip(calls, replies, strict=True)


def _seen(reply: Reply) -> str:
    if reply.error is not None:
        return type(reply.error).__name__
    receipts = reply.result if isinstance(reply.result, list | tuple) else [reply.result]
    return f"a result ({', '.join(sorted({str(getattr(r, 'status', type(r).__name__)) for r in receipts}))})"
