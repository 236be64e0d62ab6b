"""Drafts of call flows: one per user and flow, with the state before the last save."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, select

from hub.config.callflow.definition import Flow
from hub.model import FlowDraft
from hub.store import audit


def draft_of(session: Session, user_id: str, company_id: str, name: str) -> FlowDraft | None:
    """The user's draft of a flow."""
    mine = select(FlowDraft).where(
        FlowDraft.user_id == user_id, FlowDraft.company_id == company_id, FlowDraft.name == name
    )
    return session.exec(mine).first()


def flow_of_draft(draft: FlowDraft) -> Flow:
    """The flow as it was last saved."""
    return Flow.model_validate_json(draft.definition)


def save_draft(
    session: Session,
    user_id: str,
    company_id: str,
    name: str,
    written: Mapping[str, object],
    now: datetime,
    *,
    what: str,
    before: Mapping[str, object],
    base: int | None = None,
    replaces: str | None = None,
) -> FlowDraft:
    """Save a changed flow, as it is written in config.yaml. `what` says in short what changed.

    If the user has no draft yet, `before` is the flow with which they began, and `base` its version.
    """
    Flow.model_validate(written)
    draft = draft_of(session, user_id, company_id, name)
    if draft is None:
        draft = FlowDraft(
            company_id=company_id, user_id=user_id, name=name, base=base, replaces=replaces,
            definition=json.dumps(before) if before else "", saved_at=now,
        )  # fmt: skip
    draft.previous, draft.definition, draft.saved_at = draft.definition, json.dumps(written), now
    session.add(draft)
    audit.note(session, now, user_id, "flow.draft", company_id, f"{name}: {what}")
    return draft


def undo_save(session: Session, draft: FlowDraft, now: datetime) -> None:
    """Go back to the state before the last save; once more brings the last save back."""
    draft.previous, draft.definition, draft.saved_at = draft.definition, draft.previous, now
    session.add(draft)
    audit.note(session, now, draft.user_id, "flow.draft", draft.company_id, f"{draft.name}: last save undone")


def discard_draft(session: Session, draft: FlowDraft, now: datetime) -> None:
    """Forget what was not published."""
    session.delete(draft)
    audit.note(session, now, draft.user_id, "flow.draft", draft.company_id, f"{draft.name}: discarded")


def end_draft(session: Session, draft: FlowDraft) -> None:
    """The draft is published; the audit entry of that says so."""
    session.delete(draft)
