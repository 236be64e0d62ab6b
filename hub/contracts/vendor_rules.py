"""Holds a request against a vendor's rules: what a stand-in that was written from `rules.yaml` refuses, and with which answer.

`VendorRules(Path(__file__).with_name("rules.yaml")).check(request, now)` says what the vendor would answer; `example` and
`probe` build the requests that the file promises the vendor takes and refuses. Pure.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode

from hub.contracts.filling import NAME
from hub.contracts.hearing import HeardRequest
from hub.contracts.operations import MEDIA_TYPES, Operations, fits
from hub.contracts.untrusted import instant, value_at
from hub.contracts.vendor_file import UNITS, Answer, Good, Rule, Sent, read_rules

TIME = re.compile(r"\{(seconds|milliseconds|microseconds|iso)(?:([+-]\d+)([smhd]))?\}")


@dataclass(frozen=True, slots=True)
class VendorReply:
    """What the vendor says to a request. `answer` refuses it as a whole; otherwise `refused` has an entry for each of its rows,
    None for a row that counts."""

    operation: str
    answer: str | None
    rows: Sequence[Any] = ()
    refused: Sequence[str | None] = ()
    is_test: bool = False
    """Whether nothing of it counts."""
    field: str = ""
    """The field that is wrong, if it is one."""
    request: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Its `path`, `query`, `headers` and `body`, as rules name them with $."""


class VendorRules:
    """The rules of one vendor. `file` has them as they are written."""

    def __init__(self, file: Path) -> None:
        self.file = read_rules(file)
        self.operations = Operations(self.file.operations)

    def answer(self, name: str) -> Answer:
        """An answer by its name."""
        return self.file.answers[name]

    def fault(self, why: str, field: str = "") -> str:
        """The name of the answer to a request that does not fit its operation."""
        faults = self.file.faults
        return faults.get(f"{why} {field}") or faults.get(why) or faults["any"]

    def check(self, request: HeardRequest, now: datetime, rights: frozenset[str] | None = None) -> VendorReply:
        """What the vendor says to a request of somebody with these rights; with all if None."""
        found = self.operations.find(request.method, request.path)
        if found is None:
            return VendorReply("", self.fault("operation"))
        name, operation, parts = found
        sent = request.headers.get("content-type", "")
        fault = self.operations.fault(request.method, request.path, request.query, sent, request.content)
        is_silent = bool(operation.get("silent"))
        if fault is not None:
            return VendorReply(name, None if is_silent else self.fault(fault.why, fault.field), field=fault.field)
        body = _body(operation, request)
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        whole: dict[str, Any] = {
            "path": parts,
            "query": query,
            "headers": request.headers,
            "body": body,
            "rights": rights,
        }
        at = operation.get("rows")
        listed = body if at == "[]" else value_at(body, at) if at else [body]
        rows = listed if isinstance(listed, list) else []
        demands = [rule for rule in self.file.rules if name in self.asked_of(rule)]
        for rule in (each for each in demands if each.of_request):
            first, last = map(int, (rule.rows or f"0..{len(rows)}").split(".."))
            if not first <= len(rows) <= last or self.is_broken(rule, {}, whole, now):
                return VendorReply(name, None if is_silent else rule.answer)
        of_rows = [rule for rule in demands if not rule.of_request]
        refused = [
            next((rule.answer for rule in of_rows if self.is_broken(rule, row, whole, now)), None) for row in rows
        ]
        test = operation.get("test")
        is_test = test is True or bool(test and _values(whole, test.removeprefix("$")))
        answer = next((each for each in refused if each and self.answer(each).row is None), None)
        return VendorReply(name, None if is_silent else answer, rows, refused, is_test, request=whole)

    def asked_of(self, rule: Rule) -> Sequence[str]:
        """The operations that a rule is asked of."""
        return rule.on or (self.file.good[rule.probe.base].operation,)

    def is_broken(self, rule: Rule, row: Any, request: Mapping[str, Any], now: datetime) -> bool:
        """Whether a row, or a body without rows, breaks a rule."""

        def at(path: str) -> list[Any]:
            return _values(request if path.startswith("$") else row, path.removeprefix("$"))

        if not all(_meets(wanted, at(path)) for path, wanted in rule.when.items()):
            return False
        kinds = {**rule.fits, **({rule.currency: "currency"} if rule.currency else {})}
        times = [moment for path in rule.order for value in at(path)[:1] if (moment := instant(value))]
        return (
            any(not at(path) for path in rule.needs)
            or bool(rule.any_of and not any(at(path) for path in rule.any_of))
            or any(at(path) for path in rule.forbids)
            or any(not _meets(kind, [value]) for path, kind in kinds.items() for value in at(path))
            or times != sorted(times)
            or bool(rule.age and any(not _in_time(rule, value, now) for value in at(rule.age.at)))
            or bool(rule.right and request["rights"] is not None and rule.right not in request["rights"])
            or bool(rule.version and any(not self._lives(str(value), now) for value in at(rule.version)))
        )

    def _lives(self, version: str, now: datetime) -> bool:
        known = self.file.versions.get(version)
        return known is not None and (known.ends is None or now.date() < known.ends)

    def example(self, name: str, now: datetime, settings: Mapping[str, Any] = MappingProxyType({})) -> HeardRequest:
        """A request that the vendor takes from the account with these settings."""
        good = self.file.good[name]
        content = self._content(good, good.row, good.content or good.form)
        return self._request(good, good, content, now, settings)

    def probe(self, rule: Rule, now: datetime, settings: Mapping[str, Any] = MappingProxyType({})) -> HeardRequest:
        """A request that breaks exactly this rule."""
        probe, good = rule.probe, self.file.good[rule.probe.base]
        row, content = good.row, good.content if good.form is None else good.form
        if row is None:
            content = merged(content, probe.merge)
        else:
            row, content = merged(row, probe.merge), merged(content, probe.body)
        return self._request(good, probe, self._content(good, row, content, probe.times), now, settings)

    def _content(self, good: Good, row: Any, content: Any, times: int = 1) -> Any:
        at = self.file.operations[good.operation].get("rows")
        if row is None:
            return content
        rows = [row] * times
        return rows if at == "[]" else placed(content or {}, at, rows) if at else row

    def _request(
        self, good: Good, sent: Sent, content: Any, now: datetime, settings: Mapping[str, Any] = MappingProxyType({})
    ) -> HeardRequest:
        values = _Values(now, settings)
        method, path = good.operation.split()
        for name, value in values.filled({**good.path, **sent.path}).items():
            path = path.replace(f"{{{name}}}", value)
        headers = values.filled({**good.headers, **sent.headers})
        body = b""
        if content is not None:
            headers["content-type"] = MEDIA_TYPES["form" if good.form is not None else "json"]
            filled = values.filled(content)
            body = urlencode(filled).encode() if good.form is not None else json.dumps(filled).encode()
        query = urlencode(values.filled({**good.query, **sent.query}))
        return HeardRequest(method, path, query, headers, body)


