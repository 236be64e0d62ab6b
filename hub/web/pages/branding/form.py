"""`/brand`: the form of an account's own name, color and logo."""

from __future__ import annotations

from starlette.responses import Response

from hub.access.brands import MAX_LOGO_BYTES, set_brand
from hub.web.forms.field import TICKED, Field
from hub.web.forms.form import Form
from hub.web.pages.branding.colors import palette_of
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

RINGFENCE_ACCENT = "#0b5a7a"
FORM_BYTES = 10_000
FIELDS = (
    Field(name="title", label="Name", hint="Empty: Ringfence", maximum=60, autocomplete="organization"),
    Field(name="own_accent", label="A color of your own", kind="switch"),
    Field(name="accent", label="Color", kind="color",
          hint="For links, buttons and charts. It is made darker or lighter until everybody can read it."),
    Field(name="logo", label="Logo", kind="file", placeholder="image/png,image/jpeg",
          hint="PNG or JPEG, at most 200 kB. It is shown 28 pixels high."),
    Field(name="remove_logo", label="Remove the logo", kind="switch"),
)  # fmt: skip


def form(page: PageRequest) -> Response:
    """The form, with the colors as they are shown."""
    brand = page.brand
    own = [TICKED] if brand.accent else []
    values = {"title": [brand.title or ""], "own_accent": own, "accent": [brand.accent or RINGFENCE_ACCENT]}
    palette = palette_of(brand.accent or RINGFENCE_ACCENT)
    shown = Form.again(FIELDS, page) if page.errors else Form(FIELDS, values)
    return page.render("brand.html", title="White label", form=shown, palette=palette)


def change(page: PageRequest) -> Response:
    """Store what the form says."""
    with page.hub.store.writing() as session:
        set_brand(
            session,
            page.user,
            page.now,
            title=page.value("title"),
            accent=page.value("accent") if page.value("own_accent") else None,
            logo=page.files.get("logo") or None,
            keep_logo=not page.value("remove_logo"),
        )
    return page.redirect(page.link("/brand"), "Pages have your name, color and logo now.")


PAGES = (
    Page("/brand", form, "configure"),
    Page("/brand", change, "configure", method="POST", max_bytes=MAX_LOGO_BYTES + FORM_BYTES, again=form),
)
