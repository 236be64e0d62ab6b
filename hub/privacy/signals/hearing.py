"""What a page says of its visitor's consent, and the strings of its consent tool: of all that is said, the strictest counts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from hub.privacy.signals.bits import SignalUnreadable
from hub.privacy.signals.gpp import read_gpp
from hub.privacy.signals.tcf import ANSWERS, read_tcf


def heard(answers: Mapping[str, str], *, tcf: str | None, gpp: str | None, at: datetime) -> dict[str, str]:
    """The page's own answers (`granted` or `denied` by name) together with those of the strings.

    Each string leaves its SHA-256 under `tcf` or `gpp`, as evidence of what was read. One that cannot be read might hold a no,
    so it is one to everything.
    """
    said = dict(answers)
    for name, text in (("tcf", tcf), ("gpp", gpp)):
        if not text:
            continue
        for what, answer in _told(name, text, at).items():
            said[what] = "denied" if "denied" in (answer, said.get(what)) else answer
        said[name] = f"sha256:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"
    return said


def _told(name: str, text: str, at: datetime) -> Mapping[str, str]:
    try:
        return read_tcf(text).answers(at) if name == "tcf" else read_gpp(text).answers(at)
    except SignalUnreadable:
        return dict.fromkeys(ANSWERS, "denied")
