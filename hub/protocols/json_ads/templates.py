"""What an ad network of JSON declares: its requests, and how it answers those that have rows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from hub.contracts.conversions import ReceiptStatus
from hub.protocols.json_service.templates import ServiceRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(ServiceRequest):
    """One request of a network's API; a name in its texts may be a value of `group` too."""

    batch: Batch | None = None
    """How this request is answered, if not as the network's `batch` says."""


def _never(_: Mapping[str, object]) -> bool:
    return False


def _always(_: Mapping[str, object]) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """How a network answers a request with several rows.

    `all_or_nothing`: one bad row refuses the request; it is halved until the bad row stands alone. `one_each`: a request has
    one row. `results`: the reply has one result per row, in order. `errors_by_index`: the reply names the refused rows by
    their index, and the others count. `poll`: the reply has the request's id, and the result of the rows comes later.

    A request of the last three that is refused as a whole is not sent again, because some of its rows may count: all its
    conversions are rejected.
    """

    kind: Literal["all_or_nothing", "one_each", "results", "errors_by_index", "poll"]
    at: str = ""
    """Where the results, the errors or the request's id are in the reply, as `error.details`."""
    on_status: Mapping[int, str] = field(default_factory=dict)
    """Of `results` and `errors_by_index`: the other statuses whose reply says what became of each row, and where it does, as
    `{422: "details.events"}`."""
    nothing_counts: bool = False
    """Of the last three kinds: a request that is refused as a whole counted none of its rows, as the network's documentation
    says, so that it is halved like one of `all_or_nothing`."""
    count: str = ""
    """Where the reply says how many rows were taken; another number counts as no answer. Of `errors_by_index`: if it is
    smaller than the number of rows without an error, the reply does not name every refused row, as a network does that
    shows the first few errors alone; the rows that it does not name are sent again. Not read for `results`."""
    is_good: Callable[[Mapping[str, Any]], bool] = _never
    """Whether a result is that of a row that counts, or whether an error is only a warning."""
    status: Call | None = None
    """Of kind `poll`: the request for the result; `{reference}` is the request's id."""
    is_done: Callable[[Mapping[str, Any]], bool] = _always
    """Of kind `poll`: whether the result is there."""
    errors: str = "errors"
    """Of kind `poll`: where the errors are in the result."""
    index: str = "index"
    code: str = "code"
    words: str = "message"
    """Where an error or a result has its row's index, its code and its words."""
    codes: Mapping[str, ReceiptStatus] = field(default_factory=dict)
    """What a code of a row means; `rejected` if it is not here. In a code an `x` after a digit stands for any digit and `*`
    for any text, as in `*Invalid`; the code itself comes first, then the first that fits."""
    waits: Mapping[str, timedelta] = field(default_factory=dict)
    """After how long a row with this code of `retry` is sent again, if the network says so."""

    @property
    def has_rows(self) -> bool:
        """Whether the reply says what became of each row."""
        return self.kind in ("results", "errors_by_index")

    @property
    def is_halved(self) -> bool:
        """Whether the halves of a refused request may be sent, because none of its rows counts."""
        return self.kind == "all_or_nothing" or self.nothing_counts
