"""Which column of an exported file means what: by the service that wrote it, as far as nobody corrects it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import yaml

from hub.errors import CannotDo
from hub.model.imports import service_title
from hub.platform.id_words import words_of

CALLS, FORMS, TEXTS = "calls", "forms", "texts"
RESOURCES = (CALLS, FORMS, TEXTS)
KIND = "kind"


@dataclass(frozen=True)
class Service:
    """How one service writes its files."""

    name: str
    source: str
    """Where its names of columns are from."""
    columns: Mapping[str, Sequence[str]]
    """Meaning → the names of columns that have it, the best first."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Meaning → the service's word, in lower case → ours."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """What its column `kind` says, in lower case → calls, forms or texts."""
    ignored: Sequence[str] = ()
    """Columns that are no fields of a form."""

    @property
    def title(self) -> str:
        """What people call it."""
        return service_title(self.name)


@dataclass(frozen=True)
class ColumnMap:
    """What each column of one file means. `kind` is None if each line says what it is."""

    service: Service
    header: Sequence[str]
    meanings: Sequence[str | None]
    kind: str | None
    left_out: frozenset[str] = frozenset()
    """Columns without a meaning that are not even fields of a form."""


@cache
def services() -> Mapping[str, Service]:
    """The services whose files are known, by name."""
    listed = yaml.safe_load(files(__package__).joinpath("services.yaml").read_text(encoding="utf-8"))
    return {name: Service(name, **each) for name, each in listed.items()}


def map_columns(
    file: str, header: Sequence[str], service: str | None = None, corrections: Mapping[str, str] | None = None
) -> ColumnMap:
    """The map of a file: as its `service` writes it, else as the one that knows most of its columns. `corrections` (column →
    meaning, empty to leave it out) take precedence. CannotDo says which columns are missing."""
    if service is not None and service not in services():
        raise CannotDo(f"{words_of(service)} is not known; --service is one of {', '.join(services())}.")
    candidates = [services()[service]] if service else list(services().values())
    found = [_mapped(each, header, corrections or {}) for each in candidates]
    best = max(found, key=lambda each: (_is_readable(each), sum(m is not None for m in each.meanings)))
    if not _is_readable(best):
        raise CannotDo(
            f"{file} is not a file that can be read: {_missing(best)}. Say it with --map, like --map Date=at."
        )
    return best


def read_corrections(written: Iterable[str]) -> dict[str, str]:
    """`--map COLUMN=MEANING` as column → meaning. CannotDo if one is not of that form, or the meaning is not known."""
    known = sorted({meaning for each in services().values() for meaning in each.columns})
    found = {}
    for text in written:
        column, sign, meaning = text.rpartition("=")
        if not sign or not column.strip():
            raise CannotDo(f"--map {words_of(text)} is not of the form COLUMN=MEANING, like --map Date=at.")
        if meaning.strip() and meaning.strip() not in known:
            raise CannotDo(f"--map: {words_of(meaning)} is not one of {', '.join(known)}.")
        found[plain_name(column)] = meaning.strip()
    return found


def plain_name(name: str) -> str:
    """A column's name by its letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _mapped(service: Service, header: Sequence[str], corrections: Mapping[str, str]) -> ColumnMap:
    plain = [plain_name(name) for name in header]
    meanings: list[str | None] = [corrections.get(name) or None for name in plain]
    for meaning, names in service.columns.items():
        free = (plain.index(plain_name(each)) for each in names if plain_name(each) in plain)
        place = next((at for at in free if meanings[at] is None and plain[at] not in corrections), None)
        if place is not None and meaning not in meanings:
            meanings[place] = meaning
    known = set(meanings)
    ignored = {plain_name(each) for each in service.ignored} | {each for each in corrections if not corrections[each]}
    left_out = frozenset(name for name in header if plain_name(name) in ignored)
    return ColumnMap(service, header, meanings, None if KIND in known else _kind_of(known), left_out)


def _kind_of(known: set[str | None]) -> str | None:
    """Whether a file with these columns holds calls, forms or texts; None if it is none of them."""
    if {"body", "number", "at"} <= known and "duration" not in known:
        return TEXTS
    if "at" in known and known & {"form_name", "page"} and "duration" not in known:
        return FORMS
    return CALLS if {"at", "tracking_number", "duration"} <= known else None


def _is_readable(found: ColumnMap) -> bool:
    return found.kind is not None or {KIND, "at"} <= set(found.meanings)


def _missing(found: ColumnMap) -> str:
    needed = {each: found.service.columns.get(each, [each])[0] for each in ("at", "tracking_number", "duration")}
    missing = [f"{each} ({name})" for each, name in needed.items() if each not in found.meanings]
    return f"of a list of calls it lacks {', '.join(missing)}; forms need at and form_name or page, texts at, number and body"
