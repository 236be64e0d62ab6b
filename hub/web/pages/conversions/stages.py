"""`/conversions/stages`: what the stages of each CRM mean to the rules."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.edit import Change
from hub.contracts.titles import connector_title
from hub.errors import existing
from hub.queries.conversions.stages import MEANINGS, WINDOW, StagesOfConnector, mapped_crms, stages_of
from hub.web.forms.config_edit import edit_config
from hub.web.forms.form import Form
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

PATH = "/conversions/stages"


def stages_here(page: PageRequest) -> list[StagesOfConnector]:
    """The stages of the CRMs that serve none but the user's companies."""
    with page.hub.store.reading() as session:
        return stages_of(session, page.hub.config, {each.name for each in page.companies}, page.now)


def stages(page: PageRequest) -> Response:
    """The stages, with how many deals are at each."""
    return _show(page)


def _show(page: PageRequest, form: Form | None = None) -> Response:
    form = form or Form()
    return page.render(
        "conversions_stages.html",
        form.status,
        title="CRM stages",
        crms=stages_here(page),
        meanings=MEANINGS,
        days=WINDOW.days,
        form=form,
        may_save=page.may("configure") and page.config_file is not None and page.config_file.writable,
        recipient=lambda name: connector_title(name, page.hub.plugins.connectors),
    )


def save(page: PageRequest) -> Response:
    """Write what the stages of one CRM mean into its settings in config.yaml."""
    name = page.value("connector")
    entry = existing(mapped_crms(page.hub.config, {each.name for each in page.companies}).get(name))
    known = next(each for each in stages_here(page) if each.connector == name)
    mapping = dict(entry.settings.stages)  # type: ignore[attr-defined]
    for place, stage in enumerate(known.stages):
        if page.value(f"stage.{place}") != stage.name:
            return _show(page, Form(problems=["The stages changed in the meantime. Look at them again."]))
        meaning = page.value(f"meaning.{place}")
        if meaning in MEANINGS:
            mapping[stage.name] = meaning
        else:
            mapping.pop(stage.name, None)
    is_new = mapping != entry.settings.stages  # type: ignore[attr-defined]
    return edit_config(
        page,
        Form(),
        [Change(("connectors", name, "stages"), mapping)] if is_new else [],
        lambda form: _show(page, form),
        notice=f"The stages of {name} are saved.",
        to=page.link(PATH),
    )


PAGES = (Page(PATH, stages, "setup"), Page(PATH, save, "configure", method="POST"))
