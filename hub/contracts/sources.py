"""Sources as a plugin knows them: an exact value in an address, and the source and medium that it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

SourceKind = Literal["host", "utm_source", "parameter"]
SOURCE_KINDS: tuple[SourceKind, ...] = get_args(SourceKind)


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownSource:
    """One exact value and its source.

    `value` is in lower case: for a `host` the referrer's name without `www.`, for `utm_source` the tag, for a `parameter`
    `name=value` as in the landing page's address. Only whole values match, never a part of a word or host.
    """

    kind: SourceKind
    value: str
    source: str
    medium: str


class OwnRule(NamedTuple):
    """What a rule outside the built-in tables says; `connector` is its owner, None for the company's own rules."""

    source: str
    medium: str
    connector: str | None = None
