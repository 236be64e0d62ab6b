"""A company with everything that pages show, and the addresses of its pages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session
from testbed import TestHub

from hub.access.users import add_user
from hub.model import (
    Account,
    AssistantGrant,
    Call,
    Company,
    Delivery,
    FormSubmission,
    Recording,
    ReportSubscription,
    SavedView,
    TrackingNumber,
)
from hub.privacy_requests.officer import take_in
from hub.privacy_requests.people import set_hold
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
        company = session.get(Company, call.company_id)
        assert company is not None
        ids = {
            "recording_id": recording.id,
            "form_id": form.id,
            "company": company.name,
            "flow": "route",
            **_privacy(stage, session, call, now),
            **_saved_report(session, company, number, now),
            **_assistant(session, company, now),
        }
    delivery = stage.rows(Delivery, subject_id=call.id)
    return {
        "call_id": call.id, "contact_id": call.id, "report": "source", "subject_id": call.id,
        "person_id": str(call.person_id), **ids,
        "delivery_id": delivery[0].id if delivery else "none",
        "plugin": "twilio" if number.startswith("+1312") else "01a0",
        "connector": "network" if number.startswith("+1312") else "01a0",
        "number_id": stage.one(TrackingNumber, number=number).id,
        "company_name": "lakeside" if number.startswith("+1312") else "northgate", "tracker_name": "shared",
    }  # fmt: skip


def _privacy(stage: TestHub, session: Session, call: Call, now: datetime) -> dict[str, str]:
    """A request of the caller and a legal hold on somebody else, by the names of path parameters."""
    assert call.company_id is not None
    company = session.get_one(Company, call.company_id)
    request = take_in(
        session,
        stage.hub,
        company,
        "erasure",
        actor="officer",
        channel="letter",
        phone=call.caller_number,
        proof=HOSTILE,
    )
    hold = set_hold(session, stage.hub, company.id, "+13125550199", None, HOSTILE, "officer")
    session.flush()
    return {"request_id": request.id, "hold_id": hold.id}


def _saved_report(session: Session, company: Company, number: str, now: datetime) -> dict[str, str]:
    """A saved report that a colleague shares and that goes out by email, by the name of the path parameter."""
    account = session.get_one(Account, company.account_id)
    colleague = add_user(session, account, f"colleague{number[1:]}", "marketer", now)
    about: dict[str, Any] = {
        "account_id": account.id,
        "user_id": colleague.id,
        "company_id": company.id,
        "made_at": now,
    }
    view = SavedView(page="reports/source", name=HOSTILE, query="period=30d", shared=True, **about)
    session.add(view)
    session.flush()
    address = "the.office.manager.of.a.long.name@plumbing-partners.example.com"
    kept: dict[str, Any] = {"every": "weekly", "hour": 7, "time_zone": "UTC", "email": address}
    for saved in (view.id, None):
        session.add(ReportSubscription(report="source", query="period=30d", saved_view_id=saved, **kept, **about))
    return {"view": view.id}


def _assistant(session: Session, company: Company, now: datetime) -> dict[str, str]:
    """An assistant that a colleague connected, by the name of the path parameter."""
    account = session.get_one(Account, company.account_id)
    user = add_user(session, account, f"assisted-{company.name}", "marketer", now)
    grant = AssistantGrant(
        account_id=account.id, user_id=user.id, client_id="mcp_01", client_name=HOSTILE[:60],
        redirect_uri="https://assistant.example.net/callback", resource="https://calls.example.com/mcp",
        code_sha256=company.name, code_challenge="x", code_ends_at=now, code_used_at=now, made_at=now,
        ends_at=now + timedelta(days=180),
    )  # fmt: skip
    session.add(grant)
    session.flush()
    return {"grant_id": grant.id}


def address(page: Page, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: ids.get(found[1], "01a0"), page.path)
