"""`/deliveries/bulk`: one deed for all deliveries of a choice, after a page that says the consequence."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from hub.contracts.titles import connector_title
from hub.delivery.replay import replay, set_aside
from hub.delivery.replay_fresh import replay_all_fresh
from hub.errors import CannotDo
from hub.model.states import REPLAYABLE_DELIVERY_STATES
from hub.numbers.directory import read_directory
from hub.queries.deliveries.delivery_list import newest_deliveries
from hub.queries.lists.delivery_filter import NEEDS_YOU, SET_ASIDE, DeliveryFilter
from hub.web.pages.deliveries.choices import choice_of, same_choice
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

MAX_ITEMS = {"same": 500, "fresh": 100, "aside": 500, "back": 500}
"""Deed → how many deliveries one step takes."""


def confirm(page: PageRequest) -> Response:
    """What the deed would do."""
    action = _action(page.query.get("deed"))
    return page.render(
        "deliveries_bulk.html",
        title="Several deliveries",
        deed=action,
        number=len(_chosen(page, action)),
        limit=MAX_ITEMS[action],
        filters={
            name: connector_title(value, page.hub.plugins.connectors) if name == "connector" else value
            for name, value in choice_of(page).texts.items()
        },
        target=page.here(),
        back=page.link("/deliveries", **same_choice(page)),
        others=[(each, page.here(deed=each)) for each in ("same", "fresh", "aside") if each != action],
    )


def do(page: PageRequest) -> Response:
    """Do it, and say what was done."""
    action = _action(page.query.get("deed"))
    by_company: dict[str, list[str]] = {}
    for delivery_id, company_id in _chosen(page, action):
        by_company.setdefault(company_id, []).append(delivery_id)
    done, refused = 0, dict[str, int]()
    actor = page.user.id
    with page.hub.store.writing() as session:
        for company_id, ids in by_company.items():
            if action == "same":
                done += replay(session, ids, page.now, actor=actor, about=company_id)
            elif action == "fresh":
                sent, reasons = replay_all_fresh(page.hub, session, read_directory(session), ids, actor=actor)
                done, refused = done + sent, {**refused, **reasons}
            else:
                done += set_aside(session, ids, page.now, actor=actor, about=company_id, aside=action == "aside")
    return page.redirect(page.link("/deliveries", **same_choice(page)), _notice(action, done, refused))


def _chosen(page: PageRequest, action: str) -> list[tuple[str, str]]:
    choice = choice_of(page)
    wanted: list[DeliveryFilter] = [choice]
    if action == "back":
        wanted = [replace(choice, state=SET_ASIDE)]
    elif choice.state not in (NEEDS_YOU, SET_ASIDE):
        states = [each for each in REPLAYABLE_DELIVERY_STATES if choice.state in (None, each)]
        wanted = [replace(choice, state=state) for state in states]
    with page.session() as session:
        found = [each for one in wanted for each in newest_deliveries(session, page.scope, one, MAX_ITEMS[action])]
    return [(each.id, each.company_id or "") for each in found[: MAX_ITEMS[action]]]


def _action(name: str | None) -> str:
    if name not in MAX_ITEMS:
        raise CannotDo("Choose what to do with the deliveries: go back to the list.")
    return name


def _notice(action: str, done: int, refused: dict[str, int]) -> str:
    items = "1 delivery" if done == 1 else f"{done} deliveries"
    words = {"aside": "set aside", "back": "brought back"}.get(action, "will be sent at the next sync")
    left = sum(refused.values())
    why = f" {left} stayed as they were: {max(refused, key=lambda each: refused[each])}" if left else ""
    return f"{items} {words}.{why}"


PAGES = (
    Page("/deliveries/bulk", confirm, "replay"),
    Page("/deliveries/bulk", do, "replay", method="POST"),
)
