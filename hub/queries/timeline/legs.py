"""Why a leg of a call ended, in a carrier's words, and the figures of its signalling and sound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.queries.masking import Mask

CODES: Mapping[int, tuple[str, str]] = {
    400: ("Bad Request", "the other side could not read the INVITE"),
    401: ("Unauthorized", "the trunk refuses our user or password"),
    403: ("Forbidden", "the trunk refuses the call: its operator says why; often the caller ID is not allowed"),
    404: ("Not Found", "there is no such number"),
    407: ("Proxy Authentication Required", "the trunk refuses our user or password"),
    408: ("Request Timeout", "nobody answered the INVITE in time"),
    410: ("Gone", "the number is no longer in use"),
    480: ("Temporarily Unavailable", "the phone is off, or nobody answered"),
    482: ("Loop Detected", "the call came back to the gateway"),
    483: ("Too Many Hops", "the call passed through too many servers"),
    484: ("Address Incomplete", "the number is too short"),
    486: ("Busy Here", "the phone was busy"),
    487: ("Request Terminated", "it was let go before it was answered"),
    488: ("Not Acceptable Here", "no common codec, or encryption that one side does not do"),
    500: ("Server Internal Error", "the other side has a fault"),
    502: ("Bad Gateway", "a network behind the trunk has a fault"),
    503: ("Service Unavailable", "the trunk or its network takes no more calls now"),
    504: ("Server Time-out", "a network behind the trunk did not answer"),
    600: ("Busy Everywhere", "the person is busy on all phones"),
    603: ("Decline", "the call was declined"),
    604: ("Does Not Exist Anywhere", "there is no such number"),
    606: ("Not Acceptable", "the other side does not take such a call"),
    607: ("Unwanted", "the person, or their carrier, calls it unwanted"),
    608: ("Rejected", "the called person's carrier blocks it"),
}
"""SIP's final answers (RFC 3261, 8197, 8688): the phrase, and what it means most often."""
ENDED_BY: Mapping[tuple[str, bool], str] = {
    ("party", False): "the caller hung up",
    ("party", True): "the phone hung up",
    ("hub", False): "the hub ended it",
    ("hub", True): "the hub ended it",
}


def code_words(code: int) -> str:
    """A SIP code with its phrase and meaning, as people read it; the code alone if it is not known."""
    phrase, meaning = CODES.get(code, ("", ""))
    return f"SIP {code} {phrase}: {meaning}" if phrase else f"SIP {code}"


def leg_details(leg: Mapping[str, Any], mask: Mask) -> Iterator[str]:
    """The lines below an event that reports the end of a leg; nothing if the carrier reported nothing."""
    code, number = leg.get("code"), leg.get("number")
    if code and code >= 300:
        yield code_words(code)
    phone = f"phone {mask.phone(number)}" if number else ""
    by = ENDED_BY.get((str(leg.get("ended_by")), bool(number)), "")
    figures = [
        each
        for each in (
            phone,
            by,
            leg.get("codec"),
            _figure("post-dial delay", leg.get("post_dial_seconds"), " s", 2),
            _share("loss", leg.get("loss")),
            _share("loss at the other end", leg.get("far_loss")),
            _figure("jitter", leg.get("jitter_ms"), " ms", 1),
        )
        if each
    ]
    if figures:
        yield ", ".join(figures)
    if leg.get("reference"):
        yield f"the trunk’s Call-ID: {leg['reference']}"


def _figure(name: str, value: float | None, unit: str, digits: int) -> str:
    return "" if value is None else f"{name} {value:.{digits}f}{unit}"


def _share(name: str, value: float | None) -> str:
    return "" if value is None else f"{name} {100 * value:.1f} %"
