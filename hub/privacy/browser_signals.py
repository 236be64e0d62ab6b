"""Privacy signals in a browser's requests: Global Privacy Control and Do Not Track."""

from __future__ import annotations

from collections.abc import Iterable


def objects_by_gpc(headers: Iterable[str], javascript: object = None) -> bool:
    """Whether the visitor objects to sale, sharing and targeted ads. Source: W3C, Global Privacy Control.

    `headers` are the values of all `Sec-GPC` headers. If one is exactly `1`, it counts, whatever the others are. Any
    other value, such as `1, 1` or `1;q=1`, is ignored, because the header has no other syntax. `javascript` is the
    page's `navigator.globalPrivacyControl`: only `true` counts. Either signal is enough.
    """
    return javascript is True or "1" in list(headers)


def objects_by_dnt(header: str | None) -> bool:
    """Whether the header `DNT` is exactly `1`. It is deprecated and not legally binding; the hub treats it as an
    objection anyway.

    `0` means yes to tracking, which the hub does not need. All other values are ignored.
    """
    return header == "1"
