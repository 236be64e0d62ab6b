"""What users do with a contact: they mark its lead, or call it spam, and write a note."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from hub.access.first_owner import NAME
from hub.access.scope import scope_of
from hub.access.users import user_named
from hub.contracts.values import Money
from hub.marks.leads import mark_lead
from hub.marks.notes import add_note
from hub.marks.spam import mark_spam
from hub.model import Call, FormSubmission
from hub.proof.demo.scenario import Story
from hub.runtime import Hub


def mark(hub: Hub, story: Story) -> None:
    """The owner marks the newest call or form of the story's person, as the story says."""
    assert story.mark is not None
    status, amount, words = story.mark
    now = hub.clock()
    with hub.store.writing() as session:
        scope, subject = scope_of(session, user_named(session, NAME), "marks"), _newest(session, story, now)
        if scope is None or subject is None:
            return
        if status == "spam":
            mark_spam(session, scope, subject, True, now)
        else:
            mark_lead(session, scope, subject, status, now, Money(Decimal(amount), "USD") if amount else "keep")
        if words:
            add_note(session, scope, hub.vault, subject, words, now)


def _newest(session: Session, story: Story, now: datetime) -> str | None:
    if story.form is not None:
        at = col(FormSubmission.submitted_at)
        form = select(FormSubmission.id).where(FormSubmission.phone_number == story.caller, at <= now)
        return session.exec(form.order_by(at.desc())).first()
    call = select(Call.id).where(Call.caller_number == story.caller, col(Call.started_at) <= now)
    return session.exec(call.order_by(col(Call.started_at).desc())).first()
