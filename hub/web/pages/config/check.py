"""What the editor asks while somebody types: the problems of a text, and the schema of the file."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from hub.config.readers.folders import plugin_places
from hub.config.schema import config_schema
from hub.web.edge_rules import MAX_BODY_BYTES
from hub.web.pages.config.editor import keep
from hub.web.pages.config.review import as_written, editable, review
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.templates import rendered


def check(page: PageRequest) -> Response:
    """Keep the text as the draft; its problems with their lines, and the part of the page about what would change."""
    file = editable(page)
    text, base = as_written((page.form.get("text") or [""])[-1]), page.value("base")
    keep(page, file, text, base)
    found = review(page, file, text, base)
    shown = {"page": page, "review": found, "writable": file.writable, "error": None, "zone": None}
    return JSONResponse(
        {
            "problems": [{"line": each.line, "path": each.path, "text": each.text} for each in found.proposal.problems],
            "review": rendered("config.html", "review", shown),
            "list": rendered("config.html", "problems", shown),
        },
        headers={"Cache-Control": "no-store"},
    )


def schema(page: PageRequest) -> Response:
    """The JSON schema of the file, with the settings of the installed plugins."""
    found = editable(page).catalog(plugin_places(page.hub.config))
    headers = {"Cache-Control": "private, max-age=300"}
    return JSONResponse(config_schema(found.classes), headers=headers)


PAGES = (
    Page("/config/check", check, "configure", "POST", MAX_BODY_BYTES),
    Page("/config/schema.json", schema, "configure"),
)
