"""The stand-in of a JSON ad network, derived from the plugin's declaration and replies of its documentation.

It refuses what the declaration does not have: another path, method, content type, credential, member or fixed value, and
requests with more rows than the declared limit. A plugin whose network has more rules subclasses it as `Sandbox` and
overrides `refusal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hub.contracts.costs import Cost
from hub.contracts.filling import ROWS, filled
from hub.contracts.refusals import first_path
from hub.contracts.sandbox_replies import received
from hub.contracts.untrusted import instant, json_object, value_at
from hub.contracts.vendor_rules import VendorReply
from hub.protocols.json_ads.cost_reports import CostReport
from hub.protocols.json_ads.fictional import PARTS, fictional, places
from hub.protocols.json_ads.templates import Call
from hub.protocols.json_service.stand_in import JsonServiceSandbox, Reply, ServiceStandIn, pattern_of, sent
from hub.protocols.json_service.templates import ServiceRequest, has_every_member, rows_in

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn(ServiceStandIn):
    """What the stand-in must know besides the declaration; replies are as in the network's documentation."""

    send_to: Mapping[str, Any] = field(default_factory=dict)
    """What may stand below `send_to:`; what it leaves out has the default of `Destination`."""
    key: str = ""
    """Where a row has the conversion's key, as `custom_data.order_id`. It, `value` and `currency` are found in the row of a
    fictional conversion: write them only if `row` gives none for it, or has them in more than one place."""
    value: str = ""
    currency: str = ""
    accepted: Reply | None = None
    """Status and body; `{count}` is the number of rows that count, `{reference}` the request's id, and `ROWS` the results
    or the errors. Left out: 200 with what `Batch` reads."""
    refused: Reply | None = None
    """Of a refused request. Left out: 400 with a code and words where `Provider` reads them."""
    some_refused: Reply | None = None
    """Of a request with refused rows, if it is not answered like one without, as `(422, {"details": {"events": ROWS}})`."""
    checked: Reply | None = None
    """Of the connection check. Left out: `refused` if `Call.expected` has its status, else 200 and an empty object."""
    time: str = ""
    """Where a row has the time of the conversion: ISO 8601, or seconds, milliseconds or microseconds since 1970."""
    good_row: Any = None
    bad_row: Any = None
    """One result or error; `{index}` is the row's index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known(StandIn):
    accepted: Reply
    refused: Reply
    checked: Reply


class JsonAdsSandbox(JsonServiceSandbox):
    """The network, in memory. Each key counts once."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self._counted: dict[str, dict[str, object]] = {}
        self._refused: set[str] = set()
        self._spent: list[Cost] = []
        self._uploads: list[list[dict[str, object]]] = []
        """Of kind `poll`: the errors of each upload."""

    @cached_property
    def _known(self) -> _Known:
        return _completed(self)

    def destination(self) -> Mapping[str, Any]:
        written, model = dict(self.network.stand_in.send_to), self.network.Destination
        return model.model_validate(written).model_dump(mode="json") if model else written

    def know_destination(self, destination: Mapping[str, object]) -> None:
        """Does nothing: the declaration names no destinations that must exist."""

    def conversions(self) -> Mapping[str, Mapping[str, Any]]:
        return {key: dict(state) for key, state in self._counted.items()}

    def refuse(self, key: str) -> None:
        self._refused.add(key)

    def refusal(self, row: Mapping[str, object], body: Mapping[str, object]) -> str | None:
        """Why the network refuses a row; None if it takes it. Override it for the network's own rules."""
        known = self._known
        key = value_at(row, known.key)
        if not isinstance(key, str) or not key:
            return f"{known.key} is missing"
        longest = self.network.manifest.limits.max_age
        if known.time and longest:
            at = instant(value_at(row, known.time))
            if at is None or not timedelta(minutes=-5) <= self.clock() - at <= longest:
                return "the time is too old, or in the future"
        return "the event is not valid" if key in self._refused else None

    async def _serve(self, request: Request) -> Response:
        network, known = self.network, self._known
        body = await request.body()
        if self.rules is not None:
            return sent(self.by_rules(self.rules, request, await received(request)) or (200, {}))
        calls = self._calls(request)
        if not calls:
            return sent((404, known.refused[1]))
        if not self.is_signed_in(request, calls[0]):
            return sent(known.unauthorized)
        if network.check and network.check in calls and rows_in(network.check.body, json_object(body)) is not None:
            return sent(known.checked)
        if network.costs is not None and calls[0] is network.costs.call:
            return sent((200, self._costs(network.costs, request.query_params)))
        if calls[0] is network.batch.status:
            found = self._place(calls[0]).fullmatch(f"{self.url}{request.url.path}")
            return sent(self._status(found["reference"] if found else ""))
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return sent((415, known.refused[1]))
        uploads = [call for call in calls if isinstance(call, Call) and call is not network.check]
        return sent(self._upload(uploads, body))

    def _declared(self) -> Iterable[Call | None]:
        network = self.network
        costs = network.costs.call if network.costs else None
        return (network.check, costs, network.batch.status, network.dry_run, network.upload, *network.others)

    def _upload(self, calls: Sequence[Call], content: bytes) -> Reply:
        network, known = self.network, self._known
        body = json_object(content)
        if body is None:
            return known.refused
        for call in calls:
            rows = rows_in(call.body, body)
            if rows and (
                call is not network.dry_run or call.path != network.upload.path or has_every_member(call.body, body)
            ):
                break
        else:
            return known.refused
        limits = network.manifest.limits
        if not 0 < len(rows) <= (limits.per_request or limits.batch_size):
            return known.refused
        return self.answer(call, rows, [self.refusal(row, body) for row in rows])

    def answer(self, call: Call, rows: Sequence[Mapping[str, object]], refusals: Sequence[str | None]) -> Reply:
        """Count the rows that are not refused, and say so as the network does."""
        network, known = self.network, self._known
        counts = call is not network.dry_run
        if network.batch.kind in ("all_or_nothing", "one_each") and any(refusals):
            return known.refused if network.manifest.confirms or not counts else known.accepted
        good = [row for row, why in zip(rows, refusals, strict=True) if why is None]
        for row in good if counts else ():
            self.count(row)
        listed = [
            filled(known.bad_row if why else known.good_row, {"index": index, "why": why})
            for index, why in enumerate(refusals)
            if why or network.batch.kind == "results"
        ]
        if network.batch.kind == "poll":
            self._uploads.append(listed)
        values = {"count": len(good), "reference": str(len(self._uploads) - 1)}
        status, body = known.accepted
        if known.some_refused and any(refusals):
            status, body = known.some_refused
        return status, filled(body, values, listed)

    def taken(self, said: VendorReply, calls: Sequence[ServiceRequest]) -> Reply:
        network, rules = self.network, self.rules
        assert rules is not None
        if network.costs is not None and network.costs.call in calls:
            return 200, self._costs(network.costs, said.request["query"])
        if network.batch.status in calls:
            return self._status(said.request["path"]["reference"])
        operation = rules.file.operations[said.operation]
        reply = operation.get("reply", {})
        names = [why or self.row_answer(row, said) for row, why in zip(said.rows, said.refused, strict=True)]
        refused = {name: rules.answer(name) for name in names if name}
        whole = next((name for name, answer in refused.items() if answer.row is None), None)
        if whole is not None and not operation.get("silent"):
            return self.answered(replace(said, answer=whole))
        results = []
        for index, (row, name) in enumerate(zip(said.rows, names, strict=True)):
            if name is None:
                if not said.is_test and value_at(row, self._known.key):
                    self.count(row)
                results += [operation["taken"]] if "taken" in operation else []
            elif not operation.get("silent"):
                results.append(filled(refused[name].row, {"index": index, "why": refused[name].says}))
        if refused and "partly" in operation:
            reply = operation["partly"]
        values = {"count": names.count(None), "reference": str(len(self._uploads))}
        if network.batch.kind == "poll" and said.rows:
            self._uploads.append(results)
        return reply.get("status", 200), filled(reply.get("body", {}), values, results)

    def row_answer(self, row: Mapping[str, Any], said: VendorReply) -> str | None:
        """The answer of `rules` that refuses a row that no rule refuses; None if it counts. Override it for what depends on
        what the network holds."""
        planned = self.next_row_answer() if value_at(row, self._known.key) else None
        is_refused = value_at(row, self._known.key) in self._refused
        return planned or (self.rules.fault("row") if self.rules and is_refused else None)

    def count(self, row: Mapping[str, object]) -> None:
        """Count a row, once per key."""
        known = self._known
        self._counted.setdefault(
            str(value_at(row, known.key)),
            {
                **row,
                "value": value_at(row, known.value) or 0,
                "currency": value_at(row, known.currency),
                "retracted": False,
            },
        )

    def _costs(self, report: CostReport, request: Mapping[str, str]) -> object:
        """What was spent on the days that the request asks for, where the report has its rows."""
        named: dict[str, str] = {}
        for name, template in report.call.params.items():
            found = pattern_of(template, self.settings()).fullmatch(request[name])
            named |= found.groupdict() if found else {}
        first, last = date.fromisoformat(named["first"]), date.fromisoformat(named["last"])
        return _with({}, report.rows, [report.row(cost) for cost in self._spent if first <= cost.day <= last])

    def _status(self, number: str) -> Reply:
        if not number.isdecimal() or int(number) >= len(self._uploads):
            return 404, self._known.refused[1]
        return 200, _with({}, self.network.batch.errors, self._uploads[int(number)])


