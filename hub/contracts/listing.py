"""All pages of a provider's list, in the ways in which providers cut one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from hub.contracts.untrusted import JsonObject, as_text, value_at
from hub.errors import RetryLater

MOST_PAGES = 5_000
"""Of one list; a provider that names more of them is taken for one whose list has no end."""


def each_item(
    ask: Callable[[Any], Mapping[str, Any]],
    items: str,
    following: str = "",
    *,
    by: Literal["cursor", "offset", "page"] = "cursor",
    total: str = "",
) -> Iterator[JsonObject]:
    """Each item of a list or a search, through all pages.

    `ask` requests a page. `items` is where a page has its items, as `data.results`. What `ask` gets, and how the last page is
    known, depends on `by`:

    - `cursor`: what the page before has at `following`, a cursor, a token or the address of the page; None for the first
      page. A page without it is the last.
    - `offset`: how many items were read, 0 for the first page.
    - `page`: the number of the page, 1 for the first.

    By offset or page a page is the last if it has nothing true at `following`, as `has_more`; without `following` when
    `total` items were read, or at a page without items.

    `total` is where a page says how many items the whole list has. RetryLater if it says more than came, if a page has no
    list of objects, if a page comes again, or if the list never ends. Nothing that follows from a part of a list, such as an
    erasure, is then reported as done.
    """
    read, known, least = 0, set[bytes](), None
    mark: Any = {"cursor": None, "offset": 0, "page": 1}[by]
    for number in range(1, MOST_PAGES):
        page = ask(mark)
        listed = value_at(page, items)
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            raise RetryLater("The provider answered without a list; it is asked again.")
        if listed:
            _note(known, f"items {json.dumps(listed, sort_keys=True, default=str)}")
        yield from listed
        read += len(listed)
        counted = _number(value_at(page, total)) if total else None
        least = min((each for each in (least, counted) if each is not None), default=None)
        after = value_at(page, following) if following else None
        goes_on = bool(after) if following or by == "cursor" else bool(listed) and (least is None or read < least)
        if not goes_on:
            if least is not None and read < least:
                raise RetryLater(f"The provider says that its list has {least} items, and gave {read}.")
            return
        if by != "cursor" and not listed:
            raise RetryLater(f"The provider says that more items follow, and gave none after {read}.")
        mark = {"cursor": after, "offset": read, "page": number + 1}[by]
        _note(known, f"mark {mark}")
    raise RetryLater("The provider's list of pages has no end; it is asked again.")


def _note(known: set[bytes], mark: str) -> None:
    digest = hashlib.sha256(mark.encode("utf-8", "surrogatepass")).digest()
    if digest in known:
        raise RetryLater("The provider gives the same page of a list again; it is asked again.")
    known.add(digest)


def _number(count: object) -> int | None:
    """A count of items, which some providers write as a text."""
    text = str(count) if isinstance(count, int) and not isinstance(count, bool) else as_text(count)
    return int(text) if text.isdecimal() else None
