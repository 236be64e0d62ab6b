"""`/privacy-desk/retention`: how long each kind of data is kept, by which rule, when the sweep last ran, what is due."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.retention import spell_life
from hub.queries.privacy.holds import count_holds
from hub.queries.privacy.legal_rules import legal_rules
from hub.queries.privacy.retention import MAX_COUNTED, is_whole_hub, kept_kinds, last_sweep
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.request import PageRequest

ENDINGS = {"deleted": "deleted", "emptied": "emptied of what is personal", "own": "deleted with their files"}


def show(page: PageRequest) -> Response:
    """The rules; with figures if they are all the user's own."""
    with page.hub.store.reading() as session:  # tables that no account's session sees are counted too
        whole = page.scope.companies is None and is_whole_hub(session, [each.id for each in page.companies])
        found = kept_kinds(session, page.hub.config, page.now, counted=whole)
        sweep = last_sweep(session)
        holds = count_holds(session, [each.id for each in page.companies])
    return desk_page(
        page,
        "retention",
        tab="/retention",
        title="Retention",
        kinds=found,
        whole=whole,
        sweep=sweep,
        holds=holds,
        late=sum(table.late or 0 for kind in found for table in kind.rules),
        most=MAX_COUNTED,
        endings=ENDINGS,
        spell_life=spell_life,
        rules=[rule for _, rule in legal_rules(page.hub.plugins, "retention")],
    )


PAGES = (Page(f"{DESK}/retention", show, "consent"),)
