"""Edits of config.yaml from a page: proposed, refused at the fields of a form, or applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pydantic import BaseModel
from starlette.responses import Response

from hub.config.document import Path
from hub.config.edit import Change, Move
from hub.errors import CannotDo, ConfigError
from hub.web.forms.form import Form
from hub.web.forms.values import differences
from hub.web.pages.request import PageRequest

if TYPE_CHECKING:
    from hub.reload import Proposal

APPLIED = "All parts of the hub take it within a few seconds."
NO_FILE = "This hub was not started from a config.yaml, so this cannot be changed here."


def save_section(
    page: PageRequest,
    form: Form,
    section: BaseModel | type[BaseModel],
    place: Path,
    show: Callable[[Form], Response],
    *,
    notice: str,
    to: str,
    first: Iterable[Change] = (),
) -> Response:
    """Make the section of config.yaml at `place` say what the form does, after the changes that come `first`. `section` is what
    the file says now, of which a value that is the same stays as it is written; or the model of a section that is added."""
    tree = form.tree()
    if isinstance(section, type):
        form.check(section, tree)
        edits = [Change(place, tree)]
    else:
        form.check_changed(section, tree)
        edits = [*first, *differences(place, form.fields, Form.of(form.fields, section).tree(), tree)]
    return edit_config(page, form, edits, show, place=place, notice=notice, to=to)


def edit_config(
    page: PageRequest,
    form: Form,
    edits: Iterable[Change | Move],
    show: Callable[[Form], Response],
    *,
    place: Path = (),
    notice: str,
    to: str,
) -> Response:
    """Apply edits of config.yaml and go to `to` with `notice`; or `show` the form with what is wrong, or with the diff if the
    file is read-only. `place` is the section that the form edits."""
    if form.is_refused:
        return show(form)
    made = list(edits)
    if not made:
        return page.redirect(to, "Nothing was changed.")
    if not apply_changes(page, form, made, place=place):
        return show(form)
    return page.redirect(to, f"{notice} {APPLIED}")


def apply_changes(
    page: PageRequest,
    form: Form,
    edits: Iterable[Change | Move],
    *,
    place: Path = (),
    note: str = "",
    base: str = "",
) -> bool:
    """Apply edits in the user's name, with the audit entry of each edit of the file; False if they are refused, and then the
    form says why. `base` is the SHA-256 of the text that the user saw, if they saw one."""
    try:
        if page.config_file is None:
            raise CannotDo(NO_FILE)
        show_proposal(form, page.config_file.apply_edit(edits, page.editor, note=note, base=base), place)
    except (CannotDo, ConfigError) as error:
        form.problems.append(str(error))
    if not form.is_refused:
        page.context.directory.refresh()
    return not form.is_refused


def previewed(page: PageRequest, edits: Iterable[Change | Move]) -> Proposal:
    """What edits would do to the file; CannotDo if the hub was not started from one."""
    if page.config_file is None:
        raise CannotDo(NO_FILE)
    return page.config_file.propose(edits, page.editor, preview=True)


def show_proposal(form: Form, proposal: Proposal, place: Path) -> None:
    """Say in a form what became of an edit of `place`: its problems, or that this process could not write it."""
    form.add_problems(proposal.problems, place)
    if proposal.version is None and not proposal.problems and not proposal.changes_nothing:
        form.proposal = proposal
