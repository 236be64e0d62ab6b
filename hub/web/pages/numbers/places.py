"""Area codes by the name of a place, from the numbering plan's own data."""

from __future__ import annotations

import re
from collections import Counter

from hub.contracts.prefixes import names_by_prefix
from hub.errors import CannotDo

NORTH_AMERICA = "1"
MAX_CODES = 3
"""Area codes that one search asks the carrier for."""
AREA_CODE = re.compile(r"\d{2,5}")


def area_codes(text: str) -> list[str | None]:
    """The area codes of what a person typed: a code, a place such as Chicago or Illinois, or nothing (any).

    CannotDo if no North American place has this name.
    """
    wanted = text.strip().lower()
    if not wanted:
        return [None]
    digits = re.sub(r"[^\d]", "", wanted)
    if digits and AREA_CODE.fullmatch(digits) and not re.search(r"[a-z]", wanted):
        return [digits]
    found: Counter[str] = Counter()
    for prefix, name in names_by_prefix("geodata", NORTH_AMERICA).items():
        if len(prefix) >= 4 and name.lower().startswith(wanted):
            found[prefix[1:4]] += 1000 if len(prefix) == 4 else 1
    if not found:
        raise CannotDo("No place in North America has this name; write an area code, like 312.")
    return [code for code, _ in found.most_common(MAX_CODES)]
