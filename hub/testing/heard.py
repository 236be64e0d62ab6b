"""What a plugin really sends: the requests that reach its stand-in, whatever the stand-in makes of them."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from hub.contracts.hearing import HeardRequest
from hub.contracts.manifest import Limits
from hub.contracts.sandbox import HttpSandbox, Sandbox
from hub.hookspecs import spec_of
from hub.testing.samples import KEY

ISO = re.compile(r"\d{4}-\d\d-\d\d[T +]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
REQUEST_SECONDS = 0.3
"""How long a provider takes for one request; a batch must be done within its hook's deadline at that pace."""


@contextmanager
def heard(sandbox: Sandbox | None) -> Iterator[list[HeardRequest]]:
    """The requests that reach the stand-in until the end of the block, none of those that were sent before it."""
    if not isinstance(sandbox, HttpSandbox):
        pytest.skip("this stand-in does not speak HTTP")
    sandbox.settle()
    with sandbox.listening() as requests:
        yield requests
        sandbox.settle()


def bodies(requests: Iterable[HeardRequest]) -> str:
    """All bodies as one text."""
    return "\n".join(request.text for request in requests)


def everything(requests: Iterable[HeardRequest]) -> list[str]:
    """Every text of the requests but their credentials."""
    return [f"{each.method} {each.address} {_unescaped(each.text)} {_headers(each)}" for each in requests]


def _unescaped(text: str) -> str:
    try:
        return text + json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text + " ".join(f"{name}={value}" for name, value in parse_qsl(text))


def _headers(request: HeardRequest) -> str:
    return " ".join(value for name, value in request.headers.items() if name not in ("authorization", "user-agent"))


def places(requests: Iterable[HeardRequest]) -> dict[str, str]:
    """Each value that was sent by its place: `0.data.events.0.value`; the keys of samples all look the same."""
    found: dict[str, str] = {}
    for number, request in enumerate(requests):
        text = KEY.sub("key", request.text)
        try:
            held: Any = json.loads(text)
        except ValueError:
            held = dict(parse_qsl(text)) or text
        found |= dict(_leaves(f"{number}", [request.method, KEY.sub("key", request.address), held]))
    return found


def leaves(text: str) -> list[str]:
    """The single values of a body in JSON or of a form; of other text its words."""
    try:
        held: Any = json.loads(text)
    except ValueError:
        held = dict(parse_qsl(text)) or re.split(r"[<>\"\s]+", text)
    return [value for _, value in _leaves("", held)]


def amounts(text: str) -> set[Decimal]:
    """The numbers among the values of a body."""
    return {Decimal(each) for each in leaves(text) if re.fullmatch(r"-?\d{1,18}(\.\d{1,9})?", each)}


def instants(text: str) -> set[datetime]:
    """The instants among the values of a body: ISO 8601, without an offset in UTC; or seconds, milliseconds or microseconds
    since 1970."""
    found = set()
    for each in leaves(text):
        with contextlib.suppress(ValueError, OverflowError):
            if re.fullmatch(r"\d{10}(\.\d+)?", each):
                found.add(datetime.fromtimestamp(float(each), UTC))
            elif re.fullmatch(r"\d{13}|\d{16}", each):
                found.add(datetime.fromtimestamp(int(each) / 10 ** (len(each) - 10), UTC))
    for written in ISO.findall(unquote(text)):
        with contextlib.suppress(ValueError):
            at = datetime.fromisoformat(f"{written[:10]}T{written[11:]}")
            found.add(at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))
    return {each.replace(microsecond=0) for each in found}


def _leaves(place: str, held: Any) -> Iterator[tuple[str, str]]:
    if isinstance(held, Mapping):
        for name, value in held.items():
            yield from _leaves(f"{place}.{name}", value)
    elif isinstance(held, list):
        for number, value in enumerate(held):
            yield from _leaves(f"{place}.{number}", value)
    else:
        yield place, str(held)


def check_batch(send: Callable[[int], Sequence[HeardRequest]], limits: Limits, hook: Callable[..., Any]) -> None:
    """Check that a batch as large as declared is sent in requests of the size that the provider takes, so few that the hook
    meets its deadline. `send` makes and sends that many items."""
    few, more = len(send(10)), len(send(20))
    _check_count(hook, few + (more - few) / 10 * (limits.batch_size - 10), limits.batch_size)
    requests = send(limits.batch_size)
    _check_count(hook, len(requests), limits.batch_size)
    most = limits.per_request or limits.batch_size
    rows = max((len(set(KEY.findall(request.text))) for request in requests), default=0)
    assert rows <= most, f"{spec_of(hook).name} sent {rows} items in one request; the manifest's limits say {most}"


def _check_count(hook: Callable[..., Any], requests: float, items: int) -> None:
    spec, needed = spec_of(hook), requests * REQUEST_SECONDS
    assert needed <= spec.deadline, (
        f"{spec.name} sends {requests:.0f} requests for a batch of {items} items: {needed:.0f} s if each takes "
        f"{REQUEST_SECONDS} s, but its deadline is {spec.deadline:g} s; declare a smaller limits.batch_size"
    )
