"""An ad network that takes conversions as JSON over HTTP, as a declaration: the plugin says only what differs.

A subclass of `JsonAds` says where conversions go, how one becomes a row, and how the network answers. The uploads, the
receipts, the connection check and the stand-in follow from that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from hub.contracts.conversions import Conversion, PendingReceipt, Receipt
from hub.contracts.costs import Cost, Days
from hub.contracts.refusals import without_personal_data
from hub.contracts.untrusted import as_mappings, value_at
from hub.errors import NotSupported, Rejected, RetryLater, RingfenceError
from hub.hookspecs import hookimpl
from hub.protocols.json_ads.cost_reports import MAX_PAGES, CostReport
from hub.protocols.json_ads.fictional import fictional
from hub.protocols.json_ads.replies import personal_values, polled, receipts_of, unverifiable
from hub.protocols.json_ads.stand_in import JsonAdsCostSandbox, JsonAdsSandbox, StandIn
from hub.protocols.json_ads.templates import Batch, Call
from hub.protocols.json_service import JsonService, Row
from hub.protocols.json_service.templates import names_in, plain_values, without_empty

MAX_HALVED = 60
"""How many requests of one batch are halved while bad rows are searched for."""
UNMATCHED = "NO_IDENTIFIERS"
"""The code of a conversion that has nothing by which the network could match it."""
IDENTIFIERS = ("phone_number", "email", "click_ids", "cookies")
TOO_MANY_HALVED = "refused so many requests for single conversions in them that the others are sent later."


@dataclass(frozen=True, slots=True)
class _Request:
    items: tuple[Conversion, ...]
    rows: tuple[Row, ...]
    group: Mapping[str, Any]

    def halves(self) -> tuple[_Request, _Request]:
        middle = len(self.items) // 2
        return (
            _Request(self.items[:middle], self.rows[:middle], self.group),
            _Request(self.items[middle:], self.rows[middle:], self.group),
        )


class JsonAds(JsonService):
    """Base class of such a network's connector. `Destination` is what `send_to:` holds."""

    upload: ClassVar[Call]
    others: ClassVar[tuple[Call, ...]] = ()
    """More requests that take rows, if `call` chooses among several."""
    check: ClassVar[Call | None] = None
    """A request that needs good credentials and changes nothing; `Call.expected` if the network answers it with a refusal.
    Without it the connection is checked with a dry run of one fictional conversion of now."""
    dry_run: ClassVar[Call | None] = None
    """How the network checks conversions without counting them. With it the manifest has the ability `dry_run`."""
    batch: ClassVar[Batch]
    costs: ClassVar[CostReport | None] = None
    """The report that `pull_costs` reads with `read_costs`, for the stand-in."""
    stand_in: ClassVar[StandIn] = StandIn()
    """What the stand-in needs to know besides."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.dry_run is not None and "dry_run" not in cls.manifest.abilities:
            cls.manifest = cls.manifest.model_copy(update={"abilities": (*cls.manifest.abilities, "dry_run")})

    def row(self, item: Conversion) -> Row | Receipt:
        """One conversion as the network's row, or its receipt if the network would not take or match it.

        Members that are None are left out of the row, and objects and lists without members. A conversion with a receipt is
        not sent, so that nothing of it is disclosed. If the manifest declares click ids, cookies, the phone number or the
        email address, a new conversion with none of them is `unmatched` without more.
        """
        raise NotImplementedError

    def unmatched(self, item: Conversion, reason: str = "", code: str = UNMATCHED) -> Receipt:
        """The receipt of a conversion that the network could not match; `reason` is a sentence without personal data."""
        words = (
            f"Not matched: {self.provider.name} gets neither a click nor anything else by which it knows this caller."
        )
        return Receipt(key=item.key, status="unmatched", code=code, reason=reason or words, sent=False)

    def group(self, item: Conversion) -> Mapping[str, str]:
        """Values that all rows of a request share, for `{name}` in path and body."""
        return {}

    def call(self, group: Mapping[str, str], dry_run: bool) -> Call | None:
        """The request for a group's rows; None for a dry run if there is none, or if a setting for it is not given."""
        if not dry_run:
            return self.upload
        return None if self.dry_run is None or self._missing(self.dry_run) else self.dry_run

    @hookimpl
    def upload_conversions(self, conversions: Sequence[Conversion], dry_run: bool) -> Sequence[Receipt]:
        """One receipt per item. An exception speaks for the whole batch only if nothing was sent before."""
        receipts: dict[str, Receipt] = {}
        waiting = deque(self._requests(conversions, receipts))
        sent: set[str] = set()
        halved = 0
        while waiting:
            request = waiting.popleft()
            call = self.call(request.group, dry_run)
            if call is None:
                receipts |= {item.key: _unchecked(item) for item in request.items}
                continue
            first = not sent
            sent |= {item.key for item in request.items}
            try:
                answer = self._send(request, call)
            except RingfenceError as error:
                if first:
                    raise
                after = error.after if isinstance(error, RetryLater) else None
                receipts |= _later([request, *waiting], str(error), sent, after)
                break
            if isinstance(answer, Rejected) and len(request.items) > 1 and (call.batch or self.batch).is_halved:
                waiting.extendleft(reversed(request.halves()))
                halved += 1
                if halved > MAX_HALVED:
                    receipts |= _later(waiting, f"{self.provider.name} {TOO_MANY_HALVED}", sent)
                    break
            elif isinstance(answer, Rejected):
                receipts |= {item.key: _rejected(item, answer) for item in request.items}
            else:
                receipts |= {receipt.key: receipt for receipt in answer}
        return list(receipts.values())

    @hookimpl
    def check_conversion(self, conversion: Conversion) -> Receipt | None:
        """Apply the rules that need no answer from the network."""
        made = self._made(conversion)
        return made if isinstance(made, Receipt) else None

    def _checked(self) -> Mapping[str, Any]:
        """What the network says to `check` with a status of success, or to the dry run of a fictional conversion."""
        if self.check is not None:
            return super()._checked()
        model = self.Destination
        destination = model.model_validate(dict(self.stand_in.send_to)).model_dump(mode="json") if model else {}
        item = fictional(self.manifest, destination, self.services.clock())
        row, group = self.row(item), self.group(item)
        call = self.call(group, True)
        if call is None or isinstance(row, Receipt):
            missing = " and ".join(self._missing(self.dry_run)) if self.dry_run else ""
            why = f"write {missing} into config.yaml" if missing else "the plugin has no dry run for it"
            raise NotSupported(f"{self.provider.name} cannot be asked whether it accepts these credentials: {why}.")
        answer = self._send(_Request((item,), (without_empty(row),), group), call)
        if isinstance(answer, Rejected):
            raise answer
        return {}

    @hookimpl
    def poll_receipts(self, pending: Sequence[PendingReceipt]) -> Sequence[Receipt]:
        """The late results of a network of kind `poll`: one request per upload."""
        by_request: dict[str, dict[str, str]] = {}
        for item in pending:
            by_request.setdefault(item.reference.rpartition("#")[0], {})[item.key] = item.reference
        found: list[Receipt] = []
        for reference, items in by_request.items():
            if self.batch.status is None:
                raise NotSupported(f"{self.provider.name} has no later results.")
            said = self.read(self.request(self.batch.status, {"reference": reference}, ()))
            found += polled(self.batch, items, said)
        return found

    def read_costs(self, report: CostReport, days: Days) -> list[Cost]:
        """All rows of a report; NotSupported if a setting that it needs is not given. For the hook `pull_costs`."""
        missing = self._missing(report.call)
        if missing:
            raise NotSupported(f"To read what ads cost, write {' and '.join(missing)} into config.yaml.")
        costs: list[Cost] = []
        group, after = {"first": str(days.first), "last": str(days.last)}, None
        for _ in range(MAX_PAGES):
            call = report.call
            if after is not None:
                call = replace(call, params={**call.params, report.next_parameter: str(after)})
            said = self.read(self.request(call, group, ()))
            rows = value_at(said, report.rows)
            if not isinstance(rows, list):
                raise RetryLater(f"{self.provider.name} sent no report of costs; it is asked for again.")
            costs += [report.cost(row) for row in as_mappings(rows)]
            after = value_at(said, report.next) if report.next and value_at(said, report.more) else None
            if after is None:
                return costs
        raise RetryLater(f"{self.provider.name}'s report of costs has no end; it is asked for again.")

    def _missing(self, call: Call) -> list[str]:
        """The settings that a request needs and that are not given."""
        values = plain_values(self.settings)
        return sorted(name for name in names_in(call, self.headers) if name in values and values[name] is None)

    def _requests(self, conversions: Sequence[Conversion], receipts: dict[str, Receipt]) -> Iterator[_Request]:
        """The conversions by group, in requests of the allowed size; those with a receipt already are put there."""
        groups: dict[tuple[tuple[str, str], ...], list[tuple[Conversion, Row]]] = {}
        for item in conversions:
            made = self._made(item)
            if isinstance(made, Receipt):
                receipts[item.key] = replace(made, sent=False)
            else:
                groups.setdefault(tuple(self.group(item).items()), []).append((item, without_empty(made)))
        limits = self.manifest.limits
        size = 1 if self.batch.kind == "one_each" else limits.per_request or limits.batch_size
        for group, found in groups.items():
            for start in range(0, len(found), size):
                items, rows = zip(*found[start : start + size], strict=True)
                yield _Request(items, rows, dict(group))

    def _made(self, item: Conversion) -> Row | Receipt:
        """A conversion as its row, or as its receipt if it is not sent."""
        if item.kind not in ("new", *self.manifest.abilities):
            return _unchangeable(item)
        made = self.row(item)
        known = any(getattr(item, name) for name in IDENTIFIERS)
        if isinstance(made, Receipt) or item.kind != "new" or known or not self._identifies():
            return made
        return self.unmatched(item)

    def _identifies(self) -> bool:
        """Whether the manifest declares anything by which the network may know a person."""
        flow = self.manifest.flow("upload_conversions")
        return flow is not None and any(share.field in IDENTIFIERS for share in flow.shares)

    def _send(self, request: _Request, call: Call) -> Sequence[Receipt] | Rejected:
        """The receipts of a request's items, or the network's refusal of the request as a whole."""
        batch = call.batch or self.batch
        try:
            response = self.request(
                replace(call, expected=dict.fromkeys(batch.on_status, "")), request.group, request.rows
            )
            said = self.read(response)
            if response.status_code in batch.on_status:
                batch = replace(batch, at=batch.on_status[response.status_code])
                named = [value_at(each, batch.index) for each in as_mappings(value_at(said, batch.at))]
                if not named or (batch.kind == "errors_by_index" and not any(isinstance(row, int) for row in named)):
                    raise self._error(response)
        except Rejected as refusal:
            return refusal
        receipts = receipts_of(batch, self.provider.name, request.items, said)
        return receipts if self.manifest.confirms else [unverifiable(receipt) for receipt in receipts]

    @classmethod
    def derived_sandbox(cls) -> type[JsonAdsSandbox]:
        return JsonAdsCostSandbox if cls.costs else JsonAdsSandbox


def _later(
    requests: Iterable[_Request], reason: str, sent: Collection[str], after: float | None = None
) -> dict[str, Receipt]:
    return {
        item.key: Receipt(key=item.key, status="retry", reason=reason, retry_after=after, sent=item.key in sent)
        for request in requests
        for item in request.items
    }


def _rejected(item: Conversion, refusal: Rejected) -> Receipt:
    reason = without_personal_data(str(refusal), personal_values(item))
    return Receipt(key=item.key, status="rejected", code=refusal.code, reason=reason)


def _unchangeable(item: Conversion) -> Receipt:
    words = "The network has no way to change or take back a conversion."
    return Receipt(key=item.key, status="rejected", code="not_supported", reason=words)


def _unchecked(item: Conversion) -> Receipt:
    words = "The network cannot check it without counting it; only the hub's own checks were made."
    return Receipt(key=item.key, status="delivered", code="not_checked", reason=words)
