"""The list of threads, and one thread beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.responses import Response

from hub.contracts.titles import titles_of
from hub.delivery.answer_text import Recipient
from hub.errors import existing
from hub.model.states import MediaState, MessageStatus
from hub.platform.formats import clock_time, day_of, long_day
from hub.queries.lists.keyset import Page
from hub.queries.texts.one_thread import OneThread, one_thread
from hub.queries.texts.paging import ThreadKind
from hub.queries.texts.threads import ThreadShown, list_threads
from hub.store import audit
from hub.web.pages.do_not_contact import do_not_contact
from hub.web.pages.request import PageRequest
from hub.web.pages.texts.answer_box import answer_box
from hub.web.pages.texts.pictures import INLINE_TYPES

TABS = {
    ThreadKind.ALL: "All",
    ThreadKind.WAITING: "Unanswered",
    ThreadKind.DOUBTFUL: "Doubtful",
    ThreadKind.STOPPED: "Opted out",
    ThreadKind.HELD: "Held",
}
EMPTY = {
    ThreadKind.ALL: "No texts yet. As soon as somebody texts a tracking number, the thread shows here.",
    ThreadKind.WAITING: "Nobody waits for an answer.",
    ThreadKind.DOUBTFUL: "No text is waiting for a decision on whether it asks for a stop.",
    ThreadKind.STOPPED: "Nobody among the threads has stopped texts.",
    ThreadKind.HELD: "No text is held.",
}
STATES = {
    MessageStatus.QUEUED: ("", "Queued"),
    MessageStatus.SENDING: ("", "Sending"),
    MessageStatus.SENT: ("", "Sent"),
    MessageStatus.DELIVERED: ("good", "Delivered"),
    MessageStatus.FAILED: ("bad", "Failed"),
    MessageStatus.REFUSED: ("bad", "Not sent"),
    MessageStatus.HELD: ("held", "Held"),
}
"""The shape and the word of an outgoing text's status."""


def inbox(page: PageRequest) -> Response:
    """The threads of the chosen companies."""
    found = _threads(page)
    _note(page, found)
    return page.render("texts.html", title="Texts", thread=None, **_list_values(page, found))


def thread(page: PageRequest) -> Response:
    """One thread, with the list beside it."""
    scope = existing(page.scope_for("bodies"))
    found = _threads(page)
    with page.session() as session:
        shown = one_thread(session, scope, page.hub, page.path("thread"), page.query.get("older"))
        said = next((each.id for each in reversed(shown.texts) if not each.outgoing), shown.newest.id)
        no_contact = do_not_contact(page, session, "texts", said) if shown.number else None
    _note(page, found, shown)
    box = None
    if shown.number and shown.newest.company_id and page.may("contact"):
        box = answer_box(page, recipient_of(shown))
    return page.render(
        "texts.html",
        title="Texts",
        thread=shown,
        items=_items(page, shown),
        tracker=_tracker(page, shown.newest.tracking_number),
        box=box,
        no_contact=no_contact,
        action=page.link(f"/texts/{page.path('thread')}"),
        states=STATES,
        purposes=titles_of("text_purpose"),
        inline_types=INLINE_TYPES,
        media_states=MediaState,
        **_list_values(page, found),
    )


def recipient_of(shown: OneThread) -> Recipient:
    """The person of a thread, and the number that they know."""
    assert shown.newest.company_id is not None and shown.number is not None
    return Recipient(shown.newest.company_id, shown.number, shown.newest.tracking_number)


def kind_of(page: PageRequest) -> ThreadKind:
    """The filter that the URL names."""
    named = page.query.get("show", "")
    return ThreadKind(named) if named in set(ThreadKind) else ThreadKind.ALL


def _threads(page: PageRequest) -> Page[ThreadShown]:
    scope = existing(page.scope_for("bodies"))
    with page.session() as session:
        return list_threads(session, scope, page.hub, page.company_ids, kind_of(page), page.query.get("after") or None)


def _note(page: PageRequest, listed: Page[ThreadShown], shown: OneThread | None = None) -> None:
    """The audit entries: one for the lines of the list, one for a thread."""
    with page.hub.store.writing() as session:
        if listed.items:
            detail = f"last lines of {len(listed.items)} threads"
            audit.note(session, page.now, page.user.id, "text.list", page.user.account_id, detail)
        if shown is not None:
            audit.note(
                session, page.now, page.user.id, "text.read", shown.newest.id, f"thread, {len(shown.texts)} texts"
            )


def _list_values(page: PageRequest, found: Page[ThreadShown]) -> dict[str, Any]:
    kind, after = kind_of(page), page.query.get("after")
    show = None if kind is ThreadKind.ALL else kind.value
    return {
        "threads": found.items,
        "tabs": [(page.link("/texts", show=None if each is ThreadKind.ALL else each.value), words, each is kind)
                 for each, words in TABS.items()],
        "empty": "Nobody further on this page; older texts may have some." if found.next else EMPTY[kind],
        "newest": page.link("/texts", show=show) if after else None,
        "older_threads": page.link("/texts", show=show, after=found.next) if found.next else None,
        "link_to": lambda text_id: page.link(f"/texts/{text_id}", show=show, after=after),
        "when": lambda at: _when(page, at),
        "company_titles": {each.id: each.title for each in page.companies} if page.company is None else {},
        "back": page.link("/texts", show=show, after=after),
    }  # fmt: skip


def _when(page: PageRequest, at: datetime) -> str:
    """9:16 am today, Mon this week, Nov 3 before."""
    local, today = at.astimezone(page.zone).date(), page.now.astimezone(page.zone).date()
    if local == today:
        return clock_time(at, page.zone)
    return local.strftime("%a") if 0 < (today - local).days < 7 else day_of(at, page.zone)


def _items(page: PageRequest, shown: OneThread) -> list[dict[str, Any]]:
    """Texts, calls and forms in the order of time, with the days between them."""
    found: list[tuple[datetime, dict[str, Any]]] = [
        *((each.at, {"kind": "text", "text": each}) for each in shown.texts),
        *((each.at, {"kind": each.kind, "contact": each}) for each in shown.between),
    ]
    items: list[dict[str, Any]] = []
    day = None
    for at, item in sorted(found, key=lambda each: each[0]):
        local = at.astimezone(page.zone).date()
        if local != day:
            day = local
            today = local == page.now.astimezone(page.zone).date()
            year = f", {local.year}" if local.year != page.now.year else ""
            items.append({"kind": "day", "words": "Today" if today else long_day(local) + year})
        items.append({**item, "at": at})
    return items


def _tracker(page: PageRequest, number: str) -> str | None:
    line = page.directory.lines.get(number)
    return line.tracker.shown_name if line else None
