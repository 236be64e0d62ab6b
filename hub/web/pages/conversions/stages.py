"""`/conversions/stages`: what the stages of each CRM mean to the rules."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.edit import Change
from hub.errors import CannotDo, ConfigError, NotFound
from hub.queries.conversions.stages import MEANINGS, WINDOW, StagesOfConnector, mapped_crms, stages_of
from hub.queries.deliveries.advice import recipient_of
from hub.web.pages.conversions.deeds import APPLIED, sentences
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


def _show(page: PageRequest, problem: str | None = None, status: int = 200) -> Response:
    return page.render(
        "conversions_stages.html",
        status,
        title="CRM stages",
        crms=stages_here(page),
        meanings=MEANINGS,
        days=WINDOW.days,
        problem=problem,
        may_save=page.may("configure") and page.config_file is not None and page.config_file.writable,
        recipient=lambda name: recipient_of(name, page.hub.plugins.connectors),
    )


def save(page: PageRequest) -> Response:
    """Write what the stages of one CRM mean into its settings in config.yaml."""
    name = page.value("connector")
    entry = mapped_crms(page.hub.config, {each.name for each in page.companies}).get(name)
    if entry is None:
        raise NotFound("Not found")
    known = next(each for each in stages_here(page) if each.connector == name)
    mapping = dict(entry.settings.stages)  # type: ignore[attr-defined]
    for place, stage in enumerate(known.stages):
        if page.value(f"stage.{place}") != stage.name:
            return _show(page, "The stages changed in the meantime. Look at them again.", 422)
        meaning = page.value(f"meaning.{place}")
        if meaning in MEANINGS:
            mapping[stage.name] = meaning
        else:
            mapping.pop(stage.name, None)
    if mapping == entry.settings.stages:  # type: ignore[attr-defined]
        return page.redirect(page.link(PATH), "Nothing was changed.")
    try:
        file = page.file_for("rules")
        proposal = file.propose([Change(("connectors", name, "stages"), mapping)], page.user)
        if proposal.problems:
            return _show(page, sentences(proposal.problems), 422)
        file.apply(proposal, page.user)
    except (CannotDo, ConfigError) as error:
        return _show(page, str(error), 422)
    return page.redirect(page.link(PATH), f"The stages of {name} are saved. {APPLIED}")


PAGES = (Page(PATH, stages, "setup"), Page(PATH, save, "configure", method="POST"))
