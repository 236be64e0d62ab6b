"""The reference of an accepted event: Google's request, the row in it, and what its diagnostics depend on. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Match = Literal["click", "person", "call"]
"""How Google ties a conversion to an ad: by a click id, by the hashed number or email alone, or by a call that it
forwarded from an ad."""
_REFERENCE = re.compile(r"(?P<request>.+)#(?P<row>[0-9]{1,5}):(?P<match>click|person|call)(?P<marks>(,[a-z]+)*)")


@dataclass(frozen=True, slots=True)
class Reference:
    """Written as `t-5f3a#12:click,young`; an earlier version wrote the request alone."""

    request: str
    row: int | None = None
    match: Match | None = None
    young: bool = False
    """Whether the click was so recent at the upload that Google may not have known it yet."""
    retraction: bool = False

    def __str__(self) -> str:
        marks = (",young" if self.young else "") + (",retraction" if self.retraction else "")
        return f"{self.request}#{self.row}:{self.match}{marks}"

    @classmethod
    def read(cls, text: str) -> Reference:
        """The reference in a receipt."""
        found = _REFERENCE.fullmatch(text)
        if found is None:
            return cls(text)
        marks = found["marks"].split(",")
        match: Match = found["match"]  # type: ignore[assignment]
        return cls(found["request"], int(found["row"]), match, "young" in marks, "retraction" in marks)