def merged(target: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396) applied; None changes nothing here."""
    if patch is None:
        return target
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def placed(tree: Any, path: str, value: Any) -> Any:
    """A copy of a tree that has a value at a path."""
    copy = deepcopy(tree) if isinstance(tree, dict | list) else {}
    *above, last = path.split(".")
    place: Any = copy
    for name in above:
        place = place[int(name)] if isinstance(place, list) else place.setdefault(name, {})
    place[int(last) if isinstance(place, list) else last] = value
    return copy


def _body(operation: Mapping[str, Any], request: HeardRequest) -> Any:
    if "json" in operation:
        return json.loads(request.content)
    return dict(parse_qsl(request.text, keep_blank_values=True)) if "form" in operation else {}


def _values(tree: Any, path: str) -> list[Any]:
    """What is at a path, with `*` for each item of a list or member of an object; nothing for what is empty."""
    found = [tree]
    for name in path.split("."):
        found = [inner for each in found for inner in (_items(each) if name == "*" else [value_at(each, name)])]
    return [each for each in found if each not in (None, "", [], {})]


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _meets(wanted: Any, values: Sequence[Any]) -> bool:
    """Whether one of the values is the wanted one, one of the wanted, or of the wanted kind; None wants no value."""
    if wanted is None:
        return not values
    if isinstance(wanted, list):
        return any(_meets(each, values) for each in wanted)
    return any(fits(wanted, each) if isinstance(wanted, str) else wanted == each for each in values)


def _in_time(rule: Rule, value: Any, now: datetime) -> bool:
    assert rule.age is not None
    moment = instant(value)
    return moment is not None and -rule.age.ahead <= now - moment <= rule.age.most


@dataclass(frozen=True, slots=True)
class _Values:
    """What the `{names}` of an example stand for."""

    now: datetime
    settings: Mapping[str, Any]

    def filled(self, content: Any) -> Any:
        """The content with its times and settings."""
        if isinstance(content, Mapping):
            return {name: self.filled(each) for name, each in content.items()}
        if isinstance(content, list):
            return [self.filled(each) for each in content]
        if not isinstance(content, str):
            return content
        written = TIME.fullmatch(content)
        return self._time(*written.groups()) if written else self.settings.get(_name(content), content)

    def _time(self, unit: str, shift: str | None, of: str) -> Any:
        moment = self.now + (timedelta(**{UNITS[of]: int(shift)}) if shift else timedelta())
        if unit == "iso":
            return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return int(moment.timestamp() * {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6}[unit])


def _name(text: str) -> str:
    """The name in a text that is one `{name}`; empty if it is none."""
    found = NAME.fullmatch(text)
    return found[1] if found else ""
