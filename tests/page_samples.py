"""A company with everything that pages show, and the addresses of its pages."""

from __future__ import annotations

import re
from typing import Any

from testbed import TestHub

from hub.model import Delivery, FormSubmission, Recording
from hub.web.pages.guard import Page

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def name(page: Page) -> str:
    return f"{page.method} {page.path}"


def fill(stage: TestHub, number: str, **more: Any) -> dict[str, str]:
    """A company's call with everything that pages show, and the values of path parameters that lead to it."""
    call = stage.call_in(number=number, **more)
    now = stage.clock()
    with stage.hub.store.writing() as session:
        recording = Recording(
            connector="carrier", carrier_recording_id=f"RE{number}", call_id=call.id, recorded_at=now, due_at=now,
            state="stored", path=f"{number[1:]}.sealed", stored_at=now, expires_at=now,
        )  # fmt: skip
        form = FormSubmission(
            company_id=call.company_id, submission_key=f"key{number}", form_id=HOSTILE[:100], submitted_at=now,
            due_at=now, state="done",
        )  # fmt: skip
        session.add_all([recording, form])
        session.flush()
        ids = {"recording_id": recording.id, "form_id": form.id}
    delivery = stage.rows(Delivery, subject_id=call.id)
    return {
        "call_id": call.id, "contact_id": call.id, "report": "source", "subject_id": call.id,
        "person_id": str(call.person_id), **ids,
        "delivery_id": delivery[0].id if delivery else "none",
        "connector": "network" if number.startswith("+1312") else "01a0",
    }  # fmt: skip


def address(page: Page, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: ids.get(found[1], "01a0"), page.path)
