"""What a plugin and its stand-in must prove of the vendor's rules: what is refused, and what each answer means to the hub."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

import httpx2
import pytest

from hub.contracts.connector import Connector
from hub.contracts.conversions import Receipt
from hub.contracts.filling import NAME, filled
from hub.contracts.hearing import HeardRequest
from hub.contracts.refusals import NOT_TAKEN, of_family
from hub.contracts.sandbox import HttpSandbox, Sandbox
from hub.contracts.untrusted import value_at
from hub.contracts.vendor_file import Answer
from hub.contracts.vendor_rules import VendorRules, placed
from hub.errors import AuthError, ConfigError, OutcomeUnknown, RetryLater
from hub.protocols.json_service import JsonService
from hub.protocols.json_service.stand_in import JsonServiceSandbox
from hub.protocols.json_service.templates import plain_values
from hub.testing.asking import Reply, WireCall, attempt, implemented_hooks
from hub.testing.connectors import ConnectorConformance
from hub.testing.exchanges.exchange_checks import loopback_client
from hub.testing.heard import heard

TIMES = 10
"""How often an answer is given: more often than a plugin may ask within one call of a hook."""
TAKEN = ("delivered", "duplicate", "accepted")
ENDED = frozenset({"rejected", "unmatched"})
MUST = {
    "wait": "be tried again",
    "wait_long": "be tried again, not before the time that `after` says",
    "sign_in": "be AuthError, so that the hub waits for a person who signs in",
    "configuration": "be ConfigError, so that the hub waits for a person who changes the settings",
    "final": "end with a reason in words",
    "partly": "end the rows that the answer names, and count the others",
}
PASSING = ("wait", "wait_long")


@dataclasses.dataclass(frozen=True)
class Walked:
    """An answer that is given to one operation of a hook."""

    name: str
    answer: Answer
    call: WireCall
    on: str


class VendorRulesConformance(ConnectorConformance):
    """Of a plugin whose stand-in has a `rules.yaml`."""

    def wire_calls(self, connector: Connector, sandbox: Sandbox) -> Iterable[WireCall]:
        """The hooks of the family that call the provider, the one that sends first."""
        raise NotImplementedError

    def sending_calls(self, connector: Connector, sandbox: Sandbox) -> Iterable[WireCall]:
        """Hooks to which the provider's answers are given, the one that sends first, if `wire_calls` lacks them."""
        return ()

    def test_the_stand_in_takes_and_refuses_what_the_vendor_does(self, sandbox: Sandbox | None) -> None:
        """Each good request of the file is taken, and each probe gets the answer of its rule. Both go over the wire to a
        stand-in of their own, with the credentials of its account."""
        rules = _rules(sandbox)
        assert sandbox is not None
        with type(sandbox)(sandbox.clock) as own:
            connector, now, settings = self.connected(own, own.clock), own.clock(), own.settings()
            unlike = list[str]()
            for name in rules.file.good:
                request = rules.example(name, now, settings)
                said = rules.check(request, now)
                refused = said.answer or next(filter(None, said.refused), None)
                assert refused is None, f"good.{name} is refused with {refused}{said.field and f', for {said.field}'}"
                unlike += self._unlike(connector, own, request, f"good.{name}", None)
            for rule in rules.file.rules:
                own.rights = frozenset[str]() if rule.right else None
                request = rules.probe(rule, now, settings)
                said = rules.check(request, now, own.rights)
                assert rule.answer in (said.answer, *said.refused), (
                    f"the probe of {rule.rule!r} is answered with {said.answer or list(said.refused)}, not {rule.answer}"
                )
                unlike += self._unlike(connector, own, request, f"the probe of {rule.rule!r}", rule.answer)
        assert not unlike, "\n".join(unlike)

    def test_each_answer_of_the_vendor_means_what_its_rules_say(
        self, connector: Connector, sandbox: Sandbox | None
    ) -> None:
        """Nothing is lost by an answer that passes, or that a person can mend; a final one ends with its reason."""
        for walked in self._walked(connector, sandbox):
            reply = self._answered(connector, sandbox, walked)
            wrong = _wrong(walked, reply)
            assert not wrong, f"{walked.name} ({walked.answer.means}), to {walked.call.hook}: {wrong}"
            if walked.answer.means not in ("final", "partly"):
                again = attempt(connector, walked.call.hook, **walked.call.arguments)
                statuses = _statuses(again)
                assert again.error is None and statuses <= set(TAKEN), (
                    f"after {walked.name} the same call of {walked.call.hook} does not pass: {again.error or statuses}"
                )

    def test_a_code_that_nobody_lists_waits_if_its_family_passes(
        self, connector: Connector, sandbox: Sandbox | None
    ) -> None:
        rules = _rules(sandbox)
        families = [(means, family) for means, listed in rules.file.others.items() for family in listed]
        main = next(iter(self._walked(connector, sandbox)), None)
        if main is None or not families:
            pytest.skip("the vendor's rules name no family of codes")
        for means, family in families:
            call, answer = main.call.fresh(), _unlisted(rules, means, family)
            walked = dataclasses.replace(main, name=family, answer=answer, call=call)
            reply = self._answered(connector, sandbox, walked)
            wrong = _wrong(walked, reply)
            assert not wrong, f"an unlisted code of {family} ({means}), to {main.call.hook}: {wrong}"

    def _answered(self, connector: Connector, sandbox: Sandbox | None, walked: Walked) -> Reply:
        """What the hook makes of the answer."""
        assert sandbox is not None
        is_listed = walked.name in _rules(sandbox).file.answers
        sandbox.answer_next(walked.name if is_listed else walked.answer, TIMES, walked.on)
        call = walked.call if walked.answer.means == "partly" else walked.call.single()
        reply = attempt(connector, call.hook, **call.arguments)
        unused = len(sandbox._answers) + len(sandbox._row_answers)
        sandbox.heal()
        assert unused < TIMES, (
            f"the stand-in did not give {walked.name}: ask next_row_answer() for each row, and name the operation in `on`"
        )
        return reply

    def _walked(self, connector: Connector, sandbox: Sandbox | None) -> Iterator[Walked]:
        """Each answer with the hook that gets it: by the last request of the hook that sends, or with `on` by the first hook
        that uses the operation."""
        rules = _rules(sandbox)
        assert sandbox is not None
        used: dict[str, WireCall] = {}
        main = ""
        for call in (*self.sending_calls(connector, sandbox), *self.wire_calls(connector, sandbox)):
            if call.hook not in implemented_hooks(connector):
                continue
            with heard(sandbox) as requests:
                attempt(connector, call.hook, **call.arguments)
            found = [rules.operations.find(each.method, each.path) for each in requests]
            names = [each[0] for each in found if each]
            main = main or (names[-1] if names else "")
            used |= {name: call for name in names if name not in used}
        for name, answer in rules.file.answers.items():
            for on in answer.on or (main,):
                if on in used and not _is_unseen(connector, answer):
                    yield Walked(name, answer, used[on].fresh(), on)

    def _unlike(
        self, connector: Connector, sandbox: Sandbox, request: HeardRequest, of: str, expected: str | None
    ) -> Iterator[str]:
        """What the stand-in answers to a request, if it is not the expected answer."""
        rules = _rules(sandbox)
        operation = rules.operations.find(request.method, request.path)
        if operation is None or operation[1].get("silent") or not isinstance(sandbox, HttpSandbox):
            return
        if isinstance(connector, JsonService) and isinstance(sandbox, JsonServiceSandbox):
            sent = _authorized(connector, sandbox, request)
        else:
            sent = sandbox.authorized(request)
        with loopback_client(sandbox.url) as client:
            reply = client.request(
                sent.method, f"{sent.path}?{sent.query}".rstrip("?"), headers=sent.headers, content=sent.body
            )
        given = f"the stand-in answers {of} with {reply.status_code} {reply.text}"
        if expected is None:
            if not reply.is_success:
                yield given
        elif not _is_given(reply, rules.answer(expected)):
            yield f"{given}, not {expected}"


