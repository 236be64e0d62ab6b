"""What a visit's consent is after one more report of its page."""

from __future__ import annotations

from collections.abc import Mapping


def heard(known: Mapping[str, str], said: Mapping[str, str], *, late: bool) -> dict[str, str]:
    """The latest choice counts. Of a report that is stored late, after newer ones, only a denial replaces what is known."""
    if not late:
        return {**known, **said}
    return {**said, **known, **{name: word for name, word in said.items() if word == "denied"}}
