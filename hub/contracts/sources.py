"""Sources as a plugin knows them: what exactly stands in an address, and which source and medium it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

SourceKind = Literal["host", "utm_source", "parameter"]
SOURCE_KINDS: tuple[SourceKind, ...] = get_args(SourceKind)


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownSource:
    """One exact value and its source.

    `value` is in lower case: of a `host` the referrer's name without `www.`, of `utm_source` the tag, of a `parameter`
    `name=value` as the landing page's address has it. It is never matched as a part of a word or of a host.
    """

    kind: SourceKind
    value: str
    source: str
    medium: str


class OwnRule(NamedTuple):
    """What a rule beside the built-in tables says; `connector` is whose it is, None for the company's own."""

    source: str
    medium: str
    connector: str | None = None
