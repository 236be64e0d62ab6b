"""Robots: which user agents do not belong to people's browsers."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4_096)
def is_robot(user_agent: str | None) -> bool:
    """Whether a user agent belongs to a crawler, a link preview, a monitor or a script's HTTP client.

    The list is the package `crawler-user-agents`, which has a release every month. A request without a user agent is
    a robot's too, because every browser sends one.
    """
    from crawleruseragents import is_crawler  # compiles its patterns when it is imported: 40 ms and 3 MB

    return not user_agent or bool(is_crawler(user_agent))
