"""The fake's SOQL and SOSL: a part of both languages; everything else is a MALFORMED_QUERY."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from .records import Org, Record, Refused
from .search import Terms, found

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<when>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))|(?P<day>\d{4}-\d\d-\d\d)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_.]*)|(?P<mark><=|>=|!=|<>|[=<>(),])|(?P<end>$))",
    re.DOTALL,
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
Test = Callable[[Record], bool]
MAX_SEARCH_CHARACTERS = 4_000
"""Stricter than Salesforce, which ignores the operators of a longer search."""
LONGEST_FILTERED_FIELD = 255


@dataclass(frozen=True)
class Query:
    """A query of one object: which fields, which records, in which order, how many."""

    kind: str
    fields: tuple[str, ...]
    test: Test
    order: tuple[tuple[str, bool], ...]
    limit: int | None


def soql(org: Org, text: str, every: bool = False) -> list[Record]:
    """The rows of a SOQL query as JSON objects, or `Refused`; with `every` also archived and deleted ones."""
    reader = _Reader(org, text)
    reader.word("SELECT")
    fields = reader.names()
    reader.word("FROM")
    query = reader.tail(reader.name(), fields)
    reader.finish()
    return _answer(org, query, org.queried(query.kind, every))


def sosl(org: Org, text: str) -> list[Record]:
    """The records of a SOSL search as JSON objects, or `Refused`."""
    if len(text) > MAX_SEARCH_CHARACTERS:
        raise Refused("MALFORMED_SEARCH", "search term is too long")
    match = re.match(
        r"\s*FIND\s*\{((?:[^{}\\]|\\.)*)\}\s*(?:IN\s+(ALL|NAME|EMAIL|PHONE)\s+FIELDS\b)?", text, re.I | re.S
    )
    if match is None:
        raise Refused("MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces.")
    terms = Terms(match[1])
    matches, digits = terms.any_of(), terms.digits()
    group = (match[2] or "ALL").upper()
    reader = _Reader(org, text[match.end() :], "MALFORMED_SEARCH")
    request: list[Query] = []
    if reader.takes("RETURNING"):
        while True:
            kind = reader.name()
            if reader.takes("("):
                request.append(reader.tail(kind, reader.names()))
                reader.mark(")")
            else:
                request.append(reader.tail(kind, ("Id",)))
            if not reader.takes(","):
                break
    else:
        request = [reader.tail(kind, ("Id",)) for kind in ("Account", "Contact", "Lead", "Opportunity", "Task")]
    most = reader.limit() or 2000
    reader.finish()
    rows = [row for query in request for row in _answer(org, query, found(org, query.kind, group, matches, digits))]
    return rows[: min(most, 2000)]


def _answer(org: Org, query: Query, rows: Iterator[Record]) -> list[Record]:
    chosen = [row for row in rows if query.test(row)]
    for path, descending in reversed(query.order):
        chosen.sort(key=partial(_order, org, query.kind, path), reverse=descending)
    return [_shown(org, query, row) for row in chosen[: query.limit]]


def _shown(org: Org, query: Query, row: Record) -> Record:
    shown: Record = {"attributes": _attributes(query.kind, row)}
    for path in query.fields:
        parent, dot, leaf = path.partition(".")
        if not dot:
            shown[path] = row[path]
            continue
        owner = _parent(org, query.kind, row, parent)
        if owner is None:
            shown[parent] = None
            continue
        kind, record = owner
        shown.setdefault(parent, {"attributes": _attributes(kind, record)})[leaf] = record[leaf]
    return shown


def _attributes(kind: str, row: Record) -> dict[str, str]:
    return {"type": kind, "url": f"/services/data/v66.0/sobjects/{kind}/{row['Id']}"}


def _parent(org: Org, kind: str, row: Record, name: str) -> tuple[str, Record] | None:
    key = row.get(org.kinds[kind].parents[name])
    if not key:
        return None
    owner = next(known for known, held in org.kinds.items() if held.prefix == key[:3])
    record = org.tables[owner].get(key)
    return (owner, record) if record is not None and not record["IsDeleted"] else None


def _at(org: Org, kind: str, row: Record, path: str) -> Any:
    parent, dot, leaf = path.partition(".")
    if not dot:
        return row[path]
    owner = _parent(org, kind, row, parent)
    return owner[1][leaf] if owner else None


def _order(org: Org, kind: str, path: str, row: Record) -> tuple[int, object]:
    value = _at(org, kind, row, path)
    return (0, "") if value is None else (1, value)


class _Reader:
    """Reads a query from left to right."""

    def __init__(self, org: Org, text: str, code: str = "MALFORMED_QUERY") -> None:
        self.org, self.code, self.at, self.tokens = org, code, 0, []
        place = 0
        while True:
            match = TOKEN.match(text, place)
            if match is None:
                raise Refused(code, f"unexpected token: '{text[place : place + 20]}'")
            kind = str(match.lastgroup)
            self.tokens.append((kind, match[kind]))
            if kind == "end":
                return
            place = match.end()

    def refuse(self) -> Refused:
        token = self.tokens[self.at][1] or "<EOF>"
        return Refused(self.code, f"unexpected token: '{token}'")

    def takes(self, word: str) -> bool:
        kind, value = self.tokens[self.at]
        if kind in ("name", "mark") and value.upper() == word:
            self.at += 1
            return True
        return False

    def word(self, word: str) -> None:
        if not self.takes(word):
            raise self.refuse()

    mark = word

    def name(self) -> str:
        kind, value = self.tokens[self.at]
        if kind != "name":
            raise self.refuse()
        self.at += 1
        return value

    def names(self) -> tuple[str, ...]:
        found = [self.name()]
        while self.takes(","):
            found.append(self.name())
        return tuple(found)

    def finish(self) -> None:
        if self.tokens[self.at][0] != "end":
            raise self.refuse()

    def limit(self) -> int | None:
        if not self.takes("LIMIT"):
            return None
        kind, value = self.tokens[self.at]
        if kind != "number" or not value.isdigit():
            raise self.refuse()
        self.at += 1
        return int(value)

    def tail(self, kind_name: str, fields: Sequence[str]) -> Query:
        kind, _ = self.org.kind(kind_name)
        paths = tuple(self.path(kind, field) for field in fields)
        if len(set(paths)) < len(paths):
            raise Refused("INVALID_FIELD", "duplicate field selected")
        test: Test = self.either(kind) if self.takes("WHERE") else lambda row: True
        order: list[tuple[str, bool]] = []
        if self.takes("ORDER"):
            self.word("BY")
            while True:
                path = self.path(kind, self.name())
                descending = self.takes("DESC")
                if not descending:
                    self.takes("ASC")
                order.append((path, descending))
                if not self.takes(","):
                    break
        return Query(kind, paths, test, tuple(order), self.limit())

    def path(self, kind: str, name: str) -> str:
        parent, dot, leaf = name.partition(".")
        if not dot:
            return self.org.field(kind, name)
        known = next((p for p in self.org.kinds[kind].parents if p.lower() == parent.lower()), None)
        if known is None or "." in leaf:
            raise Refused("INVALID_FIELD", f"Didn't understand relationship '{parent}' in field path.")
        target = "User" if known == "Owner" else known
        return f"{known}.{self.org.field(target, leaf)}"

    def either(self, kind: str) -> Test:
        tests = [self.both(kind)]
        while self.takes("OR"):
            tests.append(self.both(kind))
        return lambda row: any(test(row) for test in tests)

    def both(self, kind: str) -> Test:
        tests = [self.one(kind)]
        while self.takes("AND"):
            tests.append(self.one(kind))
        return lambda row: all(test(row) for test in tests)

    def one(self, kind: str) -> Test:
        if self.takes("("):
            inside = self.either(kind)
            self.mark(")")
            return inside
        path = self.path(kind, self.name())
        parent, dot, leaf = path.partition(".")
        owner = ("User" if parent == "Owner" else parent) if dot else kind
        of_type = self.org.kinds[owner].fields[leaf if dot else path]
        if isinstance(of_type, int) and of_type > LONGEST_FILTERED_FIELD:
            raise Refused("INVALID_FIELD", f"field '{path}' can not be filtered in a query call")
        for sign in ("=", "!=", "<>", "<=", ">=", "<", ">"):
            if self.takes(sign):
                return self.compared(kind, path, sign, self.value(path, of_type))
        if self.takes("IN"):
            self.mark("(")
            wanted = {self.value(path, of_type)}
            while self.takes(","):
                wanted.add(self.value(path, of_type))
            self.mark(")")
            return lambda row: _comparable(_at(self.org, kind, row, path), of_type) in wanted
        raise self.refuse()

    def compared(self, kind: str, path: str, sign: str, wanted: object) -> Test:
        parent, dot, leaf = path.partition(".")
        owner = ("User" if parent == "Owner" else parent) if dot else kind
        of_type = self.org.kinds[owner].fields[leaf if dot else path]

        def test(row: Record) -> bool:
            held = _comparable(_at(self.org, kind, row, path), of_type)
            if sign in ("=", "!=", "<>"):
                return (held == wanted) is (sign == "=")
            if held is None or wanted is None:
                return False
            return bool({"<": held < wanted, ">": held > wanted, "<=": held <= wanted, ">=": held >= wanted}[sign])

        return test

    def value(self, path: str, of_type: str | int) -> Any:
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "name" and text.lower() == "null":
            return None
        wanted = {"datetime": "when", "date": "day", "double": "number", "int": "number", "boolean": "name"}
        if kind != (wanted.get(of_type, "text") if isinstance(of_type, str) else "text"):
            shown = "date, dateTime" if of_type == "datetime" else of_type
            raise Refused("INVALID_FIELD", f"value of filter criterion for field '{path}' must be of type {shown}")
        if kind == "text":
            plain = re.sub(r"\\(.)", lambda m: ESCAPES.get(m[1], m[1]), text[1:-1], flags=re.DOTALL)
            return _comparable(plain, of_type)
        if kind == "name":
            if text.lower() not in ("true", "false"):
                raise self.refuse()
            return text.lower() == "true"
        return float(text) if kind == "number" else _comparable(text, of_type)


def _comparable(value: Any, of_type: str | int) -> Any:
    if value is None:
        return None
    if of_type == "datetime":
        return datetime.fromisoformat(value).astimezone(UTC)
    if of_type == "id":
        return value[:15]
    if of_type in ("double", "int"):
        return float(value)
    return value.lower() if isinstance(of_type, int) else value
