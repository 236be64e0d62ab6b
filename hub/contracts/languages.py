"""Languages as BCP 47 tags, and the nearest of those that a provider knows."""

from __future__ import annotations

from collections.abc import Iterable


def nearest_language(tag: str | None, known: Iterable[str]) -> str | None:
    """The tag of `known` that is spoken for `tag`: the same, else the first of the same language; None if there is none."""
    main = (tag or "").partition("-")[0].lower()
    same = [each for each in known if each.partition("-")[0].lower() == main]
    return tag if tag in same else next(iter(same), None)
