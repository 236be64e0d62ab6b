"""What the forms of a flow's page do: save a step or the settings, add and delete steps, undo and discard the draft."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from hub.answering.voicemail_boxes import sealed_pin
from hub.config.callflow.definition import END, STEP_TYPES
from hub.config.callflow.editing import delete_step, insert_step, save_step
from hub.errors import CannotDo
from hub.numbers.flow_drafts import discard_draft, undo_save
from hub.web.pages.flows.audio import audio_files
from hub.web.pages.flows.editor import show
from hub.web.pages.flows.opened import OpenFlow, open_flow
from hub.web.pages.flows.settings_form import settings_of, with_settings
from hub.web.pages.flows.step_form import BUTTONS, StepForm, form_of_post, with_voicemail
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

READ_ONLY = "Only the draft of a named flow can be changed."


def act(page: PageRequest) -> Response:
    """One of the page's forms was sent."""
    opened = open_flow(page)
    if not opened.may_edit:
        raise CannotDo(READ_ONLY)
    sent = page.value("form")
    if sent == "settings":
        return _settings(page, opened)
    if sent == "draft":
        return _draft(page, opened)
    return _step(page, opened)


def _step(page: PageRequest, opened: OpenFlow) -> Response:
    form, action, to = form_of_post(page.form, opened.flow), page.value("deed"), next(iter(opened.flow.steps), END)
    if action.split(" ")[0] in BUTTONS:
        return show(page, opened, form=form.changed(action, to))
    if action == "delete":
        return _delete(page, opened, form)
    wanted = page.value("do")
    if action == "kind" or (wanted in STEP_TYPES and wanted != form.do):
        return show(page, opened, form=form.as_kind(wanted if wanted in STEP_TYPES else form.do, to))
    return _save(page, opened, form)


def _save(page: PageRequest, opened: OpenFlow, form: StepForm) -> Response:
    files = [file for file, _ in audio_files(page, opened.section)]
    written = form.written(opened.section.country, files, partial(sealed_pin, page.hub.keyring))
    if written is None:
        return show(page, opened, 422, form=form)
    try:
        if form.is_new:
            after = form.after if form.after in opened.flow.steps else None
            tree = insert_step(opened.flow, after, form.way, form.name, written)
        else:
            tree = save_step(opened.flow, form.was, written, form.name)
    except CannotDo as refused:
        form.errors["name"] = str(refused)
        return show(page, opened, 422, form=form)
    what = f"step {form.name} {'added' if form.is_new else 'changed'}"
    opened.save(with_voicemail(tree, opened.flow, form.name), what)
    return page.redirect(_back(page, step=form.name), "Saved to the draft. Callers hear it once you publish.")


def _delete(page: PageRequest, opened: OpenFlow, form: StepForm) -> Response:
    try:
        tree = delete_step(opened.flow, form.was)
    except CannotDo as refused:
        form.errors["name"] = str(refused)
        return show(page, opened, 422, form=form)
    opened.save(tree, f"step {form.was} deleted")
    return page.redirect(_back(page), f"The step {form.was} is deleted in the draft.")


def _settings(page: PageRequest, opened: OpenFlow) -> Response:
    settings = settings_of(opened.flow, page.form)
    settings.country = opened.section.country
    tree = with_settings(settings, opened.flow)
    if tree is None:
        return show(page, opened, 422, settings=settings)
    opened.save(tree, "settings changed")
    return page.redirect(_back(page), "Saved to the draft. Callers hear it once you publish.")


def _draft(page: PageRequest, opened: OpenFlow) -> Response:
    draft, discards = opened.draft, page.value("deed") == "discard"
    if draft is None:
        return page.redirect(_back(page), "There is no draft any more.")
    with page.hub.store.writing() as session:
        if discards:
            discard_draft(session, draft, page.now)
        else:
            undo_save(session, draft, page.now)
    if not discards:
        return page.redirect(_back(page), "The last save is undone.")
    return page.redirect(_back(page) if opened.live else page.link("/flows"), "The draft is discarded.")


def _back(page: PageRequest, step: str | None = None) -> str:
    return page.here(step=step, add=None, way=None, do=None, edit=None)


PAGES = (Page("/flows/{company}/{flow}", act, "configure", method="POST"),)
