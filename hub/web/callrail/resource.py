"""How a part of the API is declared: `Resource` for what is listed and read, `Endpoint` for everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlmodel import Session, select
from starlette.responses import JSONResponse, Response

from hub.access.permissions import Action
from hub.callrail.fields import FieldSet
from hub.errors import CannotDo, NotFound
from hub.queries.lists.keyset import Order, Parts, count_rows, ids_of_page, in_order
from hub.web.callrail.paging import Counts, page_body, page_wanted
from hub.web.callrail.request import CallRailRequest

Method = Literal["GET", "POST", "PUT", "DELETE"]
Answer = Mapping[str, Any] | Response | None
"""What a function answers: a JSON object, a response, or None for 204 without a body."""
Fields = Sequence[str]
Records = Sequence[Mapping[str, Any]]
LISTED_ACCOUNTS = "*"
"""The path of the endpoint above all accounts."""
ANY_ROLE: tuple[Action, ...] = ("account", "calls", "audit")
"""Each role may do one of them."""


@dataclass(frozen=True)
class Endpoint:
    """One address and method. `path` is below the account, without `.json`, with ids in braces, like `calls/{id}`.
    A user needs one of `actions`; `asked.scope` is that of the first one that the user has."""

    method: Method
    path: str
    actions: tuple[Action, ...]
    answer: Callable[[CallRailRequest], Answer]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Something that is listed and read one by one.

    `parts(request, session)` finds the rows that the user may see, with all filters of the request; `one_query` selects them
    without the filters. `records(request, session, rows, fields)` renders rows in their order, each table asked once.
    `orders` are the names that `sort` may have, with their columns; the first is the default, and each ends with the id.
    """

    path: str
    actions: tuple[Action, ...]
    prefix: str
    fields: FieldSet
    parts: Callable[[CallRailRequest, Session], Parts]
    one_query: Callable[[CallRailRequest, Session], Any]
    records: Callable[[CallRailRequest, Session, Sequence[Any], Fields], Records]
    orders: Mapping[str, tuple[Any, ...]]
    is_newest_first: bool = True
    key: str | None = None
    """The name of the list in an answer; the path if left out."""

    def endpoints(self, counts: Counts) -> tuple[Endpoint, ...]:
        """The list and the single record."""
        return (
            Endpoint("GET", self.path, self.actions, lambda request: self._list(request, counts)),
            Endpoint("GET", f"{self.path}/{{id}}", self.actions, self.one),
        )

    def chosen(self, request: CallRailRequest) -> tuple[str, ...]:
        """The fields of the answer."""
        return self.fields.chosen(request.parameters.list("fields"))

    def one(self, request: CallRailRequest) -> Mapping[str, Any]:
        """The record that the path names; NotFound if the user does not see it."""
        with request.session() as session:
            return self.record(request, session, request.row_id(self.prefix))

    def record(self, request: CallRailRequest, session: Session, row_id: str) -> Mapping[str, Any]:
        """One record by the id of its row, as the answer to a write has it, too; NotFound if the user does not see it."""
        row_column = self._order(request, is_default=True).columns[-1]
        seen = session.execute(
            self.one_query(request, session).where(row_column == row_id).with_only_columns(row_column)
        )
        if seen.first() is None:
            raise NotFound("Not found")
        found = self.read(request, session, [row_id])
        if not found:
            raise NotFound("Not found")
        return found[0]

    def written(
        self, request: CallRailRequest, row_id: str, status: int = 201, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The answer to a write: the record as it is now."""
        with request.session() as session:
            return json_answer(self.record(request, session, row_id), status, headers)

    def _list(self, request: CallRailRequest, counts: Counts) -> Response:
        wanted, order = page_wanted(request), self._order(request)
        with request.session() as session:
            parts = self.parts(request, session)
            offset = 0 if wanted.after is not None else wanted.offset
            page = ids_of_page(session, parts, order, wanted.after, wanted.per_page, offset)
            found = page.of(self.read(request, session, page.items) if page.items else [])
            body, headers = page_body(
                request,
                wanted,
                found,
                self.key or self.path,
                lambda: count_rows(session, parts(order, None, 0)),
                counts,
            )
        return json_answer(body, headers=headers)

    def read(self, request: CallRailRequest, session: Session, ids: Sequence[str]) -> list[Mapping[str, Any]]:
        """The records of some rows, which the user must be permitted to see, in the order of the ids."""
        row_id = self._order(request, is_default=True).columns[-1]
        rows = in_order(session.exec(select(row_id.class_).where(row_id.in_(ids))).all(), ids)
        return list(self.records(request, session, rows, self.chosen(request)))

    def _order(self, request: CallRailRequest, *, is_default: bool = False) -> Order:
        sent, first = request.parameters, next(iter(self.orders))
        name = None if is_default else sent.text("sort") or sent.text("sort_by")
        direction = (sent.text("order") or sent.text("sort_dir") or "").casefold()
        if not is_default and direction not in ("", "asc", "desc"):
            raise CannotDo("order must be asc or desc.")
        if name is not None and name not in self.orders:
            raise CannotDo(f"{self.path} cannot be sorted by {name[:40]}; sort by one of {', '.join(self.orders)}.")
        descending = direction == "desc" if direction else self.is_newest_first
        return Order(self.orders[name or first], descending)


def json_answer(body: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON object."""
    return JSONResponse(dict(body), status, dict(headers or {}))
