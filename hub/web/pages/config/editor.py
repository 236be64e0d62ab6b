"""The editor: a draft of config.yaml is kept, checked, compared and applied."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from hub.errors import CannotDo, ConfigError
from hub.queries.config_history import config_history
from hub.reload import ConfigConflict, ConfigFile
from hub.reload.drafts import discard_draft, draft_of, keep_draft
from hub.reload.user_limits import has_one_account
from hub.web.edge_rules import MAX_BODY_BYTES
from hub.web.pages.config.retyped import secret_fields, with_typed
from hub.web.pages.config.review import Review, as_written, editable, review, running_processes
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.security import file_headers

HOW = {
    "start": "at a start",
    "file": "on disk",
    "page": "in the browser",
    "command": "by a command",
    "roll back": "rolled back",
}


def editor(page: PageRequest) -> Response:
    """The draft, or the running text if there is none."""
    file = page.config_file
    if file is None or not has_one_account(file.read().text):
        return page.render("config.html", title="Configuration", file=None, shared=file is not None)
    with page.hub.store.reading() as session:
        draft = draft_of(session, page.hub.keyring, page.user)
    found = review(page, file, draft.text, draft.base_sha256) if draft else None
    return _show(page, file, found, kept_at=draft.kept_at if draft else None, base=draft.base_sha256 if draft else None)


def act(page: PageRequest) -> Response:
    """Keep, discard, compare again, or apply the draft."""
    file = editable(page)
    action, text, base = page.value("deed"), as_written((page.form.get("text") or [""])[-1]), page.value("base")
    if action == "discard":
        with page.hub.store.writing() as session:
            discard_draft(session, page.user)
        return page.redirect(page.link("/config"), "The draft is gone; the running version stays.")
    if action == "rebase":
        base = file.read().sha
    keep(page, file, text, base)
    if action != "apply":
        return page.redirect(page.link("/config"))
    fields = secret_fields(file.propose(text, page.editor, preview=True))
    with_names, typist = with_typed(page, text, fields)
    found = review(page, file, with_names, base, typist, preview=False)
    try:
        if found.is_behind:
            raise ConfigConflict("The configuration was changed after you began; compare with it first.")
        if found.proposal.problems:
            raise CannotDo(f"Nothing was applied: look at {found.lines}.")
        row = file.apply(found.proposal, typist)
    except (CannotDo, ConfigError) as error:
        first = str(error).splitlines()[0]
        return _show(page, file, review(page, file, text, base), 422, error=first, base=base, kept_at=page.now)
    with page.hub.store.writing() as session:
        discard_draft(session, page.user)
    later = (
        f" {', '.join(found.proposal.restart_needed)} counts after a restart." if found.proposal.restart_needed else ""
    )
    return page.redirect(page.link("/config"), f"Version {row.number} is applied; all processes take it now.{later}")


def keep(page: PageRequest, file: ConfigFile, text: str, base: str) -> None:
    """Keep a text as the user's draft; one that equals the running text is discarded."""
    with page.hub.store.writing() as session:
        if text == file.read().text:
            discard_draft(session, page.user)
        else:
            keep_draft(session, page.hub.keyring, page.user, text, base, page.now)


def download(page: PageRequest) -> Response:
    """The draft as a diff, to apply it where the file comes from."""
    file = editable(page)
    with page.hub.store.reading() as session:
        draft = draft_of(session, page.hub.keyring, page.user)
    diff = file.propose(draft.text, page.editor, preview=True).diff if draft else ""
    return Response(f"{diff}\n", headers=file_headers("config.diff"), media_type="text/x-diff; charset=utf-8")


def _show(page: PageRequest, file: ConfigFile, found: Review | None, status: int = 200, **more: Any) -> Response:
    base = file.read()
    running = running_processes(page)
    with page.hub.store.reading() as session:
        history = config_history(session)
    newest = history.running.number if history.running else None
    more = {"error": None, "kept_at": None, **more}
    more["base"] = more.get("base") or base.sha
    return page.render(
        "config.html",
        status,
        title="Configuration",
        file=file,
        shared=False,
        text=found.proposal.text if found else base.text,
        line_count=len(base.text.splitlines()),
        writable=base.writable,
        same_on_disk=history.running is not None and history.running.sha256 == base.sha,
        review=found,
        history=history,
        on_version=sum(each.version == newest for each in running),
        process_count=len(running),
        how=HOW,
        **more,
    )


PAGES = (
    Page("/config", editor, "configure"),
    Page("/config", act, "configure", "POST", MAX_BODY_BYTES),
    Page("/config/draft.diff", download, "configure"),
)
