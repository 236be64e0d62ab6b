"""`/conversions/rule`: the form of one rule, with what it would have matched in the last seven days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from starlette.responses import Response

from hub.contracts.sign_in import DestinationChoice
from hub.contracts.titles import connector_title
from hub.errors import RingfenceError
from hub.hookspecs import ConnectHooks
from hub.queries.conversions.events import MAX_EVENTS
from hub.queries.conversions.totals import by_destination, in_all
from hub.web.forms.field import Values
from hub.web.forms.form import Form
from hub.web.forms.values import texts_of
from hub.web.pages.conversions.draft import Draft, checked, form_of, takers_of, typed, was_of
from hub.web.pages.conversions.dry_run import LAST_DAYS, run, week_of, worth
from hub.web.pages.conversions.fields import SEND, Takers
from hub.web.pages.conversions.sentences import sentence
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

NEW = {"when.event": ["call"], "value": ["amount"], "currency": ["USD"]}
"""What the form of a new rule begins with."""


def rule_form(page: PageRequest) -> Response:
    """The form of a saved rule, of a new one, or of the draft that the URL holds."""
    was = was_of(page)
    listed, no_list = _listed(page, takers_of(page))
    if was is None and not page.query.get("draft"):
        form = form_of(page, NEW, listed)
        form.values = {**texts_of(form.fields, {}), **form.values}
        return show(page, form, None, no_list=no_list)
    values = typed(page) if page.query.get("draft") or was is None else was
    draft = checked(page, form_of(page, values, listed))
    return show(page, draft.form, draft, no_list=no_list)


def show(
    page: PageRequest, form: Form, draft: Draft | None, status: int = 200, *, no_list: str | None = None
) -> Response:
    """The form with what is wrong beside each field."""
    was = was_of(page)
    titles = {each.name: each.title for each in page.companies}
    takers = takers_of(page)
    return page.render(
        "conversions_rule.html",
        status,
        title=f"Rule {was.name}" if was else "New rule",
        was=was,
        form=form,
        words=sentence(draft.rule, titles) if draft and draft.rule else None,
        conditions=[field for field in form.fields if field.path[:1] == ("when",) and field.path[1] != "event"],
        lists=[name for name in takers if page.hub.plugins.implements(name, ConnectHooks.list_destinations)]
        if page.may("configure") else [],
        no_list=no_list,
        takers=[
            (name, connector_title(name, page.hub.plugins.connectors), name in form.values.get(SEND, ()),
             [field for field in form.fields if field.path[:2] == ("send_to", name)])
            for name in takers
        ],
        preview=_preview(page, draft),
        max_events=MAX_EVENTS,
        dry_run=page.link("/conversions/dry-run") + ("&" if page.company and len(page.companies) > 1 else "?")
        + urlencode([(name, each) for name, each in _draft_query(form.values)]),
        worth=worth,
    )  # fmt: skip


def _listed(page: PageRequest, takers: Takers) -> tuple[Mapping[str, Sequence[DestinationChoice]], str | None]:
    """What the provider lists for the connector that the URL names, or why it does not; only on request, because it asks
    the provider."""
    name = page.query.get("list", "")
    if name not in takers or not page.may("configure"):
        return {}, None
    try:
        return {name: page.hub.plugins.call(name, ConnectHooks.list_destinations)}, None
    except RingfenceError as error:
        return {}, f"{connector_title(name, page.hub.plugins.connectors)} gave no list: {error}"


def _draft_query(values: Values) -> list[tuple[str, str]]:
    kept = [
        (name, each)
        for name, given in values.items()
        for each in given
        if name not in ("draft", "week", "company", "list")
    ]
    return [("draft", "1"), ("week", LAST_DAYS), *((name, each) for name, each in kept if each)]


def _preview(page: PageRequest, draft: Draft | None) -> dict[str, object] | None:
    """What the draft would have done in the last seven days; None while it has problems."""
    if draft is None or draft.rule is None:
        return None
    _, _, period = week_of(page, LAST_DAYS)
    result = run(page, [draft.rule], period)
    rows = [(name, tally) for name, rules in by_destination(result.items).items() for tally in rules.values()]
    matched = len({(item.subject_id, item.at) for item in result.items})
    return {"run": result, "rows": rows, "total": in_all(result.items), "matched": matched, "period": period}


PAGES = (Page("/conversions/rule", rule_form, "setup"),)
