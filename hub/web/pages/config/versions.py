"""`/config/versions/ID`: one version against the running one, why it was refused, and rolling back to it."""

from __future__ import annotations

from starlette.responses import Response

from hub.errors import CannotDo, ConfigError, NotFound
from hub.model import ConfigVersion
from hub.model.states import ConfigState
from hub.queries.config_history import config_history
from hub.reload.versions import problems_of
from hub.web.pages.config.diff_rows import diff_rows
from hub.web.pages.config.editor import HOW, keep
from hub.web.pages.config.review import editable, review
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def roll_back(page: PageRequest) -> Response:
    """Apply the version again, as a new one. If it needs secrets to be typed again, it becomes the draft of the editor."""
    file, row = editable(page), _row(page)
    if row.number is None:
        raise CannotDo("A version that was refused cannot be applied.")
    text, base = file.text_of(row.number), file.read().sha
    needed = review(page, file, text, base).proposal.refusals
    if needed and all(each.can_be_typed for each in needed):
        keep(page, file, text, base)
        return page.redirect(
            page.link("/config"), f"Version {row.number} is your draft. Type its secrets there to apply it."
        )
    try:
        made = file.roll_back(row.number, page.editor)
    except ConfigError as error:
        raise CannotDo("; ".join(map(str, error.problems[:3])) or str(error)) from None
    return page.redirect(page.link("/config"), f"Version {made.number} is applied: the text of version {row.number}.")


def version(page: PageRequest) -> Response:
    """One version: what rolling back to it would change."""
    file, row = editable(page), _row(page)
    with page.hub.store.reading() as session:
        history = config_history(session)
    running = file.read().text
    refused = row.state == ConfigState.REFUSED
    return page.render(
        "config_version.html",
        title=f"Version {row.number}" if row.number else "A refused version",
        row=row,
        by=history.by(row),
        how=HOW,
        refused=refused,
        is_running=history.running is not None and history.running.id == row.id,
        problems=problems_of(row),
        diff=diff_rows(running, row.text) if row.text is not None else None,
        writable=file.writable,
    )


def _row(page: PageRequest) -> ConfigVersion:
    with page.hub.store.reading() as session:
        row = session.get(ConfigVersion, page.path("version_id"))
    if row is None:
        raise NotFound("There is no such version.")
    return row


PAGES = (
    Page("/config/versions/{version_id}", version, "configure"),
    Page("/config/versions/{version_id}", roll_back, "configure", "POST", again=version),
)
