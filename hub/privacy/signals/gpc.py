"""Global Privacy Control, as the W3C's draft defines it: a header that is exactly `1`, or the browser's own property."""

from __future__ import annotations

from collections.abc import Iterable


def objects_by_gpc(headers: Iterable[str], javascript: object = None) -> bool:
    """Whether the visitor objects to sale, sharing and targeted ads.

    `headers` are the values of all `Sec-GPC` headers. One that is exactly `1` counts, whatever the others say; any other
    value, such as `1, 1` or `1;q=1`, says nothing, for the header has no syntax but that. `javascript` is the page's
    `navigator.globalPrivacyControl`: only `true` counts. Either is enough.
    """
    return javascript is True or "1" in list(headers)