def _authorized(connector: JsonService, sandbox: JsonServiceSandbox, request: HeardRequest) -> HeardRequest:
    """The request with the credentials that the plugin declares."""
    values = plain_values(connector.settings)
    grant = connector.oauth()
    if grant is not None:
        values["oauth_token"] = connector.services.access_tokens(grant).current()
    declared = next((call.headers for call in sandbox.calls_at(request.method, f"{sandbox.url}{request.path}")), {})
    headers = filled({**connector.headers, **declared}, values)
    sent = dataclasses.replace(request, headers={**headers, **request.headers})
    return sent.with_basic(*(filled(part, values) for part in connector.basic)) if connector.basic else sent


def _is_given(reply: httpx2.Response, answer: Answer) -> bool:
    """Whether a reply is the answer, or has it for a row. What a `{name}` stands for may be anything."""
    if answer.row is not None:
        return _holds(reply.json(), filled(answer.row, {"index": 0, "why": answer.says, "field": ""}))
    is_text = isinstance(answer.body, str) or "json" not in reply.headers.get("content-type", "")
    body = (reply.text or None) if is_text else reply.json()
    return reply.status_code == answer.status and _is_like(answer.body, body)


def _is_like(template: Any, value: Any) -> bool:
    if isinstance(template, Mapping):
        wanted = {name: each for name, each in template.items() if each is not None}
        is_same = isinstance(value, Mapping) and wanted.keys() == value.keys()
        return is_same and all(_is_like(each, value[name]) for name, each in wanted.items())
    if isinstance(template, list):
        is_same = isinstance(value, list) and len(template) == len(value)
        return is_same and all(map(_is_like, template, value))
    if isinstance(template, str) and isinstance(value, str):
        return re.fullmatch(NAME.sub(".*", re.sub(r"[^\w{}]", r"\\\g<0>", template)), value, re.DOTALL) is not None
    return bool(template == value)


