"""Privacy signals in a browser's requests: Global Privacy Control and Do Not Track."""

from __future__ import annotations

from collections.abc import Iterable


def objects_by_gpc(headers: Iterable[str], javascript: object = None) -> bool:
    """Whether the visitor objects to sale, sharing and targeted ads. Source: W3C, Global Privacy Control.

    `headers` are the values of all `Sec-GPC` headers. One that is exactly `1` counts, whatever the others say; any other
    value, such as `1, 1` or `1;q=1`, says nothing, for the header has no syntax but that. `javascript` is the page's
    `navigator.globalPrivacyControl`: only `true` counts. Either is enough.
    """
    return javascript is True or "1" in list(headers)


def objects_by_dnt(header: str | None) -> bool:
    """Whether the header `DNT` is exactly `1`: deprecated and without force of law, taken as an objection all the same.

    `0` is a yes to tracking, which we do not need; all else says nothing.
    """
    return header == "1"
