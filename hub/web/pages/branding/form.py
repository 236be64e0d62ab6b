"""`/brand`: the form of an account's own name, color and logo."""

from __future__ import annotations

from starlette.responses import Response

from hub.access.brands import MAX_LOGO_BYTES, set_brand
from hub.errors import CannotDo
from hub.web.pages.branding.colors import palette_of
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

RINGFENCE_ACCENT = "#0b5a7a"
FORM_BYTES = 10_000


def form(page: PageRequest) -> Response:
    """The form, with the colors as they are shown."""
    return _show(page)


def change(page: PageRequest) -> Response:
    """Store what the form says."""
    own_accent = page.value("accent") if page.value("own_accent") else None
    try:
        with page.hub.store.writing() as session:
            set_brand(
                session,
                page.user,
                page.now,
                title=page.value("title"),
                accent=own_accent,
                logo=page.files.get("logo") or None,
                keep_logo=not page.value("remove_logo"),
            )
    except CannotDo as refused:
        return _show(page, 422, str(refused))
    return page.redirect(page.link("/brand"), "Pages have your name, color and logo now.")


def _show(page: PageRequest, status: int = 200, error: str | None = None) -> Response:
    accent = page.brand.accent or RINGFENCE_ACCENT
    return page.render(
        "brand.html",
        status,
        title="White label",
        name=page.value("title") or page.brand.title or "",
        accent=accent,
        palette=palette_of(accent),
        error=error,
    )


PAGES = (
    Page("/brand", form, "configure"),
    Page("/brand", change, "configure", method="POST", max_bytes=MAX_LOGO_BYTES + FORM_BYTES),
)
