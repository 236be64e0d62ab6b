"""`/privacy-desk/opt-outs`: opt-outs that needed no proof; question one that is not the person's own, or count it again."""

from __future__ import annotations

from starlette.responses import Response

from hub.access.users import names_of
from hub.errors import CannotDo, about_field
from hub.model import OptOut
from hub.model.states import OptOutState
from hub.privacy.opt_outs import question_opt_out, reinstate_opt_out
from hub.privacy_requests.officer import reason_in_words
from hub.queries.privacy.opt_outs import MANY, busy_networks, opt_outs_of
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.request import PageRequest

OPT_OUTS_PER_PAGE = 50
SCOPES = {"sharing": "Sale, sharing, advertising", "sensitive": "Sensitive data only for the service"}
STATES = {OptOutState.IN_FORCE: ("good", "In force"), OptOutState.QUESTIONED: ("held", "Questioned")}


def decide(page: PageRequest) -> Response:
    """Question an opt-out, or count it again; both need a reason."""
    with page.session() as session:
        wanted = page.scope.one(session, OptOut, page.path("opt_out_id"))
    action = page.value("deed")
    if action not in ("question", "reinstate"):
        raise CannotDo("Choose whether the opt-out counts.")
    expected = OptOutState.IN_FORCE if action == "question" else OptOutState.QUESTIONED
    with about_field(wanted.id):
        reason = reason_in_words(page.value("reason"))
    with page.hub.store.writing() as session:
        row = session.get_one(OptOut, wanted.id)
        if row.state != expected:
            raise CannotDo("Somebody has decided on this opt-out already; go back to the list.")
        change = question_opt_out if action == "question" else reinstate_opt_out
        change(session, row, reason, page.user.id, page.now)
    words = "It is not counted from now on." if action == "question" else "It is counted from now on."
    return page.redirect(page.link(f"{DESK}/opt-outs", network=page.query.get("network")), words)


def show(page: PageRequest) -> Response:
    """The opt-outs, and the networks that many came from."""
    network = page.query.get("network") or None
    with page.session() as session:
        found = opt_outs_of(session, page.company_ids, network, page.query.get("after"), OPT_OUTS_PER_PAGE)
        busy = busy_networks(session, page.company_ids)
        names = names_of(session, {each.row.questioned_by or "" for each in found.items})
    return desk_page(
        page,
        "opt_outs",
        tab="/opt-outs",
        title="Opt-outs",
        opt_outs=found.items,
        busy=busy,
        many=MANY,
        network=network,
        names=names,
        scopes=SCOPES,
        states=STATES,
        older=page.here(after=found.next) if found.next else None,
        newest=page.here() if page.query.get("after") else None,
    )


PAGES = (
    Page(f"{DESK}/opt-outs", show, "consent"),
    Page(f"{DESK}/opt-outs/{{opt_out_id}}", decide, "consent", method="POST", again=show),
)