class JsonAdsCostSandbox(JsonAdsSandbox):
    """A network that reports costs too."""

    def spend(self, cost: Cost) -> None:
        self._spent.append(cost)

    def spent(self) -> Sequence[Cost]:
        return list(self._spent)


def _completed(sandbox: JsonAdsSandbox) -> _Known:
    """What the stand-in knows, with what the declaration and the row of a fictional conversion say besides."""
    network = sandbox.network
    given: StandIn = network.stand_in
    written = {each.name: getattr(given, each.name) for each in fields(given)}
    if not all(written[part] for part in PARTS):
        item = fictional(network.manifest, sandbox.destination(), sandbox.clock())
        settings = network.Settings.model_validate(sandbox.settings())
        found = places(network("fictional", settings, None).row(item), item)
        written |= {part: written[part] or found.get(part, "") for part in PARTS}
    written["rules"] = None
    batch, provider, check = network.batch, network.provider, network.check
    accepted = _with({}, batch.count, "{count}") if batch.count else {}
    if batch.at:
        accepted = _with(accepted, batch.at, "{reference}" if batch.kind == "poll" else ROWS)
    refusal: object = {}
    for path, text in ((first_path(provider.words), "It is not valid."), (first_path(provider.code), "INVALID")):
        refusal = _with(refusal, path, text) if path else refusal
    written["accepted"] = given.accepted or (200, accepted)
    refused = written["refused"] = given.refused or (400, refusal)
    written["checked"] = given.checked or (refused if check and refused[0] in check.expected else (200, {}))
    return _Known(**written)


def _with(tree: object, path: str, value: object) -> Any:
    """A tree that has a value at a path too; a number in the path stands for the only item of a list."""
    name, _, rest = path.partition(".")
    if name.isdecimal():
        return [_with(tree[0] if isinstance(tree, list) else {}, rest, value) if rest else value]
    members = tree if isinstance(tree, dict) else {}
    return {**members, name: _with(members.get(name, {}), rest, value) if rest else value}
