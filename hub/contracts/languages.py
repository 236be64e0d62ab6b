"""Languages as BCP 47 tags, and the nearest of those that a provider knows."""

from __future__ import annotations

from collections.abc import Iterable

OF_LANGUAGE = {"arb": "ar", "cmn": "zh", "nb": "no"}
"""Languages that some providers name instead of the one that they belong to. Source: ISO 639-3, macrolanguages."""


def nearest_language(tag: str | None, known: Iterable[str]) -> str | None:
    """The tag of `known` that is spoken for `tag`: the same, else the first of the same language; None if there is none."""
    same = [each for each in known if _main(each) == _main(tag or "")]
    return tag if tag in same else next(iter(same), None)


def _main(tag: str) -> str:
    main = tag.partition("-")[0].lower()
    return OF_LANGUAGE.get(main, main)