def _rules(sandbox: Sandbox | None) -> VendorRules:
    if sandbox is None or sandbox.rules is None:
        pytest.skip("the stand-in has no rules.yaml")
    return sandbox.rules


def _is_unseen(connector: Connector, answer: Answer) -> bool:
    """Whether the network never gives it to a conversion, because it confirms none."""
    return not connector.manifest.confirms and answer.means not in PASSING


def _wrong(walked: Walked, reply: Reply) -> str:
    """Why the reply of a hook is not what the answer means; empty if it is."""
    statuses = _statuses(reply)
    seen = type(reply.error).__name__ if reply.error else f"a result ({', '.join(sorted(statuses))})"
    is_unknown = isinstance(reply.error, OutcomeUnknown) and walked.answer.status not in NOT_TAKEN
    waits = walked.call.is_retried(reply) or is_unknown or statuses == {"retry"}
    of_row = walked.answer.row is not None and waits
    match walked.answer.means:
        case "partly":
            is_right = bool(statuses & set(TAKEN) and statuses & ENDED)
        case "final":
            ended = not isinstance(reply.error, RetryLater) if reply.error else bool(statuses) and statuses <= ENDED
            is_right = ended and any(" " in text.strip() for text in reply.texts())
            is_right = is_right or (walked.call.hook == "enrich_caller" and not reply.error and not reply.result)
        case "sign_in":
            is_right = isinstance(reply.error, AuthError) or of_row
        case "configuration":
            is_right = isinstance(reply.error, ConfigError) or of_row
        case _:
            after = walked.answer.after
            is_right = waits and (after is None or reply.retry_after() >= after.total_seconds())
    return "" if is_right else f"{seen}; it must {MUST[walked.answer.means]}"


def _unlisted(rules: VendorRules, means: str, family: str) -> Answer:
    """An answer with a code of the family that no answer has."""
    file = rules.file
    codes = {str(value_at(each.body, file.code)) for each in file.answers.values()}
    like = next(each for each in file.answers.values() if each.means == means and each.row is None)
    if family.startswith("HTTP "):
        status = family.removeprefix("HTTP ").replace("x", "9")
        return like.model_copy(update={"status": int(status), "body": {}, "headers": {}})
    family = "9xxxx" if family == "*" else family
    digits = product("9876543210", repeat=family.count("x"))
    free = (code for each in digits if (code := _with_digits(family, each)) not in codes and of_family(code, family))
    old = value_at(like.body, file.code)
    code = next(free)
    return like.model_copy(update={"body": placed(like.body, file.code, type(old)(code)), "headers": {}})


def _with_digits(family: str, digits: Iterable[str]) -> str:
    text = family
    for digit in digits:
        text = text.replace("x", digit, 1)
    return text


def _holds(tree: Any, part: Any) -> bool:
    """Whether a part is somewhere in a reply."""
    inner = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ()
    return tree == part or any(_holds(each, part) for each in inner)


def _statuses(reply: Reply) -> set[str]:
    """The statuses of the receipts in a reply."""
    found = reply.result if isinstance(reply.result, list | tuple) else [reply.result]
    return {each.status for each in found if isinstance(each, Receipt)}
