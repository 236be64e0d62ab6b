"""`/flows/voicemails`: the voicemail boxes of the chosen companies, and the PIN of each."""

from __future__ import annotations

from starlette.responses import Response

from hub.answering.voicemail_boxes import sealed_pin
from hub.config.callflow.definition import PIN_DIGITS
from hub.config.edit import Change
from hub.errors import NotFound
from hub.queries.flows.voicemails import VoicemailBox, voicemail_boxes
from hub.web.forms.companies import place_of_company
from hub.web.forms.config_edit import apply_changes
from hub.web.forms.field import Field
from hub.web.forms.form import Form
from hub.web.pages.flows.flow_labels import flow_title
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

PIN_HINT = "Six digits that nobody guesses. They are stored sealed, and nobody can read them again."


def show(page: PageRequest, form: Form | None = None) -> Response:
    """The boxes, and the form of a PIN."""
    with page.session() as session:
        boxes = voicemail_boxes(session, page.hub.config, page.shown_companies, page.now)
    shown = form or Form.again(_fields(boxes), page)
    return page.render(
        "voicemails.html",
        shown.status,
        title="Voicemail",
        boxes=boxes,
        form=shown,
        flow_title=flow_title,
    )


def set_pin(page: PageRequest) -> Response:
    """Give a box another PIN: an edit of config.yaml, which has it sealed."""
    with page.session() as session:
        boxes = voicemail_boxes(session, page.hub.config, page.companies, page.now)
    form = Form(_fields(boxes), page.form)
    box = next((each for each in boxes if each.doors and each.key == form.value("box")), None)
    if box is None:
        raise NotFound("Not found")
    sealed = sealed_pin(page.hub.keyring, form.value("pin").strip())
    steps = place_of_company(page, box.company.name, "flows", box.current.flow.name, "steps")
    changes = [Change((*steps, door, "pin"), sealed) for door in box.doors]
    if not apply_changes(page, form, changes, note=f"PIN of the voicemail {box.step}"):
        return show(page, form)
    return page.redirect(page.link("/flows/voicemails"), f"The voicemail {box.step} has the new PIN.")


def _fields(boxes: list[VoicemailBox]) -> tuple[Field, ...]:
    choices = tuple((each.key, f"{each.step} ({each.company.title})") for each in boxes if each.doors)
    return (
        Field(name="box", label="Voicemail", kind="choice", choices=choices, required=True),
        Field(name="pin", label="New PIN", hint=PIN_HINT, kind="secret", required=True, maximum=PIN_DIGITS),
    )


PAGES = (
    Page("/flows/voicemails", show, "setup"),
    Page("/flows/voicemails", set_pin, "configure", method="POST", again=show, field="pin"),
)
